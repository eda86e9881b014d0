package redisstore

import (
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/internal/shop"
	"github.com/sessiongen/sessiongen/runtime/storetest/testserver"
)

// Two processes, each with clients of its own, count the visits of one session.
func TestNoIncrementIsLost(t *testing.T) {
	const workers = 64
	kinds(t, func(t *testing.T, options ...Option) {
		total := 1920
		if len(options) > 0 {
			total = 320
		}
		if long {
			total = 100_000
		}
		each := total / workers
		url := testserver.SharedRedis(t)
		one := newShop(t, open(t, single(t, url), options...))
		other := newShop(t, open(t, single(t, url), options...))
		b := signIn(t, one, 7)
		var failed atomic.Int64
		var group sync.WaitGroup
		start := time.Now()
		for i := range workers {
			group.Go(func() {
				mine := b.clone()
				if i%2 == 0 {
					mine = b.at(other)
				}
				for range each {
					if status := mine.visit(func(v *shop.Visitor) {
						v.AddVisits(1)
						v.PutPrefs(fmt.Sprint("worker", i), i)
					}); status != http.StatusOK {
						failed.Add(1)
					}
				}
			})
		}
		group.Wait()
		took := time.Since(start)
		t.Logf("%d increments by %d workers in two processes: %d counted, %d refused, %v each", workers*each, workers, b.visits(), failed.Load(), took/time.Duration(workers*each))
		// A request that meets more than eight commits by others between its own load
		// and write is refused: go-redis might have sent its write twice.
		equal(t, b.visits()+int(failed.Load()), workers*each, "visits and refusals")
		if refused := failed.Load(); refused > int64(total/100) {
			t.Errorf("%d of %d requests were refused", refused, total)
		}
	})
}

// A logout, or RevokeBy, between the load and the commit of another request, in
// another process. Nothing may come back to life, and no cookie may be sent that
// opens anything.
func TestNothingBringsBackWhatHasEnded(t *testing.T) {
	rounds := 20
	if long {
		rounds = 5_000 // of 40,000 for each kind of store
	}
	late := map[string]func(v *shop.Visitor){
		"update":  func(v *shop.Visitor) { v.AddVisits(1) },
		"touch":   func(v *shop.Visitor) {},
		"renewal": func(v *shop.Visitor) { v.Renew() },
		"flash":   func(v *shop.Visitor) { v.TakeNotice() },
	}
	ends := map[string]func(t *testing.T, b *browser, s *shopWith, user int64){
		"logout": func(t *testing.T, b *browser, _ *shopWith, _ int64) {
			if status := b.visit(func(v *shop.Visitor) { v.Destroy() }); status != http.StatusOK {
				t.Errorf("logging out: status %d", status)
			}
		},
		"revoke": func(t *testing.T, _ *browser, s *shopWith, user int64) {
			if n, err := s.visitors.RevokeByUserID(t.Context(), user); n != 1 || err != nil {
				t.Errorf("revoking: got %d, error %v, want 1", n, err)
			}
		},
	}
	kinds(t, func(t *testing.T, options ...Option) {
		url := testserver.SharedRedis(t)
		clock := newTurned()
		options = append(options, WithClock(clock.Now))
		one := newShop(t, open(t, single(t, url), options...))
		other := newShop(t, open(t, single(t, url), options...))
		var user atomic.Int64
		alive, cookies := 0, 0
		for name, write := range late {
			for end, finish := range ends {
				for range rounds {
					who := user.Add(1) + time.Now().UnixNano()
					b := signIn(t, one, who)
					clock.advance(4 * time.Minute) // more than a tenth of idle: every request touches
					response := b.clone().send(func(v *shop.Visitor) {
						equal(t, v.UserID(), who, "user when the request began")
						finish(t, b.at(other), other, who)
						write(v)
					})
					if len(response.Result().Cookies()) > 0 {
						cookies++
						t.Errorf("%s against %s: the late request sends a cookie", name, end)
					}
					if b.user() != 0 || b.at(other).user() != 0 {
						alive++
						t.Errorf("%s against %s: the session is alive", name, end)
					}
					infos, err := other.visitors.ListByUserID(t.Context(), who)
					if len(infos) != 0 || err != nil {
						t.Errorf("%s against %s: %d sessions are listed, error %v", name, end, len(infos), err)
					}
				}
			}
		}
		t.Logf("%d rounds: %d sessions alive, %d cookies sent", rounds*len(late)*len(ends), alive, cookies)
	})
}

// The clocks of processes may be off: deadlines go by the server's.
func TestClocksOfProcessesNeedNotAgree(t *testing.T) {
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
