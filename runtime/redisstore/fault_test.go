package redisstore

import (
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/internal/contest"
	"github.com/sessiongen/sessiongen/runtime/internal/shop"
	"github.com/sessiongen/sessiongen/runtime/storetest/testserver"
)

// Whatever happens to the server or to the connection: a protected page is never shown to an
// anonymous visitor, a failed logout is reported, and the site works again within about a
// second after the outage.
func TestR4_AnOutageOfRedisNeverMakesAVisitorAnonymous(t *testing.T) {
	for _, c := range []struct {
		name    string
		trouble func(p *testserver.Proxy, s *testserver.Server)
		over    func(p *testserver.Proxy, s *testserver.Server)
		keeps   bool // the client's ContextTimeoutEnabled
	}{
		{"connections refused", func(p *testserver.Proxy, _ *testserver.Server) { p.Refuse() }, nil, false},
		{"silence on the way", func(p *testserver.Proxy, _ *testserver.Server) { p.Stall() }, nil, false},
		{"silence on the way to a client that keeps deadlines", func(p *testserver.Proxy, _ *testserver.Server) { p.Stall() }, nil, true},
		{"replies cut", func(p *testserver.Proxy, _ *testserver.Server) { p.CutReplies() }, nil, false},
		// Without the option, late answers keep connections that others wait for.
		{"replies two seconds late", func(p *testserver.Proxy, _ *testserver.Server) { p.Delay(2 * time.Second) }, nil, true},
		{"server silent", func(_ *testserver.Proxy, s *testserver.Server) { s.Pause() }, func(_ *testserver.Proxy, s *testserver.Server) { s.Resume() }, false},
		{"server dead", func(_ *testserver.Proxy, s *testserver.Server) { s.Kill() }, func(_ *testserver.Proxy, s *testserver.Server) { s.Start() }, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			server := testserver.Redis(t, "--appendonly", "yes", "--appendfsync", "always")
			proxy := testserver.NewProxy(t, server.Address())
			store := open(t, single(t, server.URLAt(proxy.Address()), func(o *redis.Options) { o.ContextTimeoutEnabled = c.keeps }))
			s := newShop(t, store, runtime.WithTimeout(400*time.Millisecond))
			b := signIn(t, s, 7)
			protected := func(v *shop.Visitor) {
				if v.UserID() != 7 {
					t.Errorf("a page is shown to user %d", v.UserID())
				}
			}
			contest.InTime(t, func() (late string) {
				calm := crowd(func() {
					until(t, "a page is shown", time.Minute, func() bool { return b.clone().visit(protected) == http.StatusOK })
				})
				c.trouble(proxy, server)
				slowest := crowd(func() {
					if status := b.clone().visit(protected); status != http.StatusServiceUnavailable {
						t.Errorf("status %d, want 503", status)
					}
				})
				logout := b.clone().send(func(v *shop.Visitor) { v.Destroy() })
				if logout.Code != http.StatusServiceUnavailable || len(logout.Result().Cookies()) > 0 {
					t.Errorf("a logout that has failed: status %d, %d cookies", logout.Code, len(logout.Result().Cookies()))
				}
				if c.over != nil {
					c.over(proxy, server)
				}
				proxy.Pass()
				failures := 0
				took := contest.Took(func() {
					until(t, "a page is shown", time.Minute, func() bool {
						status := b.clone().visit(protected)
						failures++
						return status == http.StatusOK
					})
				})
				t.Logf("%s: the slowest of 48 error pages came after %v, where pages take up to %v; works again after %v, %d requests refused meanwhile", c.name, slowest, calm, took, failures-1)
				// When as many connections have been refused as a pool may hold, go-redis
				// tries again once a second.
				if slowest > 2*time.Second+calm || took > time.Second+300*time.Millisecond {
					late = fmt.Sprintf("the error page took %v, and it works again after %v, want little more than a second at most", slowest, took)
				}
				return late
			})
			equal(t, b.user(), 7, "user afterwards")
			if s.count(runtime.EventStoreFailed) == 0 {
				t.Error("no event says that the store has failed")
			}
		})
	}
}

// crowd runs a function 48 times at once and returns the longest time.
func crowd(do func()) time.Duration {
	var group sync.WaitGroup
	var mu sync.Mutex
	var slowest time.Duration
	for range 48 {
		group.Go(func() {
			took := contest.Took(do)
			mu.Lock()
			defer mu.Unlock()
			slowest = max(slowest, took)
		})
	}
	group.Wait()
	return slowest
}

// A commit whose store dies between Load and write: a failed write is an error page.
func TestR4_ATroubleBetweenLoadAndCommitIsAnErrorPage(t *testing.T) {
	t.Parallel()
	server := testserver.Redis(t)
	proxy := testserver.NewProxy(t, server.Address())
	s := newShop(t, open(t, single(t, server.URLAt(proxy.Address()))), runtime.WithTimeout(300*time.Millisecond))
	b := signIn(t, s, 7)
	for name, write := range map[string]func(v *shop.Visitor){
		"update":  func(v *shop.Visitor) { v.AddVisits(1) },
		"renewal": func(v *shop.Visitor) { v.Renew() },
		"logout":  func(v *shop.Visitor) { v.Destroy() },
	} {
		response := b.clone().send(func(v *shop.Visitor) {
			proxy.Stall()
			write(v)
		})
		if response.Code != http.StatusServiceUnavailable || len(response.Result().Cookies()) > 0 {
			t.Errorf("%s: status %d, %d cookies, want 503 and none", name, response.Code, len(response.Result().Cookies()))
		}
		proxy.Reset()
		proxy.Pass()
	}
}

