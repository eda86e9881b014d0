package keyring

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"os"
	"testing"
	"time"

	"github.com/gorilla/securecookie"
)

func TestASVS_9_2_1_ASealedValueHasItsTime(t *testing.T) {
	c := newTestCipher(t, sealUse, time.Hour)
	value, _ := c.Encode("ticket", "42")
	at := func(offset time.Duration) error {
		c.clock = func() time.Time { return sealTime.Add(offset) }
		var text string
		return c.Decode("ticket", value, &text)
	}
	for offset, accepted := range map[time.Duration]bool{
		time.Hour - time.Millisecond:      true,
		time.Hour:                         false,
		time.Hour + time.Millisecond:      false,
		-ClockTolerance:                   true,
		-ClockTolerance - time.Nanosecond: false,
		-10 * 365 * 24 * time.Hour:        false,
		10 * 365 * 24 * time.Hour:         false,
	} {
		if err := at(offset); (err == nil) != accepted || err != nil && err != ErrRefused {
			t.Errorf("%v after it was made: %v", offset, err)
		}
	}
	// A maximal age that was cut down counts for older values, too, and one that was
	// extended does not make them live longer.
	for maxAge, dead := range map[time.Duration]time.Duration{time.Minute: time.Minute, 2 * time.Hour: time.Hour} {
		c = newTestCipher(t, sealUse, maxAge)
		if at(dead-time.Millisecond) != nil || at(dead) == nil {
			t.Errorf("with a maximal age of %v", maxAge)
		}
	}
	c = newTestCipher(t, sealUse, 0)
	value, _ = c.Encode("ticket", "42")
	if at(400*24*time.Hour-time.Millisecond) != nil || at(400*24*time.Hour) == nil {
		t.Error("without a maximal age, it is not 400 days")
	}
}

// Whoever opens a value hears that it was refused, and nothing else.
func TestASVS_11_2_5_TheErrorIsOneOfSecurecookies(t *testing.T) {
	c := newTestCipher(t, sealUse, time.Hour)
	var text string
	err := c.Decode("ticket", "AAAA", &text)
	var asSecure securecookie.Error
	if !errors.As(err, &asSecure) || !asSecure.IsDecode() || asSecure.IsUsage() || asSecure.IsInternal() || asSecure.Cause() != nil {
		t.Errorf("%v is not securecookie's kind of error", err)
	}
	value, _ := c.Encode("ticket", "42")
	if err := c.Decode("ticket", value, new(int)); err == nil || err == ErrRefused {
		t.Errorf("decoding into an *int: %v", err)
	}
	if _, err := c.Encode("ticket", 42); err == nil {
		t.Error("an int was encoded")
	}
}

// An authentic value with nonsense instead of times.
func TestNonsenseInsideASeal(t *testing.T) {
	c := newTestCipher(t, sealUse, time.Hour)
	most := binary.AppendUvarint(nil, 1<<64-1)
	for _, plain := range [][]byte{nil, {0x80}, {1}, {1, 0x80}, most, append([]byte{1}, most...), append(bytes.Clone(most), most...),
		append(binary.AppendUvarint(nil, 1<<61), binary.AppendUvarint(nil, 1<<61)...), bytes.Repeat([]byte{0xff}, 40)} {
		sealed := append([]byte{cipherVersion}, c.keys[0].id[:]...)
		sealed = c.keys[0].aead.Seal(sealed, nil, plain, c.keys[0].additional)
		refused(t, c, base64.RawURLEncoding.EncodeToString(sealed), "nonsense")
	}
}

func TestASVS_11_3_4_NoncesAreNotUsedTwice(t *testing.T) {
	count := 50_000
	if os.Getenv("SESSIONGEN_TEST_LONG") != "" {
		count = 2_000_000
	}
	c := newTestCipher(t, sealUse, time.Hour)
	seen := make(map[[12]byte]struct{}, count)
	for range count {
		value, _ := c.Encode("ticket", "42")
		sealed, _ := base64.RawURLEncoding.DecodeString(value)
		nonce := [12]byte(sealed[1+keyIDLength:])
		if _, twice := seen[nonce]; twice {
			t.Fatal("a nonce was used twice")
		}
		seen[nonce] = struct{}{}
	}
	t.Logf("%d nonces", count)
}
