package engine_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/internal/shop"
)

func TestAnonymousVisitStoresNothingAndSetsNoCookie(t *testing.T) {
	s := newSite(t)
	response := s.browser().visit(func(v *shop.Visitor) {
		equal(t, v.Visits(), 0, "visits")
		equal(t, v.HasUserID(), false, "signed in")
		equal(t, v.Role(), "guest", "default")
		equal(t, v.Info().New, true, "new")
		v.ClearNotice()
		v.Renew()
		v.Remember(true)
		v.SetUserID(0)
	})
	equal(t, s.store.took(), "", "store calls")
	equal(t, len(response.Header["Set-Cookie"]), 0, "cookies")
	equal(t, response.Header.Get("Vary"), "Cookie", "Vary")
}

func TestVaryOnlyWhenRead(t *testing.T) {
	s := newSite(t)
	w := newRecorder()
	s.visitors.Middleware(http.NotFoundHandler()).ServeHTTP(w, s.browser().request("GET"))
	equal(t, w.Result().Header.Get("Vary"), "", "Vary of a page that does not ask for the session")
	response := s.browser().serve(func(v *shop.Visitor, w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Vary", "Accept-Encoding, cookie")
		v.HasTheme()
	})
	equal(t, strings.Join(response.Header["Vary"], "|"), "Accept-Encoding, cookie", "Vary is not repeated")
	response = s.browser().serve(func(v *shop.Visitor, w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Vary", "Accept-Encoding")
		v.HasVisits()
	})
	equal(t, strings.Join(response.Header["Vary"], "|"), "Accept-Encoding|Cookie", "Vary is added to")
}

func TestFirstChangeCreates(t *testing.T) {
	s := newSite(t)
	b := s.browser()
	response := b.serve(func(v *shop.Visitor, w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Cache-Control", "public, max-age=60")
		v.AddVisits(2)
	})
	equal(t, s.store.took(), "create", "store calls")
	lines := response.Header["Set-Cookie"]
	if len(lines) != 1 || !strings.HasSuffix(lines[0], "; Path=/; SameSite=Lax; Secure; HttpOnly") || !strings.HasPrefix(lines[0], sessionCookie+"=") {
		t.Errorf("Set-Cookie: %q", lines)
	}
	equal(t, response.Header.Get("Cache-Control"), "no-store", "Cache-Control")
	equal(t, s.count(runtime.EventCreated), 1, "created events")

	response = b.visit(func(v *shop.Visitor) {
		equal(t, v.Visits(), 2, "visits")
		equal(t, v.Info().New, false, "new")
		v.AddVisits(1)
	})
	equal(t, s.store.took(), "load update", "store calls of a write")
	equal(t, len(response.Header["Set-Cookie"]), 0, "cookies of a write")

	response = b.visit(func(v *shop.Visitor) { equal(t, v.Visits(), 3, "visits") })
	equal(t, s.store.took(), "load", "store calls of a read")
	equal(t, len(response.Header["Set-Cookie"]), 0, "cookies of a read")
}

