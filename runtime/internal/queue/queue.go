package queue

import (
	"context"
	"encoding/binary"
	"sync"
	"sync/atomic"

	"github.com/sessiongen/sessiongen/runtime"
)

// Queue serializes the commits of one session within this process. A commit that the store
// would refuse as a conflict waits here instead, which costs less.
type Queue struct {
	shards [64]queueShard
	// generations count the commits in this process, by a hash of the ID. If the generation of a
	// session has moved since the session was loaded, its revision is stale, and the commit need
	// not try it.
	generations [4096]atomic.Uint32
}

type queueShard struct {
	mu      sync.Mutex
	waiting map[runtime.ID]*turn
}

// turn is held by the commit in progress.
type turn struct {
	free chan struct{} // holds one value while no commit is in progress
	uses int           // how many commits hold it or wait for it
}

func (q *Queue) shard(id runtime.ID) *queueShard { return &q.shards[id[4]%uint8(len(q.shards))] }

func (q *Queue) counter(id runtime.ID) *atomic.Uint32 {
	return &q.generations[binary.LittleEndian.Uint32(id[:4])%uint32(len(q.generations))]
}

// Generation returns the generation of the session.
func (q *Queue) Generation(id runtime.ID) uint32 { return q.counter(id).Load() }

// Moved records that the session was written or deleted.
func (q *Queue) Moved(id runtime.ID) { q.counter(id).Add(1) }

// TryEnter is Enter for a caller that does not wait. It reports whether the commit may start.
func (q *Queue) TryEnter(id runtime.ID) bool {
	shard := q.shard(id)
	shard.mu.Lock()
	defer shard.mu.Unlock()
	return shard.enter(id)
}

// enter takes the turn of a session with no commit in progress.
func (s *queueShard) enter(id runtime.ID) bool {
	if s.waiting[id] != nil {
		return false
	}
	if s.waiting == nil {
		s.waiting = map[runtime.ID]*turn{}
	}
	s.waiting[id] = &turn{uses: 1}
	return true
}

// Enter waits until the commit may start, or for ctx. The caller must call Leave if there is no
// error.
func (q *Queue) Enter(ctx context.Context, id runtime.ID) error {
	shard := q.shard(id)
	shard.mu.Lock()
	if shard.enter(id) {
		shard.mu.Unlock()
		return nil
	}
	t := shard.waiting[id]
	if t.free == nil {
		t.free = make(chan struct{}, 1)
	}
	t.uses++
	shard.mu.Unlock()
	select {
	case <-t.free:
		return nil
	case <-ctx.Done():
		shard.mu.Lock()
		defer shard.mu.Unlock()
		shard.release(id, t, false)
		return ctx.Err()
	}
}

// Leave lets the next commit of the session start.
func (q *Queue) Leave(id runtime.ID) {
	shard := q.shard(id)
	shard.mu.Lock()
	defer shard.mu.Unlock()
	shard.release(id, shard.waiting[id], true)
}

// release gives up a turn, or the wait for it.
func (s *queueShard) release(id runtime.ID, t *turn, held bool) {
	if t.uses--; t.uses == 0 {
		delete(s.waiting, id)
		return
	}
	if held {
		t.free <- struct{}{}
	}
}
