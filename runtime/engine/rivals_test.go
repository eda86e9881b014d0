package engine_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/internal/shop"
	"github.com/sessiongen/sessiongen/runtime/internal/testsite"
)

// carrying returns a browser that sends several session cookies, as if they had several paths
// or domains.
func carrying(s *testsite.Site, values ...string) *testsite.Browser {
	b := s.Browser()
	b.Header.Set("Cookie", testsite.SessionCookie+"="+strings.Join(values, "; "+testsite.SessionCookie+"="))
	return b
}

// signedIn returns browsers in which the users 1, 2 and so on are signed in, and their cookies.
func signedIn(s *testsite.Site, n int) (browsers []*testsite.Browser, values []string) {
	for i := range n {
		b := s.Browser()
		b.Visit(func(v *shop.Visitor) { v.SetUserID(int64(i + 1)) })
		browsers, values = append(browsers, b), append(values, b.Cookies[testsite.SessionCookie])
	}
	s.Store.Took()
	return browsers, values
}

func users(browsers []*testsite.Browser) (ids []int64) {
	for _, b := range browsers {
		ids = append(ids, testsite.See(b, (*shop.Visitor).UserID))
	}
	return ids
}

// A visitor whose browser has the session cookie twice can sign out and sign in.
func TestSeveralLiveSessionCookies(t *testing.T) {
	const deletion = "__Host-visitor=; Max-Age=0;"
	for name, c := range map[string]struct {
		n        int
		change   func(v *shop.Visitor)
		calls    string
		deletion bool
		user     int64 // with the cookie of the response
	}{
		"two: a logout by Destroy":            {2, func(v *shop.Visitor) { v.Destroy() }, "load load delete delete", true, 0},
		"two: a logout by ClearUserID":        {2, func(v *shop.Visitor) { v.ClearUserID() }, "load load delete delete", true, 0},
		"two: a logout by SetUserID":          {2, func(v *shop.Visitor) { v.SetUserID(0) }, "load load delete delete", true, 0},
		"two: a sign-in":                      {2, func(v *shop.Visitor) { v.SetUserID(9) }, "load load delete delete create", false, 9},
		"two: a logout and a sign-in":         {2, func(v *shop.Visitor) { v.Destroy(); v.SetUserID(9) }, "load load delete delete create", false, 9},
		"four: a logout by Destroy":           {4, func(v *shop.Visitor) { v.Destroy() }, "load load delete delete load delete load delete", true, 0},
		"four: a sign-in":                     {4, func(v *shop.Visitor) { v.SetUserID(9) }, "load load delete delete load delete load delete create", false, 9},
		"two: a logout after an early commit": {2, func(v *shop.Visitor) { _ = v.Commit(context.Background()); v.Destroy() }, "load load delete delete", true, 0},
	} {
		t.Run(name, func(t *testing.T) {
			s := testsite.New(t)
			browsers, values := signedIn(s, c.n)
			response := carrying(s, values...).Visit(func(v *shop.Visitor) {
				testsite.Equal(t, v.UserID(), 0, "user of an ambiguous request")
				c.change(v)
			})
			testsite.Equal(t, s.Store.Took(), c.calls, "store calls")
			testsite.Equal(t, response.StatusCode, 200, "status")
			for i, user := range users(browsers) {
				testsite.Equal(t, user, 0, "user of session "+values[i][:4])
			}
			lines := response.Header["Set-Cookie"]
			if len(lines) != 1 {
				t.Fatalf("cookies: %q", lines)
			}
			testsite.Equal(t, strings.HasPrefix(lines[0], deletion), c.deletion, "the cookie is deleted: "+lines[0])
			after := s.Browser()
			after.Keep(response)
			testsite.Equal(t, testsite.See(after, (*shop.Visitor).UserID), c.user, "user afterwards")
		})
	}
}

// What else the request writes is dropped, as long as it does not sign in or out.
func TestSeveralLiveSessionCookiesAndAWrite(t *testing.T) {
	s := testsite.New(t)
	browsers, values := signedIn(s, 2)
	response := carrying(s, values...).Visit(func(v *shop.Visitor) { v.AddVisits(1); v.RevokeOthers() })
	testsite.Equal(t, s.Store.Took(), "load load", "store calls")
	testsite.Equal(t, len(response.Header["Set-Cookie"]), 0, "cookies")
	testsite.Equal(t, s.Count(runtime.EventDropped), 1, "dropped events")
	testsite.Equal(t, slices.Equal(users(browsers), []int64{1, 2}), true, "both sessions live")
}

// The operator learns which sessions stand beside each other.
func TestSeveralLiveSessionCookiesAreNamed(t *testing.T) {
	s := testsite.New(t)
	browsers, values := signedIn(s, 2)
	carrying(s, values...).Visit(func(*shop.Visitor) {})
	testsite.Equal(t, s.Count(runtime.EventSeveralCookies), 1, "events")
	for _, e := range s.Events {
		if e.Kind != runtime.EventSeveralCookies {
			continue
		}
		testsite.Equal(t, e.Level(), slog.LevelWarn, "level")
		testsite.Equal(t, e.Field, testsite.SessionCookie, "field")
		testsite.Equal(t, e.ID, testsite.SessionIDOf(t, browsers[0]), "the first ID")
		if second := testsite.SessionIDOf(t, browsers[1]).String(); !strings.Contains(e.Reason, second) {
			t.Errorf("the reason %q does not name %s", e.Reason, second)
		}
	}
}

