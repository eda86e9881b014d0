package redisstore

import (
	"testing"
	"time"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/storetest/testserver"
)

// What has expired goes in passing, a bounded number of entries with each sign-in.
func TestIndexesDoNotGrowForEver(t *testing.T) {
	t.Parallel()
	kinds(t, func(t *testing.T, options ...Option) {
		clock := newTurned()
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
			clock.advance(30 * time.Second) // 240 sessions in two hours
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
		clock.advance(10 * time.Hour)
		if _, _, err := s.List(t.Context(), term, runtime.ID{}, 10_000); err != nil {
			t.Fatal(err)
		}
		equal(t, client.ZCard(t.Context(), s.index(term)).Val(), int64(live), "entries after List, when all others have expired")
	})
}

// Whoever touches or lists a principal with very many sessions waits, others do not.
func TestAGreatIndexHoldsUpNobody(t *testing.T) {
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
