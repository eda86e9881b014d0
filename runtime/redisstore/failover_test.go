package redisstore

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/internal/shop"
	"github.com/sessiongen/sessiongen/runtime/storetest"
	"github.com/sessiongen/sessiongen/runtime/storetest/testserver"
)

// A primary of a Cluster dies. Its replica takes over, and may lack acknowledged writes. The
// program continues with the state of the replica.
func TestR13_FailoverInAClusterTearsNoRecord(t *testing.T) {
	t.Parallel()
	cluster := testserver.RedisCluster(t, 3, 1)
	client := clustered(t, cluster.Addresses())
	store := open(t, client)
	s := newShop(t, store)
	primary, replica := cluster.Nodes()[0], cluster.Nodes()[3]
	kept := func(key string) bool {
		t.Helper()
		slot, err := client.ClusterKeySlot(t.Context(), key).Result()
		if err != nil {
			t.Fatal(err)
		}
		return cluster.PrimaryOf(int(slot)) == primary
	}
	there := func() (runtime.ID, runtime.Record) {
		for {
			if id, rec := created(t, store, day, fresh[runtime.Term]()); kept(store.session(id)) {
				return id, rec
			}
		}
	}
	// Sessions all over the Cluster, and three that the primary keeps.
	history := map[runtime.ID]map[runtime.Rev]runtime.Record{}
	newest := map[runtime.ID]runtime.Record{}
	for range 60 {
		id, rec := created(t, store, day, fresh[runtime.Term]())
		history[id], newest[id] = map[runtime.Rev]runtime.Record{rec.Rev: rec}, rec
	}
	rolledBack, first := there()
	ended, _ := there()
	watchedID, watchedRec := there()
	watched := watchOn(t, store, watchedID, watchedRec)
	b := signIn(t, s, 7)
	at := single(t, primary.URL())
	until(t, "the replica has everything", time.Minute, func() bool {
		text := at.Info(t.Context(), "replication").Val()
		offset := field(text, "master_repl_offset")
		return strings.Contains(text, "offset="+offset+",")
	})
	// From here on the replica gets nothing.
	replica.Pause()
	if err := at.ClientKillByFilter(t.Context(), "TYPE", "replica").Err(); err != nil {
		t.Fatal(err)
	}
	watched.change()
	second := record(first.Terms...)
	if err := store.Update(t.Context(), rolledBack, first.Rev, second, day); err != nil {
		t.Fatal(err)
	}
	if err := store.Delete(t.Context(), ended); err != nil {
		t.Fatal(err)
	}
	for id, rec := range newest {
		next := record(rec.Terms...)
		if err := store.Update(t.Context(), id, rec.Rev, next, day); err != nil {
			t.Fatal(err)
		}
		history[id][next.Rev], newest[id] = next, next
	}
	for _, node := range cluster.Nodes() {
		if node != replica {
			cluster.Hasten(node)
		}
	}
	primary.Kill()
	replica.Resume()
	cluster.Hasten(replica)
	start := time.Now()
	until(t, "the replica is a primary", 2*time.Minute, func() bool {
		return strings.Contains(single(t, replica.URL()).Info(context.Background(), "replication").Val(), "role:master")
	})
	promoted := time.Since(start)
	until(t, "the replica takes over", 2*time.Minute, func() bool {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		_, err := store.Load(ctx, rolledBack)
		return err == nil
	})
	served := time.Since(start)
	t.Logf("the replica is a primary after %v, and the client has found it after %v", promoted, served)
	if served-promoted > time.Minute {
		t.Errorf("the client has found the new primary %v after it became one", served-promoted)
	}

	torn, undone := 0, 0
	for id := range newest {
		rec, err := store.Load(t.Context(), id)
		if err != nil {
			t.Fatalf("a session that was acknowledged before the replica stopped: %v", err)
		}
		was, known := history[id][rec.Rev]
		if !known || was.Data != rec.Data || was.Terms[0] != rec.Terms[0] {
			torn++
		}
		if rec.Rev != newest[id].Rev {
			undone++
		}
	}
	t.Logf("of %d acknowledged updates, 60 of them in a Cluster of three primaries, %d are undone and %d records are torn", len(newest)+1, undone, torn)
	equal(t, torn, 0, "torn records")

	watched.goOn()

	// A request that builds on lost writes gets a conflict, and overwrites nothing.
	rec, err := store.Load(t.Context(), rolledBack)
	if err != nil || rec.Rev != first.Rev {
		t.Errorf("the session whose update the replica lacks: revision %x, error %v, want %x", rec.Rev, err, first.Rev)
	}
	if err := store.Update(t.Context(), rolledBack, second.Rev, record(), day); err != runtime.ErrConflict {
		t.Errorf("an update from the revision that was lost: got %v, want %v", err, runtime.ErrConflict)
	}
	if err := store.Update(t.Context(), rolledBack, first.Rev, second, day); err != nil {
		t.Errorf("the update that was lost, again: %v", err)
	}
	// This is what is documented: a logout may be undone, until it is repeated.
	if _, err := store.Load(t.Context(), ended); err != nil {
		t.Logf("the logout that the replica lacks: %v", err)
	}
	if err := store.Delete(t.Context(), ended); err != nil {
		t.Error(err)
	}
	if _, err := store.Load(t.Context(), ended); err != runtime.ErrGone {
		t.Errorf("after the logout was repeated: got %v, want %v", err, runtime.ErrGone)
	}
	for range 30 {
		equal(t, b.visit(func(v *shop.Visitor) { v.AddVisits(1) }), http.StatusOK, "status after the failover")
	}
	equal(t, b.visits(), 30, "visits")
	for i := range 20 {
		signIn(t, s, int64(100+i))
	}
}

