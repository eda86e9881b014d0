package engine_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/internal/shop"
	"github.com/sessiongen/sessiongen/runtime/internal/testsite"
	"github.com/sessiongen/sessiongen/runtime/legacy"
	"github.com/sessiongen/sessiongen/runtime/memstore"
)

// A deploy signs nobody out: who was signed in stays so, with a session of ours alone.
func TestAnOldSessionIsTakenOver(t *testing.T) {
	for _, from := range oldLibraries() {
		s, b := moved(t, from)
		old := b.Cookies[oldCookie]
		response := b.Visit(func(v *shop.Visitor) {
			testsite.Equal(t, v.UserID(), 7, from.name+": principal")
			testsite.Equal(t, v.Username(), "ada", from.name+": name")
			v.AddVisits(1)
		})
		testsite.Equal(t, response.StatusCode, http.StatusOK, from.name+": status")
		testsite.Equal(t, b.Cookies[oldCookie], "", from.name+": the old cookie")
		testsite.Equal(t, s.Count(runtime.EventAdopted), 1, from.name+": events")
		b.Visit(func(v *shop.Visitor) {
			testsite.Equal(t, v.UserID(), 7, from.name+": principal, from the new session")
			testsite.Equal(t, v.Visits(), 4, from.name+": visits")
			testsite.Equal(t, v.Info().New, false, from.name+": a new session")
		})
		list, err := s.Visitors.ListByUserID(t.Context(), 7)
		testsite.Equal(t, err, nil, "listing")
		testsite.Equal(t, len(list), 1, from.name+": sessions that are listed")
		if from.store != nil {
			testsite.Equal(t, len(from.store.sessions), 0, from.name+": sessions in the old store")
		}
		for _, line := range response.Header["Set-Cookie"] {
			if strings.Contains(line, old) {
				t.Errorf("%s: the old cookie's value is in %q", from.name, line)
			}
		}
	}
}

// A logout is final, whatever of the old cookie has been kept.
func TestNothingBringsAnOldSessionBack(t *testing.T) {
	endings := map[string]func(*testsite.Site, *testsite.Browser){
		"taken over, and logged out": func(_ *testsite.Site, b *testsite.Browser) {
			b.Visit(func(v *shop.Visitor) {})
			b.Visit(func(v *shop.Visitor) { v.Destroy() })
		},
		"taken over, and signed out": func(_ *testsite.Site, b *testsite.Browser) {
			b.Visit(func(v *shop.Visitor) {})
			b.Visit(func(v *shop.Visitor) { v.ClearUserID() })
		},
		"taken over, and revoked": func(s *testsite.Site, b *testsite.Browser) {
			b.Visit(func(v *shop.Visitor) {})
			if n, err := s.Visitors.RevokeByUserID(s.T.Context(), 7); n != 1 || err != nil {
				s.T.Errorf("revoked %d, %v", n, err)
			}
		},
		"logged out at once": func(_ *testsite.Site, b *testsite.Browser) { b.Visit(func(v *shop.Visitor) { v.Destroy() }) },
		"signed out at once": func(_ *testsite.Site, b *testsite.Browser) { b.Visit(func(v *shop.Visitor) { v.ClearUserID() }) },
		"another one at once": func(_ *testsite.Site, b *testsite.Browser) {
			b.Visit(func(v *shop.Visitor) { v.Destroy(); v.SetUserID(8) })
		},
		"logged out and a panic": func(_ *testsite.Site, b *testsite.Browser) {
			defer func() { _ = recover() }()
			b.Visit(func(v *shop.Visitor) { v.Destroy(); panic("of the handler") })
		},
	}
	for name, end := range endings {
		for _, from := range oldLibraries() {
			s, b := moved(t, from)
			thief := b.Clone()
			end(s, b)
			if name != "logged out and a panic" {
				testsite.Equal(t, b.Cookies[oldCookie], "", from.name+", "+name+": the old cookie")
			}
			for _, later := range []time.Duration{0, 2 * time.Minute, 20 * 24 * time.Hour} {
				s.Clock.Advance(later)
				thief.Clone().Visit(func(v *shop.Visitor) {
					testsite.Equal(t, v.UserID(), 0, from.name+", "+name+": who is signed in "+later.String()+" later")
				})
				quoted := thief.Clone()
				quoted.Cookies[oldCookie] = `"` + quoted.Cookies[oldCookie] + `"`
				quoted.Visit(func(v *shop.Visitor) {
					testsite.Equal(t, v.HasUserID(), false, from.name+", "+name+": in quotes")
				})
			}
		}
	}
}

