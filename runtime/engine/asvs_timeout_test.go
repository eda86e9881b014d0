package engine_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/internal/shop"
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
			s := newSite(t)
			b := s.browser()
			b.visit(func(v *shop.Visitor) { v.SetUserID(7) })
			s.clock.advance(idle / 2)
			b.visit(visit)
			s.clock.advance(idle + c.offset)
			equal(t, see(b.clone(), (*shop.Visitor).HasUserID), c.alive, fmt.Sprintf("idle%+v after %s: signed in", c.offset, name))

			s = newSite(t)
			b = s.browser()
			b.visit(func(v *shop.Visitor) { v.SetUserID(7) })
			for range int(lifetime/(20*time.Minute)) - 1 {
				s.clock.advance(20 * time.Minute)
				b.visit(visit)
			}
			equal(t, see(b, (*shop.Visitor).HasUserID), true, "signed in twenty minutes before the end of its life, after "+name)
			s.clock.advance(20*time.Minute + c.offset)
			equal(t, see(b, (*shop.Visitor).HasUserID), c.alive, fmt.Sprintf("lifetime%+v of %s: signed in", c.offset, name))
		}
	}
}

// Whoever is there all the time, and writes all the time, is still signed out when the lifetime is over; only who
// signs in again begins it anew.
func TestASVS_7_3_2_NothingButSigningInExtendsTheLifetime(t *testing.T) {
	s := newSite(t)
	b := s.browser()
	b.visit(func(v *shop.Visitor) { v.SetUserID(7) })
	start := s.clock.Now()
	for i := 0; s.clock.Now().Sub(start) < 12*time.Hour; i++ {
		expires := see(b, (*shop.Visitor).Info).Expires
		if expires.After(start.Add(12 * time.Hour)) {
			t.Fatalf("after %v the session says that it expires %v after it began", s.clock.Now().Sub(start), expires.Sub(start))
		}
		b.visit(func(v *shop.Visitor) {
			switch i % 3 {
			case 0:
				v.AddVisits(1)
			case 1:
				v.Renew()
			}
		})
		s.clock.advance(3 * time.Minute)
	}
	nobody(t, b, "a session that was used all its life")
	b.visit(func(v *shop.Visitor) { v.SetUserID(7) })
	s.clock.advance(29 * time.Minute)
	b.visit(func(v *shop.Visitor) { v.SetUserID(7) })
	s.clock.advance(29 * time.Minute)
	expires := see(b, (*shop.Visitor).Info).Expires
	equal(t, expires, s.clock.Now().Add(time.Minute), "the idle deadline after signing in again")
}

// A browser is told when to forget a cookie, and nobody relies on its doing so: a client that keeps all
// cookies for ever is refused by the server's clock.
func TestNIST_800_63B_4_AClientThatIgnoresMaxAgeIsRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // where a signed cookie's clock can be turned as well
		store := memstore.New(memstore.WithSweepInterval(0)) // nobody has to clean up for a year
		defer store.Close()
		s := &site{t: t, store: &watched{Store: store}, clock: new(clock)}
		s.visitors = s.newManager(runtime.WithClock(time.Now))
		b := s.browser()
		response := b.visit(func(v *shop.Visitor) { v.SetUserID(7); v.Remember(true); v.SetCampaign("spring"); v.SetTicket(42) })
		lines := strings.Join(response.Header["Set-Cookie"], "\n")
		for _, want := range []string{sessionCookie + "=" + b.cookies[sessionCookie] + "; Max-Age=43200;", "Max-Age=2592000"} {
			if !strings.Contains(lines, want) {
				t.Errorf("the browser is not told %s: %s", want, lines)
			}
		}
		kept := b.clone()
		for range 24 {
			time.Sleep(29 * time.Minute)
			equal(t, see(kept, (*shop.Visitor).UserID), 7, "user while it is used")
			kept.visit(func(v *shop.Visitor) { v.AddVisits(1) })
		}
		time.Sleep(24 * time.Minute) // twelve hours
		nobody(t, kept, "a session whose Max-Age is over")
		equal(t, kept.cookies[sessionCookie], b.cookies[sessionCookie], "the client has kept the cookie")

		time.Sleep(30*24*time.Hour - 12*time.Hour - time.Second)
		equal(t, see(kept, (*shop.Visitor).Campaign), "spring", "a signed cookie a second before its Max-Age is over")
		time.Sleep(2 * time.Second)
		equal(t, see(kept, (*shop.Visitor).HasCampaign), false, "a signed cookie a second after its Max-Age was over")
		equal(t, see(kept, (*shop.Visitor).Ticket), 42, "an encrypted cookie without Max-Age")
		time.Sleep(400 * 24 * time.Hour)
		equal(t, see(kept, (*shop.Visitor).HasTicket), false, "an encrypted cookie that no browser keeps so long")
	})
}

// A session that was not remembered has no Max-Age at all, and ends all the same.
func TestNIST_800_63B_4_TheEndDoesNotDependOnTheBrowser(t *testing.T) {
	s := newSite(t)
	b := s.browser()
	response := b.visit(func(v *shop.Visitor) { v.SetUserID(7) })
	for _, line := range response.Header["Set-Cookie"] {
		if strings.Contains(line, "Max-Age") || strings.Contains(line, "Expires") {
			t.Errorf("a session that nobody asked to remember outlives the browser: %s", line)
		}
	}
	s.clock.advance(30 * time.Minute)
	nobody(t, b, "a session that was idle")
	response = b.visit(func(v *shop.Visitor) { v.UserID() })
	equal(t, response.StatusCode, http.StatusOK, "status")
}
