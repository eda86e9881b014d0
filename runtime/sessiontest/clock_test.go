package sessiontest_test

import (
	"testing"
	"time"

	"github.com/sessiongen/sessiongen/runtime/internal/shop"
	"github.com/sessiongen/sessiongen/runtime/sessiontest"
)

func TestTheClockMoves(t *testing.T) {
	s := open(t)
	r := sessiontest.Request(t, s.visitors, "GET", "/", signedIn)
	s.clock.Advance(29 * time.Minute)
	sessiontest.Serve(t, s.visitors, page(func(v *shop.Visitor) {
		if v.UserID() != 7 {
			t.Error("the session ended before its time")
		}
	}), r)
	s.clock.Advance(31 * time.Minute)
	sessiontest.Serve(t, s.visitors, page(func(v *shop.Visitor) {
		if v.HasUserID() {
			t.Error("the session is there after its idle timeout")
		}
	}), r)
}