// cutting drops the answers to one of a client's commands, a number of times.
func cutting(t *testing.T, proxy *testserver.Proxy, at, times int, meanwhile func()) (*hook, *sync.WaitGroup) {
	h := &hook{}
	var passed sync.WaitGroup
	h.begin(func(n int) error {
		if n == at {
			before := proxy.Cuts()
			proxy.CutReplies()
			passed.Go(func() {
				until(t, "answers are cut", time.Minute, func() bool { return proxy.Cuts() >= before+times })
				if meanwhile != nil {
					proxy.Refuse()
					meanwhile()
				}
				proxy.Pass()
			})
		}
		return nil
	})
	return h, &passed
}

// The answer to every command of every kind of request is lost in turn, once or more
// often: go-redis asks again, and so does the runtime.
func TestR14_LostAnswersApplyNothingTwice(t *testing.T) {
	steps := []struct {
		name string
		do   func(v *shop.Visitor)
		want func(t *testing.T, b *browser)
	}{
		{"update", func(v *shop.Visitor) { v.AddVisits(1); v.AppendCart(shop.Item{SKU: "a"}) }, func(t *testing.T, b *browser) {
			equal(t, b.visits(), 11, "visits")
			b.clone().visit(func(v *shop.Visitor) { equal(t, len(v.Cart()), 1, "lines in the cart") })
		}},
		{"renewal", func(v *shop.Visitor) { v.AddVisits(1); v.Renew() }, func(t *testing.T, b *browser) {
			equal(t, b.visits(), 11, "visits")
			equal(t, b.user(), 7, "user with the new cookie")
		}},
		{"sign-in again", func(v *shop.Visitor) { v.AddVisits(1); v.SetUserID(7) }, func(t *testing.T, b *browser) {
			equal(t, b.visits(), 11, "visits")
			equal(t, b.user(), 7, "user with the new cookie")
		}},
		{"another user", func(v *shop.Visitor) { v.SetUserID(8); v.AddVisits(1) }, func(t *testing.T, b *browser) {
			equal(t, b.visits(), 1, "visits")
			equal(t, b.user(), 8, "user with the new cookie")
		}},
		{"flash", func(v *shop.Visitor) {
			if notice, found := v.TakeNotice(); notice != "Welcome" || !found {
				panic("the notice was not shown")
			}
		}, func(t *testing.T, b *browser) {
			b.clone().visit(func(v *shop.Visitor) { equal(t, v.HasNotice(), false, "notice is still there") })
		}},
		{"logout", func(v *shop.Visitor) { v.Destroy() }, func(t *testing.T, b *browser) { equal(t, b.user(), 0, "user") }},
		{"others revoked", func(v *shop.Visitor) { v.RevokeOthers() }, func(t *testing.T, b *browser) {
			equal(t, b.user(), 7, "user")
			infos, err := b.shop.visitors.ListByUserID(t.Context(), 7)
			if len(infos) != 1 || err != nil {
				t.Errorf("%d sessions are left, error %v, want 1", len(infos), err)
			}
		}},
	}
	for name, retries := range map[string]int{"go-redis retries": 3, "the runtime retries": -1} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := testserver.Redis(t)
			first := 0
			if retries < 0 {
				first = 1 // the runtime does not repeat the Load of a request, which has changed nothing yet
			}
			for _, step := range steps {
				t.Run(step.name, func(t *testing.T) {
					for _, times := range []int{1, 2} {
						lost := 0
						for at := first; at < 12; at++ {
							proxy := testserver.NewProxy(t, server.Address())
							client := single(t, server.URLAt(proxy.Address()), func(o *redis.Options) { o.MaxRetries = retries })
							client.Do(t.Context(), "flushdb")
							s := newShop(t, open(t, client))
							b := signIn(t, s, 7)
							signIn(t, s, 7) // elsewhere
							before := &browser{shop: s, cookie: b.cookie}
							before.visit(func(v *shop.Visitor) { v.SetVisits(10) })
							b.cookie = before.cookie
							h, passed := cutting(t, proxy, at, times, nil)
							client.AddHook(h)
							status := b.visit(step.do)
							sent, _ := h.counted()
							if sent <= at { // fewer commands than that
								break
							}
							passed.Wait()
							lost++
							h.begin(nil)
							if status != http.StatusOK {
								t.Fatalf("the answer to command %d lost %d times: status %d\n%s", at, times, status, s.log.String())
							}
							step.want(t, b)
						}
						if lost == 0 {
							t.Error("no answer was lost")
						}
					}
				})
			}
		})
	}
}

// The answer to an update is lost, and others commit before it is asked for again.
func TestR14_ForeignCommitsAfterALostAnswer(t *testing.T) {
	server := testserver.Redis(t)
	direct := newShop(t, open(t, single(t, server.URL())))
	for _, c := range []struct {
		name    string
		foreign int
		status  int
		visits  int
	}{
		{"one other", 1, http.StatusOK, 2},
		{"seven others", 7, http.StatusOK, 8},
		{"nine others", 9, http.StatusServiceUnavailable, 10},
	} {
		t.Run(c.name, func(t *testing.T) {
			proxy := testserver.NewProxy(t, server.Address())
			client := single(t, server.URLAt(proxy.Address()))
			s := newShop(t, open(t, client))
			b := signIn(t, s, 7)
			h, passed := cutting(t, proxy, 1, 1, func() {
				others := b.at(direct)
				for range c.foreign {
					if status := others.visit(func(v *shop.Visitor) { v.AddVisits(1) }); status != http.StatusOK {
						t.Errorf("others: status %d", status)
					}
				}
			})
			client.AddHook(h)
			status := b.clone().visit(func(v *shop.Visitor) { v.AddVisits(1) })
			passed.Wait()
			equal(t, status, c.status, "status")
			equal(t, b.at(direct).visits(), c.visits, "visits")
		})
	}
}
