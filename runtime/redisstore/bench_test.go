package redisstore

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/storetest/testserver"
)

// What a session takes in Redis, of which 259 bytes are the record.
func TestASessionTakesLittleMemoryInRedis(t *testing.T) {
	t.Parallel()
	const most = 750
	n := 10_000
	if long {
		n = 100_000
	}
	for name, terms := range map[string][]runtime.Term{"a principal of its own": nil, "a principal that all share": {{1}}, "no principal": {}} {
		client := single(t, testserver.Redis(t).URL())
		s := open(t, client)
		created(t, s, day, fresh[runtime.Term]()) // connections, scripts
		before := memory(t, client)
		fill(t, s, n, terms...)
		each := float64(memory(t, client)-before) / float64(n)
		t.Logf("%d sessions with 200 bytes of data and %s: %.0f bytes each", n, name, each)
		if each > most {
			t.Errorf("a session of %s takes %.0f bytes, want at most %d", name, each, most)
		}
	}
}

func BenchmarkCalls(b *testing.B) {
	client := single(b, testserver.SharedRedis(b))
	s := open(b, client)
	keeping := open(b, single(b, testserver.SharedRedis(b), func(o *redis.Options) { o.ContextTimeoutEnabled = true }))
	term := fresh[runtime.Term]()
	id, rec := created(b, s, day, term)
	bounded, cancel := context.WithTimeout(context.Background(), time.Hour)
	defer cancel()
	run := func(name string, call func(ctx context.Context, s *Store) error) {
		for _, c := range []struct {
			kind  string
			ctx   context.Context
			store *Store
		}{
			{"unbounded", context.Background(), s},
			{"with a deadline", bounded, s},
			{"with a deadline and ContextTimeoutEnabled", bounded, keeping},
		} {
			b.Run(name+"/"+c.kind, func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					if err := call(c.ctx, c.store); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
	run("ping", func(ctx context.Context, s *Store) error { return s.client.Ping(ctx).Err() })
	run("load", func(ctx context.Context, s *Store) error {
		_, err := s.Load(ctx, id)
		return err
	})
	run("update", func(ctx context.Context, s *Store) error {
		next := rec
		next.Rev = fresh[runtime.Rev]()
		err := s.Update(ctx, id, rec.Rev, next, runtime.TTL{Idle: time.Hour})
		rec = next
		return err
	})
	run("sign-in", func(ctx context.Context, s *Store) error {
		next := rec
		next.Rev = fresh[runtime.Rev]()
		err := s.Update(ctx, id, rec.Rev, next, day)
		rec = next
		return err
	})
	run("touch", func(ctx context.Context, s *Store) error { return s.Touch(ctx, id, 2*time.Hour) })
	content := strings.Repeat("x", 200)
	run("create", func(ctx context.Context, s *Store) error {
		return s.Create(ctx, fresh[runtime.ID](), runtime.Record{Rev: fresh[runtime.Rev](), Terms: []runtime.Term{fresh[runtime.Term]()}, Data: content}, day)
	})
}
