package redisstore

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/storetest/testserver"
)

// The slot of a session moves to another server while the session is written to:
// servers answer MOVED and ASK, and no write is lost, refused or made twice.
func TestASlotMovesWhileItsSessionIsUsed(t *testing.T) {
	t.Parallel()
	cluster := testserver.RedisCluster(t, 3, 0)
	client := clustered(t, cluster.Addresses())
	s := open(t, client)
	id, rec := created(t, s, day)
	key := s.session(id)
	slot, err := client.ClusterKeySlot(t.Context(), key).Result()
	if err != nil {
		t.Fatal(err)
	}
	var from, to *redis.Client
	var target *testserver.Server
	var all []*redis.Client
	for _, node := range cluster.Nodes() {
		at := single(t, node.URL())
		all = append(all, at)
		if node == cluster.PrimaryOf(int(slot)) {
			from = at
		} else {
			to, target = at, node
		}
	}
	do := func(at *redis.Client, command ...any) {
		t.Helper()
		if err := at.Do(t.Context(), command...).Err(); err != nil {
			t.Errorf("%v: %v", command, err)
		}
	}
	name := func(at *redis.Client) string {
		text, err := at.Do(t.Context(), "cluster", "myid").Text()
		if err != nil {
			t.Fatal(err)
		}
		return text
	}

	var written atomic.Int64
	var over atomic.Bool
	var writer sync.WaitGroup
	writer.Go(func() {
		for !over.Load() {
			next := record()
			if err := s.Update(t.Context(), id, rec.Rev, next, day); err != nil {
				t.Errorf("Update after %d others: %v", written.Load(), err)
				return
			}
			rec = next
			if got, err := s.Load(t.Context(), id); err != nil || got.Rev != rec.Rev {
				t.Errorf("Load after %d updates: revision %x, error %v, want %x", written.Load(), got.Rev, err, rec.Rev)
				return
			}
			written.Add(1)
		}
	})
	goOn := func(stage string) {
		t.Helper()
		enough := written.Load() + 20
		until(t, "the session is used "+stage, time.Minute, func() bool { return written.Load() >= enough || t.Failed() })
	}
	goOn("before")
	do(to, "cluster", "setslot", slot, "importing", name(from))
	do(from, "cluster", "setslot", slot, "migrating", name(to))
	goOn("while its slot is about to move")
	host, port := hostPort(t, target.Address())
	do(from, "migrate", host, port, "", 0, 5000, "keys", key)
	goOn("where it was asked for")
	for _, at := range append([]*redis.Client{to, from}, all...) {
		do(at, "cluster", "setslot", slot, "node", name(to))
	}
	goOn("when its slot has moved")
	over.Store(true)
	writer.Wait()
	if n, err := to.Exists(t.Context(), key).Result(); n != 1 || err != nil {
		t.Errorf("the key is not where it was moved: %d, %v", n, err)
	}
	if err := s.Delete(t.Context(), id); err != nil {
		t.Error(err)
	}
	if _, err := s.Load(t.Context(), id); err != runtime.ErrGone {
		t.Errorf("after Delete: got %v", err)
	}
	t.Logf("%d updates while the slot moved", written.Load())
}
