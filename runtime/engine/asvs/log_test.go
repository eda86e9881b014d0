package asvs

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/cookie"
	"github.com/sessiongen/sessiongen/runtime/internal/shop"
	"github.com/sessiongen/sessiongen/runtime/internal/testsite"
	"github.com/sessiongen/sessiongen/runtime/keyring"
	"github.com/sessiongen/sessiongen/runtime/record"
)

// transcript collects all that is printed anywhere, and knows what must not be in it.
type transcript struct {
	mu      sync.Mutex
	text    bytes.Buffer
	secrets map[string]string // in words, by what they look like
}

func (c *transcript) Write(b []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.text.Write(b)
}

// print prints things in every way that Go has.
func (c *transcript) print(things ...any) {
	for _, thing := range things {
		fmt.Fprintf(c, "%v\n%+v\n%#v\n%s\n%q\n%x\n%d\n", thing, thing, thing, thing, thing, thing, thing)
		encoded, _ := json.Marshal(thing)
		fmt.Fprintf(c, "%s\n", encoded)
		slog.New(slog.NewTextHandler(c, &slog.HandlerOptions{Level: slog.LevelDebug})).Debug("thing", "thing", thing)
		slog.New(slog.NewJSONHandler(c, &slog.HandlerOptions{Level: slog.LevelDebug})).Debug("thing", "thing", thing)
		log.New(c, "", 0).Print(thing)
		_, _ = fmt.Fprintln(c, fmt.Errorf("wrapped: %v", thing))
	}
}

// hide remembers bytes that nobody is to read, in every form in which Go prints them.
func (c *transcript) hide(what string, secret []byte) {
	few := secret[:min(9, len(secret))]
	end := secret[len(secret)-min(9, len(secret)):]
	for form, text := range map[string]string{
		"as it is":                 string(few),
		"as it is, the end":        string(end),
		"in hexadecimal":           hex.EncodeToString(few),
		"in capital hexadecimal":   strings.ToUpper(hex.EncodeToString(few)),
		"in base64url":             base64.RawURLEncoding.EncodeToString(few),
		"in base64":                base64.RawStdEncoding.EncodeToString(few),
		"in decimal":               strings.Trim(fmt.Sprint(few), "[]"),
		"as a literal":             strings.TrimSuffix(strings.TrimPrefix(fmt.Sprintf("%#v", few), "[]byte{"), "}"),
		"as a literal, the end":    strings.TrimSuffix(strings.TrimPrefix(fmt.Sprintf("%#v", end), "[]byte{"), "}"),
		"in hexadecimal with gaps": fmt.Sprintf("% x", few),
	} {
		c.secrets[text] = what + " " + form
	}
}

// hideToken remembers a token's secret, and what the store knows it by.
func (c *transcript) hideToken(token string) {
	if token == "" {
		return
	}
	decoded, _ := base64.RawURLEncoding.DecodeString(token)
	c.secrets[token[24:40]] = "a token"
	c.hide("the secret of a token", decoded[16:])
	label := record.NewLabel("", &cookie.Options{Name: testsite.SessionCookie, Path: "/"})
	var secret [32]byte // of a malformed token, as much of it as there is
	copy(secret[:], decoded[16:])
	key := label.Key(secret)
	c.hide("the key of a token", key[:])
}

