package engine_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/internal/shop"
	"github.com/sessiongen/sessiongen/runtime/internal/testsite"
)

func TestASVS_7_2_4_SigningInKillsTheOldSecret(t *testing.T) {
	s := testsite.New(t)
	b := s.Browser()
	b.Visit(func(v *shop.Visitor) { v.AppendCart(shop.Item{SKU: "tea"}) })
	before := b.Clone()
	id := testsite.See(b, func(v *shop.Visitor) runtime.ID { return v.Info().ID })
	s.Clock.Advance(time.Hour / 4)
	b.Visit(func(v *shop.Visitor) { v.SetUserID(7) })
	if b.Cookies[testsite.SessionCookie] == before.Cookies[testsite.SessionCookie] {
		t.Fatal("the token is the same")
	}
	testsite.Equal(t, testsite.See(b, func(v *shop.Visitor) runtime.ID { return v.Info().ID }), id, "ID")
	testsite.Equal(t, testsite.See(b, func(v *shop.Visitor) int { return len(v.Cart()) }), 1, "the stranger's cart is kept")
	testsite.Equal(t, testsite.See(b, func(v *shop.Visitor) time.Time { return v.Info().AuthenticatedAt }), s.Clock.Now(), "authenticated")
	testsite.Equal(t, s.Count(runtime.EventRenewed), 1, "renewed events")

	testsite.Equal(t, testsite.See(before, (*shop.Visitor).UserID), 0, "user with the old token")
	response := before.Visit(func(v *shop.Visitor) { v.SetVisits(99) })
	testsite.Equal(t, len(response.Header["Set-Cookie"]), 0, "cookies for the old token")
	testsite.Equal(t, testsite.See(b, (*shop.Visitor).Visits), 0, "visits written with the old token")
	testsite.Equal(t, s.Count(runtime.EventDropped), 1, "dropped events")

	s.Clock.Advance(time.Minute)
	testsite.Equal(t, testsite.See(before, (*shop.Visitor).UserID), 0, "user with the old token after a minute")
}

func TestASVS_7_2_4_SigningInAgainAsTheSameKillsTheOldSecret(t *testing.T) {
	s := testsite.New(t)
	b := s.Browser()
	b.Visit(func(v *shop.Visitor) { v.SetUserID(7); v.SetVisits(3) })
	s.Clock.Advance(20 * time.Minute)
	old := b.Clone()
	b.Visit(func(v *shop.Visitor) { v.SetUserID(7) })
	testsite.Equal(t, testsite.See(b, (*shop.Visitor).Visits), 3, "fields are kept")
	testsite.Equal(t, testsite.See(old, (*shop.Visitor).UserID), 0, "user with the old token")
	info := testsite.See(b, (*shop.Visitor).Info)
	testsite.Equal(t, info.AuthenticatedAt, s.Clock.Now(), "authenticated")
	for range 12*3 - 1 {
		s.Clock.Advance(20 * time.Minute)
		b.Visit(func(*shop.Visitor) {})
	}
	s.Clock.Advance(20*time.Minute - time.Second)
	testsite.Equal(t, testsite.See(b, (*shop.Visitor).UserID), 7, "lifetime began again")
}

func TestASVS_7_5_3_AChangeOfPrivilegeRenewsTheSecret(t *testing.T) {
	s := testsite.New(t)
	b := s.Browser()
	b.Visit(func(v *shop.Visitor) { v.SetUserID(7) })
	for _, step := range []struct {
		what   string
		change func(v *shop.Visitor)
		renews bool
	}{
		{"set", func(v *shop.Visitor) { v.SetRole("admin") }, true},
		{"set to the same", func(v *shop.Visitor) { v.SetRole("admin") }, false},
		{"update", func(v *shop.Visitor) { v.UpdateRole(func(r string) string { return r + "!" }) }, true},
		{"clear", func(v *shop.Visitor) { v.ClearRole() }, true},
		{"clear again", func(v *shop.Visitor) { v.ClearRole() }, false},
		{"another field", func(v *shop.Visitor) { v.SetUsername("x") }, false},
		{"renew", func(v *shop.Visitor) { v.Renew() }, true},
	} {
		old := b.Cookies[testsite.SessionCookie]
		b.Visit(step.change)
		testsite.Equal(t, b.Cookies[testsite.SessionCookie] != old, step.renews, step.what+": renewed")
	}
}

