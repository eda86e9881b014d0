package engine_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/internal/shop"
)

func TestASVS_7_2_4_SigningInKillsTheOldSecret(t *testing.T) {
	s := newSite(t)
	b := s.browser()
	b.visit(func(v *shop.Visitor) { v.AppendCart(shop.Item{SKU: "tea"}) })
	before := b.clone()
	id := see(b, func(v *shop.Visitor) runtime.ID { return v.Info().ID })
	s.clock.advance(time.Hour / 4)
	b.visit(func(v *shop.Visitor) { v.SetUserID(7) })
	if b.cookies[sessionCookie] == before.cookies[sessionCookie] {
		t.Fatal("the token is the same")
	}
	equal(t, see(b, func(v *shop.Visitor) runtime.ID { return v.Info().ID }), id, "ID")
	equal(t, see(b, func(v *shop.Visitor) int { return len(v.Cart()) }), 1, "the stranger's cart is kept")
	equal(t, see(b, func(v *shop.Visitor) time.Time { return v.Info().AuthenticatedAt }), s.clock.Now(), "authenticated")
	equal(t, s.count(runtime.EventRenewed), 1, "renewed events")

	equal(t, see(before, (*shop.Visitor).UserID), 0, "user with the old token")
	response := before.visit(func(v *shop.Visitor) { v.SetVisits(99) })
	equal(t, len(response.Header["Set-Cookie"]), 0, "cookies for the old token")
	equal(t, see(b, (*shop.Visitor).Visits), 0, "visits written with the old token")
	equal(t, s.count(runtime.EventDropped), 1, "dropped events")

	s.clock.advance(time.Minute)
	equal(t, see(before, (*shop.Visitor).UserID), 0, "user with the old token after a minute")
}

func TestASVS_7_2_4_SigningInAgainAsTheSameKillsTheOldSecret(t *testing.T) {
	s := newSite(t)
	b := s.browser()
	b.visit(func(v *shop.Visitor) { v.SetUserID(7); v.SetVisits(3) })
	s.clock.advance(20 * time.Minute)
	old := b.clone()
	b.visit(func(v *shop.Visitor) { v.SetUserID(7) })
	equal(t, see(b, (*shop.Visitor).Visits), 3, "fields are kept")
	equal(t, see(old, (*shop.Visitor).UserID), 0, "user with the old token")
	info := see(b, (*shop.Visitor).Info)
	equal(t, info.AuthenticatedAt, s.clock.Now(), "authenticated")
	for range 12*3 - 1 {
		s.clock.advance(20 * time.Minute)
		b.visit(func(*shop.Visitor) {})
	}
	s.clock.advance(20*time.Minute - time.Second)
	equal(t, see(b, (*shop.Visitor).UserID), 7, "lifetime began again")
}

func TestASVS_7_5_3_AChangeOfPrivilegeRenewsTheSecret(t *testing.T) {
	s := newSite(t)
	b := s.browser()
	b.visit(func(v *shop.Visitor) { v.SetUserID(7) })
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
		old := b.cookies[sessionCookie]
		b.visit(step.change)
		equal(t, b.cookies[sessionCookie] != old, step.renews, step.what+": renewed")
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
			s := newSite(t)
			b := s.browser()
			b.visit(func(v *shop.Visitor) {
				v.SetUserID(1)
				v.SetUsername("a")
				v.SetVisits(40)
				v.SetCart([]shop.Item{{SKU: "a1"}})
				v.SetNotice("a's notice")
			})
			for _, request := range c.requests {
				b.visit(request)
			}
			b.visit(func(v *shop.Visitor) {
				cart := ""
				for _, item := range v.Cart() {
					cart += item.SKU
				}
				equal(t, cart, c.cart, "cart")
				equal(t, v.Username(), c.username, "username")
				equal(t, v.Visits(), c.visits, "visits")
				equal(t, v.HasNotice(), false, "notice")
			})
		})
	}
}

func TestLeavingShowsNothingInTheSameRequest(t *testing.T) {
	s := newSite(t)
	b := s.browser()
	b.visit(func(v *shop.Visitor) { v.SetUserID(1); v.SetUsername("a"); v.SetCart([]shop.Item{{SKU: "a1"}}) })
	b.visit(func(v *shop.Visitor) {
		equal(t, v.Username(), "a", "username before")
		v.SetUserID(3)
		equal(t, v.Username(), "", "username after")
		equal(t, len(v.Cart()), 0, "cart after")
		equal(t, v.HasCart(), false, "has cart after")
	})
}

