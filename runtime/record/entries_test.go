package record_test

import (
	"slices"
	"testing"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/record"
	"github.com/sessiongen/sessiongen/runtime/wire"
)

func TestRegroup(t *testing.T) {
	a, b := string(wire.AppendString(nil, 1, "a")), string(wire.AppendUint(nil, 1, 300))
	c, d := string(wire.AppendFloat32(nil, 2, 1)), string(wire.AppendFloat64(nil, 200_000, 1))
	for given, want := range map[string]string{
		"": "", a: a, d + a: a + d, a + d + b: a + b + d, b + a: b + a, d + c + b + a + c + d: b + a + c + c + d + d,
	} {
		if got, err := record.Regroup(given); err != nil || got != want {
			t.Errorf("%q: got %q, %v, want %q", given, got, err, want)
		}
	}
	var mixed, want []byte // more than an unstable sort leaves in order by chance
	for i := range 100 {
		mixed = wire.AppendUint(wire.AppendUint(mixed, 2, uint64(i)), 1, uint64(i))
	}
	for number := int32(1); number <= 2; number++ {
		for i := range 100 {
			want = wire.AppendUint(want, number, uint64(i))
		}
	}
	if got, err := record.Regroup(string(mixed)); err != nil || got != string(want) {
		t.Errorf("the entries of a number are in another order than before: %q, %v", got, err)
	}
	for _, broken := range []string{"\x0a", a + "\x0a\x05abc", "\x00\x00", "\x0b", a + "\x80"} {
		if got, err := record.Regroup(broken); err == nil {
			t.Errorf("%q is regrouped as %q", broken, got)
		}
	}
}

// Protocol Buffers lets a writer mix the entries of a list with others.
func TestRegroupJoinsFlashes(t *testing.T) {
	one, two := record.AppendFlashMark(nil, 150946, runtime.Rev{1}), record.AppendFlashMark(nil, 200_000, runtime.Rev{2})
	h := record.Header{Key: "k", Epoch: 1}
	data := append(h.Append(nil), one...)
	data = append(wire.AppendUint(data, record.OwnEpoch, 5), two...)
	ordered, err := record.Regroup(string(data))
	if err != nil {
		t.Fatal(err)
	}
	got, err := record.ReadHeader(ordered)
	if want := string(one) + string(two); err != nil || got.Flashes != want || got.Epoch != 5 {
		t.Errorf("flashes %q, epoch %d, %v, want %q", got.Flashes, got.Epoch, err, want)
	}
}

// FuzzRegroup: the entries are all there, each as it was, in the order of their numbers.
func FuzzRegroup(f *testing.F) {
	f.Add("\x0a\x01a\x08\x01\x0a\x01b")
	f.Add("\x12\x00\x0d1234\x0a\x01b")
	f.Add("\x0a\x05")
	f.Fuzz(func(t *testing.T, data string) {
		ordered, err := record.Regroup(data)
		if err != nil {
			if ordered != "" {
				t.Fatalf("%q: %q, %v", data, ordered, err)
			}
			return
		}
		before, _ := entriesOf(t, data)
		after, numbers := entriesOf(t, ordered)
		if len(ordered) != len(data) || !slices.IsSorted(numbers) || len(before) != len(after) {
			t.Fatalf("%q is regrouped as %q", data, ordered)
		}
		for number, entries := range before {
			if !slices.Equal(entries, after[number]) {
				t.Fatalf("%q: the entries %d are %v", data, number, after[number])
			}
		}
	})
}