// What A had must not be seen by C, in whatever order a handler goes about it.
func TestLeavingAPrincipal(t *testing.T) {
	type step = func(v *shop.Visitor)
	for name, c := range map[string]struct {
		requests []step
		cart     string
		username string
		visits   int
	}{
		"to nobody":                      {requests: []step{func(v *shop.Visitor) { v.ClearUserID() }}},
		"to zero":                        {requests: []step{func(v *shop.Visitor) { v.SetUserID(0) }}},
		"to C":                           {requests: []step{func(v *shop.Visitor) { v.SetUserID(3) }}},
		"to nobody and C in one request": {requests: []step{func(v *shop.Visitor) { v.ClearUserID(); v.SetUserID(3) }}},
		"and back":                       {requests: []step{func(v *shop.Visitor) { v.ClearUserID(); v.SetUserID(1) }}},
		"in three requests": {requests: []step{
			func(v *shop.Visitor) { v.ClearUserID() },
			func(v *shop.Visitor) { v.SetTheme("x") },
			func(v *shop.Visitor) { v.SetUserID(3) },
		}},
		"set before": {requests: []step{func(v *shop.Visitor) { v.SetUsername("c"); v.SetUserID(3) }}, username: "c"},
		"set after":  {requests: []step{func(v *shop.Visitor) { v.SetUserID(3); v.SetUsername("c") }}, username: "c"},
		"relative changes before and after": {requests: []step{func(v *shop.Visitor) {
			v.AddVisits(1)
			v.AppendCart(shop.Item{SKU: "c1"})
			v.SetUserID(3)
			v.AddVisits(1)
			v.AppendCart(shop.Item{SKU: "c2"})
		}}, cart: "c1c2", visits: 2},
		"an edit in place before": {requests: []step{func(v *shop.Visitor) {
			v.Cart()[0].Count = 99
			v.SetUserID(3)
		}}},
		"an edit in place and an append before": {requests: []step{func(v *shop.Visitor) {
			v.Cart()[0].Count = 99
			v.AppendCart(shop.Item{SKU: "c1"})
			v.SetUserID(3)
		}}, cart: "c1"},
		"read before": {requests: []step{func(v *shop.Visitor) {
			v.Cart()
			v.Visits()
			v.SetUserID(3)
		}}},
	} {
		t.Run(name, func(t *testing.T) {
			s := testsite.New(t)
			b := s.Browser()
			b.Visit(func(v *shop.Visitor) {
				v.SetUserID(1)
				v.SetUsername("a")
				v.SetVisits(40)
				v.SetCart([]shop.Item{{SKU: "a1"}})
				v.SetNotice("a's notice")
			})
			for _, request := range c.requests {
				b.Visit(request)
			}
			b.Visit(func(v *shop.Visitor) {
				cart := ""
				for _, item := range v.Cart() {
					cart += item.SKU
				}
				testsite.Equal(t, cart, c.cart, "cart")
				testsite.Equal(t, v.Username(), c.username, "username")
				testsite.Equal(t, v.Visits(), c.visits, "visits")
				testsite.Equal(t, v.HasNotice(), false, "notice")
			})
		})
	}
}

func TestLeavingShowsNothingInTheSameRequest(t *testing.T) {
	s := testsite.New(t)
	b := s.Browser()
	b.Visit(func(v *shop.Visitor) { v.SetUserID(1); v.SetUsername("a"); v.SetCart([]shop.Item{{SKU: "a1"}}) })
	b.Visit(func(v *shop.Visitor) {
		testsite.Equal(t, v.Username(), "a", "username before")
		v.SetUserID(3)
		testsite.Equal(t, v.Username(), "", "username after")
		testsite.Equal(t, len(v.Cart()), 0, "cart after")
		testsite.Equal(t, v.HasCart(), false, "has cart after")
	})
}

