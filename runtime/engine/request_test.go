package engine_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/internal/shop"
	"github.com/sessiongen/sessiongen/runtime/internal/testsite"
)

func TestAnonymousVisitStoresNothingAndSetsNoCookie(t *testing.T) {
	s := testsite.New(t)
	response := s.Browser().Visit(func(v *shop.Visitor) {
		testsite.Equal(t, v.Visits(), 0, "visits")
		testsite.Equal(t, v.HasUserID(), false, "signed in")
		testsite.Equal(t, v.Role(), "guest", "default")
		testsite.Equal(t, v.Info().New, true, "new")
		v.ClearNotice()
		v.Renew()
		v.Remember(true)
		v.SetUserID(0)
	})
	testsite.Equal(t, s.Store.Took(), "", "store calls")
	testsite.Equal(t, len(response.Header["Set-Cookie"]), 0, "cookies")
	testsite.Equal(t, response.Header.Get("Vary"), "Cookie", "Vary")
}

func TestVaryOnlyWhenRead(t *testing.T) {
	s := testsite.New(t)
	w := testsite.NewRecorder()
	s.Visitors.Middleware(http.NotFoundHandler()).ServeHTTP(w, s.Browser().Request("GET"))
	testsite.Equal(t, w.Result().Header.Get("Vary"), "", "Vary of a page that does not ask for the session")
	response := s.Browser().Serve(func(v *shop.Visitor, w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Vary", "Accept-Encoding, cookie")
		v.HasTheme()
	})
	testsite.Equal(t, strings.Join(response.Header["Vary"], "|"), "Accept-Encoding, cookie", "Vary is not repeated")
	response = s.Browser().Serve(func(v *shop.Visitor, w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Vary", "Accept-Encoding")
		v.HasVisits()
	})
	testsite.Equal(t, strings.Join(response.Header["Vary"], "|"), "Accept-Encoding|Cookie", "Vary is added to")
}

func TestFirstChangeCreates(t *testing.T) {
	s := testsite.New(t)
	b := s.Browser()
	response := b.Serve(func(v *shop.Visitor, w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Cache-Control", "public, max-age=60")
		v.AddVisits(2)
	})
	testsite.Equal(t, s.Store.Took(), "create", "store calls")
	lines := response.Header["Set-Cookie"]
	if len(lines) != 1 || !strings.HasSuffix(lines[0], "; Path=/; SameSite=Lax; Secure; HttpOnly") || !strings.HasPrefix(lines[0], testsite.SessionCookie+"=") {
		t.Errorf("Set-Cookie: %q", lines)
	}
	testsite.Equal(t, response.Header.Get("Cache-Control"), "no-store", "Cache-Control")
	testsite.Equal(t, s.Count(runtime.EventCreated), 1, "created events")

	response = b.Visit(func(v *shop.Visitor) {
		testsite.Equal(t, v.Visits(), 2, "visits")
		testsite.Equal(t, v.Info().New, false, "new")
		v.AddVisits(1)
	})
	testsite.Equal(t, s.Store.Took(), "load update", "store calls of a write")
	testsite.Equal(t, len(response.Header["Set-Cookie"]), 0, "cookies of a write")

	response = b.Visit(func(v *shop.Visitor) { testsite.Equal(t, v.Visits(), 3, "visits") })
	testsite.Equal(t, s.Store.Took(), "load", "store calls of a read")
	testsite.Equal(t, len(response.Header["Set-Cookie"]), 0, "cookies of a read")
}

