package engine

import (
	"bytes"
	"encoding/base64"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/securecookie"
	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/cookie"
	"github.com/sessiongen/sessiongen/runtime/keyring"
)

// signedCookie is a cookie of this package that securecookie's HMAC signs.
func signedCookie(t *testing.T) *cookieSpec {
	t.Helper()
	c, err := (&Manager{options: runtime.Options{Keys: ticketKeys(t, cookieSecret), Clock: time.Now}}).newCookie(cookie.Options{Name: "ticket", Path: "/", Secure: true, Protection: cookie.Signed})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// What securecookie does to those who use it as it is. Each trap is shown to be there first, so that
// the test says when it is gone.
func TestSealing_TheTrapsOfSecurecookieAreNotInherited(t *testing.T) {
	ours, signed := ticketCipher(t, ticketUse, cookieSecret), signedCookie(t)
	theirs := func(hash, block []byte) *securecookie.SecureCookie {
		return securecookie.New(hash, block).SetSerializer(securecookie.NopEncoder{})
	}
	hash, block := []byte(cookieSecret), []byte(otherSecret)

	t.Run("the caller's slice is encrypted in place", func(t *testing.T) {
		mine := []byte("the caller's")
		if _, err := theirs(hash, block).Encode("ticket", mine); err != nil || string(mine) == "the caller's" {
			t.Logf("securecookie does so no longer: %q, %v", mine, err)
		}
		mine = []byte("the caller's")
		if _, err := ours.Encode("ticket", mine); err != nil || string(mine) != "the caller's" {
			t.Errorf("the slice is %q now, %v", mine, err)
		}
	})
	t.Run("what is empty is never decoded", func(t *testing.T) {
		var got []byte
		value, err := theirs(hash, block).Encode("ticket", []byte{})
		if err == nil && theirs(hash, block).Decode("ticket", value, &got) == nil {
			t.Log("securecookie does so no longer")
		}
		text := "not empty"
		if value, err := ours.Encode("ticket", ""); err != nil || ours.Decode("ticket", value, &text) != nil || text != "" {
			t.Errorf("an empty encrypted value comes back as %q, %v", text, err)
		}
		value, err = signed.protect("")
		if text, opened := signed.unprotect(value); err != nil || opened != nil || text != "" {
			t.Errorf("an empty signed value comes back as %q, %v, %v", text, err, opened)
		}
	})
	t.Run("a key of one byte", func(t *testing.T) {
		if _, err := theirs([]byte{1}, nil).Encode("ticket", []byte("x")); err != nil {
			t.Log("securecookie refuses it now")
		}
		for _, length := range []int{0, 1, 16, 31} {
			if _, err := keyring.NewKeys([]byte(cookieSecret)[:length]); err == nil {
				t.Errorf("a secret of %d bytes is accepted", length)
			}
		}
	})
	t.Run("the second key is another kind of key", func(t *testing.T) {
		if got := securecookie.CodecsFromPairs(hash, block); len(got) != 1 {
			t.Logf("securecookie makes %d codecs of two keys now", len(got))
		}
		// Here both seal and open the same way, and the first one is in use.
		ring, old := ticketCipher(t, ticketUse, otherSecret, cookieSecret), ticketCipher(t, ticketUse, cookieSecret)
		value, err := old.Encode("ticket", "42")
		if err != nil {
			t.Fatal(err)
		}
		var text string
		if err := ring.Decode("ticket", value, &text); err != nil || text != "42" {
			t.Errorf("the second secret opens nothing: %v", err)
		}
	})
	t.Run("errors that are none of its own", func(t *testing.T) {
		var got []byte
		long := strings.Repeat("A", 5000)
		var its securecookie.Error
		if errors.As(theirs(hash, nil).Decode("ticket", long, &got), &its) {
			t.Log("securecookie has its own error for it now")
		}
		for _, value := range []string{long, "", "A", "not base64 at all!", strings.Repeat("A", 100)} {
			if err := ours.Decode("ticket", value, &got); err != keyring.ErrRefused || !errors.As(err, &its) || !its.IsDecode() {
				t.Errorf("%.20q: %v", value, err)
			}
			if _, err := signed.unprotect(value); err == nil || strings.Contains(err.Error(), "securecookie") {
				t.Errorf("%.20q, signed: %v", value, err)
			}
		}
	})
	t.Run("other spellings", func(t *testing.T) {
		for size := range 4 {
			contents := strings.Repeat("x", size)
			sealed, err := ours.Encode("ticket", contents)
			if err != nil {
				t.Fatal(err)
			}
			written, err := signed.protect(contents)
			if err != nil {
				t.Fatal(err)
			}
			for _, change := range []func(string) string{
				func(v string) string { return v[:10] + "\r\n" + v[10:] },
				func(v string) string { return v + "\n" },
				func(v string) string { return "\r" + v },
				func(v string) string { return v + "=" },
				func(v string) string { return strings.TrimRight(v, "=") + "A" },
				loose,
			} {
				var text string
				if other := change(sealed); other != sealed && ours.Decode("ticket", other, &text) == nil {
					t.Errorf("%q is accepted for %q", other, sealed)
				}
				if other := change(written); other != written {
					if _, err := signed.unprotect(other); err == nil {
						t.Errorf("%q is accepted for %q, signed", other, written)
					}
				}
			}
		}
	})
}

// loose changes what is left over in the last character of base64, if there is something: the bytes
// are the same for whoever does not look.
func loose(value string) string {
	bare := strings.TrimRight(value, "=")
	for c := byte('0'); c <= 'z'; c++ {
		other := bare[:len(bare)-1] + string(c)
		a, errA := base64.RawURLEncoding.DecodeString(bare)
		b, errB := base64.RawURLEncoding.DecodeString(other)
		if other != bare && errA == nil && errB == nil && bytes.Equal(a, b) {
			return other + value[len(bare):]
		}
	}
	return value
}