// Somebody who signs in beside an old cookie, as after a deploy that was taken back, has
// both. The old one must not outlive the new one.
func TestAnOldCookieBesideASessionOfOurs(t *testing.T) {
	for _, from := range oldLibraries() {
		for name, visit := range map[string]func(v *shop.Visitor){
			"logout": (*shop.Visitor).Destroy,
			"page":   func(v *shop.Visitor) { testsite.Equal(t, v.UserID(), 9, "who is signed in") },
		} {
			s, b := moved(t, from)
			old := b.Cookies[oldCookie]
			delete(b.Cookies, oldCookie)
			b.Visit(func(v *shop.Visitor) { v.SetUserID(9) })
			b.Cookies[oldCookie] = old
			testsite.Equal(t, b.Visit(visit).StatusCode, http.StatusOK, from.name+", "+name+": status")
			testsite.Equal(t, b.Cookies[oldCookie], "", from.name+", "+name+": the old cookie")
			thief := s.Browser()
			thief.Cookies[oldCookie] = old
			thief.Visit(func(v *shop.Visitor) { testsite.Equal(t, v.HasUserID(), false, from.name+", "+name+": signed in") })
			testsite.Equal(t, s.Count(runtime.EventAdopted), 0, from.name+", "+name+": taken over")
		}
	}
}

// Of two requests at the same time both see the old session, and one makes a new one.
func TestTwoRequestsWithTheSameOldSession(t *testing.T) {
	for _, from := range oldLibraries() {
		for name, c := range map[string]struct {
			second func(v *shop.Visitor)
			status int
		}{
			"that reads":             {func(v *shop.Visitor) { testsite.Equal(t, v.UserID(), 7, from.name+": the second one's principal") }, http.StatusOK},
			"that writes":            {func(v *shop.Visitor) { v.AddVisits(1) }, http.StatusServiceUnavailable},
			"that ends it":           {(*shop.Visitor).Destroy, http.StatusOK},
			"that signs out":         {(*shop.Visitor).ClearUserID, http.StatusOK},
			"that quotes, and reads": {func(*shop.Visitor) {}, http.StatusOK},
		} {
			s, first := moved(t, from)
			second := first.Clone()
			if strings.Contains(name, "quotes") {
				second.Cookies[oldCookie] = `"` + second.Cookies[oldCookie] + `"`
			}
			response := second.Visit(func(v *shop.Visitor) {
				first.Visit(func(v *shop.Visitor) { v.AddVisits(10) })
				c.second(v)
			})
			testsite.Equal(t, response.StatusCode, c.status, from.name+": the second one "+name)
			testsite.Equal(t, second.Cookies[testsite.SessionCookie], "", from.name+": a cookie for the second one "+name)
			list, err := s.Visitors.ListByUserID(t.Context(), 7)
			testsite.Equal(t, err, nil, "listing")
			want := 1
			if name == "that ends it" || name == "that signs out" {
				want = 0
			}
			testsite.Equal(t, len(list), want, from.name+": sessions after the second one "+name)
			if want == 1 {
				testsite.Equal(t, testsite.See(first, (*shop.Visitor).Visits), 13, from.name+": visits after the second one "+name)
			}
		}
	}
}

// However many requests a browser sends after the deploy at once, one session comes of them.
func TestManyRequestsWithTheSameOldSession(t *testing.T) {
	for _, from := range oldLibraries() {
		s, b := moved(t, from)
		var all sync.WaitGroup
		for range 32 {
			one := b.Clone()
			all.Go(func() {
				one.Visit(func(v *shop.Visitor) {
					if id := v.UserID(); id != 7 && id != 0 {
						t.Errorf("%s: signed in as %d", from.name, id)
					}
				})
			})
		}
		all.Wait()
		list, err := s.Visitors.ListByUserID(t.Context(), 7)
		testsite.Equal(t, err, nil, "listing")
		testsite.Equal(t, len(list), 1, from.name+": sessions")
		testsite.Equal(t, s.Count(runtime.EventAdopted), 1, from.name+": taken over")
	}
}

