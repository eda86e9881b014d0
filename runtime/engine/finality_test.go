package engine_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/internal/shop"
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
				s := newSite(t)
				b := s.browser()
				b.visit(func(v *shop.Visitor) {
					v.SetUserID(c.user)
					v.SetUsername("before")
					v.SetNotice("n")
				})
				first := b.clone()
				if process == "two processes" {
					first.manager = s.newManager()
				}
				response := b.visit(func(v *shop.Visitor) {
					first.visit(c.first)
					c.second(v)
				})
				equal(t, response.StatusCode, 200, "status")
				equal(t, len(response.Header["Set-Cookie"]), c.cookies, "cookies")
				equal(t, see(b, (*shop.Visitor).UserID), c.user2, "user")
				equal(t, see(b, (*shop.Visitor).HasUsername), false, "sees what was there before")
				if first.cookies[sessionCookie] != "" {
					equal(t, see(first, (*shop.Visitor).Visits), c.visits, "visits in the first's session")
				}
			})
		}
	}
}

func TestR2_ARevocationBetweenLoadAndCommitIsFinal(t *testing.T) {
	s := newSite(t)
	b := s.browser()
	b.visit(func(v *shop.Visitor) { v.SetUserID(7) })
	b.visit(func(v *shop.Visitor) {
		if n, err := s.visitors.RevokeByUserID(t.Context(), 7); n != 1 || err != nil {
			t.Errorf("revoked %d, %v", n, err)
		}
		v.AddVisits(1)
	})
	equal(t, see(b, (*shop.Visitor).UserID), 0, "user")
	infos, err := s.visitors.ListByUserID(t.Context(), 7)
	equal(t, len(infos), 0, "sessions left")
	equal(t, err, nil, "error")
}

// A logout between the load and the commit of another request, by a barrier.
func TestR2_ALogoutBetweenLoadAndCommitIsFinal(t *testing.T) {
	s := newSite(t)
	b := s.browser()
	b.visit(func(v *shop.Visitor) { v.SetUserID(7) })
	loaded, loggedOut := make(chan struct{}), make(chan struct{})
	late := b.clone()
	done := make(chan *http.Response)
	go func() {
		done <- late.visit(func(v *shop.Visitor) {
			v.AddVisits(1)
			close(loaded)
			<-loggedOut
		})
	}()
	<-loaded
	b.visit(func(v *shop.Visitor) { v.Destroy() })
	close(loggedOut)
	equal(t, len((<-done).Header["Set-Cookie"]), 0, "cookies of the late request")
	equal(t, see(late, (*shop.Visitor).UserID), 0, "user")
	equal(t, s.count(runtime.EventDropped), 1, "dropped events")
}

// A request whose record is no longer there may sign in where nobody was signed in
// when it came, and that is all it may do.
func TestR15_ARecordThatIsNoLongerThereAtCommit(t *testing.T) {
	for _, cause := range []struct {
		name string
		lose func(s *site)
	}{
		{"gone at update", func(s *site) { s.store.stand(once("update", runtime.ErrGone), nil) }},
		{"expired at update", func(s *site) { s.store.stand(once("update", runtime.ErrNotFound), nil) }},
		{"gone when loaded again", func(s *site) { s.clock.advance(2 * time.Second); s.store.stand(once("load", runtime.ErrGone), nil) }},
		{"expired when loaded again", func(s *site) { s.clock.advance(time.Hour) }},
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
				s := newSite(t)
				b := s.browser()
				b.visit(func(v *shop.Visitor) { v.SetUserID(c.user); v.SetUsername("before") })
				old := b.cookies[sessionCookie]
				response := b.visit(func(v *shop.Visitor) { cause.lose(s); c.change(v) })
				s.store.stand(nil, nil)
				equal(t, response.StatusCode, 200, "status")
				equal(t, len(response.Header["Set-Cookie"]) == 1, c.created, "a cookie")
				equal(t, s.count(runtime.EventDropped) == 1, !c.created, "dropped")
				if c.created {
					equal(t, see(b, (*shop.Visitor).UserID), 9, "user")
					equal(t, see(b, (*shop.Visitor).HasUsername), false, "sees what was there before")
					equal(t, b.cookies[sessionCookie][:22] != old[:22], true, "another ID")
				}
			})
		}
	}
}