func TestEveryFieldSurvives(t *testing.T) {
	s := newSite(t)
	b := s.browser()
	when := time.Date(2020, 2, 29, 23, 59, 58, 7, time.FixedZone("x", 3600))
	b.visit(func(v *shop.Visitor) {
		v.SetUserID(-7)
		v.SetRole("")
		v.SetTeam("red")
		v.SetUsername("john_doe")
		v.SetPassword("hunter2")
		v.SetVisits(0)
		v.SetCart([]shop.Item{{SKU: "tea", Count: 2}, {}})
		v.SetPrefs(map[string]int{"a": 1, "": 0})
		v.SetAvatar([]byte{})
		v.SetNotice("hello")
		v.SetLastSeen(when)
	})
	b.visit(func(v *shop.Visitor) {
		equal(t, v.UserID(), -7, "user")
		equal(t, v.Role(), "", "a zero that was set is kept, over the default")
		equal(t, v.HasRole(), true, "has role")
		equal(t, v.Team(), "red", "team")
		equal(t, v.Username(), "john_doe", "username")
		equal(t, v.Password(), "hunter2", "password")
		equal(t, v.HasVisits(), true, "a zero that was set")
		cart := v.Cart()
		if len(cart) != 2 || cart[0] != (shop.Item{SKU: "tea", Count: 2}) || cart[1] != (shop.Item{}) {
			t.Errorf("cart: %v", cart)
		}
		if prefs := v.Prefs(); len(prefs) != 2 || prefs["a"] != 1 {
			t.Errorf("prefs: %v", prefs)
		}
		equal(t, v.HasAvatar(), true, "an empty []byte is kept")
		equal(t, v.Notice(), "hello", "notice")
		equal(t, v.LastSeen(), when.UTC(), "time")
		v.SetAvatar(nil)
		v.SetCart([]shop.Item{})
		v.RemovePrefs("a")
		v.RemovePrefs("")
	})
	b.visit(func(v *shop.Visitor) {
		equal(t, v.HasAvatar(), false, "a nil []byte clears")
		equal(t, v.HasCart(), false, "an empty slice clears")
		equal(t, v.HasPrefs(), false, "removing the last entry clears")
	})
}

func TestTokenNobodyIssuedIsNeverAdopted(t *testing.T) {
	s := newSite(t)
	b := s.browser()
	b.cookies[sessionCookie] = strings.Repeat("A", 64)
	b.visit(func(v *shop.Visitor) { v.SetVisits(1) })
	equal(t, s.store.took(), "load create", "store calls")
	if strings.HasPrefix(b.cookies[sessionCookie], "AAAA") {
		t.Error("the client's ID was adopted")
	}
	equal(t, s.count(runtime.EventExpired), 1, "expired events")
}

func TestMalformedTokensDoNotReachTheStore(t *testing.T) {
	s := newSite(t)
	for _, value := range []string{"", "x", strings.Repeat("A", 63), strings.Repeat("A", 65), strings.Repeat("A", 63) + "=", strings.Repeat("A", 63) + "+",
		strings.Repeat("A", 60) + "\n\nAA", "\"" + strings.Repeat("A", 62) + "\"", strings.Repeat("%41", 64)} {
		b := s.browser()
		b.cookies[sessionCookie] = value
		b.visit(func(v *shop.Visitor) { equal(t, v.HasUserID(), false, "signed in") })
		equal(t, s.store.took(), "", "store calls for "+value)
	}
	equal(t, s.count(runtime.EventCookieRefused), 9, "refused events")
}

func TestWrongSecretSeesNothing(t *testing.T) {
	s := newSite(t)
	b := s.browser()
	b.visit(func(v *shop.Visitor) { v.SetUserID(7) })
	forged := b.clone()
	token := b.cookies[sessionCookie]
	last := "A"
	if strings.HasSuffix(token, last) {
		last = "B"
	}
	forged.cookies[sessionCookie] = token[:len(token)-1] + last
	forged.visit(func(v *shop.Visitor) {
		equal(t, v.HasUserID(), false, "signed in")
		v.SetVisits(99)
	})
	equal(t, see(b, (*shop.Visitor).Visits), 0, "visits in the real session")
	equal(t, see(b, (*shop.Visitor).UserID), 7, "user in the real session")
}