// Whatever happens, and whoever prints what, no token, no secret of the ring, no key, no value of a secret field and no
// cookie that is encrypted is in any line, event, error, panic or error page.
func TestASVS_16_2_5_NoOutputShowsASecret(t *testing.T) {
	everything := &transcript{secrets: map[string]string{"hunter2": "a secret field", "424242": "a secret cookie"}}
	ring := []byte("kX2vTq8ZpLw4RfYb7NsHc1JmGd5EaUo9")
	everything.hide("a secret of the ring", ring)
	kinds := map[runtime.EventKind]bool{}
	hook := func(ctx context.Context, e runtime.Event) {
		everything.mu.Lock()
		kinds[e.Kind] = true
		everything.mu.Unlock()
		runtime.LogEvents(slog.New(slog.NewJSONHandler(everything, &slog.HandlerOptions{Level: slog.LevelDebug})))(ctx, e)
		everything.print(e, e.Err)
	}
	s := testsite.New(t, runtime.WithEvents(hook), runtime.WithClient(testsite.ClientOf), runtime.WithSessionLimit(3))
	b := s.Browser()
	do := func(b *testsite.Browser, h func(v *shop.Visitor, w http.ResponseWriter, r *http.Request)) {
		func() {
			defer func() {
				if caught := recover(); caught != nil {
					everything.print(caught)
				}
			}()
			response := b.Serve(func(v *shop.Visitor, w http.ResponseWriter, r *http.Request) {
				everything.print(v, r.Context(), w)
				h(v, w, r)
				everything.print(v, v.Info())
				if err := v.Commit(r.Context()); err != nil {
					everything.print(err)
				}
			})
			header := response.Header.Clone()
			header.Del("Set-Cookie")
			body, _ := io.ReadAll(response.Body)
			everything.print(header, string(body))
		}()
		everything.hideToken(b.Cookies[testsite.SessionCookie])
		if ticket := b.Cookies["ticket"]; ticket != "" {
			everything.secrets[ticket[40:60]] = "an encrypted cookie"
		}
	}
	change := func(f func(v *shop.Visitor)) func(*shop.Visitor, http.ResponseWriter, *http.Request) {
		return func(v *shop.Visitor, _ http.ResponseWriter, _ *http.Request) { f(v) }
	}
	signIn := change(func(v *shop.Visitor) {
		v.SetUserID(7)
		v.SetPassword("hunter2")
		v.SetTicket(424242)
		v.SetTeam("red")
	})
	do(b, signIn)
	old := b.Clone()
	do(b, change(func(v *shop.Visitor) { v.Renew() }))
	do(old, change(func(v *shop.Visitor) { v.AddVisits(1) }))
	do(b, func(v *shop.Visitor, _ http.ResponseWriter, _ *http.Request) {
		v.AddVisits(1)
		other := b.Clone()
		other.Manager = s.NewManager() // of another process, which this one does not know of
		other.Visit(func(v *shop.Visitor) { v.AddVisits(1) })
	})
	do(b, change(func(v *shop.Visitor) { v.UpdatePassword(func(p string) string { return p + " and more" }) }))
	do(b, change(func(v *shop.Visitor) {
		v.SetPassword("hunter2 that is discarded")
		panic(fmt.Sprint("a handler that prints ", v))
	}))
	do(b, change(func(v *shop.Visitor) { v.SetTheme(strings.Repeat("x", 5000)); v.SetPassword("hunter2 again") }))
	do(b, change(func(v *shop.Visitor) { v.SetFavoriteColor("none that is declared") }))
	do(b, func(v *shop.Visitor, w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "begun")
		v.SetUserID(9)
	})
	for _, call := range []string{"load", "create", "update", "touch", "delete", "revoke"} {
		s.Clock.Advance(5 * time.Minute)
		s.Store.Stand(func(c string) error {
			if c == call {
				return errors.New("connection refused")
			}
			return nil
		}, nil)
		do(b.Clone(), change(func(v *shop.Visitor) { v.SetPassword("hunter2 once more"); v.RevokeOthers() }))
		do(b.Clone(), change(func(v *shop.Visitor) { v.Destroy() }))
		do(s.Browser(), signIn)
		s.Store.Stand(nil, nil)
	}
	forged := b.Clone()
	forged.Cookies["ticket"] = b.Cookies["ticket"][:len(b.Cookies["ticket"])-2] + "AA"
	forged.Cookies["campaign"] = "hunter2"
	forged.Cookies["favorite_color"] = "hunter2"
	forged.Cookies[testsite.SessionCookie] = strings.Repeat("hunter2", 9)
	do(forged, change(func(v *shop.Visitor) { v.Ticket(); v.Campaign(); v.FavoriteColor() }))
	for range 4 {
		s.Clock.Advance(time.Second)
		do(s.Browser(), signIn)
	}
	do(b, signIn)
	last := b.Clone()
	do(b, change(func(v *shop.Visitor) { v.Destroy() }))
	do(last, change(func(v *shop.Visitor) { v.AddVisits(1) }))
	s.Clock.Advance(time.Hour)
	do(last, change(func(v *shop.Visitor) { v.AddVisits(1) }))
	do(b, signIn)
	second := s.Browser()
	do(second, signIn)
	both := b.Request("GET")
	both.Header.Add("Cookie", second.Request("GET").Header.Get("Cookie"))
	inner := s.NewManager(runtime.WithEvents(hook))
	answer := httptest.NewRecorder()
	s.Visitors.Middleware(inner.Middleware(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		everything.print(shop.VisitorFrom(r.Context()))
	}))).ServeHTTP(answer, both)
	everything.print(answer.Header(), answer.Body.String())
	infos, err := s.Visitors.ListByUserID(t.Context(), 7)
	everything.print(infos, err)
	_, err = s.Visitors.RevokeByTeam(t.Context(), "red")
	everything.print(err)

	// And what is left when a program prints whatever it has in its hands.
	keys, err := keyring.NewKeys(ring)
	check(t, err)
	cipher, err := keyring.NewCipher(keys, keyring.Use{Purpose: "cookie", Cookie: "ticket"}, 0)
	check(t, err)
	staged := keyring.StagedSecret{Bytes: ring, Stage: keyring.StagePrimary}
	everything.print(keys, cipher, staged, &staged, []keyring.StagedSecret{staged}, struct{ Keys *keyring.Keys }{keys}, s.Visitors, s.Visitors.TicketCookie())
	_, err = keyring.NewKeys(ring[:31])
	everything.print(err)
	_, err = keyring.NewKeys(ring, ring)
	everything.print(err)
	t.Setenv("SESSIONGEN_TEST_KEYS", string(ring)+"!")
	_, err = keyring.KeysFromEnv("SESSIONGEN_TEST_KEYS")
	everything.print(err)

	for kind := runtime.EventCreated; kind <= runtime.EventCommitFailed; kind++ {
		switch kind {
		case runtime.EventFieldReset, runtime.EventRecordRefused, runtime.EventClientChanged:
			continue // they need a record that somebody has spoilt, and another option
		}
		if !kinds[kind] {
			t.Errorf("no event says %q: the test has become weaker", kind)
		}
	}
	text := everything.text.String()
	for secret, what := range everything.secrets {
		if at := strings.Index(text, secret); at >= 0 {
			t.Errorf("%s is printed: %q", what, text[max(0, at-200):min(len(text), at+100)])
		}
	}
	if len(everything.secrets) < 100 || len(text) < 100_000 {
		t.Errorf("%d things to hide in %d bytes: the test has become weaker", len(everything.secrets), len(text))
	}
	t.Logf("%d bytes of output, in which %d spellings of secrets were looked for", len(text), len(everything.secrets))
}

