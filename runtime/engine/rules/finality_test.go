package rules

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/internal/shop"
	"github.com/sessiongen/sessiongen/runtime/internal/testsite"
)

// A session that ended, or whose privilege changed, between load and commit.
func TestR2_and_R15_EndedOrRenewedBetweenLoadAndCommit(t *testing.T) {
	signOut := func(v *shop.Visitor) { v.Destroy() }
	for _, c := range []struct {
		name          string
		user          int64 // at load
		first, second func(v *shop.Visitor)
		user2         int64 // what the second browser state sees afterwards
		cookies       int   // of the second response
		visits        int   // seen by whoever holds the newest cookie of the first
	}{
		{"logout against an update", 7, signOut, func(v *shop.Visitor) { v.AddVisits(1) }, 0, 0, 0},
		{"logout against a set", 7, signOut, func(v *shop.Visitor) { v.SetVisits(5) }, 0, 0, 0},
		{"logout against a renewal", 7, signOut, func(v *shop.Visitor) { v.Renew() }, 0, 0, 0},
		{"logout against a role", 7, signOut, func(v *shop.Visitor) { v.SetRole("admin") }, 0, 0, 0},
		{"logout against a new principal", 7, signOut, func(v *shop.Visitor) { v.SetUserID(8) }, 0, 0, 0},
		{"logout against authenticating again", 7, signOut, func(v *shop.Visitor) { v.SetUserID(7) }, 0, 0, 0},
		{"logout against a flash taken", 7, signOut, func(v *shop.Visitor) { v.TakeNotice() }, 0, 0, 0},
		{"a stranger's end against a login", 0, signOut, func(v *shop.Visitor) { v.SetUserID(8) }, 8, 1, 0},
		{"leaving against an update", 7, func(v *shop.Visitor) { v.ClearUserID() }, func(v *shop.Visitor) { v.AddVisits(1) }, 0, 0, 0},
		{"login against an update", 0, func(v *shop.Visitor) { v.SetUserID(7) }, func(v *shop.Visitor) { v.AddVisits(1) }, 0, 0, 0},
		{"login against a login", 0, func(v *shop.Visitor) { v.SetUserID(7) }, func(v *shop.Visitor) { v.SetUserID(8) }, 8, 1, 0},
		{"a role against an update", 7, func(v *shop.Visitor) { v.SetRole("admin") }, func(v *shop.Visitor) { v.AddVisits(1) }, 0, 0, 0},
		{"renewal against an update", 7, func(v *shop.Visitor) { v.Renew() }, func(v *shop.Visitor) { v.AddVisits(1) }, 0, 0, 1},
		{"renewal against a renewal", 7, func(v *shop.Visitor) { v.Renew() }, func(v *shop.Visitor) { v.AddVisits(1); v.Renew() }, 0, 0, 0},
		{"renewal against a role", 7, func(v *shop.Visitor) { v.Renew() }, func(v *shop.Visitor) { v.AddVisits(1); v.SetRole("admin") }, 0, 0, 0},
		{"a stranger's renewal against a login", 0, func(v *shop.Visitor) { v.Renew() }, func(v *shop.Visitor) { v.SetUserID(8) }, 8, 1, 0},
		{"renewal against remembering", 7, func(v *shop.Visitor) { v.Renew() }, func(v *shop.Visitor) { v.Remember(true) }, 0, 0, 0},
	} {
		for _, process := range []string{"one process", "two processes"} {
			t.Run(c.name+"/"+process, func(t *testing.T) {
				s := testsite.New(t)
				b := s.Browser()
				b.Visit(func(v *shop.Visitor) {
					v.SetUserID(c.user)
					v.SetUsername("before")
					v.SetNotice("n")
				})
				first := b.Clone()
				if process == "two processes" {
					first.Manager = s.NewManager()
				}
				response := b.Visit(func(v *shop.Visitor) {
					first.Visit(c.first)
					c.second(v)
				})
				testsite.Equal(t, response.StatusCode, 200, "status")
				testsite.Equal(t, len(response.Header["Set-Cookie"]), c.cookies, "cookies")
				testsite.Equal(t, testsite.See(b, (*shop.Visitor).UserID), c.user2, "user")
				testsite.Equal(t, testsite.See(b, (*shop.Visitor).HasUsername), false, "sees what was there before")
				if first.Cookies[testsite.SessionCookie] != "" {
					testsite.Equal(t, testsite.See(first, (*shop.Visitor).Visits), c.visits, "visits in the first's session")
				}
			})
		}
	}
}