func TestSessionCookieSentTwice(t *testing.T) {
	s := newSite(t)
	one, two := s.browser(), s.browser()
	one.visit(func(v *shop.Visitor) { v.SetUserID(1) })
	two.visit(func(v *shop.Visitor) { v.SetUserID(2) })
	send := func(values ...string) (user int64, response *http.Response) {
		b := s.browser()
		b.header.Set("Cookie", sessionCookie+"="+strings.Join(values, "; "+sessionCookie+"="))
		response = b.visit(func(v *shop.Visitor) {
			user = v.UserID()
			v.AddVisits(1)
		})
		return user, response
	}
	first, second, dead := one.cookies[sessionCookie], two.cookies[sessionCookie], strings.Repeat("A", 64)
	for _, values := range [][]string{{first, dead}, {dead, first}, {first, "junk"}, {"junk", first, dead}, {first, first}} {
		if user, _ := send(values...); user != 1 {
			t.Errorf("%d values of which one opens a session: user %d", len(values), user)
		}
	}
	s.store.took()
	for _, values := range [][]string{{first, second}, {second, first}, {first, second, dead}} {
		user, response := send(values...)
		equal(t, user, 0, "user of an ambiguous request")
		equal(t, len(response.Header["Set-Cookie"]), 0, "cookies of an ambiguous request")
		if calls := s.store.took(); strings.Contains(calls, "update") || strings.Contains(calls, "create") {
			t.Errorf("an ambiguous request wrote: %s", calls)
		}
	}
	user, response := send(dead, strings.Repeat("B", 64))
	equal(t, user, 0, "user of two dead tokens")
	equal(t, len(response.Header["Set-Cookie"]), 1, "two dead tokens do not lock out")
}

func TestCookieHeaderIsReadAsItIs(t *testing.T) {
	s := newSite(t)
	b := s.browser()
	b.visit(func(v *shop.Visitor) { v.SetUserID(7) })
	token := b.cookies[sessionCookie]
	for header, want := range map[string]int64{
		"a=b;" + sessionCookie + "=" + token:                       7,
		strings.Repeat("a=; ", 5000) + sessionCookie + "=" + token: 7,
		" \t" + sessionCookie + "=" + token + " ":                  7,
		"%5F%5FHost-visitor=" + token:                              0,
		"=" + sessionCookie + "=" + token:                          0,
		"x" + sessionCookie + "=" + token:                          0,
		strings.ToUpper(sessionCookie) + "=" + token:               0,
	} {
		other := s.browser()
		other.header.Set("Cookie", header)
		other.visit(func(v *shop.Visitor) { equal(t, v.UserID(), want, header[:min(40, len(header))]) })
	}
	split := s.browser()
	split.header["Cookie"] = []string{"a=b", sessionCookie + "=" + token}
	split.visit(func(v *shop.Visitor) { equal(t, v.UserID(), 7, "split headers") })
}

func TestExpiry(t *testing.T) {
	s := newSite(t)
	b := s.browser()
	b.visit(func(v *shop.Visitor) { v.SetUserID(7) })
	s.clock.advance(30*time.Minute - time.Second)
	equal(t, see(b, (*shop.Visitor).UserID), 7, "a second before the idle timeout")
	s.clock.advance(30*time.Minute - time.Second)
	equal(t, see(b, (*shop.Visitor).UserID), 7, "after it was extended")
	s.clock.advance(30 * time.Minute)
	equal(t, see(b, (*shop.Visitor).UserID), 0, "at the idle timeout")
}

func TestLifetimeIsAbsolute(t *testing.T) {
	s := newSite(t)
	b := s.browser()
	b.visit(func(v *shop.Visitor) { v.SetUserID(7) })
	for range 12*4 - 1 {
		s.clock.advance(15 * time.Minute)
		b.visit(func(v *shop.Visitor) { v.AddVisits(1) })
	}
	s.clock.advance(15*time.Minute - time.Second)
	equal(t, see(b, (*shop.Visitor).UserID), 7, "a second before the end of its life")
	s.clock.advance(time.Second)
	equal(t, see(b, (*shop.Visitor).UserID), 0, "at the end of its life")
}

func TestTouchAtMostOncePerTenth(t *testing.T) {
	s := newSite(t)
	b := s.browser()
	b.visit(func(v *shop.Visitor) { v.SetUserID(7) })
	s.store.took()
	for i, want := range []string{"load", "load", "load touch", "load", "load touch"} {
		if i > 0 {
			s.clock.advance(90 * time.Second)
		}
		b.visit(func(v *shop.Visitor) { v.UserID() })
		equal(t, s.store.took(), want, "store calls")
	}
}