func TestASVS_7_5_2_SessionsAreListedAndEnded(t *testing.T) {
	s := testsite.New(t, runtime.WithClient(testsite.ClientOf))
	phone, laptop, other := s.Browser(), s.Browser(), s.Browser()
	phone.Header.Set("User-Agent", "phone")
	phone.Visit(func(v *shop.Visitor) { v.SetUserID(7) })
	s.Clock.Advance(time.Minute)
	laptop.Header.Set("User-Agent", strings.Repeat("l", 300))
	laptop.Visit(func(v *shop.Visitor) { v.SetUserID(7); v.SetTeam("red") })
	other.Visit(func(v *shop.Visitor) { v.SetUserID(8); v.SetTeam("red") })

	infos, err := s.Visitors.ListByUserID(t.Context(), 7)
	if err != nil || len(infos) != 2 {
		t.Fatalf("list: %v, %v", infos, err)
	}
	testsite.Equal(t, infos[0].Client.UserAgent, strings.Repeat("l", 256), "the last seen is first, its client cut")
	testsite.Equal(t, infos[1].Client, runtime.Client{UserAgent: "phone", Address: "192.0.2.1:1234"}, "client")
	testsite.Equal(t, infos[1].Created, s.Clock.Now().Add(-time.Minute), "created")
	testsite.Equal(t, infos[1].LastSeen, s.Clock.Now().Add(-time.Minute), "last seen")
	testsite.Equal(t, infos[1].Expires, s.Clock.Now().Add(29*time.Minute), "expires")

	if err := s.Visitors.Revoke(t.Context(), infos[1].ID); err != nil {
		t.Fatal(err)
	}
	testsite.Equal(t, testsite.See(phone, (*shop.Visitor).UserID), 0, "the phone's user after it was revoked")
	phone.Visit(func(v *shop.Visitor) { v.SetUserID(7) })

	laptop.Visit(func(v *shop.Visitor) { v.RevokeOthers() })
	testsite.Equal(t, testsite.See(phone, (*shop.Visitor).UserID), 0, "the phone's user after the laptop revoked the others")
	testsite.Equal(t, testsite.See(laptop, (*shop.Visitor).UserID), 7, "the laptop's user")
	testsite.Equal(t, testsite.See(other, (*shop.Visitor).UserID), 8, "another user")

	n, err := s.Visitors.RevokeByTeam(t.Context(), "red")
	if n != 2 || err != nil {
		t.Errorf("revoked by team: %d, %v", n, err)
	}
	testsite.Equal(t, testsite.See(laptop, (*shop.Visitor).UserID), 0, "the laptop's user after the team was revoked")
	for _, zero := range []func() (int, error){
		func() (int, error) { return s.Visitors.RevokeByUserID(t.Context(), 0) },
		func() (int, error) { return s.Visitors.RevokeByTeam(t.Context(), "") },
	} {
		if n, err := zero(); n != 0 || err != nil {
			t.Errorf("revoked by nobody: %d, %v", n, err)
		}
	}
}

