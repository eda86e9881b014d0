package redisstore

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/internal/contest"
	"github.com/sessiongen/sessiongen/runtime/storetest/testserver"
)

// Two hundred clients with two connections: each waits for its turn, or for the end of
// its context, and none for ever.
func TestR8_ManyClientsShareFewConnections(t *testing.T) {
	s := open(t, single(t, testserver.SharedRedis(t), func(o *redis.Options) {
		o.PoolSize, o.MaxActiveConns, o.PoolTimeout = 2, 2, 2*time.Minute
	}))
	term := fresh[runtime.Term]()
	contest.InTime(t, func() (late string) {
		var group sync.WaitGroup
		var served, gaveUp, waited atomic.Int64
		for i := range 200 {
			group.Go(func() {
				patience := 2 * time.Minute
				if i%4 == 0 {
					patience = time.Millisecond
				}
				ctx, cancel := context.WithTimeout(t.Context(), patience)
				defer cancel()
				var err error
				took := contest.Took(func() { err = lead(ctx, s, term) })
				switch {
				case err == nil:
					served.Add(1)
				case i%4 == 0 && ctx.Err() != nil:
					gaveUp.Add(1)
					if took > time.Second {
						waited.Add(1)
					}
				default:
					t.Errorf("client %d: %v", i, err)
				}
			})
		}
		group.Wait()
		t.Logf("%d clients were served, %d with a millisecond of patience were not", served.Load(), gaveUp.Load())
		if served.Load() < 150 || gaveUp.Load() == 0 && !t.Failed() {
			t.Errorf("%d of 150 patient clients were served, and %d of the 50 others were not", served.Load(), gaveUp.Load())
		}
		if waited.Load() > 0 {
			late = "a call was held up for a second after its context had ended"
		}
		return late
	})
}

// lead makes one call of each kind on a session of its own.
func lead(ctx context.Context, s *Store, term runtime.Term) error {
	id, rec := fresh[runtime.ID](), record(fresh[runtime.Term](), term)
	if err := s.Create(ctx, id, rec, day); err != nil {
		return err
	}
	next := record(fresh[runtime.Term]())
	if err := s.Update(ctx, id, rec.Rev, next, day); err != nil {
		return err
	}
	if err := s.Touch(ctx, id, 2*time.Hour); err != nil {
		return err
	}
	if _, err := s.Load(ctx, id); err != nil {
		return err
	}
	if _, _, err := s.List(ctx, term, runtime.ID{}, 10); err != nil {
		return err
	}
	if _, err := s.Revoke(ctx, next.Terms[0], runtime.ID{}); err != nil {
		return err
	}
	return s.Delete(ctx, id)
}

// A pool that others have used up is named, with the remedy.
func TestR8_AStarvedPoolIsNamed(t *testing.T) {
	client := single(t, testserver.SharedRedis(t), func(o *redis.Options) { o.PoolSize, o.PoolTimeout, o.MaxRetries = 1, time.Millisecond, -1 })
	s := open(t, client)
	held := client.Conn()
	defer held.Close()
	if err := held.Ping(t.Context()).Err(); err != nil {
		t.Fatal(err)
	}
	_, err := s.Load(t.Context(), fresh[runtime.ID]())
	if !errors.Is(err, redis.ErrPoolTimeout) || !strings.Contains(err.Error(), "raise its PoolSize") {
		t.Errorf("got %v, want go-redis's error about the pool and the remedy", err)
	}
}
