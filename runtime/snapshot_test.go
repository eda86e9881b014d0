package runtime_test

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/sessiongen/sessiongen/runtime"
)

// The numbers of the runtime's own fields that a test looks at.
const (
	ownKey           = 1
	ownPreviousKey   = 2
	ownEpoch         = 4
	ownAuthenticated = 7
	ownRemember      = 8
	ownFlash         = 12
	ownClient        = 13
)

// eachField walks over a record's fields, in the order in which they are written.
func eachField(t testing.TB, data string, field func(number protowire.Number, value []byte)) {
	t.Helper()
	for rest := []byte(data); len(rest) > 0; {
		number, wireType, tag := protowire.ConsumeTag(rest)
		if tag < 0 {
			t.Fatalf("a record that cannot be read: %q", data)
		}
		value := protowire.ConsumeFieldValue(number, wireType, rest[tag:])
		if value < 0 {
			t.Fatalf("a record that cannot be read: %q", data)
		}
		field(number, rest[tag:tag+value])
		rest = rest[tag+value:]
	}
}

// describe is all of a record but what is different each time: keys, revisions and
// times.
func describe(t testing.TB, rec runtime.Record) string {
	t.Helper()
	var parts []string
	eachField(t, rec.Data, func(number protowire.Number, value []byte) {
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

// tokenOf takes a session cookie apart.
func tokenOf(t testing.TB, cookie string) (id runtime.ID, key [sha256.Size]byte) {
	t.Helper()
	raw, err := base64.RawURLEncoding.DecodeString(cookie)
	if err != nil || len(raw) != 48 {
		t.Fatalf("not a token: %q", cookie)
	}
	return runtime.ID(raw[:16]), sha256.Sum256(raw[16:])
}

// keyOf is the record's key: the hash of the one secret that opens it.
func keyOf(t testing.TB, rec runtime.Record) (key string) {
	t.Helper()
	eachField(t, rec.Data, func(number protowire.Number, value []byte) {
		if number == ownKey {
			contents, _ := protowire.ConsumeBytes(value)
			key = string(contents)
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
