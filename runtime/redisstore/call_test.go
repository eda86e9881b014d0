package redisstore

import (
	"context"
	"errors"
	"fmt"
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

// callsOf returns one call of each method.
func callsOf(s *Store, id runtime.ID, term runtime.Term) map[string]func(context.Context) error {
	return map[string]func(context.Context) error{
		"Create": func(ctx context.Context) error { return s.Create(ctx, fresh[runtime.ID](), record(term), day) },
		"Load": func(ctx context.Context) error {
			_, err := s.Load(ctx, id)
			return err
		},
		"Update": func(ctx context.Context) error {
			return s.Update(ctx, id, runtime.Rev{}, record(term), day)
		},
		"Touch":  func(ctx context.Context) error { return s.Touch(ctx, id, time.Hour) },
		"Delete": func(ctx context.Context) error { return s.Delete(ctx, id) },
		"List": func(ctx context.Context) error {
			_, _, err := s.List(ctx, term, runtime.ID{}, 10)
			return err
		},
		"Revoke": func(ctx context.Context) error {
			_, err := s.Revoke(ctx, term, runtime.ID{})
			return err
		},
	}
}

// endsInTime makes every call with contexts that end while the server is silent.
func endsInTime(t *testing.T, s *Store) {
	t.Helper()
	const patience, tolerance = 60 * time.Millisecond, 500 * time.Millisecond
	for name, call := range callsOf(s, fresh[runtime.ID](), fresh[runtime.Term]()) {
		for _, way := range []error{context.DeadlineExceeded, context.Canceled} {
			contest.InTime(t, func() (late string) {
				ctx, cancel := context.WithTimeout(t.Context(), patience)
				if way == context.Canceled {
					ctx, cancel = context.WithCancel(t.Context())
					time.AfterFunc(patience, cancel)
				}
				var err error
				took := contest.Took(func() { err = call(ctx) })
				cancel()
				// With ContextTimeoutEnabled, a deadline may come back as the connection's.
				var timeout interface{ Timeout() bool }
				if !errors.Is(err, way) && !(way == context.DeadlineExceeded && errors.As(err, &timeout) && timeout.Timeout()) {
					t.Errorf("%s: got %v, want %v", name, err, way)
				}
				if took > patience+tolerance {
					late = fmt.Sprintf("%s returned after %v, though its context ended after %v (%v)", name, took, patience, way)
				}
				return late
			})
		}
	}
}

func TestR4_CallsEndWithTheirContext(t *testing.T) {
	for name, enabled := range map[string]bool{"as clients are by default": false, "with ContextTimeoutEnabled": true} {
		change := func(o *redis.Options) { o.ContextTimeoutEnabled = enabled }
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := testserver.Redis(t)
			t.Run("the way is silent", func(t *testing.T) {
				proxy := testserver.NewProxy(t, server.Address())
				s := open(t, single(t, server.URLAt(proxy.Address()), change))
				proxy.Stall()
				endsInTime(t, s)
				contest.InTime(t, func() string {
					proxy.Stall()
					silent(t, s)
					proxy.Pass()
					return works(t, s)
				})
			})
			t.Run("the server is silent", func(t *testing.T) {
				s := open(t, single(t, server.URL(), change))
				server.Pause()
				defer server.Resume()
				endsInTime(t, s)
				contest.InTime(t, func() string {
					server.Pause()
					silent(t, s)
					server.Resume()
					return works(t, s)
				})
			})
		})
	}
}

// silent makes a call that gets no answer.
func silent(t *testing.T, s *Store) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 60*time.Millisecond)
	defer cancel()
	if err := s.Delete(ctx, fresh[runtime.ID]()); err == nil {
		t.Error("a silent server has answered")
	}
}

// works checks that sessions can be created and found again, within a second.
func works(t *testing.T, s *Store) (late string) {
	t.Helper()
	took := contest.Took(func() {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		id := fresh[runtime.ID]()
		if err := s.Create(ctx, id, record(), day); err != nil {
			t.Fatalf("after the silence: %v", err)
		}
		if _, err := s.Load(ctx, id); err != nil {
			t.Fatalf("after the silence: %v", err)
		}
	})
	t.Logf("works again after %v", took)
	if took > time.Second {
		late = fmt.Sprintf("works again after %v, want a second at most", took)
	}
	return late
}

