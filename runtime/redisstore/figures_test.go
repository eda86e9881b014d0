package redisstore

import (
	"context"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/storetest/testserver"
)

// long asks for tests at full size, which takes minutes to hours: see .github/CONTRIBUTING.md.
var long = os.Getenv("SESSIONGEN_TEST_LONG") != ""

// fill creates sessions with the terms, or each with a term of its own.
func fill(t testing.TB, s *Store, n int, terms ...runtime.Term) []runtime.ID {
	t.Helper()
	const workers = 16
	ids := make([]runtime.ID, n)
	var group sync.WaitGroup
	for i := range workers {
		group.Go(func() {
			for j := i; j < n; j += workers {
				carried := terms
				if carried == nil {
					carried = []runtime.Term{fresh[runtime.Term]()}
				}
				ids[j] = fresh[runtime.ID]()
				if err := s.Create(context.Background(), ids[j], record(carried...), day); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	group.Wait()
	if t.Failed() {
		t.FailNow()
	}
	return ids
}

func memory(t testing.TB, client *redis.Client) int {
	t.Helper()
	text, err := client.Info(t.Context(), "memory").Result()
	if err != nil {
		t.Fatal(err)
	}
	used, err := strconv.Atoi(field(text, "used_memory"))
	if err != nil {
		t.Fatal(err)
	}
	return used
}

// What a session takes in Redis, of which 259 bytes are the record.
func TestASessionTakesLittleMemoryInRedis(t *testing.T) {
	t.Parallel()
	const most = 750
	n := 10_000
	if long {
		n = 100_000
	}
	for name, terms := range map[string][]runtime.Term{"a principal of its own": nil, "a principal that all share": {{1}}, "nobody": {}} {
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

// All sessions of a principal are revoked while others go on to sign in.
func TestRevokeReachesAllWhoWereThere(t *testing.T) {
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
			t.Errorf("revoked %d, error %v, want the %d who were there", count, err, n)
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
