package record_test

import (
	"math"
	"reflect"
	"testing"
	"time"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/record"
	"github.com/sessiongen/sessiongen/runtime/wire"
)

// A header comes back as it was written, whichever of its fields are set.
func TestHeaderRoundTrip(t *testing.T) {
	whole := wholeHeader(t)
	fields := reflect.TypeFor[record.Header]().NumField()
	for set := range 1 << fields {
		h := whole
		for i := range fields {
			if set>>i&1 == 0 {
				reflect.ValueOf(&h).Elem().Field(i).SetZero()
			}
		}
		if h.Key == "" {
			h.PreviousKey = "" // a key before it needs one
		}
		if h.PreviousKey == "" {
			h.Renewed = 0 // they are written together
		}
		data := h.Append([]byte("before"))
		if string(data[:6]) != "before" {
			t.Fatalf("%+v: appended to %q", h, data[:6])
		}
		data = wire.AppendString(data, 16, "of the schema")
		got, err := record.ReadHeader(string(data[6:]))
		if err != nil || got != h {
			t.Fatalf("%+v came back as %+v, %v", h, got, err)
		}
	}
}

func TestHeaderThatIsMalformed(t *testing.T) {
	for _, data := range []string{"\x0a", "\x0a\x05abc", "\x08\x01", "\x12\x05abc", "\x1a\x01x", "\x42\x00", "\x0f", "\x00", "\x62\x05", "\x18\x80"} {
		if h, err := record.ReadHeader(data); err == nil {
			t.Errorf("%q is read as %+v", data, h)
		}
	}
	if h, err := record.ReadHeader(""); err != nil || h != (record.Header{}) {
		t.Errorf("no header: %+v, %v", h, err)
	}
}

func TestHeaderKnowsItsRevisions(t *testing.T) {
	h := record.Header{History: "exactly8"}
	if !h.Knows(runtime.Rev{}, runtime.Rev([]byte("exactly8"))) {
		t.Error("the last revision of a history is not known")
	}
	h = record.Header{History: string([]byte{1, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 3})}
	for first, want := range map[byte]bool{9: true, 1: true, 2: true, 3: false, 0: false} {
		if got := h.Knows(runtime.Rev{9}, runtime.Rev{first}); got != want {
			t.Errorf("revision %d: %t", first, got)
		}
	}
}

func TestHeaderKnowsItsReplacedKeys(t *testing.T) {
	one, two, other := [record.KeyLength]byte{1}, [record.KeyLength]byte{2}, [record.KeyLength]byte{3}
	h := record.Header{Key: string(other[:]), PreviousKey: string(one[:]) + string(two[:]) + string(other[:10])}
	for key, want := range map[[record.KeyLength]byte]bool{one: true, two: true, other: false, {}: false} {
		if got := h.Replaced(key); got != want {
			t.Errorf("key %d: %t", key[0], got)
		}
	}
}

func TestHeaderWasJustRenewed(t *testing.T) {
	const left = uint64(time.Hour / time.Millisecond)
	h := record.Header{PreviousKey: "k", Renewed: left}
	for ago, want := range map[time.Duration]bool{0: true, record.RenewalGrace - 1: true, record.RenewalGrace: false, time.Minute * 2: false} {
		if got := h.JustRenewed(time.Hour - ago); got != want {
			t.Errorf("%v ago: %t", ago, got)
		}
	}
	h.PreviousKey = ""
	if h.JustRenewed(time.Hour) {
		t.Error("a header without a replaced key was renewed")
	}
}

// The time since a moment is what the life has lost since then. Unknown and impossible times are
// infinitely long ago, so that they open nothing.
func TestSince(t *testing.T) {
	const never = math.MaxInt64
	for _, c := range []struct {
		left uint64 // milliseconds
		life time.Duration
		want time.Duration
	}{
		{3_600_000, time.Hour, 0},
		{3_600_000, time.Hour - time.Second, time.Second},
		{3_600_000, 0, time.Hour},
		{3_600_000, time.Hour + 10*time.Second, 0}, // a slow store
		{3_600_000, time.Hour + 10*time.Second + 1, never},
		{12 * 3_600_000, 90 * 24 * time.Hour, never}, // extended without MoveLife
		{0, time.Hour, never},
		{math.MaxUint64, time.Hour, never},
		{1 << 62, time.Hour, never},
	} {
		if got := record.Since(c.left, c.life); got != c.want {
			t.Errorf("%d, %v: %v, want %v", c.left, c.life, got, c.want)
		}
	}
}

