package engine

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"strconv"
	"testing"
	"time"

	sessionruntime "github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/cookie"
	"github.com/sessiongen/sessiongen/runtime/keyring"
)

// securecookie accepts what was signed in ten years, and without a Max-Age whatever was
// signed at any time. A signed cookie is as short-lived as an encrypted one.
func TestASVS_9_2_1_SignedCookiesHaveABeginningAndAnEnd(t *testing.T) {
	secret := []byte("kX2vTq8ZpLw4RfYb7NsHc1JmGd5EaUo9")
	ring, err := keyring.NewKeys(secret)
	if err != nil {
		t.Fatal(err)
	}
	const day = 24 * time.Hour
	for _, maxAge := range []time.Duration{0, time.Hour} {
		c, err := (&Manager{options: sessionruntime.Options{Keys: ring, Clock: time.Now}}).newCookie(cookie.Options{Name: "campaign", Path: "/", Protection: cookie.Signed, MaxAge: maxAge})
		if err != nil {
			t.Fatal(err)
		}
		longest := 400 * day
		if maxAge > 0 {
			longest = maxAge
		}
		for ago, want := range map[time.Duration]bool{
			0: true, longest / 2: true, longest + day: false, 5000 * day: false,
			-keyring.ClockTolerance / 2: true, -keyring.ClockTolerance - time.Minute: false, -5000 * day: false,
		} {
			text, err := c.unprotect(signedAt(secret, "campaign", time.Now().Add(-ago), "spring"))
			if (err == nil) != want || want && text != "spring" {
				t.Errorf("Max-Age %v, signed %v ago: %q, %v", maxAge, ago, text, err)
			}
		}
	}
}

// signedAt is a signed cookie's value as securecookie makes it at another time.
func signedAt(secret []byte, name string, at time.Time, text string) string {
	key, err := hkdf.Key(sha256.New, secret, nil, "sessiongen cookie signed "+name, 64)
	if err != nil {
		panic(err)
	}
	dated := strconv.FormatInt(at.Unix(), 10) + "|" + base64.URLEncoding.EncodeToString(append([]byte{signedText}, text...))
	mac := hmac.New(sha256.New, key[:32])
	mac.Write([]byte(name + "|" + dated))
	return base64.URLEncoding.EncodeToString(mac.Sum([]byte(dated + "|")))
}
