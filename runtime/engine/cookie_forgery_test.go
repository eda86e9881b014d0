package engine

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/cookie"
	"github.com/sessiongen/sessiongen/runtime/keyring"
)

// Two secrets that only tests know.
const (
	cookieSecret = "kX2vTq8ZpLw4RfYb7NsHc1JmGd5EaUo9"
	otherSecret  = "T6wPn3Yd9Kf1Qz8Hb4Vx7Mc2Rs5Gj0La"
)

var ticketUse = keyring.Use{Application: "shop", Purpose: "cookie", Cookie: "ticket"}

func ticketKeys(t testing.TB, secrets ...string) *keyring.Keys {
	t.Helper()
	var raw [][]byte
	for _, secret := range secrets {
		raw = append(raw, []byte(secret))
	}
	keys, err := keyring.NewKeys(raw...)
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

func ticketCipher(t testing.TB, use keyring.Use, secrets ...string) *keyring.Cipher {
	t.Helper()
	c, err := keyring.NewCipher(ticketKeys(t, secrets...), use, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// Whatever is wrong with an encrypted cookie, it counts as absent, and the event is the same.
func TestASVS_11_2_5_AForgedCookieRaisesTheSameEventWhateverIsWrong(t *testing.T) {
	var events []string
	field := CookieField[string]{
		Options: cookie.Options{Name: "ticket", Path: "/", Protection: cookie.Encrypted, MaxAge: time.Hour},
		Text:    cookie.StringText[string](),
	}
	m, err := NewManager(&Schema{
		Cookies: []CookieDescriptor{&field},
		New:     func() *Session { return new(Session).Bind(new(int), nil, nil, make([]CookieState, 1)) },
	}, nil, runtime.WithKeys(ticketKeys(t, cookieSecret)), runtime.WithApplication("shop"),
		runtime.WithEvents(func(_ context.Context, e runtime.Event) {
			e.Repeated = false
			events = append(events, fmt.Sprintf("%+v", e))
		}))
	if err != nil {
		t.Fatal(err)
	}
	read := func(value string) (string, bool) {
		r := httptest.NewRequest("GET", "/", nil)
		r.Header["Cookie"] = []string{"ticket=" + value}
		return BindCookie(m, &field).Read(r)
	}
	good, err := ticketCipher(t, ticketUse, cookieSecret).Encode("ticket", "forty-two")
	if err != nil {
		t.Fatal(err)
	}
	if got, found := read(good); !found || got != "forty-two" {
		t.Fatalf("a good cookie is read as %q, %v", got, found)
	}
	now := time.Now()
	sealed := func(use keyring.Use, secret string, issued, expires time.Time) string {
		return ticketCipher(t, use, secret).Seal(issued, expires, []byte("forty-two"))
	}
	forged := map[string]string{
		"another secret":      sealed(ticketUse, otherSecret, now, now.Add(time.Hour)),
		"another cookie":      sealed(keyring.Use{Application: "shop", Purpose: "cookie", Cookie: "campaign"}, cookieSecret, now, now.Add(time.Hour)),
		"another application": sealed(keyring.Use{Application: "bank", Purpose: "cookie", Cookie: "ticket"}, cookieSecret, now, now.Add(time.Hour)),
		"another purpose":     sealed(keyring.Use{Application: "shop", Purpose: "session visitor", Cookie: "ticket"}, cookieSecret, now, now.Add(time.Hour)),
		"too old":             sealed(ticketUse, cookieSecret, now.AddDate(0, 0, -2), now.AddDate(0, 0, -1)),
		"future":              sealed(ticketUse, cookieSecret, now.AddDate(0, 0, 1), now.AddDate(0, 0, 2)),
		"cut":                 good[:len(good)-4],
		"no base64":           good[:10] + "." + good[11:],
	}
	plain, err := base64.RawURLEncoding.DecodeString(good)
	if err != nil {
		t.Fatal(err)
	}
	for at := range plain {
		other := bytes.Clone(plain)
		other[at] ^= 1
		forged[fmt.Sprint("byte ", at)] = base64.RawURLEncoding.EncodeToString(other)
	}
	for what, value := range forged {
		if got, found := read(value); found || got != "" {
			t.Errorf("%s: read as %q", what, got)
		}
	}
	if len(events) != len(forged) {
		t.Errorf("%d events for %d values", len(events), len(forged))
	}
	// The key id is not secret, so that a value of a replica with other keys may be told apart.
	kinds := map[string]int{}
	for _, e := range events {
		kinds[e]++
	}
	if len(kinds) != 2 {
		t.Errorf("more is told than whether the key is known: %v", kinds)
	}
	for e, n := range kinds {
		if otherKey := strings.Contains(e, "a secret that this process lacks"); otherKey && n != 1+4 {
			t.Errorf("%d values are said to be of another key, want that of another secret and the 4 bytes of the id", n)
		}
	}
}
