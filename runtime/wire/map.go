package wire

import (
	"bytes"
	"cmp"
	"slices"
)

// Maps are written in the order of their keys, so that equal maps have equal bytes.

// SortedKeys returns the keys of a map in ascending order.
func SortedKeys[M ~map[K]V, K cmp.Ordered, V any](m M) []K {
	keys := make([]K, 0, len(m))
	for key := range m {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}

// SortedBools returns the keys of a map with bool keys, false before true.
func SortedBools[M ~map[K]V, K ~bool, V any](m M) []K {
	keys := make([]K, 0, 2)
	for _, key := range []K{false, true} {
		if _, found := m[key]; found {
			keys = append(keys, key)
		}
	}
	return keys
}

// Entry is a key of a map with its value.
type Entry[K comparable, V any] struct {
	Key   K
	Value V
}

// SortedFloats returns the entries of a map with float keys, in ascending order and NaN first.
// A look-up does not find a NaN, so that the values are returned too.
func SortedFloats[M ~map[K]V, K ~float32 | ~float64, V any](m M) []Entry[K, V] {
	entries := make([]Entry[K, V], 0, len(m))
	for key, value := range m {
		entries = append(entries, Entry[K, V]{key, value})
	}
	slices.SortFunc(entries, func(a, b Entry[K, V]) int { return cmp.Compare(a.Key, b.Key) })
	return entries
}

// SortedEntries returns the entries of a map with keys that have no order of their own, sorted
// by the bytes of the keys. appendKey appends a key as field 1, and must write it as bytes
// with a length.
func SortedEntries[M ~map[K]V, K comparable, V any](m M, appendKey func(b []byte, key *K) []byte) []Entry[K, V] {
	type encodedEntry struct {
		Entry[K, V]
		start, end int // of the key's contents
	}
	encoded := make([]encodedEntry, 0, len(m))
	var keys []byte
	for key, value := range m {
		e := encodedEntry{Entry: Entry[K, V]{key, value}, start: len(keys) + 1} // behind the tag
		keys = appendKey(keys, &e.Key)
		for keys[e.start] >= 0x80 {
			e.start++
		}
		e.start, e.end = e.start+1, len(keys)
		encoded = append(encoded, e)
	}
	slices.SortFunc(encoded, func(a, b encodedEntry) int {
		return bytes.Compare(keys[a.start:a.end], keys[b.start:b.end])
	})
	entries := make([]Entry[K, V], len(encoded))
	for i, e := range encoded {
		entries[i] = e.Entry
	}
	return entries
}