func TestR13_WithReplicasSaysWhenTheyLag(t *testing.T) {
	t.Parallel()
	primary := testserver.Redis(t)
	replica := replicaOf(t, primary)
	client := single(t, primary.URL())
	store := open(t, client, WithReplicas(1, 200*time.Millisecond))
	term := fresh[runtime.Term]()
	// A replica that has just begun to follow may take a while.
	id, rec := created(t, open(t, client, WithReplicas(1, 20*time.Second)), day, term)
	replica.Pause()
	next := record(term)
	for range 2 { // said again, although there is nothing left to write
		err := store.Update(t.Context(), id, rec.Rev, next, day)
		if err == nil || errors.Is(err, runtime.ErrConflict) || errors.Is(err, runtime.ErrGone) {
			t.Errorf("Update while the replica lags: got %v, want an unclear error", err)
		}
	}
	if err := store.Touch(t.Context(), id, time.Minute); err == nil {
		t.Error("Touch while the replica lags: got no error")
	}
	if _, err := store.Revoke(t.Context(), term, runtime.ID{}); err == nil {
		t.Error("Revoke while the replica lags: got no error")
	}
	if err := store.Delete(t.Context(), id); err == nil {
		t.Error("Delete while the replica lags: got no error")
	}
	if _, err := store.Load(t.Context(), id); err != runtime.ErrGone {
		t.Errorf("Load, which does not wait: got %v", err)
	}
	replica.Resume()
	until(t, "the replica catches up", time.Minute, func() bool { return store.Delete(t.Context(), id) == nil })
	if err := store.Update(t.Context(), id, rec.Rev, next, day); err != runtime.ErrGone {
		t.Errorf("Update of a deleted session: got %v, want %v", err, runtime.ErrGone)
	}
}

// sentinel starts a Sentinel that watches a primary.
func sentinel(t *testing.T, primary *testserver.Server) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	listener.Close()
	_, port := hostPort(t, address)
	host, watched := hostPort(t, primary.Address())
	folder := t.TempDir()
	file := filepath.Join(folder, "sentinel.conf")
	settings := fmt.Sprintf("port %s\nbind 127.0.0.1\ndir %s\nsentinel monitor shop %s %s 1\nsentinel down-after-milliseconds shop 400\nsentinel failover-timeout shop 3000\n", port, folder, host, watched)
	if err := os.WriteFile(file, []byte(settings), 0o600); err != nil {
		t.Fatal(err)
	}
	program := os.Getenv("SESSIONGEN_TEST_REDIS_SERVER")
	if program == "" {
		program = "redis-server"
	}
	command := exec.Command(program, file, "--sentinel")
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		command.Process.Kill()
		command.Wait()
	})
	client := redis.NewSentinelClient(&redis.Options{Addr: address})
	t.Cleanup(func() { client.Close() })
	until(t, "Sentinel knows the replica", time.Minute, func() bool {
		replicas, err := client.Replicas(context.Background(), "shop").Result()
		return err == nil && len(replicas) == 1 && replicas[0]["flags"] == "slave"
	})
	return address
}

func TestR13_ConformanceAndFailoverWithSentinel(t *testing.T) {
	t.Parallel()
	primary := testserver.Redis(t)
	replicaOf(t, primary)
	address := sentinel(t, primary)
	failover := &redis.FailoverOptions{MasterName: "shop", SentinelAddrs: []string{address}}
	client := redis.NewFailoverClient(failover)
	t.Cleanup(func() { client.Close() })

	t.Run("a client for replicas is refused", func(t *testing.T) {
		reading := *failover
		reading.ReplicaOnly = true
		client := redis.NewFailoverClient(&reading)
		defer client.Close()
		if _, err := New(client); err == nil {
			t.Error("got no error")
		}
	})
	if long {
		conform(t, client)
	} else {
		t.Run("turnable clock", func(t *testing.T) {
			clock := storetest.NewClock()
			store := open(t, client, WithClock(clock.Now))
			id, rec := created(t, store, day, runtime.Term{1})
			if err := store.Update(t.Context(), id, rec.Rev, record(runtime.Term{2}), day); err != nil {
				t.Error(err)
			}
			if n, err := store.Revoke(t.Context(), runtime.Term{2}, runtime.ID{}); n != 1 || err != nil {
				t.Errorf("Revoke: got %d, error %v", n, err)
			}
		})
	}
	replicated := open(t, client, WithReplicas(1, 5*time.Second))
	watched := watch(t, replicated)
	watched.change()
	s := newShop(t, replicated)
	b := signIn(t, s, 7)
	equal(t, b.visit(func(v *shop.Visitor) { v.SetVisits(10) }), http.StatusOK, "status before the failover")
	unreplicated := open(t, client)
	after := newShop(t, unreplicated)
	b = b.at(after)
	primary.Kill()
	start := time.Now()
	until(t, "the replica takes over", 2*time.Minute, func() bool {
		return b.clone().visit(func(v *shop.Visitor) { v.SetUsername("after") }) == http.StatusOK
	})
	t.Logf("the replica has taken over after %v", time.Since(start))
	equal(t, b.user(), 7, "user after the failover")
	equal(t, b.visits(), 10, "visits after the failover")
	equal(t, b.visit(func(v *shop.Visitor) { v.AddVisits(1) }), http.StatusOK, "status after the failover")
	n, err := after.visitors.RevokeByUserID(t.Context(), 7)
	if n != 1 || err != nil {
		t.Errorf("revoked %d, error %v, want 1", n, err)
	}
	equal(t, b.user(), 0, "user after being revoked")
	watched.by = unreplicated
	watched.goOn()
}