func TestR2_ARevocationBetweenLoadAndCommitIsFinal(t *testing.T) {
	s := testsite.New(t)
	b := s.Browser()
	b.Visit(func(v *shop.Visitor) { v.SetUserID(7) })
	b.Visit(func(v *shop.Visitor) {
		if n, err := s.Visitors.RevokeByUserID(t.Context(), 7); n != 1 || err != nil {
			t.Errorf("revoked %d, %v", n, err)
		}
		v.AddVisits(1)
	})
	testsite.Equal(t, testsite.See(b, (*shop.Visitor).UserID), 0, "user")
	infos, err := s.Visitors.ListByUserID(t.Context(), 7)
	testsite.Equal(t, len(infos), 0, "sessions left")
	testsite.Equal(t, err, nil, "error")
}

// A logout between the load and the commit of another request, by a barrier.
func TestR2_ALogoutBetweenLoadAndCommitIsFinal(t *testing.T) {
	s := testsite.New(t)
	b := s.Browser()
	b.Visit(func(v *shop.Visitor) { v.SetUserID(7) })
	loaded, loggedOut := make(chan struct{}), make(chan struct{})
	late := b.Clone()
	done := make(chan *http.Response)
	go func() {
		done <- late.Visit(func(v *shop.Visitor) {
			v.AddVisits(1)
			close(loaded)
			<-loggedOut
		})
	}()
	<-loaded
	b.Visit(func(v *shop.Visitor) { v.Destroy() })
	close(loggedOut)
	testsite.Equal(t, len((<-done).Header["Set-Cookie"]), 0, "cookies of the late request")
	testsite.Equal(t, testsite.See(late, (*shop.Visitor).UserID), 0, "user")
	testsite.Equal(t, s.Count(runtime.EventDropped), 1, "dropped events")
}

// A request whose record is no longer there may sign in where nobody was signed in
// when it came, and that is all it may do.
func TestR15_ARecordThatIsNoLongerThereAtCommit(t *testing.T) {
	for _, cause := range []struct {
		name string
		lose func(s *testsite.Site)
	}{
		{"gone at update", func(s *testsite.Site) { s.Store.Stand(testsite.Once("update", runtime.ErrGone), nil) }},
		{"expired at update", func(s *testsite.Site) { s.Store.Stand(testsite.Once("update", runtime.ErrNotFound), nil) }},
		{"gone when loaded again", func(s *testsite.Site) {
			s.Clock.Advance(2 * time.Second)
			s.Store.Stand(testsite.Once("load", runtime.ErrGone), nil)
		}},
		{"expired when loaded again", func(s *testsite.Site) { s.Clock.Advance(time.Hour) }},
	} {
		for _, c := range []struct {
			name    string
			user    int64 // at load
			change  func(v *shop.Visitor)
			created bool
		}{
			{"add", 7, func(v *shop.Visitor) { v.AddVisits(1) }, false},
			{"a stranger's add", 0, func(v *shop.Visitor) { v.AddVisits(1) }, false},
			{"sign in", 0, func(v *shop.Visitor) { v.SetUserID(9) }, true},
			{"sign in and out", 0, func(v *shop.Visitor) { v.SetUserID(9); v.ClearUserID(); v.AddVisits(1) }, false},
			{"sign in again", 7, func(v *shop.Visitor) { v.SetUserID(7) }, false},
			{"sign in as another", 7, func(v *shop.Visitor) { v.SetUserID(9) }, false},
		} {
			t.Run(cause.name+"/"+c.name, func(t *testing.T) {
				s := testsite.New(t)
				b := s.Browser()
				b.Visit(func(v *shop.Visitor) { v.SetUserID(c.user); v.SetUsername("before") })
				old := b.Cookies[testsite.SessionCookie]
				response := b.Visit(func(v *shop.Visitor) { cause.lose(s); c.change(v) })
				s.Store.Stand(nil, nil)
				testsite.Equal(t, response.StatusCode, 200, "status")
				testsite.Equal(t, len(response.Header["Set-Cookie"]) == 1, c.created, "a cookie")
				testsite.Equal(t, s.Count(runtime.EventDropped) == 1, !c.created, "dropped")
				if c.created {
					testsite.Equal(t, testsite.See(b, (*shop.Visitor).UserID), 9, "user")
					testsite.Equal(t, testsite.See(b, (*shop.Visitor).HasUsername), false, "sees what was there before")
					testsite.Equal(t, b.Cookies[testsite.SessionCookie][:22] != old[:22], true, "another ID")
				}
			})
		}
	}
}