func TestEveryFieldSurvives(t *testing.T) {
	s := testsite.New(t)
	b := s.Browser()
	when := time.Date(2020, 2, 29, 23, 59, 58, 7, time.FixedZone("x", 3600))
	b.Visit(func(v *shop.Visitor) {
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
	b.Visit(func(v *shop.Visitor) {
		testsite.Equal(t, v.UserID(), -7, "user")
		testsite.Equal(t, v.Role(), "", "a zero that was set is kept, over the default")
		testsite.Equal(t, v.HasRole(), true, "has role")
		testsite.Equal(t, v.Team(), "red", "team")
		testsite.Equal(t, v.Username(), "john_doe", "username")
		testsite.Equal(t, v.Password(), "hunter2", "password")
		testsite.Equal(t, v.HasVisits(), true, "a zero that was set")
		cart := v.Cart()
		if len(cart) != 2 || cart[0] != (shop.Item{SKU: "tea", Count: 2}) || cart[1] != (shop.Item{}) {
			t.Errorf("cart: %v", cart)
		}
		if prefs := v.Prefs(); len(prefs) != 2 || prefs["a"] != 1 {
			t.Errorf("prefs: %v", prefs)
		}
		testsite.Equal(t, v.HasAvatar(), true, "an empty []byte is kept")
		testsite.Equal(t, v.Notice(), "hello", "notice")
		testsite.Equal(t, v.LastSeen(), when.UTC(), "time")
		v.SetAvatar(nil)
		v.SetCart([]shop.Item{})
		v.RemovePrefs("a")
		v.RemovePrefs("")
	})
	b.Visit(func(v *shop.Visitor) {
		testsite.Equal(t, v.HasAvatar(), false, "a nil []byte clears")
		testsite.Equal(t, v.HasCart(), false, "an empty slice clears")
		testsite.Equal(t, v.HasPrefs(), false, "removing the last entry clears")
	})
}

func TestTokenNobodyIssuedIsNeverAdopted(t *testing.T) {
	s := testsite.New(t)
	b := s.Browser()
	b.Cookies[testsite.SessionCookie] = strings.Repeat("A", 64)
	b.Visit(func(v *shop.Visitor) { v.SetVisits(1) })
	testsite.Equal(t, s.Store.Took(), "load create", "store calls")
	if strings.HasPrefix(b.Cookies[testsite.SessionCookie], "AAAA") {
		t.Error("the client's ID was adopted")
	}
	testsite.Equal(t, s.Count(runtime.EventExpired), 1, "expired events")
}

func TestMalformedTokensDoNotReachTheStore(t *testing.T) {
	s := testsite.New(t)
	for _, value := range []string{"", "x", strings.Repeat("A", 63), strings.Repeat("A", 65), strings.Repeat("A", 63) + "=", strings.Repeat("A", 63) + "+",
		strings.Repeat("A", 60) + "\n\nAA", "\"" + strings.Repeat("A", 62) + "\"", strings.Repeat("%41", 64)} {
		b := s.Browser()
		b.Cookies[testsite.SessionCookie] = value
		b.Visit(func(v *shop.Visitor) { testsite.Equal(t, v.HasUserID(), false, "signed in") })
		testsite.Equal(t, s.Store.Took(), "", "store calls for "+value)
	}
	testsite.Equal(t, s.Count(runtime.EventCookieRefused), 9, "refused events")
}

func TestWrongSecretSeesNothing(t *testing.T) {
	s := testsite.New(t)
	b := s.Browser()
	b.Visit(func(v *shop.Visitor) { v.SetUserID(7) })
	forged := b.Clone()
	token := b.Cookies[testsite.SessionCookie]
	last := "A"
	if strings.HasSuffix(token, last) {
		last = "B"
	}
	forged.Cookies[testsite.SessionCookie] = token[:len(token)-1] + last
	forged.Visit(func(v *shop.Visitor) {
		testsite.Equal(t, v.HasUserID(), false, "signed in")
		v.SetVisits(99)
	})
	testsite.Equal(t, testsite.See(b, (*shop.Visitor).Visits), 0, "visits in the real session")
	testsite.Equal(t, testsite.See(b, (*shop.Visitor).UserID), 7, "user in the real session")
}

func TestSessionCookieSentTwice(t *testing.T) {
	s := testsite.New(t)
	one, two := s.Browser(), s.Browser()
	one.Visit(func(v *shop.Visitor) { v.SetUserID(1) })
	two.Visit(func(v *shop.Visitor) { v.SetUserID(2) })
	send := func(values ...string) (user int64, response *http.Response) {
		b := s.Browser()
		b.Header.Set("Cookie", testsite.SessionCookie+"="+strings.Join(values, "; "+testsite.SessionCookie+"="))
		response = b.Visit(func(v *shop.Visitor) {
			user = v.UserID()
			v.AddVisits(1)
		})
		return user, response
	}
	first, second, dead := one.Cookies[testsite.SessionCookie], two.Cookies[testsite.SessionCookie], strings.Repeat("A", 64)
	for _, values := range [][]string{{first, dead}, {dead, first}, {first, "junk"}, {"junk", first, dead}, {first, first}} {
		if user, _ := send(values...); user != 1 {
			t.Errorf("%d values of which one opens a session: user %d", len(values), user)
		}
	}
	s.Store.Took()
	for _, values := range [][]string{{first, second}, {second, first}, {first, second, dead}} {
		user, response := send(values...)
		testsite.Equal(t, user, 0, "user of an ambiguous request")
		testsite.Equal(t, len(response.Header["Set-Cookie"]), 0, "cookies of an ambiguous request")
		if calls := s.Store.Took(); strings.Contains(calls, "update") || strings.Contains(calls, "create") {
			t.Errorf("an ambiguous request wrote: %s", calls)
		}
	}
	user, response := send(dead, strings.Repeat("B", 64))
	testsite.Equal(t, user, 0, "user of two dead tokens")
	testsite.Equal(t, len(response.Header["Set-Cookie"]), 1, "two dead tokens do not lock out")
}

func TestCookieHeaderIsReadAsItIs(t *testing.T) {
	s := testsite.New(t)
	b := s.Browser()
	b.Visit(func(v *shop.Visitor) { v.SetUserID(7) })
	token := b.Cookies[testsite.SessionCookie]
	for header, want := range map[string]int64{
		"a=b;" + testsite.SessionCookie + "=" + token:                       7,
		strings.Repeat("a=; ", 5000) + testsite.SessionCookie + "=" + token: 7,
		" \t" + testsite.SessionCookie + "=" + token + " ":                  7,
		"%5F%5FHost-visitor=" + token:                                       0,
		"=" + testsite.SessionCookie + "=" + token:                          0,
		"x" + testsite.SessionCookie + "=" + token:                          0,
		strings.ToUpper(testsite.SessionCookie) + "=" + token:               0,
	} {
		other := s.Browser()
		other.Header.Set("Cookie", header)
		other.Visit(func(v *shop.Visitor) { testsite.Equal(t, v.UserID(), want, header[:min(40, len(header))]) })
	}
	split := s.Browser()
	split.Header["Cookie"] = []string{"a=b", testsite.SessionCookie + "=" + token}
	split.Visit(func(v *shop.Visitor) { testsite.Equal(t, v.UserID(), 7, "split headers") })
}

func TestExpiry(t *testing.T) {
	s := testsite.New(t)
	b := s.Browser()
	b.Visit(func(v *shop.Visitor) { v.SetUserID(7) })
	s.Clock.Advance(30*time.Minute - time.Second)
	testsite.Equal(t, testsite.See(b, (*shop.Visitor).UserID), 7, "a second before the idle timeout")
	s.Clock.Advance(30*time.Minute - time.Second)
	testsite.Equal(t, testsite.See(b, (*shop.Visitor).UserID), 7, "after it was extended")
	s.Clock.Advance(30 * time.Minute)
	testsite.Equal(t, testsite.See(b, (*shop.Visitor).UserID), 0, "at the idle timeout")
}

func TestLifetimeIsAbsolute(t *testing.T) {
	s := testsite.New(t)
	b := s.Browser()
	b.Visit(func(v *shop.Visitor) { v.SetUserID(7) })
	for range 12*4 - 1 {
		s.Clock.Advance(15 * time.Minute)
		b.Visit(func(v *shop.Visitor) { v.AddVisits(1) })
	}
	s.Clock.Advance(15*time.Minute - time.Second)
	testsite.Equal(t, testsite.See(b, (*shop.Visitor).UserID), 7, "a second before the end of its life")
	s.Clock.Advance(time.Second)
	testsite.Equal(t, testsite.See(b, (*shop.Visitor).UserID), 0, "at the end of its life")
}

func TestTouchAtMostOncePerTenth(t *testing.T) {
	s := testsite.New(t)
	b := s.Browser()
	b.Visit(func(v *shop.Visitor) { v.SetUserID(7) })
	s.Store.Took()
	for i, want := range []string{"load", "load", "load touch", "load", "load touch"} {
		if i > 0 {
			s.Clock.Advance(90 * time.Second)
		}
		b.Visit(func(v *shop.Visitor) { v.UserID() })
		testsite.Equal(t, s.Store.Took(), want, "store calls")
	}
}

// In its last half hour a session cannot be extended any more, and nobody tries.
func TestNoTouchBeyondTheLifetime(t *testing.T) {
	s := testsite.New(t)
	b := s.Browser()
	b.Visit(func(v *shop.Visitor) { v.SetVisits(1) })
	for range 35 { // twenty minutes at a time, of twelve hours
		s.Clock.Advance(20 * time.Minute)
		b.Visit(func(v *shop.Visitor) {})
	}
	s.Store.Took()
	for range 3 {
		s.Clock.Advance(5 * time.Minute)
		testsite.Equal(t, testsite.See(b, (*shop.Visitor).Visits), 1, "visits")
	}
	testsite.Equal(t, s.Store.Took(), "load load load", "store calls")
}

func TestRemember(t *testing.T) {
	s := testsite.New(t)
	b := s.Browser()
	cookie := func(h func(v *shop.Visitor)) string {
		return strings.Join(b.Visit(h).Header["Set-Cookie"], "|")
	}
	if line := cookie(func(v *shop.Visitor) { v.SetUserID(7); v.Remember(true) }); !strings.Contains(line, "; Max-Age=43200;") {
		t.Errorf("remembered: %s", line)
	}
	s.Clock.Advance(time.Minute)
	testsite.Equal(t, cookie(func(v *shop.Visitor) { v.Remember(true); v.AddVisits(1) }), "", "remembered again")
	if line := cookie(func(v *shop.Visitor) { v.Renew() }); !strings.Contains(line, "; Max-Age=43140;") {
		t.Errorf("renewed: %s", line)
	}
	if line := cookie(func(v *shop.Visitor) { v.Remember(false) }); line == "" || strings.Contains(line, "Max-Age") {
		t.Errorf("no longer remembered: %s", line)
	}
	testsite.Equal(t, testsite.See(b, (*shop.Visitor).UserID), 7, "user")
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
	s := testsite.New(t)
	b := s.Browser()
	b.Visit(func(v *shop.Visitor) { v.SetUserID(7) })
	w := testsite.NewRecorder()
	v, err := s.Visitors.Load(w, b.Request("GET"))
	if err != nil {
		t.Fatal(err)
	}
	testsite.Equal(t, v.UserID(), 7, "user")
	v.SetUserID(8)
	v.SetTheme("dark")
	if err := v.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	testsite.Equal(t, len(w.Header()["Set-Cookie"]), 2, "cookies")
	v.SetTheme("light")
	v.AddVisits(1)
	if err := v.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	testsite.Equal(t, len(w.Header()["Set-Cookie"]), 2, "cookies after another commit: none twice")
	b.Keep(w.Result())
	testsite.Equal(t, testsite.See(b, (*shop.Visitor).UserID), 8, "user")
	testsite.Equal(t, testsite.See(b, (*shop.Visitor).Visits), 1, "visits")
	testsite.Equal(t, testsite.See(b, (*shop.Visitor).Theme), "light", "theme")
}

func TestConstructorRefuses(t *testing.T) {
	s := testsite.New(t)
	type plainStore struct{ runtime.Store }
	for want, build := range map[string]func() error{
		"store is nil":     func() error { _, err := shop.NewVisitorManager(nil, runtime.WithKeys(testsite.Keys)); return err },
		"runtime.WithKeys": func() error { _, err := shop.NewVisitorManager(s.Store); return err },
		"runtime.Indexer": func() error {
			_, err := shop.NewVisitorManager(plainStore{s.Store}, runtime.WithKeys(testsite.Keys))
			return err
		},
		"NewVisitorManager": func() error { _, err := shop.NewVisitorManager((*testsite.Watched)(nil)); return err },
	} {
		if err := build(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want an error with %q, got %v", want, err)
		}
	}
}
