package engine_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/internal/shop"
)

func TestR3_ARenewalAgainstARenewalKeepsTheFirst(t *testing.T) {
	for name, second := range map[string]func(v *shop.Visitor){
		"renewal":       func(v *shop.Visitor) { v.Renew() },
		"role":          func(v *shop.Visitor) { v.SetRole("admin") },
		"sign in again": func(v *shop.Visitor) { v.SetUserID(7) },
		"sign out":      func(v *shop.Visitor) { v.ClearUserID() },
	} {
		s := newSite(t)
		b := s.browser()
		b.visit(func(v *shop.Visitor) { v.SetUserID(7) })
		first := b.clone()
		b.visit(func(v *shop.Visitor) {
			first.visit(func(v *shop.Visitor) { v.Renew() })
			second(v)
		})
		equal(t, see(first, (*shop.Visitor).UserID), 7, name+": user of the first")
		equal(t, s.count(runtime.EventDropped), 1, name+": dropped")
	}
}

func TestSecretThatWasReplaced(t *testing.T) {
	for _, c := range []struct {
		name    string
		later   time.Duration
		change  func(v *shop.Visitor)
		cookies int
		stale   int
	}{
		{"a change a moment later", 59 * time.Second, func(v *shop.Visitor) { v.SetVisits(1) }, 0, 1},
		{"a change a minute later", 60 * time.Second, func(v *shop.Visitor) { v.SetVisits(1) }, 1, 0},
		{"sign in a moment later", 59 * time.Second, func(v *shop.Visitor) { v.SetUserID(9) }, 1, 1},
		{"sign in and out", 59 * time.Second, func(v *shop.Visitor) { v.SetUserID(9); v.ClearUserID(); v.SetVisits(1) }, 0, 1},
		{"Destroy a minute later", 60 * time.Second, func(v *shop.Visitor) { v.Destroy() }, 1, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newSite(t)
			b := s.browser()
			b.visit(func(v *shop.Visitor) { v.SetUserID(7) })
			old := b.clone()
			b.visit(func(v *shop.Visitor) { v.Renew() })
			s.clock.advance(c.later)
			response := old.visit(c.change)
			equal(t, len(response.Header["Set-Cookie"]), c.cookies, "cookies")
			equal(t, s.count(runtime.EventStale), c.stale, "stale events")
			equal(t, see(b, (*shop.Visitor).UserID), 7, "user of the browser with the new secret")
			equal(t, see(b, (*shop.Visitor).Visits), 0, "visits of the browser with the new secret")
		})
	}
}

func TestRenewalAfterAReplayAcrossARenewal(t *testing.T) {
	for name, renew := range map[string]func(v *shop.Visitor){
		"renew": func(v *shop.Visitor) { v.Renew() },
		"role":  func(v *shop.Visitor) { v.SetRole("admin") },
		"login": func(v *shop.Visitor) { v.SetUserID(7) },
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t)
			b := s.browser()
			b.visit(func(v *shop.Visitor) { v.SetUserID(7) })
			newest := b.clone()
			b.serve(func(v *shop.Visitor, _ http.ResponseWriter, r *http.Request) {
				newest.visit(func(v *shop.Visitor) { v.Renew() })
				v.AddVisits(1)
				if err := v.Commit(r.Context()); err != nil {
					t.Error(err)
				}
				renew(v)
			})
			equal(t, see(newest, (*shop.Visitor).UserID), 7, "user of the browser with the newest cookie")
		})
	}
}

func TestR9_AnOldSecretOnAReplicaWhoseClockIsAhead(t *testing.T) {
	s := newSite(t)
	b := s.browser()
	b.visit(func(v *shop.Visitor) { v.SetUserID(7) })
	old := b.clone()
	ahead := s.newManager(runtime.WithClock(func() time.Time { return s.clock.Now().Add(5 * time.Minute) }))
	b.visit(func(v *shop.Visitor) { v.Renew() })
	old.manager = ahead
	response := old.visit(func(v *shop.Visitor) { v.AddVisits(1) })
	equal(t, len(response.Header["Set-Cookie"]), 0, "cookies that overwrite the new one")
}

// A renewed secret is in the store although signing out the others failed: the
// browser must get it, or it would be signed out itself.
func TestRenewedCookieIsSentWithTheErrorPage(t *testing.T) {
	s := newSite(t)
	b := s.browser()
	b.visit(func(v *shop.Visitor) { v.SetUserID(7) })
	s.store.stand(down("revoke"), nil)
	response := b.visit(func(v *shop.Visitor) { v.Renew(); v.RevokeOthers() })
	equal(t, response.StatusCode, 503, "status")
	s.store.stand(nil, nil)
	equal(t, see(b, (*shop.Visitor).UserID), 7, "user")
}

func TestRememberEndsWithThePrincipal(t *testing.T) {
	s := newSite(t)
	b := s.browser()
	b.visit(func(v *shop.Visitor) { v.SetUserID(1); v.Remember(true) })
	b.visit(func(v *shop.Visitor) { v.ClearUserID() })
	response := b.visit(func(v *shop.Visitor) { v.SetUserID(3) })
	if line := response.Header.Get("Set-Cookie"); strings.Contains(line, "Max-Age") {
		t.Errorf("the next one is remembered, though only the one before had asked for it: %s", line)
	}
}

func TestNobodyStaysNobody(t *testing.T) {
	s := newSite(t)
	b := s.browser()
	b.visit(func(v *shop.Visitor) { v.SetVisits(1) })
	s.store.took()
	response := b.visit(func(v *shop.Visitor) { v.SetUserID(0); v.ClearUserID() })
	equal(t, s.store.took(), "load", "store calls")
	equal(t, len(response.Header["Set-Cookie"]), 0, "cookies")
	b.visit(func(v *shop.Visitor) { v.SetUserID(7) })
	s.clock.advance(time.Minute)
	b.visit(func(v *shop.Visitor) { v.ClearUserID() })
	equal(t, see(b, (*shop.Visitor).Info).AuthenticatedAt.IsZero(), true, "authenticated is over after signing out")
}

func TestSigningInRefreshesTheClient(t *testing.T) {
	s := newSite(t, runtime.WithClient(clientOf))
	b := s.browser()
	b.header.Set("User-Agent", "old")
	b.visit(func(v *shop.Visitor) { v.SetVisits(1) })
	b.header.Set("User-Agent", "new")
	b.visit(func(v *shop.Visitor) { v.AddVisits(1) })
	equal(t, see(b, (*shop.Visitor).Info).Client.UserAgent, "old", "client of a change")
	b.visit(func(v *shop.Visitor) { v.SetUserID(7) })
	equal(t, see(b, (*shop.Visitor).Info).Client.UserAgent, "new", "client of a login")
}
