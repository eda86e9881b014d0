package engine_test

import (
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/internal/shop"
	"github.com/sessiongen/sessiongen/runtime/legacy"
	"github.com/sessiongen/sessiongen/runtime/memstore"
)

// A deploy signs nobody out: who was signed in stays so, with a session of ours alone.
func TestAnOldSessionIsTakenOver(t *testing.T) {
	for _, from := range oldLibraries() {
		s, b := moved(t, from)
		old := b.cookies[oldCookie]
		response := b.visit(func(v *shop.Visitor) {
			equal(t, v.UserID(), 7, from.name+": principal")
			equal(t, v.Username(), "ada", from.name+": name")
			v.AddVisits(1)
		})
		equal(t, response.StatusCode, http.StatusOK, from.name+": status")
		equal(t, b.cookies[oldCookie], "", from.name+": the old cookie")
		equal(t, s.count(runtime.EventAdopted), 1, from.name+": events")
		b.visit(func(v *shop.Visitor) {
			equal(t, v.UserID(), 7, from.name+": principal, from the new session")
			equal(t, v.Visits(), 4, from.name+": visits")
			equal(t, v.Info().New, false, from.name+": a new session")
		})
		list, err := s.visitors.ListByUserID(t.Context(), 7)
		equal(t, err, nil, "listing")
		equal(t, len(list), 1, from.name+": sessions that are listed")
		if from.store != nil {
			equal(t, len(from.store.sessions), 0, from.name+": sessions in the old store")
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
	endings := map[string]func(*site, *browser){
		"taken over, and logged out": func(_ *site, b *browser) {
			b.visit(func(v *shop.Visitor) {})
			b.visit(func(v *shop.Visitor) { v.Destroy() })
		},
		"taken over, and signed out": func(_ *site, b *browser) {
			b.visit(func(v *shop.Visitor) {})
			b.visit(func(v *shop.Visitor) { v.ClearUserID() })
		},
		"taken over, and revoked": func(s *site, b *browser) {
			b.visit(func(v *shop.Visitor) {})
			if n, err := s.visitors.RevokeByUserID(s.t.Context(), 7); n != 1 || err != nil {
				s.t.Errorf("revoked %d, %v", n, err)
			}
		},
		"logged out at once":  func(_ *site, b *browser) { b.visit(func(v *shop.Visitor) { v.Destroy() }) },
		"signed out at once":  func(_ *site, b *browser) { b.visit(func(v *shop.Visitor) { v.ClearUserID() }) },
		"another one at once": func(_ *site, b *browser) { b.visit(func(v *shop.Visitor) { v.Destroy(); v.SetUserID(8) }) },
		"logged out and a panic": func(_ *site, b *browser) {
			defer func() { _ = recover() }()
			b.visit(func(v *shop.Visitor) { v.Destroy(); panic("of the handler") })
		},
	}
	for name, end := range endings {
		for _, from := range oldLibraries() {
			s, b := moved(t, from)
			thief := b.clone()
			end(s, b)
			if name != "logged out and a panic" {
				equal(t, b.cookies[oldCookie], "", from.name+", "+name+": the old cookie")
			}
			for _, later := range []time.Duration{0, 2 * time.Minute, 20 * 24 * time.Hour} {
				s.clock.advance(later)
				thief.clone().visit(func(v *shop.Visitor) {
					equal(t, v.UserID(), 0, from.name+", "+name+": who is signed in "+later.String()+" later")
				})
				quoted := thief.clone()
				quoted.cookies[oldCookie] = `"` + quoted.cookies[oldCookie] + `"`
				quoted.visit(func(v *shop.Visitor) {
					equal(t, v.HasUserID(), false, from.name+", "+name+": in quotes")
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
			"page":   func(v *shop.Visitor) { equal(t, v.UserID(), 9, "who is signed in") },
		} {
			s, b := moved(t, from)
			old := b.cookies[oldCookie]
			delete(b.cookies, oldCookie)
			b.visit(func(v *shop.Visitor) { v.SetUserID(9) })
			b.cookies[oldCookie] = old
			equal(t, b.visit(visit).StatusCode, http.StatusOK, from.name+", "+name+": status")
			equal(t, b.cookies[oldCookie], "", from.name+", "+name+": the old cookie")
			thief := s.browser()
			thief.cookies[oldCookie] = old
			thief.visit(func(v *shop.Visitor) { equal(t, v.HasUserID(), false, from.name+", "+name+": signed in") })
			equal(t, s.count(runtime.EventAdopted), 0, from.name+", "+name+": taken over")
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
			"that reads":             {func(v *shop.Visitor) { equal(t, v.UserID(), 7, from.name+": the second one's principal") }, http.StatusOK},
			"that writes":            {func(v *shop.Visitor) { v.AddVisits(1) }, http.StatusServiceUnavailable},
			"that ends it":           {(*shop.Visitor).Destroy, http.StatusOK},
			"that signs out":         {(*shop.Visitor).ClearUserID, http.StatusOK},
			"that quotes, and reads": {func(*shop.Visitor) {}, http.StatusOK},
		} {
			s, first := moved(t, from)
			second := first.clone()
			if strings.Contains(name, "quotes") {
				second.cookies[oldCookie] = `"` + second.cookies[oldCookie] + `"`
			}
			response := second.visit(func(v *shop.Visitor) {
				first.visit(func(v *shop.Visitor) { v.AddVisits(10) })
				c.second(v)
			})
			equal(t, response.StatusCode, c.status, from.name+": the second one "+name)
			equal(t, second.cookies[sessionCookie], "", from.name+": a cookie for the second one "+name)
			list, err := s.visitors.ListByUserID(t.Context(), 7)
			equal(t, err, nil, "listing")
			want := 1
			if name == "that ends it" || name == "that signs out" {
				want = 0
			}
			equal(t, len(list), want, from.name+": sessions after the second one "+name)
			if want == 1 {
				equal(t, see(first, (*shop.Visitor).Visits), 13, from.name+": visits after the second one "+name)
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
			one := b.clone()
			all.Go(func() {
				one.visit(func(v *shop.Visitor) {
					if id := v.UserID(); id != 7 && id != 0 {
						t.Errorf("%s: signed in as %d", from.name, id)
					}
				})
			})
		}
		all.Wait()
		list, err := s.visitors.ListByUserID(t.Context(), 7)
		equal(t, err, nil, "listing")
		equal(t, len(list), 1, from.name+": sessions")
		equal(t, s.count(runtime.EventAdopted), 1, from.name+": taken over")
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
		second := first.clone()
		second.visit(func(v *shop.Visitor) {
			first.visit(func(*shop.Visitor) {})
			first.visit((*shop.Visitor).Destroy)
			s.clock.advance(2 * time.Minute)
		})
		equal(t, second.cookies[sessionCookie], "", from.name+": a session cookie")
		list, err := s.visitors.ListByUserID(t.Context(), 7)
		equal(t, err, nil, "listing")
		equal(t, len(list), 0, from.name+": sessions")
	}
}

// A session that was ended is not replaced by an older one that the browser still has.
func TestAnOldCookieBesideASessionOfOursThatHasEnded(t *testing.T) {
	for _, from := range oldLibraries() {
		s, b := moved(t, from)
		old := b.cookies[oldCookie]
		delete(b.cookies, oldCookie)
		b.visit(func(v *shop.Visitor) { v.SetUserID(9) })
		other := b.clone()
		other.visit((*shop.Visitor).Destroy)
		b.cookies[oldCookie] = old
		b.visit(func(v *shop.Visitor) { equal(t, v.HasUserID(), false, from.name+": signed in") })
		equal(t, s.count(runtime.EventAdopted), 0, from.name+": taken over")
	}
}

// A request that nobody looks at takes an old session over as well as any other: the browser
// keeps the cookies of its response.
func TestHeadAndPrefetchTakeOver(t *testing.T) {
	for _, from := range oldLibraries() {
		_, b := moved(t, from)
		b.header.Set("Sec-Purpose", "prefetch")
		b.send("HEAD", func(v *shop.Visitor, _ http.ResponseWriter, _ *http.Request) {})
		b.header.Del("Sec-Purpose")
		b.visit(func(v *shop.Visitor) { equal(t, v.UserID(), 7, from.name+": principal") })
	}
}

// The end of a move is the end, and the manager goes on without it.
func TestNothingIsTakenOverAfterTheEnd(t *testing.T) {
	for _, from := range oldLibraries() {
		s, b := moved(t, from)
		s.clock.advance(31 * 24 * time.Hour)
		b.visit(func(v *shop.Visitor) { equal(t, v.HasUserID(), false, from.name+": signed in after the end") })
		before := s.count(runtime.EventNotAdopted)
		s.newManager(runtime.WithLegacy(s.clock.Now(), from.source, fillVisitor))
		equal(t, s.count(runtime.EventNotAdopted), before+1, from.name+": a manager that is made after the end says so")
	}
}

func TestMovesThatMakeNoSenseAreRefused(t *testing.T) {
	now := time.Now()
	source := oldLibraries()[0].source
	end := func(change func(*runtime.LegacySource)) runtime.Option {
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
		"our own cookie":         {end(func(s *runtime.LegacySource) { s.Cookie = sessionCookie }), "the new session cookie"},
		"no cookie":              {end(func(s *runtime.LegacySource) { s.Cookie = "" }), "WithLegacy"},
		"a cookie of no browser": {end(func(s *runtime.LegacySource) { s.Cookie, s.Domain = "__Host-old", "example.com" }), "__Host-old"},
	} {
		_, err := shop.NewVisitorManager(memstore.New(), runtime.WithKeys(testKeys), c.option)
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
		late := first.clone()
		first.visit(func(*shop.Visitor) {})
		response := late.clone().visit(func(v *shop.Visitor) {
			equal(t, v.HasUserID(), false, from.name+": signed in")
			v.AddVisits(1)
		})
		equal(t, response.StatusCode, http.StatusOK, from.name+": status")
		equal(t, len(response.Header["Set-Cookie"]), 0, from.name+": cookies for a late request")
		equal(t, s.count(runtime.EventStale), 1, from.name+": events")

		in := late.clone()
		in.visit(func(v *shop.Visitor) { v.SetUserID(8) })
		in.visit(func(v *shop.Visitor) { equal(t, v.UserID(), 8, from.name+": who signs in with a late request") })
		equal(t, see(first, (*shop.Visitor).UserID), 7, from.name+": who is signed in with the first")

		s.clock.advance(61 * time.Second)
		later := late.clone()
		later.visit(func(v *shop.Visitor) { v.AddVisits(1) })
		equal(t, see(later, (*shop.Visitor).Visits), 1, from.name+": visits of a copy a minute later")

		s, first = moved(t, from)
		late = first.clone()
		first.visit(func(*shop.Visitor) {})
		late.visit((*shop.Visitor).Destroy)
		equal(t, see(first, (*shop.Visitor).UserID), 0, from.name+": who is signed in after a late logout")
		first.visit(func(*shop.Visitor) {})
		late.visit(func(v *shop.Visitor) { v.AddVisits(1) })
		equal(t, late.cookies[sessionCookie], "", from.name+": a cookie after the logout")
		s.clock.advance(time.Second)
	}
}
