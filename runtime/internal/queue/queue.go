package queue

import (
	"context"
	"encoding/binary"
	"sync"
	"sync/atomic"

	"github.com/sessiongen/sessiongen/runtime"
)

// Queue lets the commits of one session in this process follow each other: what
// the store would refuse as a conflict waits here instead, for less.
type Queue struct {
	shards [64]queueShard
	// generations count the commits in this process, by a hash of the ID. A
	// session whose generation has moved since it was loaded knows that the
	// revision it holds is stale before it sends it.
	generations [4096]atomic.Uint32
}

type queueShard struct {
	mu      sync.Mutex
	waiting map[runtime.ID]*turn
}

// turn is held by the one whose commit is under way.
type turn struct {
	free chan struct{} // holds one value while nobody's commit is under way
	uses int           // who holds it or waits for it
}

func (q *Queue) counter(id runtime.ID) *atomic.Uint32 {
	return &q.generations[binary.LittleEndian.Uint32(id[:4])%uint32(len(q.generations))]
}

func (q *Queue) Generation(id runtime.ID) uint32 { return q.counter(id).Load() }

// Moved notes that a record was written or deleted.
func (q *Queue) Moved(id runtime.ID) { q.counter(id).Add(1) }

// Enter waits for its turn or for ctx. leave must follow if there is no error.
func (q *Queue) Enter(ctx context.Context, id runtime.ID) error {
	shard := &q.shards[id[4]%uint8(len(q.shards))]
	shard.mu.Lock()
	if shard.waiting == nil {
		shard.waiting = map[runtime.ID]*turn{}
	}
	t := shard.waiting[id]
	if t == nil {
		shard.waiting[id] = &turn{uses: 1}
		shard.mu.Unlock()
		return nil
	}
	if t.free == nil {
		t.free = make(chan struct{}, 1)
	}
	t.uses++
	shard.mu.Unlock()
	select {
	case <-t.free:
		return nil
	case <-ctx.Done():
		q.release(shard, id, t, false)
		return ctx.Err()
	}
}

func (q *Queue) Leave(id runtime.ID) {
	shard := &q.shards[id[4]%uint8(len(q.shards))]
	shard.mu.Lock()
	t := shard.waiting[id]
	shard.mu.Unlock()
	q.release(shard, id, t, true)
}

func (q *Queue) release(shard *queueShard, id runtime.ID, t *turn, held bool) {
	shard.mu.Lock()
	defer shard.mu.Unlock()
	if t.uses--; t.uses == 0 {
		delete(shard.waiting, id)
		return
	}
	if held {
		t.free <- struct{}{}
	}
}
