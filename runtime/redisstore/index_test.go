package redisstore

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/storetest/testserver"
)

func TestR19_WhatHappensDuringRevoke(t *testing.T) {
	a, b := runtime.Term{'a'}, runtime.Term{'b'}
	change := func(t *testing.T, s *Store, id runtime.ID, terms ...runtime.Term) {
		t.Helper()
		rec, err := s.Load(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Update(t.Context(), id, rec.Rev, record(terms...), day); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		name     string
		before   []runtime.Term // nil: the session is not there yet
		during   func(t *testing.T, s *Store, id runtime.ID)
		survives bool
		either   bool // in a Cluster
	}{
		{"renewed", []runtime.Term{a}, func(t *testing.T, s *Store, id runtime.ID) { change(t, s, id, a) }, false, false},
		{"another term added", []runtime.Term{a}, func(t *testing.T, s *Store, id runtime.ID) { change(t, s, id, b, a) }, false, false},
		{"another term dropped", []runtime.Term{b, a}, func(t *testing.T, s *Store, id runtime.ID) { change(t, s, id, a) }, false, false},
		{"terms in another order", []runtime.Term{b, a}, func(t *testing.T, s *Store, id runtime.ID) { change(t, s, id, a, b) }, false, false},
		{"term left", []runtime.Term{a}, func(t *testing.T, s *Store, id runtime.ID) { change(t, s, id, b) }, true, false},
		{"term left and taken up again", []runtime.Term{a}, func(t *testing.T, s *Store, id runtime.ID) {
			change(t, s, id, b)
			change(t, s, id, a)
		}, true, true},
		{"term taken up", []runtime.Term{b}, func(t *testing.T, s *Store, id runtime.ID) { change(t, s, id, b, a) }, true, false},
		{"created", nil, func(t *testing.T, s *Store, id runtime.ID) {
			if err := s.Create(t.Context(), id, record(a), day); err != nil {
				t.Fatal(err)
			}
		}, true, false},
	} {
		// After the beginning, and between the reading of a page and the sessions in it.
		for _, moment := range []int{1, 2} {
			t.Run(c.name, func(t *testing.T) {
				kinds(t, func(t *testing.T, options ...Option) {
					url := testserver.SharedRedis(t)
					client := single(t, url)
					h := &hook{}
					client.AddHook(h)
					options = append(options, WithPrefix("during-"+fresh[runtime.ID]().String()+":"))
					revoking, acting := open(t, client, options...), open(t, single(t, url), options...)
					created(t, acting, day, a)
					id := fresh[runtime.ID]()
					if c.before != nil {
						id, _ = created(t, acting, day, c.before...)
					}
					if _, err := revoking.Revoke(t.Context(), a, id); err != nil { // loads the scripts
						t.Fatal(err)
					}
					created(t, acting, day, a)
					h.begin(func(n int) error {
						if n == moment {
							c.during(t, acting, id)
						}
						return nil
					})
					if _, err := revoking.Revoke(t.Context(), a, runtime.ID{}); err != nil {
						t.Fatal(err)
					}
					_, err := acting.Load(t.Context(), id)
					if survived := err == nil; survived != c.survives && !(c.either && revoking.split) {
						t.Errorf("after Revoke: got %v; the session is to survive: %v", err, c.survives)
					}
				})
			})
		}
	}
}

// Each call counts the sessions that it has deleted, once, even if go-redis repeats a command.
func TestR14_RevokeCountsWhatItDeletedWhenItsAnswerIsLost(t *testing.T) {
	server := testserver.Redis(t)
	proxy := testserver.NewProxy(t, server.Address())
	direct := open(t, single(t, server.URL()))
	s := open(t, single(t, server.URLAt(proxy.Address())))
	term := fresh[runtime.Term]()
	for range 10 {
		created(t, direct, day, term)
	}
	client := s.client.(*redis.Client)
	h := &hook{}
	var passed sync.WaitGroup
	h.begin(func(n int) error {
		if n == 2 { // the sessions of the first page
			proxy.CutReplies()
			passed.Go(func() {
				until(t, "an answer is cut", time.Minute, func() bool { return proxy.Cuts() > 0 })
				proxy.Pass()
			})
		}
		return nil
	})
	client.AddHook(h)
	defer passed.Wait()
	n, err := s.Revoke(t.Context(), term, runtime.ID{})
	if n != 10 || err != nil {
		t.Errorf("got %d, error %v, want 10", n, err)
	}
	if proxy.Cuts() == 0 {
		t.Error("no answer was lost")
	}
	if n, err := s.Revoke(t.Context(), term, runtime.ID{}); n != 0 || err != nil {
		t.Errorf("again: got %d, error %v, want 0", n, err)
	}
}

func TestRevokeThatIsCutShortTellsHowFarItCame(t *testing.T) {
	url := testserver.SharedRedis(t)
	client := single(t, url)
	h := &hook{}
	client.AddHook(h)
	s := open(t, client)
	term := fresh[runtime.Term]()
	for range 250 {
		created(t, s, day, term)
	}
	if _, err := s.Revoke(t.Context(), fresh[runtime.Term](), runtime.ID{}); err != nil {
		t.Fatal(err)
	}
	h.begin(crashAfter(2 + 100 + 1 + 40)) // the second page, and some of its sessions
	first, err := s.Revoke(t.Context(), term, runtime.ID{})
	if !errors.Is(err, errCrash) || first < 100 || first > 140 {
		t.Fatalf("got %d, error %v, want some of 250 and the error", first, err)
	}
	h.begin(nil)
	second, err := s.Revoke(t.Context(), term, runtime.ID{})
	if err != nil || first+second != 250 {
		t.Errorf("again: got %d after %d, error %v, want 250 in all", second, first, err)
	}
}

// Each sign-in removes a bounded number of expired entries.
func TestIndexesDoNotGrowForEver(t *testing.T) {
	t.Parallel()
	kinds(t, func(t *testing.T, options ...Option) {
		clock := newClock()
		client := single(t, testserver.Redis(t).URL())
		s := open(t, client, append(options, WithClock(clock.Now))...)
		term := fresh[runtime.Term]()
		live := 0
		for i := range 2500 {
			ttl := runtime.TTL{Idle: time.Hour, Life: 2 * time.Hour}
			if i%20 == 0 {
				ttl.Life = 240 * time.Hour
				live++
			}
			created(t, s, ttl, term)
			clock.Advance(30 * time.Second) // 240 sessions in two hours
		}
		size := client.ZCard(t.Context(), s.index(term)).Val()
		current := int64(live) + 240 // of the last two hours
		if s.split {
			current += int64(spare / (30 * time.Second))
		}
		t.Logf("%d entries after 2500 sign-ins, of which %d are current", size, current)
		if size > current*5/4 {
			t.Errorf("%d entries, want about %d", size, current)
		}
		clock.Advance(10 * time.Hour)
		if _, _, err := s.List(t.Context(), term, runtime.ID{}, 10_000); err != nil {
			t.Fatal(err)
		}
		equal(t, client.ZCard(t.Context(), s.index(term)).Val(), int64(live), "entries after List, when all others have expired")
	})
}

// Calls for a principal with very many sessions take long, but do not delay other calls.
func TestALargeIndexDelaysNoOtherCall(t *testing.T) {
	const limit = 50 * time.Millisecond
	n := 5_000
	if long {
		n = 100_000
	}
	client := single(t, testserver.Redis(t).URL())
	s := open(t, client)
	term := fresh[runtime.Term]()
	fill(t, s, n, term)
	other := single(t, "redis://"+client.Options().Addr)
	pings := func(during func()) (worst time.Duration) {
		over := make(chan struct{})
		go func() {
			defer close(over)
			during()
		}()
		for {
			start := time.Now()
			if err := other.Ping(t.Context()).Err(); err != nil {
				t.Error(err)
			}
			worst = max(worst, time.Since(start))
			select {
			case <-over:
				return worst
			default:
			}
		}
	}
	var took time.Duration
	worst := pings(func() {
		start := time.Now()
		seen := 0
		for after := (runtime.ID{}); ; {
			ids, _, err := s.List(t.Context(), term, after, 100)
			if err != nil {
				t.Error(err)
				return
			}
			if seen += len(ids); len(ids) < 100 {
				break
			}
			after = ids[len(ids)-1]
		}
		equal(t, seen, n, "sessions listed")
		took = time.Since(start)
	})
	t.Logf("listing %d sessions took %v; meanwhile the slowest PING of another client took %v", n, took, worst)
	if long && worst > limit {
		t.Errorf("another client waited for %v, want at most %v", worst, limit)
	}
	worst = pings(func() {
		start := time.Now()
		count, err := s.Revoke(t.Context(), term, runtime.ID{})
		if count != n || err != nil {
			t.Errorf("Revoke: got %d, error %v", count, err)
		}
		took = time.Since(start)
	})
	t.Logf("revoking %d sessions took %v; meanwhile the slowest PING of another client took %v", n, took, worst)
	if long && worst > limit {
		t.Errorf("another client waited for %v, want at most %v", worst, limit)
	}
}

// All sessions of a principal are revoked while others go on to sign in.
func TestRevokeReachesEveryOlderSession(t *testing.T) {
	t.Parallel()
	n := 1_000
	if long {
		n = 10_000
	}
	kinds(t, func(t *testing.T, options ...Option) {
		client := single(t, testserver.Redis(t).URL())
		s := open(t, client, options...)
		term := fresh[runtime.Term]()
		ids := fill(t, s, n, term)
		var over atomic.Bool
		var group sync.WaitGroup
		var mu sync.Mutex
		var during, after []runtime.ID
		for range 8 {
			group.Go(func() {
				for last := false; !last; {
					last = over.Load() // one more when it is over
					id := fresh[runtime.ID]()
					if err := s.Create(context.Background(), id, record(term), day); err != nil {
						t.Error(err)
						return
					}
					mu.Lock()
					if last {
						after = append(after, id)
					} else {
						during = append(during, id)
					}
					mu.Unlock()
				}
			})
		}
		start := time.Now()
		count, err := s.Revoke(t.Context(), term, runtime.ID{})
		took := time.Since(start)
		over.Store(true)
		group.Wait()
		if err != nil || count < n {
			t.Errorf("revoked %d, error %v, want the %d older sessions", count, err, n)
		}
		survivors, kept := 0, 0
		for _, id := range ids {
			if _, err := s.Load(t.Context(), id); err != runtime.ErrGone {
				survivors++
			}
		}
		for _, id := range during {
			if _, err := s.Load(t.Context(), id); err == nil {
				kept++
			}
		}
		for _, id := range after {
			if _, err := s.Load(t.Context(), id); err != nil {
				t.Errorf("a session that came after: %v", err)
			}
		}
		t.Logf("%d sessions revoked in %v: %d of them survive; of %d that came meanwhile %d were kept", n, took, survivors, len(during), kept)
		equal(t, survivors, 0, "survivors")
	})
}