// Every decision about who somebody is leaves an event with the session's ID, by which the lines of one session are
// found; the ID opens nothing.
func TestASVS_16_3_3_WhatConcernsSecurityIsHeardOf(t *testing.T) {
	s := testsite.New(t, runtime.WithClientCheck(identifiedBy("Network")))
	b := s.Browser()
	b.Header.Set("Network", "home")
	b.Visit(func(v *shop.Visitor) { v.SetUserID(7) })
	id := testsite.IDOf(b)
	var heard []string
	expect := func(what string, kind runtime.EventKind, do func()) {
		t.Helper()
		s.Mu.Lock()
		s.Events = nil
		s.Mu.Unlock()
		do()
		s.Mu.Lock()
		defer s.Mu.Unlock()
		for _, e := range s.Events {
			if e.Kind == kind && (e.ID == id || e.ID == (runtime.ID{}) && (kind == runtime.EventRevoked || kind == runtime.EventCookieRefused)) {
				heard = append(heard, e.Kind.String())
				if text := fmt.Sprint(e.LogValue()); !strings.Contains(text, e.Kind.String()) || e.ID == id && !strings.Contains(text, id.String()) {
					t.Errorf("%s: the log says only %s", what, text)
				}
				return
			}
		}
		t.Errorf("%s: no event %q with its ID in %v", what, kind, s.Events)
	}
	old := b.Clone()
	expect("another secret", runtime.EventRenewed, func() { b.Visit((*shop.Visitor).Renew) })
	expect("an old secret", runtime.EventStale, func() { old.Visit(func(v *shop.Visitor) { v.UserID() }) })
	expect("a write with an old secret", runtime.EventDropped, func() { old.Visit(func(v *shop.Visitor) { v.AddVisits(1) }) })
	expect("a stolen token", runtime.EventClientChanged, func() {
		thief := b.Clone()
		thief.Header.Set("Network", "elsewhere")
		thief.Visit(func(v *shop.Visitor) { v.UserID() })
	})
	expect("a forged secret", runtime.EventExpired, func() {
		forged := b.Clone()
		forged.Cookies[testsite.SessionCookie] = b.Cookies[testsite.SessionCookie][:22] + strings.Repeat("A", 42)
		forged.Visit(func(v *shop.Visitor) { v.UserID() })
	})
	expect("a forged cookie", runtime.EventCookieRefused, func() {
		forged := b.Clone()
		forged.Cookies["campaign"] = "forged"
		forged.Visit(func(v *shop.Visitor) { v.Campaign() })
	})
	expect("a store that fails", runtime.EventStoreFailed, func() {
		s.Store.Stand(testsite.Down("load"), nil)
		b.Clone().Visit(func(v *shop.Visitor) { v.UserID() })
		s.Store.Stand(nil, nil)
	})
	last := b.Clone()
	expect("the end", runtime.EventDestroyed, func() { b.Visit((*shop.Visitor).Destroy) })
	expect("a token of what has ended", runtime.EventGone, func() { last.Visit(func(v *shop.Visitor) { v.UserID() }) })
	b.Visit(func(v *shop.Visitor) { v.SetUserID(7) })
	id = testsite.IDOf(b)
	expect("an administrator", runtime.EventRevoked, func() { check(t, s.Visitors.Revoke(t.Context(), id)) })
	t.Logf("heard: %s", strings.Join(heard, ", "))
}

