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

// A planned failover behind one address, as of a managed service: the old primary
// becomes a replica, and connections to it stay open. Who was logged out at the new one
// must not be let in at the old one.
func TestAServerThatHasBecomeAReplicaLetsNobodyIn(t *testing.T) {
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

// breaker is a circuit breaker: while it is open, it returns an error and sends nothing.
type breaker struct{ open bool }

func (*breaker) DialHook(next redis.DialHook) redis.DialHook { return next }

func (*breaker) ProcessHook(next redis.ProcessHook) redis.ProcessHook { return next }

func (b *breaker) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return func(ctx context.Context, commands []redis.Cmder) error {
		if b.open {
			return errors.New("circuit breaker is open")
		}
		return next(ctx, commands)
	}
}

func TestASessionWhoseEntryAHookKeptBackIsNotWritten(t *testing.T) {
	client := single(t, testserver.Redis(t).URL())
	hook := &breaker{}
	client.AddHook(hook)
	store := open(t, client, WithSeparateIndex())
	id, term := fresh[runtime.ID](), fresh[runtime.Term]()
	hook.open = true
	if err := store.Create(t.Context(), id, record(term), day); err == nil {
		t.Error("Create says that it has stored a session whose entry was not sent")
	}
	hook.open = false
	if _, err := store.Load(t.Context(), id); !errors.Is(err, runtime.ErrNotFound) {
		t.Errorf("Load: got %v, want that it is not there: the index does not list it", err)
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

// Where nothing was written there is nothing to wait for.
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