// Whoever knows an ID alone, or an old secret, ends nothing.
func TestSeveralSessionCookiesEndOnlyWhatTheyOpen(t *testing.T) {
	for name, change := range map[string]func(v *shop.Visitor){
		"Destroy": func(v *shop.Visitor) { v.Destroy() },
		"sign-in": func(v *shop.Visitor) { v.SetUserID(9) },
	} {
		s := testsite.New(t)
		browsers, values := signedIn(s, 4)
		guessed := values[3][:22] + strings.Repeat("A", 42) // the ID of another visitor's session
		carrying(s, values[0], values[1], values[2], guessed).Visit(change)
		testsite.Equal(t, slices.Equal(users(browsers), []int64{0, 0, 0, 4}), true, name+": the sessions whose secret was sent have ended, and no other")
		carrying(s, guessed, guessed[:63]+"B").Visit(change)
		testsite.Equal(t, testsite.See(browsers[3], (*shop.Visitor).UserID), 4, name+": user of a session whose ID alone was sent")
	}
}

// A logout that reached only one of the sessions is no success.
func TestSeveralSessionCookiesAndAStoreThatFails(t *testing.T) {
	for name, change := range map[string]func(v *shop.Visitor){
		"Destroy":             func(v *shop.Visitor) { v.Destroy() },
		"sign-in":             func(v *shop.Visitor) { v.SetUserID(9) },
		"Destroy and sign-in": func(v *shop.Visitor) { v.Destroy(); v.SetUserID(9) },
	} {
		s := testsite.New(t)
		_, values := signedIn(s, 2)
		deletes := 0
		s.Store.Stand(func(call string) error {
			if call == "delete" {
				if deletes++; deletes > 1 {
					return errors.ErrUnsupported
				}
			}
			return nil
		}, nil)
		response := carrying(s, values...).Visit(change)
		testsite.Equal(t, response.StatusCode >= 500, true, name+": an error page")
		testsite.Equal(t, len(response.Header["Set-Cookie"]), 0, name+": cookies")
		if calls := s.Store.Took(); strings.Contains(calls, "create") {
			t.Errorf("%s: a session was created: %s", name, calls)
		}
	}
}

// Signing out everywhere is that, for each principal whose session is ended.
func TestSeveralSessionCookiesAndRevokeOthers(t *testing.T) {
	s := testsite.New(t)
	_, values := signedIn(s, 3)
	phone := s.Browser()
	phone.Visit(func(v *shop.Visitor) { v.SetUserID(2) })
	other := s.Browser()
	other.Visit(func(v *shop.Visitor) { v.SetUserID(3) })
	stranger := s.Browser()
	stranger.Visit(func(v *shop.Visitor) { v.SetUserID(4) })
	carrying(s, values...).Visit(func(v *shop.Visitor) { v.RevokeOthers(); v.Destroy() })
	testsite.Equal(t, slices.Equal(users([]*testsite.Browser{phone, other, stranger}), []int64{0, 0, 4}), true, "the other devices are signed out")
}

// A session cookie that was replaced a moment ago stands beside the live one: a logout ends
// both.
func TestDestroyEndsTheSessionOfARenewedCookieToo(t *testing.T) {
	s := testsite.New(t)
	browsers, values := signedIn(s, 2)
	browsers[1].Visit(func(v *shop.Visitor) { v.Renew() })
	b := carrying(s, values...)
	testsite.Equal(t, testsite.See(b, (*shop.Visitor).UserID), 1, "user")
	b.Visit(func(v *shop.Visitor) { v.Destroy() })
	testsite.Equal(t, slices.Equal(users(browsers), []int64{0, 0}), true, "both have ended")

	// A session is ended once, even if both of its secrets are sent.
	browsers, values = signedIn(s, 1)
	browsers[0].Visit(func(v *shop.Visitor) { v.Renew() })
	s.Store.Took()
	carrying(s, values[0], browsers[0].Cookies[testsite.SessionCookie]).Visit(func(v *shop.Visitor) { v.Destroy() })
	testsite.Equal(t, s.Store.Took(), "load load delete", "store calls")
}

// A session that is bound to another client is neither counted nor ended.
func TestSeveralSessionCookiesOfAnotherClient(t *testing.T) {
	s := testsite.New(t, runtime.WithClientCheck(func(r *http.Request) string { return r.Header.Get("Client") }))
	victim := s.Browser()
	victim.Header.Set("Client", "victim")
	victim.Visit(func(v *shop.Visitor) { v.SetUserID(7) })
	thief := s.Browser()
	thief.Header.Set("Client", "thief")
	thief.Visit(func(v *shop.Visitor) { v.SetUserID(8) })
	b := carrying(s, victim.Cookies[testsite.SessionCookie], thief.Cookies[testsite.SessionCookie])
	b.Header.Set("Client", "thief")
	b.Visit(func(v *shop.Visitor) {
		testsite.Equal(t, v.UserID(), 8, "user")
		v.Destroy()
	})
	testsite.Equal(t, testsite.See(victim, (*shop.Visitor).UserID), 7, "user of the other client")
}