func TestASVS_7_5_2_SessionsAreListedAndEnded(t *testing.T) {
	s := newSite(t, runtime.WithClient(clientOf))
	phone, laptop, other := s.browser(), s.browser(), s.browser()
	phone.header.Set("User-Agent", "phone")
	phone.visit(func(v *shop.Visitor) { v.SetUserID(7) })
	s.clock.advance(time.Minute)
	laptop.header.Set("User-Agent", strings.Repeat("l", 300))
	laptop.visit(func(v *shop.Visitor) { v.SetUserID(7); v.SetTeam("red") })
	other.visit(func(v *shop.Visitor) { v.SetUserID(8); v.SetTeam("red") })

	infos, err := s.visitors.ListByUserID(t.Context(), 7)
	if err != nil || len(infos) != 2 {
		t.Fatalf("list: %v, %v", infos, err)
	}
	equal(t, infos[0].Client.UserAgent, strings.Repeat("l", 256), "the last seen is first, its client cut")
	equal(t, infos[1].Client, runtime.Client{UserAgent: "phone", Address: "192.0.2.1:1234"}, "client")
	equal(t, infos[1].Created, s.clock.Now().Add(-time.Minute), "created")
	equal(t, infos[1].LastSeen, s.clock.Now().Add(-time.Minute), "last seen")
	equal(t, infos[1].Expires, s.clock.Now().Add(29*time.Minute), "expires")

	if err := s.visitors.Revoke(t.Context(), infos[1].ID); err != nil {
		t.Fatal(err)
	}
	equal(t, see(phone, (*shop.Visitor).UserID), 0, "the phone's user after it was revoked")
	phone.visit(func(v *shop.Visitor) { v.SetUserID(7) })

	laptop.visit(func(v *shop.Visitor) { v.RevokeOthers() })
	equal(t, see(phone, (*shop.Visitor).UserID), 0, "the phone's user after the laptop revoked the others")
	equal(t, see(laptop, (*shop.Visitor).UserID), 7, "the laptop's user")
	equal(t, see(other, (*shop.Visitor).UserID), 8, "another user")

	n, err := s.visitors.RevokeByTeam(t.Context(), "red")
	if n != 2 || err != nil {
		t.Errorf("revoked by team: %d, %v", n, err)
	}
	equal(t, see(laptop, (*shop.Visitor).UserID), 0, "the laptop's user after the team was revoked")
	for _, zero := range []func() (int, error){
		func() (int, error) { return s.visitors.RevokeByUserID(t.Context(), 0) },
		func() (int, error) { return s.visitors.RevokeByTeam(t.Context(), "") },
	} {
		if n, err := zero(); n != 0 || err != nil {
			t.Errorf("revoked by nobody: %d, %v", n, err)
		}
	}
}

func TestRecordWithAnotherPrincipalThanItsTermIsNobody(t *testing.T) {
	s := newSite(t)
	b := s.browser()
	b.visit(func(v *shop.Visitor) { v.SetUserID(7) })
	id := see(b, func(v *shop.Visitor) runtime.ID { return v.Info().ID })
	rec, err := s.store.Store.Load(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	old := rec.Rev
	rec.Rev, rec.Terms = runtime.Rev{1}, nil
	if err := s.store.Store.Update(t.Context(), id, old, rec, runtime.TTL{Idle: time.Hour}); err != nil {
		t.Fatal(err)
	}
	equal(t, see(b, (*shop.Visitor).UserID), 0, "user")
	equal(t, s.count(runtime.EventRecordRefused), 1, "refused events")
}

func TestR16_WhatAHandlerReadBeforeItCommittedIsNotTheNextOnes(t *testing.T) {
	leave := map[string]func(v *shop.Visitor){
		"another": func(v *shop.Visitor) { v.SetUserID(8) },
		"nobody":  func(v *shop.Visitor) { v.ClearUserID() },
	}
	for name, leave := range leave {
		s := newSite(t)
		b := s.browser()
		b.visit(func(v *shop.Visitor) {
			v.SetUserID(7)
			v.SetCart([]shop.Item{{SKU: "tea", Count: 1}})
			v.PutPrefs("size", 1)
		})
		b.serve(func(v *shop.Visitor, _ http.ResponseWriter, r *http.Request) {
			equal(t, len(v.Cart())+len(v.Prefs()), 2, name+": what there is before")
			v.AddVisits(1)
			if err := v.Commit(r.Context()); err != nil {
				t.Error(err)
			}
			leave(v)
			equal(t, len(v.Cart())+len(v.Prefs()), 0, name+": seen by the same request")
		})
		equal(t, see(b, func(v *shop.Visitor) int { return len(v.Cart()) + len(v.Prefs()) }), 0, name+": seen by the next request")
	}
}

func TestASVS_7_4_3_SigningOutEverywhere(t *testing.T) {
	for name, signOut := range map[string]func(v *shop.Visitor){
		"others, then destroy": func(v *shop.Visitor) { v.RevokeOthers(); v.Destroy() },
		"destroy, then others": func(v *shop.Visitor) { v.Destroy(); v.RevokeOthers() },
		"others, then clear":   func(v *shop.Visitor) { v.RevokeOthers(); v.ClearUserID() },
		"clear, then others":   func(v *shop.Visitor) { v.ClearUserID(); v.RevokeOthers() },
	} {
		s := newSite(t)
		phone, laptop, stranger := s.browser(), s.browser(), s.browser()
		phone.visit(func(v *shop.Visitor) { v.SetUserID(7) })
		laptop.visit(func(v *shop.Visitor) { v.SetUserID(7) })
		stranger.visit(func(v *shop.Visitor) { v.SetUserID(8) })
		before := laptop.clone()
		equal(t, laptop.visit(signOut).StatusCode, 200, name+": status")
		for device, b := range map[string]*browser{"phone": phone, "laptop": laptop, "laptop before": before} {
			equal(t, see(b, (*shop.Visitor).UserID), 0, name+": "+device)
		}
		equal(t, see(stranger, (*shop.Visitor).UserID), 8, name+": somebody else")
	}
}
