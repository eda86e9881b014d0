package engine_test

import (
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/internal/shop"
	"github.com/sessiongen/sessiongen/runtime/internal/testsite"
)

// IDs and secrets are never taken over, neither from the client nor from a session
// that is there already.
func TestIDsAreDrawnAnew(t *testing.T) {
	s := testsite.New(t)
	unknown := strings.Repeat("Q", 64)
	b := s.Browser()
	b.Cookies[testsite.SessionCookie] = unknown
	b.Visit(func(v *shop.Visitor) { v.SetVisits(1) })
	testsite.Equal(t, b.Cookies[testsite.SessionCookie][:21] == unknown[:21], false, "the client's ID")
	testsite.Equal(t, b.Cookies[testsite.SessionCookie][22:] == unknown[22:], false, "the client's secret")

	for _, taken := range []error{runtime.ErrExists, runtime.ErrGone} {
		s.Store.Took()
		s.Store.Stand(testsite.Once("create", taken), nil)
		response := s.Browser().Visit(func(v *shop.Visitor) { v.SetVisits(1) })
		testsite.Equal(t, response.StatusCode, 200, "status")
		testsite.Equal(t, s.Store.Took(), "create create", "store calls where an ID is taken")
	}
}

func TestSeveralSessionCookies(t *testing.T) {
	s := testsite.New(t)
	live, other, over := s.Browser(), s.Browser(), s.Browser()
	for i, b := range []*testsite.Browser{live, other, over} {
		b.Visit(func(v *shop.Visitor) { v.SetUserID(int64(i + 1)) })
	}
	gone := over.Cookies[testsite.SessionCookie]
	over.Visit(func(v *shop.Visitor) { v.Destroy() })
	one, two, dead := live.Cookies[testsite.SessionCookie], other.Cookies[testsite.SessionCookie], strings.Repeat("A", 64)
	for _, c := range []struct {
		name    string
		values  []string
		user    int64
		change  func(v *shop.Visitor)
		calls   string
		cookies int
	}{
		{"one that has ended and a live one", []string{gone, one}, 1, func(v *shop.Visitor) {}, "load load", 0},
		{"three of which one is live", []string{one, dead, dead[:63] + "B"}, 0, func(v *shop.Visitor) { v.AddVisits(1) }, "load load", 0},
		{"one that has ended and an unknown one: a change", []string{gone, dead}, 0, func(v *shop.Visitor) { v.AddVisits(1) }, "load load", 0},
		{"one that has ended and an unknown one: a login", []string{gone, dead}, 0, func(v *shop.Visitor) { v.SetUserID(9) }, "load load create", 1},
		{"two live ones: Destroy and a login", []string{one, two}, 0, func(v *shop.Visitor) { v.Destroy(); v.SetUserID(9) }, "load load delete delete create", 1},
	} {
		s.Store.Took()
		b := s.Browser()
		b.Header.Set("Cookie", testsite.SessionCookie+"="+strings.Join(c.values, "; "+testsite.SessionCookie+"="))
		response := b.Visit(func(v *shop.Visitor) {
			testsite.Equal(t, v.UserID(), c.user, c.name+": user")
			c.change(v)
		})
		testsite.Equal(t, s.Store.Took(), c.calls, c.name+": store calls")
		testsite.Equal(t, len(response.Header["Set-Cookie"]), c.cookies, c.name+": cookies")
	}
}

// A browser is told to forget its cookie if it has one, and if that is the one
// that opened nothing any more.
func TestDeletionCookie(t *testing.T) {
	s := testsite.New(t)
	signedIn := s.Browser()
	signedIn.Visit(func(v *shop.Visitor) { v.SetUserID(7) })
	unknown, renewed, none := s.Browser(), signedIn.Clone(), s.Browser()
	unknown.Cookies[testsite.SessionCookie] = strings.Repeat("A", 64)
	destroy := func(v *shop.Visitor) { v.Destroy() }
	testsite.Equal(t, len(none.Visit(destroy).Header["Set-Cookie"]), 0, "cookies for a browser without one")
	testsite.Equal(t, len(unknown.Visit(destroy).Header["Set-Cookie"]), 1, "cookies for an unknown token")
	response := renewed.Visit(func(v *shop.Visitor) {
		signedIn.Visit(func(v *shop.Visitor) { v.Renew() })
		v.AddVisits(1)
		testsite.Equal(t, v.Commit(t.Context()), nil, "error")
		v.Destroy()
	})
	testsite.Equal(t, len(response.Header["Set-Cookie"]), 0, "cookies where the browser has a newer one")
	testsite.Equal(t, testsite.See(signedIn, (*shop.Visitor).UserID), 0, "user")
}

