package wire_test

import (
	"strings"
	"testing"

	"github.com/sessiongen/sessiongen/runtime/wire"
)

func TestFieldNumbers(t *testing.T) {
	// Numbers are for ever: another number for a key would lose every field.
	for key, want := range map[string]int32{"user_id": 254581, "username": 23518, "visits": 189712, "cart": 28939} {
		if got := wire.FieldNumber(key); got != want {
			t.Errorf("%s: got %d, want %d", key, got, want)
		}
	}
	for i := range 100_000 {
		key := strings.Repeat("k", i%7) + string(rune(i))
		if n := wire.FieldNumber(key); n <= 15 || n >= 1<<18 || n >= 19000 && n <= 19999 {
			t.Fatalf("%q: %d", key, n)
		}
	}
}