// Cookies that are left over from other paths and domains of the session cookie do not hide the
// one that opens a session, however many there are and wherever they stand.
func TestDeadSessionCookiesLockOutNobody(t *testing.T) {
	s := testsite.New(t)
	var values []string
	for i := range 7 {
		values = append(values, strings.Repeat(string(rune('A'+i)), 64))
	}
	response := carrying(s, values...).Visit(func(v *shop.Visitor) { v.SetUserID(9) })
	for _, e := range s.Events {
		if e.Kind == runtime.EventSeveralCookies {
			testsite.Equal(t, e.Level(), slog.LevelInfo, "level of what a stranger can make up")
		}
	}
	after := s.Browser()
	after.Keep(response)
	fresh := after.Cookies[testsite.SessionCookie]
	testsite.Equal(t, fresh != "", true, "the sign-in begins a session")
	for place := range len(values) + 1 {
		b := carrying(s, slices.Insert(slices.Clone(values), place, fresh)...)
		user := int64(0)
		for range len(values) + 1 { // the first requests learn which cookies are dead
			s.Store.Took()
			user = testsite.See(b, (*shop.Visitor).UserID)
			if calls := s.Store.Took(); strings.Count(calls, "load") > 2 {
				t.Errorf("a request that reads has looked up more than two cookies: %s", calls)
			}
		}
		testsite.Equal(t, user, 9, "user")
	}
}

// The cookies that a sibling host plants beside dead ones cannot make its session count.
func TestDeadSessionCookiesDoNotFavourAPlantedOne(t *testing.T) {
	s := testsite.New(t)
	_, values := signedIn(s, 2)
	b := carrying(s, values[0], strings.Repeat("A", 64), values[1], strings.Repeat("B", 64))
	for range 5 {
		testsite.Equal(t, testsite.See(b, (*shop.Visitor).UserID), 0, "user")
	}
}

// Sessions of another client that a sibling host plants take the look-ups of few requests only.
func TestPlantedSessionsOfAnotherClientLockOutNoVisitor(t *testing.T) {
	s := testsite.New(t, runtime.WithClientCheck(func(r *http.Request) string { return r.Header.Get("Client") }))
	of := func(client string, user int64) string {
		b := s.Browser()
		b.Header.Set("Client", client)
		b.Visit(func(v *shop.Visitor) { v.SetUserID(user) })
		return b.Cookies[testsite.SessionCookie]
	}
	values := []string{of("thief", 8), of("thief", 9), of("victim", 7)}
	see := func(client string) (user int64) {
		b := carrying(s, values...)
		b.Header.Set("Client", client)
		for range 2 { // the first request learns what the cookies are worth
			user = testsite.See(b, (*shop.Visitor).UserID)
		}
		return user
	}
	testsite.Equal(t, see("victim"), 7, "user of the client whose session stands behind others")
	testsite.Equal(t, see(""), 0, "user of a client that cannot be identified")
	// What is worth nothing to one client counts for the other.
	values = []string{values[2], strings.Repeat("A", 64), values[0]}
	testsite.Equal(t, see("thief"), 8, "user of the other client")
	testsite.Equal(t, see("victim"), 7, "user of the first client")
}

// Sessions that have ended a moment ago, as after a logout under two paths, lock no visitor out
// of the session that lives on behind them.
func TestEndedSessionCookiesLockOutNoVisitor(t *testing.T) {
	s := testsite.New(t)
	browsers, values := signedIn(s, 3)
	browsers[0].Visit(func(v *shop.Visitor) { v.Destroy() })
	browsers[1].Visit(func(v *shop.Visitor) { v.Destroy() })
	b := carrying(s, values...)
	testsite.See(b, (*shop.Visitor).UserID) // learns what the cookies are worth
	testsite.Equal(t, testsite.See(b, (*shop.Visitor).UserID), 3, "user")

	// As long as no session lives on, a request in flight begins none after the logout.
	browsers[2].Visit(func(v *shop.Visitor) { v.Destroy() })
	for _, last := range []string{values[2], strings.Repeat("A", 64)} {
		b = carrying(s, values[0], values[1], last)
		for range 4 {
			response := b.Visit(func(v *shop.Visitor) { v.AddVisits(1) })
			testsite.Equal(t, len(response.Header["Set-Cookie"]), 0, "cookies")
		}
	}

	// A sign-in is possible at once, and it lasts.
	after := s.Browser()
	after.Keep(b.Visit(func(v *shop.Visitor) { v.SetUserID(9) }))
	b = carrying(s, values[0], values[1], after.Cookies[testsite.SessionCookie])
	testsite.Equal(t, testsite.See(b, (*shop.Visitor).UserID), 9, "user after a sign-in")
}
