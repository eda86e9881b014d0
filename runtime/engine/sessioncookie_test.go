package engine_test

import (
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/internal/shop"
)

// IDs and secrets are never taken over, neither from the client nor from a session
// that is there already.
func TestIDsAreDrawnAnew(t *testing.T) {
	s := newSite(t)
	unknown := strings.Repeat("Q", 64)
	b := s.browser()
	b.cookies[sessionCookie] = unknown
	b.visit(func(v *shop.Visitor) { v.SetVisits(1) })
	equal(t, b.cookies[sessionCookie][:21] == unknown[:21], false, "the client's ID")
	equal(t, b.cookies[sessionCookie][22:] == unknown[22:], false, "the client's secret")

	for _, taken := range []error{runtime.ErrExists, runtime.ErrGone} {
		s.store.took()
		s.store.stand(once("create", taken), nil)
		response := s.browser().visit(func(v *shop.Visitor) { v.SetVisits(1) })
		equal(t, response.StatusCode, 200, "status")
		equal(t, s.store.took(), "create create", "store calls where an ID is taken")
	}
}

func TestSeveralSessionCookies(t *testing.T) {
	s := newSite(t)
	live, other, over := s.browser(), s.browser(), s.browser()
	for i, b := range []*browser{live, other, over} {
		b.visit(func(v *shop.Visitor) { v.SetUserID(int64(i + 1)) })
	}
	gone := over.cookies[sessionCookie]
	over.visit(func(v *shop.Visitor) { v.Destroy() })
	one, two, dead := live.cookies[sessionCookie], other.cookies[sessionCookie], strings.Repeat("A", 64)
	for _, c := range []struct {
		name    string
		values  []string
		user    int64
		change  func(v *shop.Visitor)
		calls   string
		cookies int
	}{
		{"one that has ended and a live one", []string{gone, one}, 1, func(v *shop.Visitor) {}, "load load", 0},
		{"three of which one is live", []string{one, dead, dead[:63] + "B"}, 0, func(v *shop.Visitor) { v.AddVisits(1) }, "", 0},
		{"one that has ended and an unknown one: a change", []string{gone, dead}, 0, func(v *shop.Visitor) { v.AddVisits(1) }, "load load", 0},
		{"one that has ended and an unknown one: a login", []string{gone, dead}, 0, func(v *shop.Visitor) { v.SetUserID(9) }, "load load create", 1},
		{"two live ones: Destroy and a login", []string{one, two}, 0, func(v *shop.Visitor) { v.Destroy(); v.SetUserID(9) }, "load load", 0},
	} {
		s.store.took()
		b := s.browser()
		b.header.Set("Cookie", sessionCookie+"="+strings.Join(c.values, "; "+sessionCookie+"="))
		response := b.visit(func(v *shop.Visitor) {
			equal(t, v.UserID(), c.user, c.name+": user")
			c.change(v)
		})
		equal(t, s.store.took(), c.calls, c.name+": store calls")
		equal(t, len(response.Header["Set-Cookie"]), c.cookies, c.name+": cookies")
	}
}

// A browser is told to forget its cookie if it has one, and if that is the one
// that opened nothing any more.
func TestDeletionCookie(t *testing.T) {
	s := newSite(t)
	signedIn := s.browser()
	signedIn.visit(func(v *shop.Visitor) { v.SetUserID(7) })
	unknown, renewed, none := s.browser(), signedIn.clone(), s.browser()
	unknown.cookies[sessionCookie] = strings.Repeat("A", 64)
	destroy := func(v *shop.Visitor) { v.Destroy() }
	equal(t, len(none.visit(destroy).Header["Set-Cookie"]), 0, "cookies for a browser without one")
	equal(t, len(unknown.visit(destroy).Header["Set-Cookie"]), 1, "cookies for an unknown token")
	response := renewed.visit(func(v *shop.Visitor) {
		signedIn.visit(func(v *shop.Visitor) { v.Renew() })
		v.AddVisits(1)
		equal(t, v.Commit(t.Context()), nil, "error")
		v.Destroy()
	})
	equal(t, len(response.Header["Set-Cookie"]), 0, "cookies where the browser has a newer one")
	equal(t, see(signedIn, (*shop.Visitor).UserID), 0, "user")
}

