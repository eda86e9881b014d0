package record_test

import (
	"crypto/sha256"
	"testing"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/record"
)

// Stores keep terms, so that the same field has the same one for ever.
func TestTerms(t *testing.T) {
	for range 3 { // the buffer is used again
		if got, want := record.NewTerm("user_id", "\x0e"), runtime.Term(sha256.Sum256([]byte("user_id\x00\x0e"))); got != want {
			t.Errorf("got %x, want %x", got, want)
		}
		if got, want := record.NewTerm("team", ""), runtime.Term(sha256.Sum256([]byte("team\x00"))); got != want {
			t.Errorf("an empty value: got %x, want %x", got, want)
		}
	}
	if record.NewTerm("team", "red") == record.NewTerm("teamr", "ed") {
		t.Error("a key and its value run into each other")
	}
}
