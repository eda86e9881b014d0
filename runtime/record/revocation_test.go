package record_test

import (
	"encoding/binary"
	"testing"
	"time"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/record"
)

func TestRevocationRoundTrip(t *testing.T) {
	for _, kind := range []byte{record.RevocationMoved, record.RevocationFinished} {
		for _, life := range []time.Duration{0, time.Millisecond, 12 * time.Hour, centuryMillis * time.Millisecond} {
			for _, age := range []time.Duration{0, time.Millisecond, life} {
				rec := runtime.Record{Data: record.Revocation(kind, life), Life: life - age}
				if gotKind, gotAge := record.ParseRevocation(rec); gotKind != kind || gotAge != age {
					t.Errorf("%q after %v of %v: got %q, %v", kind, age, life, gotKind, gotAge)
				}
			}
		}
	}
	if got := record.Revocation(record.RevocationMoved, 300*time.Millisecond); got != "m\xac\x02" {
		t.Errorf("the bytes, which stores keep, are %q", got)
	}
}

// What cannot be read has ended the session just now: the strictest that there is.
func TestRevocationThatIsMalformed(t *testing.T) {
	for _, data := range []string{"", "m", "f", "m\x80", "m\xff\xff\xff\xff\xff\xff\xff\xff\xff\x7f", "m" + string(binary.AppendUvarint(nil, centuryMillis+1))} {
		kind, age := record.ParseRevocation(runtime.Record{Data: data, Life: time.Hour})
		if kind != record.RevocationFinished || age != 0 {
			t.Errorf("%q: %q, %v", data, kind, age)
		}
	}
	kind, age := record.ParseRevocation(runtime.Record{Data: "?\xe8\x07", Life: 400 * time.Millisecond})
	if kind != record.RevocationFinished || age != 600*time.Millisecond {
		t.Errorf("of a kind that is not known: %q, %v", kind, age)
	}
}

// FuzzRevocation: only what says so word for word leaves the session alive.
func FuzzRevocation(f *testing.F) {
	f.Add("m\xe8\x07", int64(400))
	f.Add("f\x00", int64(0))
	f.Add("m", int64(-1))
	f.Fuzz(func(t *testing.T, data string, left int64) {
		left %= centuryMillis
		rec := runtime.Record{Data: data, Life: time.Duration(left) * time.Millisecond}
		kind, age := record.ParseRevocation(rec)
		if kind != record.RevocationMoved && kind != record.RevocationFinished || kind == record.RevocationMoved && data[0] != record.RevocationMoved {
			t.Fatalf("%q: %q", data, kind)
		}
		if age == 0 {
			return // unreadable, or just written
		}
		life := rec.Life + age
		if life < 0 || life > centuryMillis*time.Millisecond {
			t.Fatalf("%q: it was to live for %v", data, life)
		}
		rec.Data = record.Revocation(kind, life)
		if againKind, againAge := record.ParseRevocation(rec); againKind != kind || againAge != age {
			t.Fatalf("%q: %q, %v came back as %q, %v", data, kind, age, againKind, againAge)
		}
	})
}
