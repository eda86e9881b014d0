package engine_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/internal/shop"
	"github.com/sessiongen/sessiongen/runtime/internal/testsite"
)

func TestTouchOfASessionThatEndsMeanwhile(t *testing.T) {
	s := testsite.New(t)
	b := s.Browser()
	b.Visit(func(v *shop.Visitor) { v.SetUserID(7) })
	for _, ended := range []error{runtime.ErrGone, runtime.ErrNotFound} {
		s.Clock.Advance(4 * time.Minute)
		s.Store.Stand(testsite.Once("touch", ended), nil)
		response := b.Visit(func(v *shop.Visitor) { v.UserID() })
		testsite.Equal(t, response.StatusCode, 200, "status")
	}
	testsite.Equal(t, s.Count(runtime.EventStoreFailed), 0, "store failed events")
}

func TestTouchOncePerRequest(t *testing.T) {
	s := testsite.New(t)
	b := s.Browser()
	b.Visit(func(v *shop.Visitor) { v.SetUserID(7) })
	s.Clock.Advance(4 * time.Minute)
	s.Store.Took()
	b.Serve(func(v *shop.Visitor, w http.ResponseWriter, _ *http.Request) { w.Write([]byte("x")) })
	testsite.Equal(t, s.Store.Took(), "load touch", "store calls")
}

func TestFailedTouchDoesNotRefuseThePage(t *testing.T) {
	s := testsite.New(t)
	b := s.Browser()
	b.Visit(func(v *shop.Visitor) { v.SetUserID(7) })
	s.Clock.Advance(10 * time.Minute)
	s.Store.Stand(testsite.Down("touch"), nil)
	response := b.Visit(func(v *shop.Visitor) { testsite.Equal(t, v.UserID(), 7, "user") })
	testsite.Equal(t, response.StatusCode, 200, "status")
	testsite.Equal(t, s.Count(runtime.EventStoreFailed), 1, "store failed events")
}

// A socket that is open for hours, with messages that change nothing, is in use.
func TestTouchAgainWhenAHandlerThatGoesOnReloadsAndCommits(t *testing.T) {
	s := testsite.New(t)
	b := s.Browser()
	b.Visit(func(v *shop.Visitor) { v.SetUserID(7) })
	b.Serve(func(v *shop.Visitor, w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusOK)
		for range 10 {
			s.Clock.Advance(20 * time.Minute)
			testsite.Equal(t, v.Reload(r.Context()), nil, "Reload of a session that is in use")
			testsite.Equal(t, v.Commit(r.Context()), nil, "Commit")
		}
		s.Store.Took()
		testsite.Equal(t, v.Reload(r.Context()), nil, "Reload")
		testsite.Equal(t, v.Commit(r.Context()), nil, "Commit")
		testsite.Equal(t, s.Store.Took(), "load", "store calls where nothing is due")
	})
	testsite.Equal(t, testsite.See(b, (*shop.Visitor).UserID), 7, "user")
}
