package engine_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/internal/shop"
)

func TestLateChangesThatNeedACookie(t *testing.T) {
	for name, change := range map[string]func(v *shop.Visitor){
		"sign in":        func(v *shop.Visitor) { v.SetUserID(8) },
		"renew":          func(v *shop.Visitor) { v.Renew() },
		"role":           func(v *shop.Visitor) { v.SetRole("admin") },
		"remember":       func(v *shop.Visitor) { v.Remember(true) },
		"cookie":         func(v *shop.Visitor) { v.SetTheme("dark") },
		"cookie cleared": func(v *shop.Visitor) { v.ClearTheme() },
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t)
			b := s.browser()
			b.visit(func(v *shop.Visitor) { v.SetUserID(7) })
			b.serve(func(v *shop.Visitor, w http.ResponseWriter, r *http.Request) {
				w.WriteHeader(http.StatusOK)
				change(v)
				v.AddVisits(1)
				if err := v.Commit(r.Context()); !errors.Is(err, runtime.ErrTooLate) {
					t.Errorf("Commit: %v", err)
				}
			})
			equal(t, see(b, (*shop.Visitor).UserID), 7, "user")
			equal(t, see(b, (*shop.Visitor).Visits), 0, "nothing late is committed")
			equal(t, s.count(runtime.EventTooLate), 1, "too late events")
		})
	}
	s := newSite(t)
	b := s.browser()
	response := b.serve(func(v *shop.Visitor, w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusOK)
		v.AddVisits(1)
	})
	equal(t, len(response.Header["Set-Cookie"]), 0, "cookies of a late first change")
	equal(t, s.store.took(), "", "store calls of a late first change")
	equal(t, s.count(runtime.EventTooLate), 1, "too late events")
}

// The renewal that is only found when changes are replayed is too late as well.
func TestLateRenewalFoundOnReplay(t *testing.T) {
	s := newSite(t)
	b := s.browser()
	b.visit(func(v *shop.Visitor) { v.SetUserID(7); v.SetRole("admin") })
	b.serve(func(v *shop.Visitor, w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusOK)
		v.SetRole("admin") // no change, so far
		v.AddVisits(1)
		s.rewrite(b, func(data string) string { return strings.Replace(data, "admin", "guest", 1) })
	})
	equal(t, s.count(runtime.EventTooLate), 1, "too late events")
	equal(t, see(b, (*shop.Visitor).Visits), 0, "visits")
	equal(t, see(b, (*shop.Visitor).UserID), 7, "user")
}

func TestR18_DestroyAfterFlushReachesTheStore(t *testing.T) {
	s := newSite(t)
	b := s.browser()
	b.visit(func(v *shop.Visitor) { v.SetUserID(7) })
	b.serve(func(v *shop.Visitor, w http.ResponseWriter, _ *http.Request) {
		w.(http.Flusher).Flush()
		v.Destroy()
	})
	equal(t, see(b, (*shop.Visitor).UserID), 0, "user")
}

// After a commit that failed nothing is committed any more, and what was not kept
// is not shown; but Destroy still reaches the store.
func TestAfterAFailedCommit(t *testing.T) {
	s := newSite(t)
	b := s.browser()
	b.visit(func(v *shop.Visitor) { v.SetUserID(7) })
	broken := errors.New("disk full")
	failing := func(call string) error {
		if call == "update" {
			return broken
		}
		return nil
	}
	response := b.serve(func(v *shop.Visitor, w http.ResponseWriter, _ *http.Request) {
		s.store.stand(failing, nil)
		w.Header().Set("Cache-Control", "public, max-age=60")
		v.AddVisits(1)
		w.Write([]byte("x"))
		s.store.stand(nil, nil)
		equal(t, v.Visits(), 0, "visits that were not kept")
		v.AddVisits(1)
		v.SetTheme("dark")
	})
	equal(t, response.StatusCode, 503, "status")
	equal(t, response.Header.Get("Cache-Control"), "no-store", "Cache-Control")
	equal(t, s.count(runtime.EventTooLate), 2, "too late events")
	equal(t, see(b, (*shop.Visitor).Visits), 0, "visits")

	// Without the middleware, too, no cookie is in the header.
	s.store.stand(failing, nil)
	w := httptest.NewRecorder()
	v, err := s.visitors.Load(w, b.request("GET"))
	equal(t, err, nil, "error")
	v.SetUserID(8)
	v.SetTheme("dark")
	equal(t, errors.Is(v.Commit(t.Context()), broken), true, "the store's error")
	equal(t, len(w.Header()["Set-Cookie"]), 0, "cookies")

	b.serve(func(v *shop.Visitor, w http.ResponseWriter, _ *http.Request) {
		s.store.stand(failing, nil)
		v.AddVisits(1)
		w.Write([]byte("x"))
		v.Destroy()
	})
	s.store.stand(nil, nil)
	equal(t, see(b, (*shop.Visitor).UserID), 0, "user after Destroy")
}

func TestChangesAfterTheHandlerReturned(t *testing.T) {
	s := newSite(t)
	b := s.browser()
	var kept *shop.Visitor
	b.visit(func(v *shop.Visitor) { v.SetUserID(7); kept = v })
	equal(t, kept.UserID(), 7, "getters still answer")
	kept.SetVisits(1)
	kept.AppendCart(shop.Item{})
	kept.SetTheme("dark")
	kept.Destroy()
	equal(t, s.count(runtime.EventTooLate), 4, "too late events")
	equal(t, see(b, (*shop.Visitor).UserID), 7, "user")
}

func TestCommitAfterTheHandlerReturnedIsTooLate(t *testing.T) {
	s := newSite(t)
	b := s.browser()
	b.visit(func(v *shop.Visitor) { v.SetCart([]shop.Item{{SKU: "tea", Count: 1}}) })
	var kept *shop.Visitor
	var cart []shop.Item
	b.visit(func(v *shop.Visitor) { kept = v; cart = v.Cart() })
	cart[0].Count = 9
	s.store.took()
	if err := kept.Commit(t.Context()); !errors.Is(err, runtime.ErrTooLate) {
		t.Errorf("Commit: %v", err)
	}
	equal(t, s.store.took(), "", "store calls")
}
