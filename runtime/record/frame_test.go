package record_test

import (
	"encoding/binary"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/keyring"
	"github.com/sessiongen/sessiongen/runtime/record"
)

var issued = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

const centuryMillis = 100 * 365 * 24 * 60 * 60 * 1000

func frames() map[string]record.Frame {
	id := runtime.ID{1, 2, 3}
	return map[string]record.Frame{
		"zero":         {},
		"no revisions": {ID: id, Idle: 30 * time.Minute, Data: "data"},
		"a session's":  {ID: id, Session: runtime.Rev{4}, Idle: time.Millisecond, Data: "data"},
		"a principal's": {
			ID: id, Principal: runtime.Rev{0, 5}, Idle: 300 * time.Millisecond,
		},
		"both":        {ID: id, Session: runtime.Rev{4}, Principal: runtime.Rev{5}, Idle: centuryMillis * time.Millisecond, Data: strings.Repeat("d", 5000)},
		"everybody's": {ID: id, Session: runtime.Rev{4}, Principal: runtime.Rev{5}, All: runtime.Rev{6}, Idle: time.Second, Data: "data"},
	}
}

func TestFrameRoundTrip(t *testing.T) {
	for name, f := range frames() {
		f.Issued, f.Expires = issued, issued.Add(time.Hour)
		data := f.Append([]byte("before"))
		if string(data[:6]) != "before" {
			t.Errorf("%s: what stood before is %q", name, data[:6])
		}
		got, err := record.ParseFrame(runtime.Sealed{Issued: f.Issued, Expires: f.Expires, Data: data[6:]})
		if err != nil || got != f {
			t.Errorf("%s: %+v came back as %+v, %v", name, f, got, err)
		}
	}
}

// The bytes are in the cookies of browsers.
func TestFrameBytes(t *testing.T) {
	id := runtime.ID{0xaa, 15: 0xbb}
	f := record.Frame{ID: id, Session: runtime.Rev{1, 7: 2}, Principal: runtime.Rev{3, 7: 4}, Idle: 300 * time.Millisecond, Data: "data"}
	want := "\x03" + string(id[:]) + "\x01\x00\x00\x00\x00\x00\x00\x02" + "\x03\x00\x00\x00\x00\x00\x00\x04" + "\xac\x02" + "data"
	if got := string(f.Append(nil)); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestFrameThatIsMalformed(t *testing.T) {
	id := strings.Repeat("i", 16)
	for name, data := range map[string]string{
		"nothing":                     "",
		"a flag alone":                "\x00",
		"an ID cut off":               "\x00" + id[1:],
		"no idle timeout":             "\x00" + id,
		"an unknown flag":             "\x04" + id + "\x01",
		"a revision cut off":          "\x01" + id + "1234567",
		"a second revision cut off":   "\x03" + id + "123456781234567",
		"revisions and no timeout":    "\x03" + id + "1234567812345678",
		"a timeout cut off":           "\x00" + id + "\x80",
		"a timeout of over 64 bits":   "\x00" + id + "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
		"a timeout of over a century": "\x00" + id + string(binary.AppendUvarint(nil, centuryMillis+1)),
	} {
		f, err := record.ParseFrame(runtime.Sealed{Data: []byte(data)})
		if !errors.Is(err, record.ErrFrame) || f.Data != "" {
			t.Errorf("%s: %+v, %v", name, f, err)
		}
	}
}

// FuzzFrame: bytes are refused, or are a frame that comes back as it is.
func FuzzFrame(f *testing.F) {
	for _, frame := range frames() {
		f.Add(frame.Append(nil))
	}
	f.Add([]byte("\x07" + strings.Repeat("i", 16)))
	f.Fuzz(func(t *testing.T, data []byte) {
		s := runtime.Sealed{Issued: issued, Expires: issued.Add(time.Hour), Data: data}
		frame, err := record.ParseFrame(s)
		if err != nil {
			if err != record.ErrFrame {
				t.Fatalf("%q: %v", data, err)
			}
			return
		}
		if frame.Idle < 0 || len(frame.Data) >= len(data) || !strings.HasSuffix(string(data), frame.Data) {
			t.Fatalf("%q: %+v", data, frame)
		}
		s.Data = frame.Append(nil)
		if again, err := record.ParseFrame(s); err != nil || again != frame {
			t.Fatalf("%q: %+v came back as %+v, %v", data, frame, again, err)
		}
	})
}

// opener is a sealer that opens one value for one use.
type opener struct {
	runtime.Sealer
	use   keyring.Use
	value string
	holds runtime.Sealed
}

func (o opener) Open(use keyring.Use, value string) (runtime.Sealed, error) {
	if use != o.use || value != o.value {
		return runtime.Sealed{}, keyring.ErrRefused
	}
	return o.holds, nil
}

func TestOpenSealed(t *testing.T) {
	f := record.Frame{ID: runtime.ID{1}, Issued: issued, Expires: issued.Add(time.Hour), Idle: time.Minute, Data: "data"}
	sealer := opener{
		use: keyring.Use{Application: "shop", Purpose: "session Visitor", Cookie: "__Host-visitor"}, value: "sealed",
		holds: runtime.Sealed{Issued: f.Issued, Expires: f.Expires, Data: f.Append(nil)},
	}
	if got, err := record.OpenSealed(sealer, "shop", "Visitor", "__Host-visitor", "sealed"); err != nil || got != f {
		t.Errorf("got %+v, %v", got, err)
	}
	for _, other := range [][4]string{
		{"other", "Visitor", "__Host-visitor", "sealed"}, {"shop", "Guest", "__Host-visitor", "sealed"},
		{"shop", "Visitor", "visitor", "sealed"}, {"shop", "Visitor", "__Host-visitor", "other"},
	} {
		if got, err := record.OpenSealed(sealer, other[0], other[1], other[2], other[3]); err != keyring.ErrRefused || got != (record.Frame{}) {
			t.Errorf("%q: %+v, %v", other, got, err)
		}
	}
	sealer.holds.Data = []byte("x")
	if _, err := record.OpenSealed(sealer, "shop", "Visitor", "__Host-visitor", "sealed"); err != record.ErrFrame {
		t.Errorf("sealed, and no session: %v", err)
	}
}
