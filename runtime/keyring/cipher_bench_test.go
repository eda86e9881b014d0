//go:build !race

package keyring

import (
	"bytes"
	"testing"
	"time"

	"github.com/gorilla/securecookie"
)

// BenchmarkCipher has ours and securecookie's side by side, for 200 bytes.
func BenchmarkCipher(b *testing.B) {
	contents := bytes.Repeat([]byte("x"), 200)
	secure := func(block []byte) securecookie.Codec {
		return securecookie.New([]byte(sealSecret), block).SetSerializer(securecookie.NopEncoder{})
	}
	codecs := []struct {
		name  string
		codec securecookie.Codec
	}{
		{"cipher", newTestCipher(b, Use{Purpose: "cookie", Cookie: "ticket"}, time.Hour)},
		{"securecookie encrypted", secure([]byte(sealOther))},
		{"securecookie signed", secure(nil)},
	}
	for _, c := range codecs {
		b.Run("seal/"+c.name, func(b *testing.B) {
			b.ReportAllocs()
			mine := bytes.Clone(contents) // securecookie encrypts it in place
			for b.Loop() {
				if _, err := c.codec.Encode("ticket", mine); err != nil {
					b.Fatal(err)
				}
			}
		})
		value, err := c.codec.Encode("ticket", bytes.Clone(contents))
		if err != nil {
			b.Fatal(err)
		}
		b.Run("open/"+c.name, func(b *testing.B) {
			b.ReportAllocs()
			b.ReportMetric(float64(len(value)), "characters")
			var opened []byte
			for b.Loop() {
				if err := c.codec.Decode("ticket", value, &opened); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// Time differs from machine to machine; allocations do not.
func TestCipherAllocations(t *testing.T) {
	c := newTestCipher(t, Use{Purpose: "cookie", Cookie: "ticket"}, time.Hour)
	contents := bytes.Repeat([]byte("x"), 200)
	value := c.Seal(sealTime, sealTime, contents)
	forged := value[:len(value)-2] + "AA"
	if n := testing.AllocsPerRun(200, func() { c.Seal(sealTime, sealTime, contents) }); n > 1 {
		t.Errorf("sealing: %v allocations, want 1", n)
	}
	if n := testing.AllocsPerRun(200, func() { _, _, _, _ = c.Open(value) }); n > 1 {
		t.Errorf("opening: %v allocations, want 1", n)
	}
	if n := testing.AllocsPerRun(200, func() { _, _, _, _ = c.Open(forged) }); n > 1 {
		t.Errorf("refusing: %v allocations, want 1 at most", n)
	}
}