func TestDestroy(t *testing.T) {
	s := newSite(t)
	b := s.browser()
	b.visit(func(v *shop.Visitor) { v.SetUserID(7); v.SetUsername("a") })
	old := b.clone()
	s.store.took()
	response := b.visit(func(v *shop.Visitor) {
		v.SetVisits(1)
		v.Destroy()
		equal(t, v.Username(), "", "username after Destroy")
		equal(t, v.HasUserID(), false, "signed in after Destroy")
		equal(t, v.Info().New, true, "new after Destroy")
	})
	equal(t, s.store.took(), "load delete", "store calls")
	lines := strings.Join(response.Header["Set-Cookie"], "|")
	equal(t, lines, "__Host-visitor=; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Path=/; SameSite=Lax; Secure; HttpOnly", "Set-Cookie")
	equal(t, see(old, (*shop.Visitor).UserID), 0, "user with the old cookie")
	old.visit(func(v *shop.Visitor) { v.SetVisits(1) })
	equal(t, s.count(runtime.EventDropped), 1, "writes with the old cookie dropped")
	response = old.visit(func(v *shop.Visitor) { v.SetUserID(9) })
	equal(t, len(response.Header["Set-Cookie"]), 1, "signing in with the old cookie")
	equal(t, see(old, (*shop.Visitor).UserID), 9, "user")
	s.store.took()
	old.visit(func(v *shop.Visitor) { v.Destroy(); v.SetUserID(10); v.SetUsername("b") })
	equal(t, s.store.took(), "load delete create", "store calls for Destroy and a login in one request")
	equal(t, see(old, (*shop.Visitor).UserID), 10, "user")
	old.visit(func(v *shop.Visitor) { v.Destroy(); v.SetUsername("c") })
	equal(t, see(old, (*shop.Visitor).HasUsername), false, "what was set after Destroy, without a login")
}

func TestDestroyWithASecretRenewedAMomentAgo(t *testing.T) {
	s := newSite(t)
	b := s.browser()
	b.visit(func(v *shop.Visitor) { v.SetUserID(7) })
	old := b.clone()
	b.visit(func(v *shop.Visitor) { v.Renew() })
	response := old.visit(func(v *shop.Visitor) { v.Destroy() })
	equal(t, len(response.Header["Set-Cookie"]), 0, "cookies")
	equal(t, see(b, (*shop.Visitor).UserID), 0, "user")
}

func TestDestroyKeepsCookiesThatWereSet(t *testing.T) {
	s := newSite(t)
	for name, change := range map[string]func(v *shop.Visitor){
		"before":  func(v *shop.Visitor) { v.SetTheme("dark"); v.Destroy() },
		"after":   func(v *shop.Visitor) { v.Destroy(); v.SetTheme("dark") },
		"cleared": func(v *shop.Visitor) { v.ClearTheme(); v.Destroy() },
	} {
		b := s.browser()
		b.visit(func(v *shop.Visitor) { v.SetUserID(7) })
		response := b.visit(change)
		equal(t, len(response.Header["Set-Cookie"]), 2, name+": cookies: the theme and the deletion")
	}
}

// A sign-in that fails has drawn an ID of its own by then. Destroy is meant for the
// session that the browser has.
func TestDestroyAfterASignInThatFailedEndsWhatTheBrowserHas(t *testing.T) {
	s := newSite(t)
	b := s.browser()
	b.visit(func(v *shop.Visitor) { v.SetVisits(1) })
	stale := b.clone()
	b.visit(func(v *shop.Visitor) { v.SetUserID(7) }) // renews
	s.store.stand(func(call string) error {
		if call == "create" {
			return errors.New("down")
		}
		return nil
	}, nil)
	stale.send("POST", func(v *shop.Visitor, w http.ResponseWriter, _ *http.Request) {
		v.SetUserID(8)
		w.WriteHeader(http.StatusOK)
		v.Destroy()
	})
	s.store.stand(nil, nil)
	equal(t, see(b, (*shop.Visitor).HasUserID), false, "somebody is signed in to the session that has ended")
}

func TestDestroyWithACookieThatCannotBeSent(t *testing.T) {
	s := newSite(t)
	b := s.browser()
	b.visit(func(v *shop.Visitor) { v.SetUserID(7) })
	response := b.visit(func(v *shop.Visitor) { v.Destroy(); v.SetTheme(strings.Repeat("x", 5000)) })
	equal(t, response.StatusCode, 500, "status")
	equal(t, see(b, (*shop.Visitor).UserID), 0, "user")
}