func TestRecordWithAnotherPrincipalThanItsTermIsNobody(t *testing.T) {
	s := testsite.New(t)
	b := s.Browser()
	b.Visit(func(v *shop.Visitor) { v.SetUserID(7) })
	id := testsite.See(b, func(v *shop.Visitor) runtime.ID { return v.Info().ID })
	rec, err := s.Store.Store.Load(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	old := rec.Rev
	rec.Rev, rec.Terms = runtime.Rev{1}, nil
	if err := s.Store.Store.Update(t.Context(), id, old, rec, runtime.TTL{Idle: time.Hour}); err != nil {
		t.Fatal(err)
	}
	testsite.Equal(t, testsite.See(b, (*shop.Visitor).UserID), 0, "user")
	testsite.Equal(t, s.Count(runtime.EventRecordRefused), 1, "refused events")
}

func TestR16_WhatAHandlerReadBeforeItCommittedIsNotTheNextOnes(t *testing.T) {
	leave := map[string]func(v *shop.Visitor){
		"another": func(v *shop.Visitor) { v.SetUserID(8) },
		"nobody":  func(v *shop.Visitor) { v.ClearUserID() },
	}
	for name, leave := range leave {
		s := testsite.New(t)
		b := s.Browser()
		b.Visit(func(v *shop.Visitor) {
			v.SetUserID(7)
			v.SetCart([]shop.Item{{SKU: "tea", Count: 1}})
			v.PutPrefs("size", 1)
		})
		b.Serve(func(v *shop.Visitor, _ http.ResponseWriter, r *http.Request) {
			testsite.Equal(t, len(v.Cart())+len(v.Prefs()), 2, name+": what there is before")
			v.AddVisits(1)
			if err := v.Commit(r.Context()); err != nil {
				t.Error(err)
			}
			leave(v)
			testsite.Equal(t, len(v.Cart())+len(v.Prefs()), 0, name+": seen by the same request")
		})
		testsite.Equal(t, testsite.See(b, func(v *shop.Visitor) int { return len(v.Cart()) + len(v.Prefs()) }), 0, name+": seen by the next request")
	}
}

func TestASVS_7_4_3_SigningOutEverywhere(t *testing.T) {
	for name, signOut := range map[string]func(v *shop.Visitor){
		"others, then destroy": func(v *shop.Visitor) { v.RevokeOthers(); v.Destroy() },
		"destroy, then others": func(v *shop.Visitor) { v.Destroy(); v.RevokeOthers() },
		"others, then clear":   func(v *shop.Visitor) { v.RevokeOthers(); v.ClearUserID() },
		"clear, then others":   func(v *shop.Visitor) { v.ClearUserID(); v.RevokeOthers() },
	} {
		s := testsite.New(t)
		phone, laptop, stranger := s.Browser(), s.Browser(), s.Browser()
		phone.Visit(func(v *shop.Visitor) { v.SetUserID(7) })
		laptop.Visit(func(v *shop.Visitor) { v.SetUserID(7) })
		stranger.Visit(func(v *shop.Visitor) { v.SetUserID(8) })
		before := laptop.Clone()
		testsite.Equal(t, laptop.Visit(signOut).StatusCode, 200, name+": status")
		for device, b := range map[string]*testsite.Browser{"phone": phone, "laptop": laptop, "laptop before": before} {
			testsite.Equal(t, testsite.See(b, (*shop.Visitor).UserID), 0, name+": "+device)
		}
		testsite.Equal(t, testsite.See(stranger, (*shop.Visitor).UserID), 8, name+": somebody else")
	}
}

// A handler that signs the visitor out can say goodbye: what it sets after Destroy begins a new
// session, which has nothing of the old one.
func TestWhatIsSetAfterDestroyBeginsANewSession(t *testing.T) {
	farewell := func(v *shop.Visitor) {
		v.SetUsername("ada")
		v.AppendCart(shop.Item{SKU: "before"})
		v.Destroy()
		v.SetNotice("Goodbye")
		v.AppendCart(shop.Item{SKU: "after"})
	}
	for name, c := range map[string]struct {
		handle func(v *shop.Visitor)
		calls  string
		cart   string
	}{
		"in one commit":  {farewell, "load delete create", "after"},
		"in two commits": {func(v *shop.Visitor) { v.Destroy(); _ = v.Commit(context.Background()); v.SetNotice("Goodbye") }, "load delete create", ""},
		"destroyed twice": {func(v *shop.Visitor) {
			v.Destroy()
			v.SetUsername("ada")
			_ = v.Commit(context.Background())
			v.Destroy()
			v.SetNotice("Goodbye")
		}, "load delete create delete create", ""},
		"a session that this request has begun": {func(v *shop.Visitor) {
			v.Destroy()
			v.SetUserID(8)
			_ = v.Commit(context.Background())
			farewell(v)
		}, "load delete create delete create", "after"},
	} {
		s := testsite.New(t)
		b := s.Browser()
		b.Visit(func(v *shop.Visitor) {
			v.SetUserID(7)
			v.SetRole("admin")
			v.AppendCart(shop.Item{SKU: "old"})
			v.Remember(true)
		})
		before := b.Clone()
		s.Store.Took()
		response := b.Visit(c.handle)
		testsite.Equal(t, s.Store.Took(), c.calls, name+": store calls")
		testsite.Equal(t, response.StatusCode, 200, name+": status")
		if lines := response.Header["Set-Cookie"]; len(lines) != 1 || strings.Contains(lines[0], "Max-Age") {
			t.Errorf("%s: cookies: %q", name, lines)
		}
		testsite.Equal(t, testsite.See(before, (*shop.Visitor).UserID), 0, name+": user of the old cookie")
		b.Visit(func(v *shop.Visitor) {
			testsite.Equal(t, v.HasUserID(), false, name+": signed in")
			testsite.Equal(t, v.HasRole(), false, name+": role")
			testsite.Equal(t, v.Username(), "", name+": what was set before Destroy")
			cart := ""
			for _, item := range v.Cart() {
				cart += item.SKU
			}
			testsite.Equal(t, cart, c.cart, name+": cart")
			notice, _ := v.TakeNotice()
			testsite.Equal(t, notice, "Goodbye", name+": notice")
		})
		testsite.Equal(t, s.Count(runtime.EventDropped), 0, name+": dropped events")
	}
}

// The session need not have been there: a farewell is kept for whoever signs out.
func TestWhatIsSetAfterDestroyWithoutASession(t *testing.T) {
	for name, cookie := range map[string]string{"no cookie": "", "a dead cookie": strings.Repeat("A", 64), "junk": "x"} {
		s := testsite.New(t)
		b := s.Browser()
		if cookie != "" {
			b.Cookies[testsite.SessionCookie] = cookie
		}
		b.Visit(func(v *shop.Visitor) { v.Destroy(); v.SetNotice("Goodbye") })
		testsite.Equal(t, testsite.See(b, (*shop.Visitor).Notice), "Goodbye", name+": notice")
	}
	s := testsite.New(t)
	_, values := signedIn(s, 2)
	response := carrying(s, values...).Visit(func(v *shop.Visitor) { v.Destroy(); v.SetNotice("Goodbye") })
	after := s.Browser()
	after.Keep(response)
	testsite.Equal(t, testsite.See(after, (*shop.Visitor).Notice), "Goodbye", "two cookies: notice")
}

// A stale tab must not overwrite the cookie of a newer sign-in with its farewell.
func TestWhatIsSetAfterDestroyOfASessionThatEndedElsewhere(t *testing.T) {
	for name, elsewhere := range map[string]func(b *testsite.Browser){
		"renewed": func(b *testsite.Browser) { b.Visit(func(v *shop.Visitor) { v.Renew() }) },
		"ended":   func(b *testsite.Browser) { b.Visit(func(v *shop.Visitor) { v.Destroy() }) },
	} {
		s := testsite.New(t)
		b := s.Browser()
		b.Visit(func(v *shop.Visitor) { v.SetUserID(7) })
		stale := b.Clone()
		elsewhere(b)
		response := stale.Visit(func(v *shop.Visitor) { v.Destroy(); v.SetNotice("Goodbye") })
		testsite.Equal(t, len(response.Header["Set-Cookie"]), 0, name+": cookies of the farewell")
		testsite.Equal(t, s.Count(runtime.EventDropped), 1, name+": dropped events")
		response = stale.Visit(func(v *shop.Visitor) { v.Destroy(); v.SetUserID(8) })
		testsite.Equal(t, len(response.Header["Set-Cookie"]), 1, name+": cookies of a sign-in")
	}

	// Renewed while the handler ran, which a commit has noticed before Destroy.
	s := testsite.New(t)
	b := s.Browser()
	b.Visit(func(v *shop.Visitor) { v.SetUserID(7) })
	stale := b.Clone()
	response := stale.Visit(func(v *shop.Visitor) {
		b.Visit(func(v *shop.Visitor) { v.Renew() })
		v.AddVisits(1)
		_ = v.Commit(context.Background())
		v.Destroy()
		v.SetNotice("Goodbye")
	})
	testsite.Equal(t, len(response.Header["Set-Cookie"]), 0, "renewed meanwhile: cookies of the farewell")
}

// The logout counts even if the farewell cannot be stored.
func TestDestroyedAndTheNewSessionCannotBeStored(t *testing.T) {
	s := testsite.New(t)
	b := s.Browser()
	b.Visit(func(v *shop.Visitor) { v.SetUserID(7) })
	before := b.Clone()
	s.Store.Stand(testsite.Down("create"), nil)
	response := b.Visit(func(v *shop.Visitor) { v.Destroy(); v.SetNotice("Goodbye") })
	testsite.Equal(t, response.StatusCode >= 500, true, "an error page")
	if lines := response.Header["Set-Cookie"]; len(lines) != 1 || !strings.HasPrefix(lines[0], testsite.SessionCookie+"=; Max-Age=0;") {
		t.Errorf("cookies: %q", lines)
	}
	testsite.Equal(t, testsite.See(before, (*shop.Visitor).UserID), 0, "user of the old cookie")

	// Of two cookies, the sign-in has ended the sessions.
	s.Store.Stand(nil, nil)
	_, values := signedIn(s, 2)
	s.Store.Stand(testsite.Down("create"), nil)
	response = carrying(s, values...).Visit(func(v *shop.Visitor) { v.SetUserID(9) })
	testsite.Equal(t, response.StatusCode >= 500, true, "two cookies: an error page")
	if lines := response.Header["Set-Cookie"]; len(lines) != 1 || !strings.HasPrefix(lines[0], testsite.SessionCookie+"=; Max-Age=0;") {
		t.Errorf("two cookies: cookies: %q", lines)
	}
}

// The response tells the browser to clear its data, but to keep the cookie of the farewell.
func TestClearSiteDataKeepsTheSessionThatFollowsDestroy(t *testing.T) {
	s := testsite.New(t, runtime.WithClearSiteData("cookies", "cache"))
	b := s.Browser()
	b.Visit(func(v *shop.Visitor) { v.SetUserID(7) })
	response := b.Visit(func(v *shop.Visitor) { v.Destroy(); v.SetNotice("Goodbye") })
	testsite.Equal(t, response.Header.Get("Clear-Site-Data"), `"cache", "prefetchCache", "prerenderCache"`, "Clear-Site-Data")
	testsite.Equal(t, testsite.See(b, (*shop.Visitor).Notice), "Goodbye", "notice")
}