func TestDestroy(t *testing.T) {
	s := testsite.New(t)
	b := s.Browser()
	b.Visit(func(v *shop.Visitor) { v.SetUserID(7); v.SetUsername("a") })
	old := b.Clone()
	s.Store.Took()
	response := b.Visit(func(v *shop.Visitor) {
		v.SetVisits(1)
		v.Destroy()
		testsite.Equal(t, v.Username(), "", "username after Destroy")
		testsite.Equal(t, v.HasUserID(), false, "signed in after Destroy")
		testsite.Equal(t, v.Info().New, true, "new after Destroy")
	})
	testsite.Equal(t, s.Store.Took(), "load delete", "store calls")
	lines := strings.Join(response.Header["Set-Cookie"], "|")
	testsite.Equal(t, lines, "__Host-visitor=; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Path=/; SameSite=Lax; Secure; HttpOnly", "Set-Cookie")
	testsite.Equal(t, testsite.See(old, (*shop.Visitor).UserID), 0, "user with the old cookie")
	old.Visit(func(v *shop.Visitor) { v.SetVisits(1) })
	testsite.Equal(t, s.Count(runtime.EventDropped), 1, "writes with the old cookie dropped")
	response = old.Visit(func(v *shop.Visitor) { v.SetUserID(9) })
	testsite.Equal(t, len(response.Header["Set-Cookie"]), 1, "signing in with the old cookie")
	testsite.Equal(t, testsite.See(old, (*shop.Visitor).UserID), 9, "user")
	s.Store.Took()
	old.Visit(func(v *shop.Visitor) { v.Destroy(); v.SetUserID(10); v.SetUsername("b") })
	testsite.Equal(t, s.Store.Took(), "load delete create", "store calls for Destroy and a login in one request")
	testsite.Equal(t, testsite.See(old, (*shop.Visitor).UserID), 10, "user")
	old.Visit(func(v *shop.Visitor) { v.Destroy(); v.SetUsername("c") })
	testsite.Equal(t, testsite.See(old, (*shop.Visitor).Username), "c", "what was set after Destroy, in a new session")
	testsite.Equal(t, testsite.See(old, (*shop.Visitor).UserID), 0, "user of the new session")
}

func TestDestroyWithASecretRenewedAMomentAgo(t *testing.T) {
	s := testsite.New(t)
	b := s.Browser()
	b.Visit(func(v *shop.Visitor) { v.SetUserID(7) })
	old := b.Clone()
	b.Visit(func(v *shop.Visitor) { v.Renew() })
	response := old.Visit(func(v *shop.Visitor) { v.Destroy() })
	testsite.Equal(t, len(response.Header["Set-Cookie"]), 0, "cookies")
	testsite.Equal(t, testsite.See(b, (*shop.Visitor).UserID), 0, "user")
}

func TestDestroyKeepsCookiesThatWereSet(t *testing.T) {
	s := testsite.New(t)
	for name, change := range map[string]func(v *shop.Visitor){
		"before":  func(v *shop.Visitor) { v.SetTheme("dark"); v.Destroy() },
		"after":   func(v *shop.Visitor) { v.Destroy(); v.SetTheme("dark") },
		"cleared": func(v *shop.Visitor) { v.ClearTheme(); v.Destroy() },
	} {
		b := s.Browser()
		b.Visit(func(v *shop.Visitor) { v.SetUserID(7) })
		response := b.Visit(change)
		testsite.Equal(t, len(response.Header["Set-Cookie"]), 2, name+": cookies: the theme and the deletion")
	}
}

// A sign-in that fails has drawn an ID of its own by then. Destroy is meant for the
// session that the browser has.
func TestDestroyAfterASignInThatFailedEndsWhatTheBrowserHas(t *testing.T) {
	s := testsite.New(t)
	b := s.Browser()
	b.Visit(func(v *shop.Visitor) { v.SetVisits(1) })
	stale := b.Clone()
	b.Visit(func(v *shop.Visitor) { v.SetUserID(7) }) // renews
	s.Store.Stand(func(call string) error {
		if call == "create" {
			return errors.New("down")
		}
		return nil
	}, nil)
	stale.Send("POST", func(v *shop.Visitor, w http.ResponseWriter, _ *http.Request) {
		v.SetUserID(8)
		w.WriteHeader(http.StatusOK)
		v.Destroy()
	})
	s.Store.Stand(nil, nil)
	testsite.Equal(t, testsite.See(b, (*shop.Visitor).HasUserID), false, "somebody is signed in to the session that has ended")
}

func TestDestroyWithACookieThatCannotBeSent(t *testing.T) {
	s := testsite.New(t)
	b := s.Browser()
	b.Visit(func(v *shop.Visitor) { v.SetUserID(7) })
	response := b.Visit(func(v *shop.Visitor) { v.Destroy(); v.SetTheme(strings.Repeat("x", 5000)) })
	testsite.Equal(t, response.StatusCode, 500, "status")
	testsite.Equal(t, testsite.See(b, (*shop.Visitor).UserID), 0, "user")
}
