package redisstore

import (
	"net/http"
	"testing"
	"time"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/internal/shop"
	"github.com/sessiongen/sessiongen/runtime/storetest/testserver"
)

// The clocks of processes may be off: deadlines go by the server's.
func TestR20_ClocksOfProcessesNeedNotAgree(t *testing.T) {
	clock := newTurned()
	url := testserver.SharedRedis(t)
	program := func(off time.Duration) *shopWith {
		now := func() time.Time { return clock.Now().Add(off) }
		return newShop(t, open(t, single(t, url), WithClock(clock.Now)), runtime.WithClock(now))
	}
	early, right, late := program(-5*time.Minute), program(0), program(5*time.Minute)
	b := signIn(t, right, 7)
	// Used through all of them, the session lasts for its lifetime of 12 hours.
	for i := range 24 {
		clock.advance(29*time.Minute + 50*time.Second)
		p := []*shopWith{early, late, right}[i%3]
		if status := b.at(p).visit(func(v *shop.Visitor) {
			equal(t, v.UserID(), 7, "user")
			if i%2 == 0 {
				v.AddVisits(1)
			}
		}); status != http.StatusOK {
			t.Errorf("status %d", status)
		}
	}
	equal(t, b.visits(), 12, "visits")
	clock.advance(3*time.Minute + 59*time.Second) // 11:59:59
	for _, p := range []*shopWith{early, late, right} {
		equal(t, b.at(p).user(), 7, "user a second before the end of the lifetime")
	}
	clock.advance(time.Second)
	for _, p := range []*shopWith{early, late, right} {
		equal(t, b.at(p).user(), 0, "user at the end of the lifetime")
	}
	b = signIn(t, late, 8)
	clock.advance(30 * time.Minute)
	for _, p := range []*shopWith{early, late, right} {
		equal(t, b.at(p).user(), 0, "user after 30 minutes without a request")
	}
}