// A life that is extended or shortened keeps the times that are counted by it.
func TestMoveLife(t *testing.T) {
	left := 12*time.Hour - 3*time.Minute
	h := record.Header{PreviousKey: "k", Renewed: uint64((left + 30*time.Second).Milliseconds()), AuthenticatedLeft: uint64((left + time.Minute).Milliseconds())}
	for _, life := range []time.Duration{90 * 24 * time.Hour, time.Hour, 12 * time.Hour} {
		h.MoveLife(life - left)
		left = life
		if got := record.Since(h.AuthenticatedLeft, left); got != time.Minute {
			t.Errorf("a life of %v: the sign-in was %v ago, want a minute", life, got)
		}
		if got := record.Since(h.Renewed, left); got != 30*time.Second || !h.JustRenewed(left) {
			t.Errorf("a life of %v: the renewal was %v ago, want half a minute", life, got)
		}
	}
	none := record.Header{}
	if none.MoveLife(time.Hour); none != (record.Header{}) {
		t.Errorf("times that are absent have become %+v", none)
	}
	short := record.Header{AuthenticatedLeft: 1000}
	if short.MoveLife(-time.Hour); short.AuthenticatedLeft != 0 {
		t.Errorf("a time before the beginning of the life has become %d", short.AuthenticatedLeft)
	}
}

func TestFlashMarks(t *testing.T) {
	one, two, again := runtime.Rev{1}, runtime.Rev{2}, runtime.Rev{3}
	first := string(record.AppendFlashMark(nil, 150946, one))
	h := record.Header{Flashes: first + string(record.AppendFlashMark(nil, 16, two))}
	if h.FlashMark(150946) != string(one[:]) || h.FlashMark(16) != string(two[:]) || h.FlashMark(17) != "" {
		t.Errorf("marks: %q, %q, %q", h.FlashMark(150946), h.FlashMark(16), h.FlashMark(17))
	}
	numbers := 0
	h.EachFlash(func(number int32, entry, mark string) {
		if numbers++; number == 150946 && (entry != first || mark != string(one[:])) {
			t.Errorf("entry %q, mark %q", entry, mark)
		}
	})
	if numbers != 2 {
		t.Errorf("%d flash fields", numbers)
	}
	h.Flashes += string(record.AppendFlashMark(nil, 16, again))
	if h.FlashMark(16) != string(again[:]) {
		t.Errorf("of two marks the first one counts: %q", h.FlashMark(16))
	}
	for _, broken := range []string{"\x62\x00", "\x62\x01\x80", "\x60\x01", "\x62\x06\xff\xff\xff\xff\x7f1", "\x62"} {
		h := record.Header{Flashes: broken}
		h.EachFlash(func(number int32, entry, mark string) {
			t.Errorf("%q has the field %d, entry %q, mark %q", broken, number, entry, mark)
		})
	}
}

// FuzzHeader: whatever a header is read from, what it is written as is read as the same.
func FuzzHeader(f *testing.F) {
	f.Add(string((&record.Header{Key: "k", Epoch: 1, Created: 1, Written: 1}).Append(nil)))
	f.Add("\x62\x03\x10ab\x20\x05\x62\x03\x11cd")
	f.Add("\x0a\x20")
	f.Fuzz(func(t *testing.T, data string) {
		ordered, err := record.Regroup(data)
		if err != nil {
			return
		}
		h, err := record.ReadHeader(ordered)
		if err != nil {
			return
		}
		h.EachFlash(func(number int32, entry, mark string) {
			if number < 0 || len(mark) >= len(entry) {
				t.Fatalf("%q: number %d, entry %q, mark %q", data, number, entry, mark)
			}
		})
		written := string(h.Append(nil))
		if h.PreviousKey == "" {
			h.Renewed = 0
		}
		if again, err := record.ReadHeader(written); err != nil || again != h {
			t.Fatalf("%q: %+v came back as %+v, %v", data, h, again, err)
		}
	})
}
