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

// SortedFloats returns the keys of a map with float keys in ascending order. It panics for
// [RecoverEncoding] if one of them is NaN.
func SortedFloats[M ~map[K]V, K ~float32 | ~float64, V any](m M) []K {
	keys := SortedKeys(m)
	if len(keys) > 0 && keys[0] != keys[0] { // NaN is sorted before all numbers
		failEncoding(errNaNKey)
	}
	return keys
}

// SortedByWire returns the keys of a map whose keys have no order of their own, sorted by
// their bytes. appendKey appends a key as field 1, and must write it as bytes with a length.
// SortedByWire panics for [RecoverEncoding] if two keys have the same bytes, or if a part of
// one is NaN.
func SortedByWire[M ~map[K]V, K comparable, V any](m M, appendKey func(b []byte, key *K) []byte) []K {
	type encodedKey struct {
		key        K
		start, end int // of its contents
	}
	encoded := make([]encodedKey, 0, len(m))
	var bytesOf []byte
	for key := range m {
		if key != key {
			failEncoding(errNaNKey)
		}
		e := encodedKey{key: key, start: len(bytesOf) + 1} // behind the tag
		bytesOf = appendKey(bytesOf, &e.key)
		for bytesOf[e.start] >= 0x80 {
			e.start++
		}
		e.start, e.end = e.start+1, len(bytesOf)
		encoded = append(encoded, e)
	}
	compare := func(a, b encodedKey) int {
		return bytes.Compare(bytesOf[a.start:a.end], bytesOf[b.start:b.end])
	}
	slices.SortFunc(encoded, compare)
	keys := make([]K, len(encoded))
	for i, e := range encoded {
		if i > 0 && compare(encoded[i-1], e) == 0 {
			failEncoding(errSameKeys)
		}
		keys[i] = e.key
	}
	return keys
}

// CheckKey sets the error of r if key, which was read, is NaN or has a part that is. Such a key
// equals no other, so that a map may hold any number of them and find none.
func CheckKey[K comparable](r *Reader, key K) {
	if key != key {
		r.fail(errNaNKey)
	}
}
