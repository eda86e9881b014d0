package engine_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/internal/shop"
)

func TestTouchOfASessionThatEndsMeanwhile(t *testing.T) {
	s := newSite(t)
	b := s.browser()
	b.visit(func(v *shop.Visitor) { v.SetUserID(7) })
	for _, ended := range []error{runtime.ErrGone, runtime.ErrNotFound} {
		s.clock.advance(4 * time.Minute)
		s.store.stand(once("touch", ended), nil)
		response := b.visit(func(v *shop.Visitor) { v.UserID() })
		equal(t, response.StatusCode, 200, "status")
	}
	equal(t, s.count(runtime.EventStoreFailed), 0, "store failed events")
}

func TestTouchOncePerRequest(t *testing.T) {
	s := newSite(t)
	b := s.browser()
	b.visit(func(v *shop.Visitor) { v.SetUserID(7) })
	s.clock.advance(4 * time.Minute)
	s.store.took()
	b.serve(func(v *shop.Visitor, w http.ResponseWriter, _ *http.Request) { w.Write([]byte("x")) })
	equal(t, s.store.took(), "load touch", "store calls")
}

func TestFailedTouchDoesNotRefuseThePage(t *testing.T) {
	s := newSite(t)
	b := s.browser()
	b.visit(func(v *shop.Visitor) { v.SetUserID(7) })
	s.clock.advance(10 * time.Minute)
	s.store.stand(down("touch"), nil)
	response := b.visit(func(v *shop.Visitor) { equal(t, v.UserID(), 7, "user") })
	equal(t, response.StatusCode, 200, "status")
	equal(t, s.count(runtime.EventStoreFailed), 1, "store failed events")
}

// A socket that is open for hours, with messages that change nothing, is in use.
func TestTouchAgainWhenAHandlerThatGoesOnReloadsAndCommits(t *testing.T) {
	s := newSite(t)
	b := s.browser()
	b.visit(func(v *shop.Visitor) { v.SetUserID(7) })
	b.serve(func(v *shop.Visitor, w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusOK)
		for range 10 {
			s.clock.advance(20 * time.Minute)
			equal(t, v.Reload(r.Context()), nil, "Reload of a session that is in use")
			equal(t, v.Commit(r.Context()), nil, "Commit")
		}
		s.store.took()
		equal(t, v.Reload(r.Context()), nil, "Reload")
		equal(t, v.Commit(r.Context()), nil, "Commit")
		equal(t, s.store.took(), "load", "store calls where nothing is due")
	})
	equal(t, see(b, (*shop.Visitor).UserID), 7, "user")
}
