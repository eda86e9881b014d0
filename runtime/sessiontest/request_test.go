package sessiontest_test

import (
	"testing"

	"github.com/sessiongen/sessiongen/runtime/internal/shop"
	"github.com/sessiongen/sessiongen/runtime/sessiontest"
)

func TestARequestCarriesASession(t *testing.T) {
	s := open(t)
	r := sessiontest.Request(t, s.visitors, "GET", "/", signedIn, func(v *shop.Visitor) { v.SetVisits(3) })
	answer := sessiontest.Serve(t, s.visitors, page(func(v *shop.Visitor) {
		if v.UserID() != 7 || v.Username() != "john_doe" || v.Visits() != 3 {
			t.Errorf("the handler finds %v", v)
		}
	}), r)
	answer.WantUntouched()
	if n := s.store.Calls(sessiontest.Load); n != 1 {
		t.Errorf("the store counts %d loads, want the request's alone", n)
	}

	stranger := sessiontest.Request[shop.Visitor](t, s.visitors, "GET", "/")
	sessiontest.Serve(t, s.visitors, page(func(v *shop.Visitor) {
		if v.HasUserID() || !v.Info().New {
			t.Errorf("a stranger is %v", v)
		}
	}), stranger).WantUntouched()
}