func TestCookieFloodRaisesFewEvents(t *testing.T) {
	s := newSite(t)
	for name, read := range map[string]func(v *shop.Visitor){
		sessionCookie:    func(v *shop.Visitor) { v.UserID() },
		"favorite_color": func(v *shop.Visitor) { v.FavoriteColor() },
		"campaign":       func(v *shop.Visitor) { v.Campaign() },
	} {
		s.mu.Lock()
		s.events = nil
		s.mu.Unlock()
		b := s.browser()
		b.header.Set("Cookie", strings.Repeat(name+"=x;", 1<<20/(len(name)+3)))
		b.visit(read)
		if n := s.count(runtime.EventCookieRefused); n > 10 {
			t.Errorf("%s: %d events by one request", name, n)
		}
	}
}

func TestCookieSentEarlyIsNotPublic(t *testing.T) {
	s := newSite(t)
	for name, set := range map[string]func(v *shop.Visitor, w http.ResponseWriter){
		"commit": func(v *shop.Visitor, w http.ResponseWriter) { v.SetUserID(7); _ = v.Commit(t.Context()) },
		"write":  func(v *shop.Visitor, w http.ResponseWriter) { _ = s.visitors.ThemeCookie().Write(w, "dark") },
	} {
		response := s.browser().serve(func(v *shop.Visitor, w http.ResponseWriter, r *http.Request) {
			set(v, w)
			w.Header().Set("Cache-Control", "public, max-age=60")
		})
		equal(t, len(response.Header["Set-Cookie"]), 1, name+": cookies")
		equal(t, response.Header.Get("Cache-Control"), "no-store", name+": Cache-Control")
	}
}

func TestVaryForCookiesAlone(t *testing.T) {
	s := newSite(t)
	response := s.browser().visit(func(v *shop.Visitor) { v.Theme() })
	equal(t, response.Header.Get("Vary"), "Cookie", "Vary")
}

func TestVaryDoesNotWriteIntoASharedSlice(t *testing.T) {
	s := newSite(t)
	shared := make([]string, 1, 4)
	shared[0] = "Accept"
	s.browser().serve(func(v *shop.Visitor, w http.ResponseWriter, _ *http.Request) {
		w.Header()["Vary"] = shared
		v.Visits()
	})
	equal(t, shared[:2][1], "", "what is behind the slice that the handler gave")
}

// What was sealed once is opened by later versions, until it is too old.
func TestSealedCookiesKeepTheirForm(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // where it is the year 2000
		s := newSite(t)
		b := s.browser()
		b.cookies["campaign"] = "OTQ2Njg0ODAwfEFYTndjbWx1Wnc9PXxPip8XD6sQQ1nq0vDwKWH4HFJSbL98jYEtaD5XUKKt5A=="
		b.cookies["ticket"] = "AZh-_tkM_Umw_cGNu-43cwUth6_zt2-BuJbUDOtBkz0V1Mx7hmYCPfauZKusGhU" // made at the site's time
		equal(t, see(b, (*shop.Visitor).Campaign), "spring", "campaign")
		equal(t, see(b, (*shop.Visitor).Ticket), 42, "ticket")
		time.Sleep(30*24*time.Hour + time.Second)
		equal(t, see(b, (*shop.Visitor).HasCampaign), false, "a campaign after its max-age")
		equal(t, see(b, (*shop.Visitor).HasTicket), true, "a ticket, which has no max-age")
		s.clock.advance(400*24*time.Hour - time.Millisecond)
		equal(t, see(b, (*shop.Visitor).HasTicket), true, "a ticket in the last moment that a browser keeps it")
		s.clock.advance(time.Millisecond)
		equal(t, see(b, (*shop.Visitor).HasTicket), false, "a ticket that no browser has any more")
	})
}

func TestSealedCookieHasOneSpelling(t *testing.T) {
	s := newSite(t)
	for n := range 6 {
		b := s.browser()
		b.visit(func(v *shop.Visitor) { v.SetCampaign(strings.Repeat("x", n)) })
		good := b.cookies["campaign"]
		body := strings.TrimRight(good, "=")
		const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
		for _, c := range alphabet {
			other := body[:len(body)-1] + string(c) + good[len(body):]
			if other == good {
				continue
			}
			forged := b.clone()
			forged.cookies["campaign"] = other
			if see(forged, (*shop.Visitor).HasCampaign) {
				t.Errorf("length %d: two spellings", n)
				break
			}
		}
	}
}

func TestCookieWithControlCharactersIsNone(t *testing.T) {
	s := newSite(t)
	b := s.browser()
	b.cookies["theme"] = "da\x01rk"
	equal(t, see(b, (*shop.Visitor).Theme), "light", "theme")
}
