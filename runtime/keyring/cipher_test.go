package keyring

import (
	"bytes"
	"crypto/cipher"
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/securecookie"
	"github.com/sessiongen/sessiongen/runtime/cookie"
)

var (
	sealTime = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	sealUse  = Use{Application: "shop", Purpose: "cookie", Cookie: "ticket"}
)

const (
	sealSecret = "kX2vTq8ZpLw4RfYb7NsHc1JmGd5EaUo9"
	sealOther  = "T6wPn3Yd9Kf1Qz8Hb4Vx7Mc2Rs5Gj0La"
)

func sealKeys(t testing.TB, secrets ...string) *Keys {
	t.Helper()
	var raw [][]byte
	for _, s := range secrets {
		raw = append(raw, []byte(s))
	}
	keys, err := NewKeys(raw...)
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

func newTestCipher(t testing.TB, use Use, maxAge time.Duration, secrets ...string) *Cipher {
	t.Helper()
	if secrets == nil {
		secrets = []string{sealSecret}
	}
	c, err := NewCipher(sealKeys(t, secrets...), use, maxAge)
	if err != nil {
		t.Fatal(err)
	}
	c.clock = func() time.Time { return sealTime }
	return c
}

// counting counts the operations of a cipher's keys.
type counting struct {
	cipher.AEAD
	opened int
}

func (c *counting) Open(dst, nonce, ciphertext, additional []byte) ([]byte, error) {
	c.opened++
	return c.AEAD.Open(dst, nonce, ciphertext, additional)
}

func (c *Cipher) count() *counting {
	counter := &counting{AEAD: c.keys[0].aead}
	c.keys[0].aead = counter
	return counter
}

func refused(t *testing.T, c *Cipher, value, what string) {
	t.Helper()
	var text string
	if err := c.Decode(c.use.Cookie, value, &text); err != ErrRefused || text != "" {
		t.Errorf("%s: got %q and %v", what, text, err)
	}
}

func TestCipherRoundTrip(t *testing.T) {
	c := newTestCipher(t, sealUse, time.Hour)
	for _, contents := range []string{"", "x", "\x00", strings.Repeat("long ", 500)} {
		value, err := c.Encode("ticket", contents)
		if err != nil {
			t.Fatal(err)
		}
		var text string
		var raw []byte
		if err := c.Decode("ticket", value, &text); err != nil || text != contents {
			t.Errorf("%d bytes came back as %d, %v", len(contents), len(text), err)
		}
		if err := c.Decode("ticket", value, &raw); err != nil || string(raw) != contents {
			t.Errorf("%d bytes came back as %d, %v", len(contents), len(raw), err)
		}
		if strings.ContainsFunc(value, func(r rune) bool {
			return !strings.ContainsRune("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", r)
		}) {
			t.Errorf("a cookie cannot have %q", value)
		}
	}
	// Encode must not encrypt in place what the caller gave.
	mine := []byte("the caller's")
	if _, err := c.Encode("ticket", mine); err != nil || string(mine) != "the caller's" {
		t.Errorf("the caller's slice is %q now, %v", mine, err)
	}
	issued, expires := sealTime.Add(3*time.Millisecond), sealTime.Add(5*time.Hour)
	gotIssued, gotExpires, contents, err := c.Open(c.Seal(issued, expires, []byte("x")))
	if err != nil || !gotIssued.Equal(issued) || !gotExpires.Equal(expires) || string(contents) != "x" {
		t.Errorf("got %v, %v, %q, %v", gotIssued, gotExpires, contents, err)
	}
	// Times that there should not be do no harm.
	for _, moment := range []time.Time{{}, time.Unix(1<<60, 0), time.Unix(-1<<60, 0)} {
		_, _, _, _ = c.Open(c.Seal(moment, sealTime, nil))
		_, _, _, _ = c.Open(c.Seal(sealTime, moment, nil))
	}
}

func TestASVS_9_1_1_EveryBitOfASealedValueCounts(t *testing.T) {
	c := newTestCipher(t, sealUse, time.Hour)
	value, _ := c.Encode("ticket", "forty-two")
	sealed, _ := base64.RawURLEncoding.DecodeString(value)
	for i := range len(sealed) * 8 {
		forged := bytes.Clone(sealed)
		forged[i/8] ^= 1 << (i % 8)
		refused(t, c, base64.RawURLEncoding.EncodeToString(forged), "a flipped bit")
	}
	for i := range sealed {
		refused(t, c, base64.RawURLEncoding.EncodeToString(sealed[:i]), "a shorter one")
	}
	refused(t, c, base64.RawURLEncoding.EncodeToString(append(sealed, 0)), "a longer one")
}

func TestASVS_9_1_1_ASealedValueHasOneSpelling(t *testing.T) {
	c := newTestCipher(t, sealUse, time.Hour)
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	for size := range 4 { // each number of characters at the end
		value, _ := c.Encode("ticket", strings.Repeat("x", size))
		for _, other := range []string{value + "=", value + "==", value + "\n", value + "\r\n", "\n" + value, " " + value, value + " ", value + "A"} {
			refused(t, c, other, "padding or white space")
		}
		for i := range value {
			for _, inserted := range []string{"\n", "\r", "\r\n", "\n\n\n\n", "="} {
				refused(t, c, value[:i]+inserted+value[i:], "a character inserted")
			}
			for _, character := range alphabet + "+/" {
				if other := value[:i] + string(character) + value[i+1:]; other != value {
					refused(t, c, other, "another character")
				}
			}
		}
	}
	standard := newTestCipher(t, sealUse, time.Hour)
	for {
		value, _ := standard.Encode("ticket", "x")
		if other := strings.NewReplacer("-", "+", "_", "/").Replace(value); other != value {
			refused(t, standard, other, "the other alphabet")
			break
		}
	}
}

func TestASVS_9_2_2_and_9_2_3_ASealedValueIsForOneUse(t *testing.T) {
	c := newTestCipher(t, sealUse, time.Hour)
	value, _ := c.Encode("ticket", "42")
	for name, use := range map[string]Use{
		"another cookie":      {"shop", "cookie", "campaign"},
		"another application": {"other", "cookie", "ticket"},
		"no application":      {"", "cookie", "ticket"},
		"another purpose":     {"shop", "session visitor", "ticket"},
		"shifted":             {"shopc", "ookie", "ticket"},
		"shifted the other":   {"shop", "cookiet", "icket"},
	} {
		refused(t, newTestCipher(t, use, time.Hour), value, name)
		// Each of the two that keep uses apart would do alone: here the key is the same.
		same := newTestCipher(t, use, time.Hour)
		same.keys[0].aead = c.keys[0].aead
		refused(t, same, value, name+" with the same key")
	}
	var text string
	if err := c.Decode("campaign", value, &text); err != ErrRefused {
		t.Errorf("decoded under another name: %v", err)
	}
	if _, err := c.Encode("campaign", "42"); err == nil {
		t.Error("encoded under another name")
	}
	refused(t, newTestCipher(t, sealUse, time.Hour, sealOther), value, "another secret")
	// The keys differ, too, from cookie to cookie and purpose to purpose.
	for name, use := range map[string]Use{"cookie": {"shop", "cookie", "campaign"}, "purpose": {"shop", "other", "ticket"}} {
		other := newTestCipher(t, use, time.Hour)
		other.keys[0].additional = c.keys[0].additional
		refused(t, other, value, "the key of another "+name)
	}
}

func TestKeysOfACipherRotate(t *testing.T) {
	before, both, after := newTestCipher(t, sealUse, 0, sealOther), newTestCipher(t, sealUse, 0, sealSecret, sealOther), newTestCipher(t, sealUse, 0, sealSecret)
	old, _ := before.Encode("ticket", "old")
	fresh, _ := both.Encode("ticket", "new")
	var text string
	for value, c := range map[string]*Cipher{old: both, fresh: after} {
		if err := c.Decode("ticket", value, &text); err != nil {
			t.Error(err)
		}
	}
	refused(t, after, old, "sealed with a secret that is gone")
	refused(t, before, fresh, "sealed with a secret to come")
	// A secret whose id is another one's by chance.
	both.keys[0].id = both.keys[1].id
	for i := range both.keys {
		copy(both.keys[i].additional[1:], both.keys[1].id[:])
	}
	if err := both.Decode("ticket", old, &text); err != nil || text != "old" {
		t.Errorf("with equal ids: %q, %v", text, err)
	}
}

func TestASVS_9_1_2_and_9_1_3_UnknownVersionsAndKeysCostNoCryptography(t *testing.T) {
	c := newTestCipher(t, sealUse, time.Hour)
	value, _ := c.Encode("ticket", "42")
	sealed, _ := base64.RawURLEncoding.DecodeString(value)
	counter := c.count()
	for i := range 1 + keyIDLength {
		for bit := range 8 {
			forged := bytes.Clone(sealed)
			forged[i] ^= 1 << bit
			refused(t, c, base64.RawURLEncoding.EncodeToString(forged), "another version or key")
		}
	}
	refused(t, c, value+strings.Repeat("A", cookie.MaxSize), "too long")
	refused(t, c, value[:40], "too short")
	if counter.opened != 0 {
		t.Errorf("%d were decrypted", counter.opened)
	}
	refused(t, c, value[:len(value)-2]+"AA", "another tag")
	if counter.opened != 1 {
		t.Errorf("%d were decrypted, want the one whose version and key are right", counter.opened)
	}
}

// A list of codecs may mix ours with securecookie's.
func TestCipherBesideSecureCookie(t *testing.T) {
	ours := newTestCipher(t, sealUse, time.Hour)
	theirs := securecookie.New([]byte(sealSecret), []byte(sealOther)).SetSerializer(securecookie.NopEncoder{})
	for _, codecs := range [][]securecookie.Codec{{ours, theirs}, {theirs, ours}} {
		value, err := securecookie.EncodeMulti("ticket", []byte("42"), codecs...)
		if err != nil {
			t.Fatal(err)
		}
		var got []byte
		if err := securecookie.DecodeMulti("ticket", value, &got, codecs[1], codecs[0]); err != nil || string(got) != "42" {
			t.Errorf("got %q, %v", got, err)
		}
	}
}

func TestNewCipherRefuses(t *testing.T) {
	for name, make := range map[string]func() (*Cipher, error){
		"no keys":    func() (*Cipher, error) { return NewCipher(nil, sealUse, 0) },
		"no secrets": func() (*Cipher, error) { return NewCipher(&Keys{}, sealUse, 0) },
		"no cookie":  func() (*Cipher, error) { return NewCipher(sealKeys(t, sealSecret), Use{Purpose: "cookie"}, 0) },
		"no purpose": func() (*Cipher, error) { return NewCipher(sealKeys(t, sealSecret), Use{Cookie: "ticket"}, 0) },
	} {
		if c, err := make(); err == nil {
			t.Errorf("%s: %v", name, c)
		}
	}
}

func TestCipherTakesLessRoomThanSecureCookie(t *testing.T) {
	contents := bytes.Repeat([]byte("x"), 200)
	ours, err := newTestCipher(t, sealUse, time.Hour).Encode("ticket", contents)
	if err != nil {
		t.Fatal(err)
	}
	theirs, err := securecookie.New([]byte(sealSecret), []byte(sealSecret)).SetSerializer(securecookie.NopEncoder{}).Encode("ticket", bytes.Clone(contents))
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("200 bytes: %d characters, securecookie's %d", len(ours), len(theirs))
	if len(ours) > 331 {
		t.Errorf("%d characters, want at most 331", len(ours))
	}
}