// A request that began before the old session was taken over, and lasts until the logout is
// forgotten, brings nothing back.
func TestASlowRequestWithAnOldSession(t *testing.T) {
	undying := oldLibraries()[0]
	undying.name = "scs, which fails to delete"
	undying.store.fail(nil, errOldStore)
	for _, from := range append(oldLibraries(), undying) {
		s, first := moved(t, from)
		second := first.Clone()
		second.Visit(func(v *shop.Visitor) {
			first.Visit(func(*shop.Visitor) {})
			first.Visit((*shop.Visitor).Destroy)
			s.Clock.Advance(2 * time.Minute)
		})
		testsite.Equal(t, second.Cookies[testsite.SessionCookie], "", from.name+": a session cookie")
		list, err := s.Visitors.ListByUserID(t.Context(), 7)
		testsite.Equal(t, err, nil, "listing")
		testsite.Equal(t, len(list), 0, from.name+": sessions")
	}
}

// A session that was ended is not replaced by an older one that the browser still has.
func TestAnOldCookieBesideASessionOfOursThatHasEnded(t *testing.T) {
	for _, from := range oldLibraries() {
		s, b := moved(t, from)
		old := b.Cookies[oldCookie]
		delete(b.Cookies, oldCookie)
		b.Visit(func(v *shop.Visitor) { v.SetUserID(9) })
		other := b.Clone()
		other.Visit((*shop.Visitor).Destroy)
		b.Cookies[oldCookie] = old
		b.Visit(func(v *shop.Visitor) { testsite.Equal(t, v.HasUserID(), false, from.name+": signed in") })
		testsite.Equal(t, s.Count(runtime.EventAdopted), 0, from.name+": taken over")
	}
}

// A request that nobody looks at takes an old session over as well as any other: the browser
// keeps the cookies of its response.
func TestHeadAndPrefetchTakeOver(t *testing.T) {
	for _, from := range oldLibraries() {
		_, b := moved(t, from)
		b.Header.Set("Sec-Purpose", "prefetch")
		b.Send("HEAD", func(v *shop.Visitor, _ http.ResponseWriter, _ *http.Request) {})
		b.Header.Del("Sec-Purpose")
		b.Visit(func(v *shop.Visitor) { testsite.Equal(t, v.UserID(), 7, from.name+": principal") })
	}
}

// The end of a move is the end, and the manager goes on without it.
func TestNothingIsTakenOverAfterTheEnd(t *testing.T) {
	for _, from := range oldLibraries() {
		s, b := moved(t, from)
		s.Clock.Advance(31 * 24 * time.Hour)
		b.Visit(func(v *shop.Visitor) { testsite.Equal(t, v.HasUserID(), false, from.name+": signed in after the end") })
		before := s.Count(runtime.EventNotAdopted)
		s.NewManager(runtime.WithLegacy(s.Clock.Now(), from.source, fillVisitor))
		testsite.Equal(t, s.Count(runtime.EventNotAdopted), before+1, from.name+": a manager that is made after the end says so")
	}
}