func TestCookieFloodRaisesFewEvents(t *testing.T) {
	s := testsite.New(t)
	for name, read := range map[string]func(v *shop.Visitor){
		testsite.SessionCookie: func(v *shop.Visitor) { v.UserID() },
		"favorite_color":       func(v *shop.Visitor) { v.FavoriteColor() },
		"campaign":             func(v *shop.Visitor) { v.Campaign() },
	} {
		s.Mu.Lock()
		s.Events = nil
		s.Mu.Unlock()
		b := s.Browser()
		b.Header.Set("Cookie", strings.Repeat(name+"=x;", 1<<20/(len(name)+3)))
		b.Visit(read)
		if n := s.Count(runtime.EventCookieRefused); n > 10 {
			t.Errorf("%s: %d events by one request", name, n)
		}
	}
}

func TestCookieSentEarlyIsNotPublic(t *testing.T) {
	s := testsite.New(t)
	for name, set := range map[string]func(v *shop.Visitor, w http.ResponseWriter){
		"commit": func(v *shop.Visitor, w http.ResponseWriter) { v.SetUserID(7); _ = v.Commit(t.Context()) },
		"write":  func(v *shop.Visitor, w http.ResponseWriter) { _ = s.Visitors.ThemeCookie().Write(w, "dark") },
	} {
		response := s.Browser().Serve(func(v *shop.Visitor, w http.ResponseWriter, r *http.Request) {
			set(v, w)
			w.Header().Set("Cache-Control", "public, max-age=60")
		})
		testsite.Equal(t, len(response.Header["Set-Cookie"]), 1, name+": cookies")
		testsite.Equal(t, response.Header.Get("Cache-Control"), "no-store", name+": Cache-Control")
	}
}

func TestVaryForCookiesAlone(t *testing.T) {
	s := testsite.New(t)
	response := s.Browser().Visit(func(v *shop.Visitor) { v.Theme() })
	testsite.Equal(t, response.Header.Get("Vary"), "Cookie", "Vary")
}

func TestVaryDoesNotWriteIntoASharedSlice(t *testing.T) {
	s := testsite.New(t)
	shared := make([]string, 1, 4)
	shared[0] = "Accept"
	s.Browser().Serve(func(v *shop.Visitor, w http.ResponseWriter, _ *http.Request) {
		w.Header()["Vary"] = shared
		v.Visits()
	})
	testsite.Equal(t, shared[:2][1], "", "what is behind the slice that the handler gave")
}

// What was sealed once is opened by later versions, until it is too old.
func TestSealedCookiesKeepTheirForm(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // where it is the year 2000
		s := testsite.New(t)
		b := s.Browser()
		b.Cookies["campaign"] = "OTQ2Njg0ODAwfEFYTndjbWx1Wnc9PXxPip8XD6sQQ1nq0vDwKWH4HFJSbL98jYEtaD5XUKKt5A=="
		b.Cookies["ticket"] = "AZh-_tkM_Umw_cGNu-43cwUth6_zt2-BuJbUDOtBkz0V1Mx7hmYCPfauZKusGhU" // made at the site's time
		testsite.Equal(t, testsite.See(b, (*shop.Visitor).Campaign), "spring", "campaign")
		testsite.Equal(t, testsite.See(b, (*shop.Visitor).Ticket), 42, "ticket")
		time.Sleep(30*24*time.Hour + time.Second)
		testsite.Equal(t, testsite.See(b, (*shop.Visitor).HasCampaign), false, "a campaign after its max-age")
		testsite.Equal(t, testsite.See(b, (*shop.Visitor).HasTicket), true, "a ticket, which has no max-age")
		s.Clock.Advance(400*24*time.Hour - time.Millisecond)
		testsite.Equal(t, testsite.See(b, (*shop.Visitor).HasTicket), true, "a ticket in the last moment that a browser keeps it")
		s.Clock.Advance(time.Millisecond)
		testsite.Equal(t, testsite.See(b, (*shop.Visitor).HasTicket), false, "a ticket that no browser has any more")
	})
}

func TestSealedCookieHasOneSpelling(t *testing.T) {
	s := testsite.New(t)
	for n := range 6 {
		b := s.Browser()
		b.Visit(func(v *shop.Visitor) { v.SetCampaign(strings.Repeat("x", n)) })
		good := b.Cookies["campaign"]
		body := strings.TrimRight(good, "=")
		const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
		for _, c := range alphabet {
			other := body[:len(body)-1] + string(c) + good[len(body):]
			if other == good {
				continue
			}
			forged := b.Clone()
			forged.Cookies["campaign"] = other
			if testsite.See(forged, (*shop.Visitor).HasCampaign) {
				t.Errorf("length %d: two spellings", n)
				break
			}
		}
	}
}

func TestCookieWithControlCharactersIsNone(t *testing.T) {
	s := testsite.New(t)
	b := s.Browser()
	b.Cookies["theme"] = "da\x01rk"
	testsite.Equal(t, testsite.See(b, (*shop.Visitor).Theme), "light", "theme")
}