// In its last half hour a session cannot be extended any more, and nobody tries.
func TestNoTouchBeyondTheLifetime(t *testing.T) {
	s := newSite(t)
	b := s.browser()
	b.visit(func(v *shop.Visitor) { v.SetVisits(1) })
	for range 35 { // twenty minutes at a time, of twelve hours
		s.clock.advance(20 * time.Minute)
		b.visit(func(v *shop.Visitor) {})
	}
	s.store.took()
	for range 3 {
		s.clock.advance(5 * time.Minute)
		equal(t, see(b, (*shop.Visitor).Visits), 1, "visits")
	}
	equal(t, s.store.took(), "load load load", "store calls")
}

func TestRemember(t *testing.T) {
	s := newSite(t)
	b := s.browser()
	cookie := func(h func(v *shop.Visitor)) string {
		return strings.Join(b.visit(h).Header["Set-Cookie"], "|")
	}
	if line := cookie(func(v *shop.Visitor) { v.SetUserID(7); v.Remember(true) }); !strings.Contains(line, "; Max-Age=43200;") {
		t.Errorf("remembered: %s", line)
	}
	s.clock.advance(time.Minute)
	equal(t, cookie(func(v *shop.Visitor) { v.Remember(true); v.AddVisits(1) }), "", "remembered again")
	if line := cookie(func(v *shop.Visitor) { v.Renew() }); !strings.Contains(line, "; Max-Age=43140;") {
		t.Errorf("renewed: %s", line)
	}
	if line := cookie(func(v *shop.Visitor) { v.Remember(false) }); line == "" || strings.Contains(line, "Max-Age") {
		t.Errorf("no longer remembered: %s", line)
	}
	equal(t, see(b, (*shop.Visitor).UserID), 7, "user")
}

func TestFromWithoutMiddlewarePanicsWithTheRemedy(t *testing.T) {
	defer func() {
		if message, _ := recover().(string); !strings.Contains(message, "VisitorManager.Middleware") {
			t.Errorf("panic: %q", message)
		}
	}()
	shop.VisitorFrom(t.Context())
}

func TestLoadWithoutMiddleware(t *testing.T) {
	s := newSite(t)
	b := s.browser()
	b.visit(func(v *shop.Visitor) { v.SetUserID(7) })
	w := newRecorder()
	v, err := s.visitors.Load(w, b.request("GET"))
	if err != nil {
		t.Fatal(err)
	}
	equal(t, v.UserID(), 7, "user")
	v.SetUserID(8)
	v.SetTheme("dark")
	if err := v.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	equal(t, len(w.Header()["Set-Cookie"]), 2, "cookies")
	v.SetTheme("light")
	v.AddVisits(1)
	if err := v.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	equal(t, len(w.Header()["Set-Cookie"]), 2, "cookies after another commit: none twice")
	b.keep(w.Result())
	equal(t, see(b, (*shop.Visitor).UserID), 8, "user")
	equal(t, see(b, (*shop.Visitor).Visits), 1, "visits")
	equal(t, see(b, (*shop.Visitor).Theme), "light", "theme")
}

func TestConstructorRefuses(t *testing.T) {
	s := newSite(t)
	type plainStore struct{ runtime.Store }
	for want, build := range map[string]func() error{
		"store is nil":     func() error { _, err := shop.NewVisitorManager(nil, runtime.WithKeys(testKeys)); return err },
		"runtime.WithKeys": func() error { _, err := shop.NewVisitorManager(s.store); return err },
		"runtime.Indexer": func() error {
			_, err := shop.NewVisitorManager(plainStore{s.store}, runtime.WithKeys(testKeys))
			return err
		},
		"NewVisitorManager": func() error { _, err := shop.NewVisitorManager((*watched)(nil)); return err },
	} {
		if err := build(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want an error with %q, got %v", want, err)
		}
	}
}