// A server that was restarted, or whose scripts were flushed, gets the scripts again.
func TestScriptsThatTheServerHasForgotten(t *testing.T) {
	client := single(t, testserver.Redis(t).URL())
	for name, options := range map[string][]Option{"single": nil, "separate index": {WithSeparateIndex()}} {
		t.Run(name, func(t *testing.T) {
			s := open(t, client, options...)
			forget := func() {
				t.Helper()
				if err := client.ScriptFlush(t.Context()).Err(); err != nil {
					t.Fatal(err)
				}
			}
			term := fresh[runtime.Term]()
			forget()
			id, rec := created(t, s, day, term)
			forget()
			if _, err := s.Load(t.Context(), id); err != nil {
				t.Error(err)
			}
			forget()
			if err := s.Update(t.Context(), id, rec.Rev, record(term, fresh[runtime.Term]()), day); err != nil {
				t.Error(err)
			}
			forget()
			if err := s.Touch(t.Context(), id, time.Hour); err != nil {
				t.Error(err)
			}
			forget()
			if ids, _, err := s.List(t.Context(), term, runtime.ID{}, 10); err != nil || len(ids) != 1 {
				t.Errorf("List: got %v, error %v", ids, err)
			}
			forget()
			if n, err := s.Revoke(t.Context(), term, runtime.ID{}); n != 1 || err != nil {
				t.Errorf("Revoke: got %d, error %v", n, err)
			}
			forget()
			if err := s.Delete(t.Context(), id); err != nil {
				t.Error(err)
			}
		})
	}
}

// A planned failover behind one address, such as that of a managed service: the old primary
// becomes a replica, and connections to it stay open. The old server must not accept sessions
// that were ended on the new one.
func TestAServerThatHasBecomeAReplicaLetsNoSessionIn(t *testing.T) {
	old := testserver.Redis(t)
	next := replicaOf(t, old)
	store := open(t, single(t, old.URL()))
	id := fresh[runtime.ID]()
	if err := store.Create(t.Context(), id, record(fresh[runtime.Term]()), day); err != nil {
		t.Fatal(err)
	}
	until(t, "the replica has the session", time.Minute, func() bool { return len(keysOf(t, single(t, next.URL()), "*s:*")) > 0 })
	if err := single(t, next.URL()).Do(t.Context(), "replicaof", "no", "one").Err(); err != nil {
		t.Fatal(err)
	}
	host, port := hostPort(t, next.Address())
	admin := single(t, old.URL())
	if err := admin.Do(t.Context(), "replicaof", host, port).Err(); err != nil {
		t.Fatal(err)
	}
	until(t, "the old primary follows the new one", time.Minute, func() bool {
		return strings.Contains(admin.Info(t.Context(), "replication").Val(), "master_link_status:up")
	})
	if _, err := store.Load(t.Context(), id); err == nil || errors.Is(err, runtime.ErrNotFound) || errors.Is(err, runtime.ErrGone) {
		t.Errorf("Load at a replica: got %v, want an unclear error", err)
	}
}

// go-redis asks a cluster for its commands with a patience of its own.
func TestR4_ACallToASilentClusterEndsWithItsContext(t *testing.T) {
	t.Parallel()
	cluster := testserver.RedisCluster(t, 3, 0)
	client := redis.NewClusterClient(&redis.ClusterOptions{Addrs: cluster.Addresses(), ContextTimeoutEnabled: true})
	t.Cleanup(func() { client.Close() })
	store := open(t, client)
	for _, node := range cluster.Nodes() {
		node.Pause()
		defer node.Resume()
	}
	const patience, tolerance = 100 * time.Millisecond, 2 * time.Second
	contest.InTime(t, func() (late string) {
		var calls sync.WaitGroup
		var longest atomic.Int64
		for range 4 {
			calls.Go(func() {
				ctx, cancel := context.WithTimeout(context.Background(), patience)
				defer cancel()
				took := contest.Took(func() {
					if _, err := store.Load(ctx, fresh[runtime.ID]()); err == nil {
						t.Error("a silent cluster has answered")
					}
				})
				for was := longest.Load(); int64(took) > was && !longest.CompareAndSwap(was, int64(took)); was = longest.Load() {
				}
			})
		}
		calls.Wait()
		if took := time.Duration(longest.Load()); took > patience+tolerance {
			late = fmt.Sprintf("a call took %v, though its context ended after %v", took, patience)
		}
		return late
	})
}

// If nothing was written, there is nothing to wait for.
func TestReplicasThatLagHideNoAnswer(t *testing.T) {
	t.Parallel()
	primary := testserver.Redis(t)
	replica := replicaOf(t, primary)
	client := single(t, primary.URL())
	store := open(t, client, WithReplicas(1, 200*time.Millisecond))
	replica.Pause()
	defer replica.Resume()
	if err := client.Set(t.Context(), "not a session", 1, 0).Err(); err != nil {
		t.Fatal(err)
	}
	if err := store.Touch(t.Context(), fresh[runtime.ID](), time.Hour); !errors.Is(err, runtime.ErrNotFound) {
		t.Errorf("Touch of an unknown session: got %v, want %q", err, runtime.ErrNotFound)
	}
}
