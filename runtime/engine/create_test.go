package engine_test

import (
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/internal/shop"
	"github.com/sessiongen/sessiongen/runtime/internal/testsite"
)

// pasts are what a browser's cookie may be worth when its user signs in. Each leaves
// somebody with the same token as the browser: who may have planted it there.
var pasts = map[string]func(s *testsite.Site, b *testsite.Browser) (planted *testsite.Browser){
	"no session": func(_ *testsite.Site, b *testsite.Browser) *testsite.Browser { return b.Clone() },
	"a session of nobody's": func(_ *testsite.Site, b *testsite.Browser) *testsite.Browser {
		b.Visit(func(v *shop.Visitor) { v.SetVisits(1) })
		return b.Clone()
	},
	"an expired session": func(s *testsite.Site, b *testsite.Browser) *testsite.Browser {
		b.Visit(func(v *shop.Visitor) { v.SetVisits(1) })
		s.Clock.Advance(31 * time.Minute)
		return b.Clone()
	},
	"a deleted session": func(_ *testsite.Site, b *testsite.Browser) *testsite.Browser {
		b.Visit(func(v *shop.Visitor) { v.SetUserID(5) })
		planted := b.Clone()
		b.Clone().Visit((*shop.Visitor).Destroy)
		return planted
	},
	"a session that somebody else has renewed": func(_ *testsite.Site, b *testsite.Browser) *testsite.Browser {
		b.Visit(func(v *shop.Visitor) { v.SetVisits(1) })
		planted := b.Clone()
		b.Clone().Visit(func(v *shop.Visitor) { v.SetUserID(5) })
		return planted
	},
}

// A login that is clicked twice: both requests are loaded before either commits, and the
// browser gets the two answers in either order. It ends signed in, as whoever the answer
// that it got last says; who knew the token from before never is.
func TestR15_ADoubleClickedLogin(t *testing.T) {
	for past, begin := range pasts {
		for _, users := range [][2]int64{{7, 7}, {7, 8}} {
			for _, order := range [][2]int{{0, 1}, {1, 0}} {
				for _, processes := range []int{1, 2} {
					name := fmt.Sprintf("%s: users %v, answers %v, %d processes", past, users, order, processes)
					s := testsite.New(t)
					b := s.Browser()
					planted := begin(s, b)
					var answers [2]*http.Response
					var loaded, done sync.WaitGroup
					loaded.Add(2)
					for click := range 2 {
						one := b.Clone()
						if click < processes-1 {
							one.Manager = s.NewManager()
						}
						done.Go(func() {
							answers[click] = one.Visit(func(v *shop.Visitor) {
								loaded.Done()
								loaded.Wait()
								v.SetUserID(users[click])
								v.AddVisits(1)
							})
						})
					}
					done.Wait()
					for _, click := range order {
						testsite.Equal(t, answers[click].StatusCode, 200, name+": status")
						b.Keep(answers[click])
					}
					testsite.Equal(t, testsite.See(b, (*shop.Visitor).UserID), users[order[1]], name+": user")
					testsite.Equal(t, testsite.See(b, func(v *shop.Visitor) bool { return v.AuthenticatedWithin(0) }), true, name+": has just signed in")
					testsite.Equal(t, testsite.See(planted, (*shop.Visitor).HasUserID), false, name+": who knew the token is signed in")
					planted.Visit(func(v *shop.Visitor) { v.SetUsername("of a stranger"); v.Destroy() })
					testsite.Equal(t, testsite.See(b, (*shop.Visitor).HasUsername), false, name+": what a stranger has set")
				}
			}
		}
	}
}

// From A to B in a session that is deleted: before it is loaded, that is a login like any
// other; after that the logout is final, and nobody is signed in.
func TestR15_FromAToBInADeletedSession(t *testing.T) {
	toB := func(v *shop.Visitor) { v.SetUserID(8); v.AddVisits(1) }
	for _, meanwhile := range []bool{false, true} {
		s := testsite.New(t)
		b := s.Browser()
		b.Visit(func(v *shop.Visitor) { v.SetUserID(7); v.SetUsername("a"); v.SetVisits(5) })
		window := b.Clone()
		if !meanwhile {
			window.Visit((*shop.Visitor).Destroy)
		}
		response := b.Visit(func(v *shop.Visitor) {
			if meanwhile {
				window.Visit((*shop.Visitor).Destroy)
			}
			toB(v)
		})
		testsite.Equal(t, response.StatusCode, 200, "status")
		want := "8 1 false"
		if meanwhile {
			want = "0 0 false"
			testsite.Equal(t, len(response.Header["Set-Cookie"]), 0, "cookies")
			testsite.Equal(t, s.Count(runtime.EventDropped), 1, "dropped")
		}
		testsite.Equal(t, testsite.See(b, func(v *shop.Visitor) string { return fmt.Sprint(v.UserID(), v.Visits(), v.HasUsername()) }), want, "user, visits, has a name")
	}
}

// A request under an ID that is deleted comes late: the browser has signed in again, and
// keeps that session's cookie.
func TestR15_AWriteUnderADeletedIDAfterANewLogin(t *testing.T) {
	for _, age := range []time.Duration{0, 59 * time.Second, 5 * time.Minute} {
		for _, loaded := range []string{"before", "after"} {
			name := fmt.Sprint(age, " later, loaded ", loaded)
			s := testsite.New(t)
			b := s.Browser()
			b.Visit(func(v *shop.Visitor) { v.SetUserID(7) })
			late := b.Clone()
			again := func() {
				b.Visit((*shop.Visitor).Destroy)
				b.Visit(func(v *shop.Visitor) { v.SetUserID(8) })
				s.Clock.Advance(age)
			}
			if loaded == "after" {
				again()
			}
			response := late.Visit(func(v *shop.Visitor) {
				if loaded == "before" {
					again()
				}
				v.AddVisits(1)
			})
			if age < time.Minute { // as long as stores have to remember what was deleted
				testsite.Equal(t, len(response.Header["Set-Cookie"]), 0, name+": cookies")
			}
			testsite.Equal(t, testsite.See(late, (*shop.Visitor).HasUserID), false, name+": the late request's user")
			testsite.Equal(t, testsite.See(b, (*shop.Visitor).UserID), 8, name+": user")
			testsite.Equal(t, testsite.See(b, (*shop.Visitor).Visits), 0, name+": visits")
		}
	}
}
