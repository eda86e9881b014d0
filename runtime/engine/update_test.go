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

func TestR3_ARenewalAgainstARenewalKeepsTheFirst(t *testing.T) {
	for name, second := range map[string]func(v *shop.Visitor){
		"renewal":       func(v *shop.Visitor) { v.Renew() },
		"role":          func(v *shop.Visitor) { v.SetRole("admin") },
		"sign in again": func(v *shop.Visitor) { v.SetUserID(7) },
		"sign out":      func(v *shop.Visitor) { v.ClearUserID() },
	} {
		s := testsite.New(t)
		b := s.Browser()
		b.Visit(func(v *shop.Visitor) { v.SetUserID(7) })
		first := b.Clone()
		b.Visit(func(v *shop.Visitor) {
			first.Visit(func(v *shop.Visitor) { v.Renew() })
			second(v)
		})
		testsite.Equal(t, testsite.See(first, (*shop.Visitor).UserID), 7, name+": user of the first")
		testsite.Equal(t, s.Count(runtime.EventDropped), 1, name+": dropped")
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
			s := testsite.New(t)
			b := s.Browser()
			b.Visit(func(v *shop.Visitor) { v.SetUserID(7) })
			old := b.Clone()
			b.Visit(func(v *shop.Visitor) { v.Renew() })
			s.Clock.Advance(c.later)
			response := old.Visit(c.change)
			testsite.Equal(t, len(response.Header["Set-Cookie"]), c.cookies, "cookies")
			testsite.Equal(t, s.Count(runtime.EventStale), c.stale, "stale events")
			testsite.Equal(t, testsite.See(b, (*shop.Visitor).UserID), 7, "user of the browser with the new secret")
			testsite.Equal(t, testsite.See(b, (*shop.Visitor).Visits), 0, "visits of the browser with the new secret")
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
			s := testsite.New(t)
			b := s.Browser()
			b.Visit(func(v *shop.Visitor) { v.SetUserID(7) })
			newest := b.Clone()
			b.Serve(func(v *shop.Visitor, _ http.ResponseWriter, r *http.Request) {
				newest.Visit(func(v *shop.Visitor) { v.Renew() })
				v.AddVisits(1)
				if err := v.Commit(r.Context()); err != nil {
					t.Error(err)
				}
				renew(v)
			})
			testsite.Equal(t, testsite.See(newest, (*shop.Visitor).UserID), 7, "user of the browser with the newest cookie")
		})
	}
}

func TestR9_AnOldSecretOnAReplicaWhoseClockIsAhead(t *testing.T) {
	s := testsite.New(t)
	b := s.Browser()
	b.Visit(func(v *shop.Visitor) { v.SetUserID(7) })
	old := b.Clone()
	ahead := s.NewManager(runtime.WithClock(func() time.Time { return s.Clock.Now().Add(5 * time.Minute) }))
	b.Visit(func(v *shop.Visitor) { v.Renew() })
	old.Manager = ahead
	response := old.Visit(func(v *shop.Visitor) { v.AddVisits(1) })
	testsite.Equal(t, len(response.Header["Set-Cookie"]), 0, "cookies that overwrite the new one")
}

// A renewed secret is in the store although signing out the others failed: the
// browser must get it, or it would be signed out itself.
func TestRenewedCookieIsSentWithTheErrorPage(t *testing.T) {
	s := testsite.New(t)
	b := s.Browser()
	b.Visit(func(v *shop.Visitor) { v.SetUserID(7) })
	s.Store.Stand(testsite.Down("revoke"), nil)
	response := b.Visit(func(v *shop.Visitor) { v.Renew(); v.RevokeOthers() })
	testsite.Equal(t, response.StatusCode, 503, "status")
	s.Store.Stand(nil, nil)
	testsite.Equal(t, testsite.See(b, (*shop.Visitor).UserID), 7, "user")
}

func TestRememberEndsWithThePrincipal(t *testing.T) {
	s := testsite.New(t)
	b := s.Browser()
	b.Visit(func(v *shop.Visitor) { v.SetUserID(1); v.Remember(true) })
	b.Visit(func(v *shop.Visitor) { v.ClearUserID() })
	response := b.Visit(func(v *shop.Visitor) { v.SetUserID(3) })
	if line := response.Header.Get("Set-Cookie"); strings.Contains(line, "Max-Age") {
		t.Errorf("the next one is remembered, though only the one before had asked for it: %s", line)
	}
}

func TestNobodyStaysNobody(t *testing.T) {
	s := testsite.New(t)
	b := s.Browser()
	b.Visit(func(v *shop.Visitor) { v.SetVisits(1) })
	s.Store.Took()
	response := b.Visit(func(v *shop.Visitor) { v.SetUserID(0); v.ClearUserID() })
	testsite.Equal(t, s.Store.Took(), "load", "store calls")
	testsite.Equal(t, len(response.Header["Set-Cookie"]), 0, "cookies")
	b.Visit(func(v *shop.Visitor) { v.SetUserID(7) })
	s.Clock.Advance(time.Minute)
	b.Visit(func(v *shop.Visitor) { v.ClearUserID() })
	testsite.Equal(t, testsite.See(b, (*shop.Visitor).Info).AuthenticatedAt.IsZero(), true, "authenticated is over after signing out")
}

func TestSigningInRefreshesTheClient(t *testing.T) {
	s := testsite.New(t, runtime.WithClient(testsite.ClientOf))
	b := s.Browser()
	b.Header.Set("User-Agent", "old")
	b.Visit(func(v *shop.Visitor) { v.SetVisits(1) })
	b.Header.Set("User-Agent", "new")
	b.Visit(func(v *shop.Visitor) { v.AddVisits(1) })
	testsite.Equal(t, testsite.See(b, (*shop.Visitor).Info).Client.UserAgent, "old", "client of a change")
	b.Visit(func(v *shop.Visitor) { v.SetUserID(7) })
	testsite.Equal(t, testsite.See(b, (*shop.Visitor).Info).Client.UserAgent, "new", "client of a login")
}