// What a client makes up is in no log line: it can forge none, and no other line's meaning.
func TestASVS_16_4_1_NothingThatAClientMakesUpIsLogged(t *testing.T) {
	var lines bytes.Buffer
	hook := runtime.LogEvents(slog.New(slog.NewTextHandler(&lines, &slog.HandlerOptions{Level: slog.LevelDebug})))
	s := testsite.New(t, runtime.WithEvents(hook), runtime.WithClient(testsite.ClientOf))
	canary := "canary\nlevel=ERROR msg=forged"
	events := 0
	for _, value := range []string{canary, `canary"`, "canary%0alevel=ERROR", "\x1b[31mcanary", strings.Repeat("canary", 2000), "canary\u2028", ""} {
		for _, name := range []string{testsite.SessionCookie, "favorite_color", "campaign", "source", "ticket", "theme", "canary"} {
			b := s.Browser()
			b.Header.Set("User-Agent", canary)
			b.Header.Set("Referer", canary)
			b.Cookies[name] = value
			b.Visit(func(v *shop.Visitor) {
				v.FavoriteColor()
				v.Campaign()
				v.Ticket()
				v.SetUserID(7)
				v.SetUsername(canary)
			})
			events++
		}
	}
	text := lines.String()
	if strings.Contains(text, "canary") || strings.Contains(text, "forged") {
		t.Errorf("what a client has made up is in the log: %.2000s", text)
	}
	for line := range strings.Lines(text) {
		if !strings.HasPrefix(line, "time=") {
			t.Errorf("a line that nobody logged: %s", line)
		}
	}
	if strings.Count(text, "cookie refused") < events/3 {
		t.Errorf("only %d cookies were refused", strings.Count(text, "cookie refused"))
	}
}

// identifiedBy tells clients apart by a header.
func identifiedBy(header string) func(*http.Request) string {
	return func(r *http.Request) string { return r.Header.Get(header) }
}
