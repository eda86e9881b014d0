package keyring

import (
	"bytes"
	"encoding/base64"
	"testing"
	"time"
)

// forgeries are values that do not open, by what is wrong with each.
func forgeries(t *testing.T, c *Cipher) (authentic, forged map[string]string) {
	t.Helper()
	good, err := c.Encode("ticket", "forty-two")
	if err != nil {
		t.Fatal(err)
	}
	sealed, _ := base64.RawURLEncoding.DecodeString(good)
	changed := func(at int) string {
		other := bytes.Clone(sealed)
		other[at] ^= 1
		return base64.RawURLEncoding.EncodeToString(other)
	}
	last := len(sealed) - 1
	elsewhere := func(use Use, secrets ...string) string {
		value, err := newTestCipher(t, use, time.Hour, secrets...).Encode(use.Cookie, "forty-two")
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
	day := 24 * time.Hour
	forged = map[string]string{
		"the version":         changed(0),
		"the key id":          changed(1),
		"the nonce":           changed(1 + keyIDLength),
		"the ciphertext":      changed(1 + keyIDLength + 12),
		"its last byte":       changed(last - 16),
		"the tag":             changed(last - 15),
		"the tag's last byte": changed(last),
		"cut":                 good[:len(good)-4],
		"no base64":           good[:10] + "." + good[11:],
		"nothing":             "",
		"another secret":      elsewhere(sealUse, sealOther),
		"another cookie":      elsewhere(Use{"shop", "cookie", "campaign"}),
		"another application": elsewhere(Use{"bank", "cookie", "ticket"}),
		"another purpose":     elsewhere(Use{"shop", "session visitor", "ticket"}),
	}
	// These open, and are not accepted: whoever made them had the key.
	authentic = map[string]string{
		"too old":     c.Seal(sealTime.Add(-2*day), sealTime.Add(-day), []byte("forty-two")),
		"future":      c.Seal(sealTime.Add(day), sealTime.Add(2*day), []byte("forty-two")),
		"no validity": c.Seal(sealTime, sealTime, []byte("forty-two")),
	}
	return authentic, forged
}

// Whatever is wrong with a value, whoever sent it learns that it was refused: one error, with one text, and nothing
// written.
func TestASVS_11_2_5_FailuresCannotBeToldApart(t *testing.T) {
	c := newTestCipher(t, sealUse, time.Hour)
	authentic, forged := forgeries(t, c)
	for _, values := range []map[string]string{authentic, forged} {
		for what, value := range values {
			text, raw := "untouched", []byte("untouched")
			for _, err := range []error{c.Decode("ticket", value, &text), c.Decode("ticket", value, &raw)} {
				if err != ErrRefused || err.Error() != ErrRefused.Error() {
					t.Errorf("%s: %v", what, err)
				}
			}
			if text != "untouched" || string(raw) != "untouched" {
				t.Errorf("%s: %q and %q were written", what, text, raw)
			}
		}
	}
}

// What has the right version and key id takes the same way whatever is wrong with it: one decryption, and the same
// allocations, from the first byte of the nonce to the last of the tag.
func TestASVS_11_2_4_EveryForgeryTakesTheSameWay(t *testing.T) {
	c := newTestCipher(t, sealUse, time.Hour)
	counter := c.count()
	_, forged := forgeries(t, c)
	allocated := map[float64]string{}
	for _, what := range []string{"the nonce", "the ciphertext", "its last byte", "the tag", "the tag's last byte", "another application"} {
		var text string
		before := counter.opened
		if err := c.Decode("ticket", forged[what], &text); err != ErrRefused || counter.opened != before+1 {
			t.Errorf("%s: %v, after %d decryptions", what, err, counter.opened-before)
		}
		allocated[testing.AllocsPerRun(200, func() { _ = c.Decode("ticket", forged[what], &text) })] = what
	}
	if len(allocated) != 1 {
		t.Errorf("allocations tell them apart: %v", allocated)
	}
}
