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
	m := newMove(t, cluster, client, key)

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
	m.begin()
	goOn("while its slot is about to move")
	m.migrate()
	goOn("where it was asked for")
	m.end()
	goOn("when its slot has moved")
	over.Store(true)
	writer.Wait()
	if n, err := m.to.Exists(t.Context(), key).Result(); n != 1 || err != nil {
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

// move moves a slot with one key from its server to another one.
type move struct {
	*testing.T
	key      string
	slot     int64
	from, to *redis.Client
	target   *testserver.Server
	all      []*redis.Client
}

func newMove(t *testing.T, cluster *testserver.Cluster, client *redis.ClusterClient, key string) *move {
	t.Helper()
	slot, err := client.ClusterKeySlot(t.Context(), key).Result()
	if err != nil {
		t.Fatal(err)
	}
	m := &move{T: t, key: key, slot: slot}
	for _, node := range cluster.Nodes() {
		at := single(t, node.URL())
		m.all = append(m.all, at)
		if node == cluster.PrimaryOf(int(slot)) {
			m.from = at
		} else {
			m.to, m.target = at, node
		}
	}
	return m
}

func (m *move) do(at *redis.Client, command ...any) {
	m.Helper()
	if err := at.Do(m.Context(), command...).Err(); err != nil {
		m.Errorf("%v: %v", command, err)
	}
}

func (m *move) name(at *redis.Client) string {
	m.Helper()
	text, err := at.Do(m.Context(), "cluster", "myid").Text()
	if err != nil {
		m.Fatal(err)
	}
	return text
}

func (m *move) begin() {
	m.Helper()
	m.do(m.to, "cluster", "setslot", m.slot, "importing", m.name(m.from))
	m.do(m.from, "cluster", "setslot", m.slot, "migrating", m.name(m.to))
}

func (m *move) migrate() {
	m.Helper()
	host, port := hostPort(m, m.target.Address())
	m.do(m.from, "migrate", host, port, "", 0, 5000, "keys", m.key)
}

func (m *move) end() {
	m.Helper()
	for _, at := range append([]*redis.Client{m.to, m.from}, m.all...) {
		m.do(at, "cluster", "setslot", m.slot, "node", m.name(m.to))
	}
}
