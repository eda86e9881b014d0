package rules

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/sessiongen/sessiongen/runtime"
)

// The numbers of the runtime's own fields that a test looks at.
const (
	ownKeys          = 2
	ownEpoch         = 4
	ownAuthenticated = 7
	ownRemember      = 8
	ownFlash         = 12
	ownClient        = 13
)

// eachField walks over a record's fields, in the order in which they are written. A value
// begins with its length if it is of variable length.
func eachField(t testing.TB, data string, field func(number uint64, value []byte)) {
	t.Helper()
	for rest := []byte(data); len(rest) > 0; {
		tag, n := binary.Uvarint(rest)
		if n <= 0 || tag>>3 == 0 {
			t.Fatalf("a record that cannot be read: %q", data)
		}
		rest = rest[n:]
		size := valueSize(rest, tag&7)
		if size < 0 {
			t.Fatalf("a record that cannot be read: %q", data)
		}
		field(tag>>3, rest[:size])
		rest = rest[size:]
	}
}

// valueSize is the size of the value that b begins with, or -1 where there is none.
func valueSize(b []byte, wireType uint64) int {
	size := -1
	switch wireType {
	case 0:
		_, size = binary.Uvarint(b)
	case 1:
		size = 8
	case 2:
		if length, n := binary.Uvarint(b); n > 0 && length <= uint64(len(b)-n) {
			size = n + int(length)
		}
	case 5:
		size = 4
	}
	if size <= 0 || size > len(b) {
		return -1
	}
	return size
}

// contentsOf is a value of variable length without its length.
func contentsOf(value []byte) []byte {
	_, n := binary.Uvarint(value)
	return value[n:]
}

// describe is all of a record but what is different each time: keys, revisions and
// times.
func describe(t testing.TB, rec runtime.Record) string {
	t.Helper()
	var parts []string
	eachField(t, rec.Data, func(number uint64, value []byte) {
		switch {
		case number == ownEpoch, number == ownRemember, number == ownClient, number > 15:
			parts = append(parts, fmt.Sprintf("%d:%x", number, value))
		case number == ownAuthenticated:
			parts = append(parts, "authenticated")
		case number == ownFlash:
			parts = append(parts, fmt.Sprintf("flash:%x", value[:len(value)-len(runtime.Rev{})]))
		}
	})
	terms := slices.Clone(rec.Terms)
	slices.SortFunc(terms, func(a, b runtime.Term) int { return slices.Compare(a[:], b[:]) })
	for _, term := range terms {
		parts = append(parts, fmt.Sprintf("term:%x", term[:4]))
	}
	return strings.Join(parts, " ")
}

// keyOf is the record's key: the hash of the one secret that opens it.
func keyOf(t testing.TB, rec runtime.Record) (key string) {
	t.Helper()
	eachField(t, rec.Data, func(number uint64, value []byte) {
		if number == ownKeys {
			key = string(contentsOf(value)[:32])
		}
	})
	return key
}

// snapshot is what a store keeps of some sessions, by the names that the test has for them.
func snapshot(t testing.TB, store runtime.Store, named map[runtime.ID]string) string {
	t.Helper()
	var all []string
	for id, name := range named {
		rec, err := store.Load(t.Context(), id)
		switch {
		case err == nil:
			all = append(all, fmt.Sprintf("%s{%s}", name, describe(t, rec)))
		case errors.Is(err, runtime.ErrGone):
			all = append(all, name+" has ended")
		case !errors.Is(err, runtime.ErrNotFound):
			t.Fatal(err)
		}
	}
	slices.Sort(all)
	return strings.Join(all, "; ")
}