func TestMovesThatMakeNoSenseAreRefused(t *testing.T) {
	now := time.Now()
	source := oldLibraries()[0].source
	end := func(change func(*legacy.Source)) runtime.Option {
		changed := source
		change(&changed)
		return runtime.WithLegacy(now.AddDate(0, 1, 0), changed, fillVisitor)
	}
	var unfilled func(*shop.Visitor, map[any]any) error
	for name, c := range map[string]struct {
		option runtime.Option
		want   string
	}{
		"no end":                 {runtime.WithLegacy(time.Time{}, source, fillVisitor), "no longer than a year"},
		"an end far off":         {runtime.WithLegacy(now.AddDate(1, 0, 3), source, fillVisitor), "no longer than a year"},
		"no function":            {runtime.WithLegacy(now.Add(time.Hour), source, unfilled), "lacks a function"},
		"no store":               {runtime.WithLegacy(now.Add(time.Hour), legacy.FromSCS(oldCookie, nil), fillVisitor), "lacks a function"},
		"no codec":               {runtime.WithLegacy(now.Add(time.Hour), legacy.FromGorilla(oldCookie), fillVisitor), "lacks a function"},
		"another schema's":       {runtime.WithLegacy(now.Add(time.Hour), source, func(*time.Time, map[any]any) error { return nil }), "fills a *time.Time"},
		"our own cookie":         {end(func(s *legacy.Source) { s.Cookie = testsite.SessionCookie }), "the new session cookie"},
		"no cookie":              {end(func(s *legacy.Source) { s.Cookie = "" }), "WithLegacy"},
		"a cookie of no browser": {end(func(s *legacy.Source) { s.Cookie, s.Domain = "__Host-old", "example.com" }), "__Host-old"},
	} {
		_, err := shop.NewVisitorManager(memstore.New(), runtime.WithKeys(testsite.Keys), c.option)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// What a browser sent before it had the cookie of the new session, and is served after that
// was made, must not get it another one: that would sign it out.
func TestALateRequestKeepsTheCookieOfTheNewSession(t *testing.T) {
	for _, from := range oldLibraries() {
		s, first := moved(t, from)
		late := first.Clone()
		first.Visit(func(*shop.Visitor) {})
		response := late.Clone().Visit(func(v *shop.Visitor) {
			testsite.Equal(t, v.HasUserID(), false, from.name+": signed in")
			v.AddVisits(1)
		})
		testsite.Equal(t, response.StatusCode, http.StatusOK, from.name+": status")
		testsite.Equal(t, len(response.Header["Set-Cookie"]), 0, from.name+": cookies for a late request")
		testsite.Equal(t, s.Count(runtime.EventStale), 1, from.name+": events")

		in := late.Clone()
		in.Visit(func(v *shop.Visitor) { v.SetUserID(8) })
		in.Visit(func(v *shop.Visitor) {
			testsite.Equal(t, v.UserID(), 8, from.name+": who signs in with a late request")
		})
		testsite.Equal(t, testsite.See(first, (*shop.Visitor).UserID), 7, from.name+": who is signed in with the first")

		s.Clock.Advance(61 * time.Second)
		later := late.Clone()
		later.Visit(func(v *shop.Visitor) { v.AddVisits(1) })
		testsite.Equal(t, testsite.See(later, (*shop.Visitor).Visits), 1, from.name+": visits of a copy a minute later")

		s, first = moved(t, from)
		late = first.Clone()
		first.Visit(func(*shop.Visitor) {})
		late.Visit((*shop.Visitor).Destroy)
		testsite.Equal(t, testsite.See(first, (*shop.Visitor).UserID), 0, from.name+": who is signed in after a late logout")
		first.Visit(func(*shop.Visitor) {})
		late.Visit(func(v *shop.Visitor) { v.AddVisits(1) })
		testsite.Equal(t, late.Cookies[testsite.SessionCookie], "", from.name+": a cookie after the logout")
		s.Clock.Advance(time.Second)
	}
}

// A request with the old cookie, a moment after another one has taken the session over, leaves the
// browser's new cookie alone, whatever the clock of its replica says. A minute later it is like any
// other without a session.
func TestStandingAsideIsByTheStoresClock(t *testing.T) {
	for _, skew := range testsite.Skews {
		from := oldLibraries()[0]
		s, b := moved(t, from)
		late := b.Clone()
		late.Manager = skewed(s, skew, runtime.WithLegacy(s.Clock.Now().AddDate(0, 1, 0), from.source, fillVisitor))
		again := late.Clone()
		b.Visit(func(v *shop.Visitor) { testsite.Equal(t, v.UserID(), 7, "principal") })
		s.Clock.Advance(time.Second)
		late.Visit(func(v *shop.Visitor) { v.AddVisits(1) })
		testsite.Equal(t, late.Cookies[testsite.SessionCookie], "", fmt.Sprint(skew, ": a cookie that overwrites the new one"))
		s.Clock.Advance(time.Minute)
		again.Visit(func(v *shop.Visitor) { v.AddVisits(1) })
		testsite.Equal(t, again.Cookies[testsite.SessionCookie] != "", true, fmt.Sprint(skew, ": a session of its own after a minute"))
	}
}
