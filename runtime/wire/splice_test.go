package wire_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/sessiongen/sessiongen/runtime/wire"
)

// entry is an entry of a map from strings to integers.
func entry(key string, value int64) string {
	contents := wire.AppendInt(wire.AppendString(nil, 1, key), 2, value)
	return string(wire.AppendString(nil, 7, contents))
}

func TestEntries(t *testing.T) {
	whole := []string{entry("a", 1), entry("b", 300)}
	got := slices.Collect(wire.Entries(strings.Join(whole, "") + "\x3a\x05cut"))
	if !slices.Equal(got, whole) {
		t.Errorf("entries %q, want %q", got, whole)
	}
}

func TestAppendJoined(t *testing.T) {
	packed := func(values ...int) string { return string(wire.AppendInts(nil, 7, values)) }
	single := string(wire.AppendInt(nil, 7, 5)) // as Protocol Buffers allows it
	for name, c := range map[string]struct {
		list, added string
		packed      bool
		want        string
	}{
		"to nothing":            {"", packed(1), true, packed(1)},
		"packed":                {packed(1, 2), packed(3), true, packed(1, 2, 3)},
		"to the last of two":    {packed(1) + packed(2), packed(3), true, packed(1) + packed(2, 3)},
		"to one that is single": {packed(1) + single, packed(3), true, packed(1) + single + packed(3)},
		"strings":               {entry("a", 1), entry("b", 2), false, entry("a", 1) + entry("b", 2)},
	} {
		if got := string(wire.AppendJoined([]byte("x"), c.list, c.added, c.packed)); got != "x"+c.want {
			t.Errorf("%s: %q, want %q", name, got, "x"+c.want)
		}
	}
}

func TestAppendSpliced(t *testing.T) {
	a, b, c, d := entry("a", 1), entry("b", 2), entry("c", 3), entry("d", 4)
	none := string(wire.AppendString(nil, 7, wire.AppendInt(nil, 2, 9))) // without a key, which is ""
	for name, test := range map[string]struct{ entries, added, replaced, want string }{
		"nothing":                            {a + c, "", "", a + c},
		"to nothing":                         {"", a + b, "", a + b},
		"before, between and behind":         {b + c, a + d, "", a + b + c + d},
		"in place of one":                    {a + b + c, entry("b", 9), b, a + entry("b", 9) + c},
		"behind one without a key":           {none + c, b, "", none + b + c},
		"into entries that are not in order": {c + a, b, "", b + c + a},
		"remove":                             {a + b, "", a, b},
	} {
		replaced := func(entry string) bool { return entry == test.replaced }
		if got := string(wire.AppendSpliced([]byte("x"), test.entries, test.added, false, replaced)); got != "x"+test.want {
			t.Errorf("%s: %q, want %q", name, got, "x"+test.want)
		}
	}
}

// An entry that stays has another key in Go than one that is added, and is written alike.
func TestAppendSplicedRefusesKeysThatAreWrittenAlike(t *testing.T) {
	err := func() (err error) {
		defer wire.RecoverEncoding(&err)
		wire.AppendSpliced(nil, entry("a", 1), entry("a", 2), false, func(string) bool { return false })
		return nil
	}()
	if !errors.Is(err, wire.ErrEncoding) {
		t.Errorf("error %v", err)
	}
}
