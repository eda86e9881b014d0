package asvs

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/internal/shop"
	"github.com/sessiongen/sessiongen/runtime/internal/testsite"
	"github.com/sessiongen/sessiongen/runtime/memstore"
)

// Both timeouts are the server's, and end the session at the moment that the tag says: not a
// second before, and not a second after.
func TestASVS_7_3_1_and_7_3_2_IdleAndAbsoluteTimeoutToTheSecond(t *testing.T) {
	const idle, lifetime = 30 * time.Minute, 12 * time.Hour
	// Ways to be there, each of which extends the idle timeout.
	alive := map[string]func(v *shop.Visitor){
		"nothing":  func(*shop.Visitor) {},
		"a read":   func(v *shop.Visitor) { v.UserID() },
		"a write":  func(v *shop.Visitor) { v.AddVisits(1) },
		"renewal":  func(v *shop.Visitor) { v.Renew() },
		"a role":   func(v *shop.Visitor) { v.UpdateRole(func(r string) string { return r + "!" }) },
		"Remember": func(v *shop.Visitor) { v.Remember(true) },
		"others":   func(v *shop.Visitor) { v.RevokeOthers() },
	}
	for name, visit := range alive {
		for _, c := range []struct {
			offset time.Duration
			alive  bool
		}{{-time.Second, true}, {0, false}, {time.Second, false}} {
			s := testsite.New(t)
			b := s.Browser()
			b.Visit(func(v *shop.Visitor) { v.SetUserID(7) })
			s.Clock.Advance(idle / 2)
			b.Visit(visit)
			s.Clock.Advance(idle + c.offset)
			testsite.Equal(t, testsite.See(b.Clone(), (*shop.Visitor).HasUserID), c.alive, fmt.Sprintf("idle%+v after %s: signed in", c.offset, name))

			s = testsite.New(t)
			b = s.Browser()
			b.Visit(func(v *shop.Visitor) { v.SetUserID(7) })
			for range int(lifetime/(20*time.Minute)) - 1 {
				s.Clock.Advance(20 * time.Minute)
				b.Visit(visit)
			}
			testsite.Equal(t, testsite.See(b, (*shop.Visitor).HasUserID), true, "signed in twenty minutes before the end of its life, after "+name)
			s.Clock.Advance(20*time.Minute + c.offset)
			testsite.Equal(t, testsite.See(b, (*shop.Visitor).HasUserID), c.alive, fmt.Sprintf("lifetime%+v of %s: signed in", c.offset, name))
		}
	}
}

// Whoever is there all the time, and writes all the time, is still signed out when the lifetime is over; only who
// signs in again begins it anew.
func TestASVS_7_3_2_NothingButSigningInExtendsTheLifetime(t *testing.T) {
	s := testsite.New(t)
	b := s.Browser()
	b.Visit(func(v *shop.Visitor) { v.SetUserID(7) })
	start := s.Clock.Now()
	for i := 0; s.Clock.Now().Sub(start) < 12*time.Hour; i++ {
		expires := testsite.See(b, (*shop.Visitor).Info).Expires
		if expires.After(start.Add(12 * time.Hour)) {
			t.Fatalf("after %v the session says that it expires %v after it began", s.Clock.Now().Sub(start), expires.Sub(start))
		}
		b.Visit(func(v *shop.Visitor) {
			switch i % 3 {
			case 0:
				v.AddVisits(1)
			case 1:
				v.Renew()
			}
		})
		s.Clock.Advance(3 * time.Minute)
	}
	nobody(t, b, "a session that was used all its life")
	b.Visit(func(v *shop.Visitor) { v.SetUserID(7) })
	s.Clock.Advance(29 * time.Minute)
	b.Visit(func(v *shop.Visitor) { v.SetUserID(7) })
	s.Clock.Advance(29 * time.Minute)
	expires := testsite.See(b, (*shop.Visitor).Info).Expires
	testsite.Equal(t, expires, s.Clock.Now().Add(time.Minute), "the idle deadline after signing in again")
}

// A browser is told when to forget a cookie, and nobody relies on its doing so: a client that keeps all
// cookies for ever is refused by the server's clock.
func TestNIST_800_63B_4_AClientThatIgnoresMaxAgeIsRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // where a signed cookie's clock can be turned as well
		store := memstore.New(memstore.WithSweepInterval(0)) // nobody has to clean up for a year
		defer store.Close()
		s := &testsite.Site{T: t, Store: &testsite.Watched{Store: store}, Clock: new(testsite.Clock)}
		s.Visitors = s.NewManager(runtime.WithClock(time.Now))
		b := s.Browser()
		response := b.Visit(func(v *shop.Visitor) { v.SetUserID(7); v.Remember(true); v.SetCampaign("spring"); v.SetTicket(42) })
		lines := strings.Join(response.Header["Set-Cookie"], "\n")
		for _, want := range []string{testsite.SessionCookie + "=" + b.Cookies[testsite.SessionCookie] + "; Max-Age=43200;", "Max-Age=2592000"} {
			if !strings.Contains(lines, want) {
				t.Errorf("the browser is not told %s: %s", want, lines)
			}
		}
		kept := b.Clone()
		for range 24 {
			time.Sleep(29 * time.Minute)
			testsite.Equal(t, testsite.See(kept, (*shop.Visitor).UserID), 7, "user while it is used")
			kept.Visit(func(v *shop.Visitor) { v.AddVisits(1) })
		}
		time.Sleep(24 * time.Minute) // twelve hours
		nobody(t, kept, "a session whose Max-Age is over")
		testsite.Equal(t, kept.Cookies[testsite.SessionCookie], b.Cookies[testsite.SessionCookie], "the client has kept the cookie")

		time.Sleep(30*24*time.Hour - 12*time.Hour - time.Second)
		testsite.Equal(t, testsite.See(kept, (*shop.Visitor).Campaign), "spring", "a signed cookie a second before its Max-Age is over")
		time.Sleep(2 * time.Second)
		testsite.Equal(t, testsite.See(kept, (*shop.Visitor).HasCampaign), false, "a signed cookie a second after its Max-Age was over")
		testsite.Equal(t, testsite.See(kept, (*shop.Visitor).Ticket), 42, "an encrypted cookie without Max-Age")
		time.Sleep(400 * 24 * time.Hour)
		testsite.Equal(t, testsite.See(kept, (*shop.Visitor).HasTicket), false, "an encrypted cookie that no browser keeps so long")
	})
}

// A session that was not remembered has no Max-Age at all, and ends all the same.
func TestNIST_800_63B_4_TheEndDoesNotDependOnTheBrowser(t *testing.T) {
	s := testsite.New(t)
	b := s.Browser()
	response := b.Visit(func(v *shop.Visitor) { v.SetUserID(7) })
	for _, line := range response.Header["Set-Cookie"] {
		if strings.Contains(line, "Max-Age") || strings.Contains(line, "Expires") {
			t.Errorf("a session that nobody asked to remember outlives the browser: %s", line)
		}
	}
	s.Clock.Advance(30 * time.Minute)
	nobody(t, b, "a session that was idle")
	response = b.Visit(func(v *shop.Visitor) { v.UserID() })
	testsite.Equal(t, response.StatusCode, http.StatusOK, "status")
}
