// Package memstore keeps sessions in memory: for tests, and for applications
// that run as one process and may forget their sessions when it ends.
//
//	store := memstore.New()
//	defer store.Close()
//	visitors, err := web.NewVisitorManager(store, runtime.WithKeys(keys))
package memstore

import (
	"bytes"
	"context"
	"fmt"
	"hash/maphash"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/internal/expiry"
)

// Store keeps sessions in memory and implements [runtime.Store],
// [runtime.Indexer], [runtime.SendsOnce] and [runtime.Watcher].
//
// Time is measured by the monotonic clock, so setting the machine's clock
// neither ends nor prolongs sessions. Time that the machine spends suspended
// does not count where the operating system's monotonic clock stands still then.
type Store struct {
	shards   [256]shard
	now      func() int64  // nanoseconds since some moment
	epoch    atomic.Uint64 // counts calls of Revoke
	interval time.Duration

	watched  atomic.Int32 // how many watch; writers ask for nothing more while it is zero
	watchers watchers

	closed   atomic.Bool
	sweeping sync.Mutex // held while a sweep runs or is scheduled
	timer    *time.Timer
}

var (
	_ runtime.Store     = (*Store)(nil)
	_ runtime.Indexer   = (*Store)(nil)
	_ runtime.SendsOnce = (*Store)(nil)
	_ runtime.Watcher   = (*Store)(nil)
)

// Option changes how [New] builds a store.
type Option func(*Store)

// WithClock makes deadlines go by a clock of the caller's, for tests. It is
// called from several goroutines. Sweeps are still started by real time.
func WithClock(now func() time.Time) Option {
	return func(s *Store) { s.now = func() int64 { return now().UnixNano() } }
}

// WithSweepInterval sets how often, give or take a quarter, expired sessions
// are removed from memory: once per minute by default. They are dead before
// that; the interval only decides when their memory is free again. Zero or less
// is never, which is for tests.
func WithSweepInterval(d time.Duration) Option {
	return func(s *Store) { s.interval = d }
}

// New returns an empty store. It removes expired sessions in the background
// until [Store.Close] is called.
func New(options ...Option) *Store {
	start := time.Now()
	s := &Store{
		now:      func() int64 { return int64(time.Since(start)) },
		interval: time.Minute,
	}
	for _, option := range options {
		option(s)
	}
	seed := maphash.MakeSeed()
	for i := range s.shards {
		s.shards[i].seed = seed
	}
	s.schedule()
	return s
}

func (s *Store) shard(id runtime.ID) *shard { return &s.shards[id[0]] }

// SendsOnce is true: there is nobody in between who could repeat a call.
func (s *Store) SendsOnce() bool { return true }

// Create implements [runtime.Store].
func (s *Store) Create(ctx context.Context, id runtime.ID, rec runtime.Record, ttl runtime.TTL) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := ttl.CheckCreate(); err != nil {
		return fmt.Errorf("memstore: %w", err)
	}
	now, h := s.now(), s.shard(id)
	h.mu.Lock()
	defer h.mu.Unlock()
	e := h.claim(id)
	switch {
	case e.expired(now):
		h.strip(e)
	case e.gone():
		return runtime.ErrGone
	case e.rev == rec.Rev:
		return nil
	default:
		return runtime.ErrExists
	}
	s.write(h, e, rec, ttl, now)
	s.changed(id)
	return nil
}

// write is called with the shard's lock held.
func (s *Store) write(h *shard, e *entry, rec runtime.Record, ttl runtime.TTL, now int64) {
	h.label(e, rec.Terms, s.epoch.Load())
	e.rev, e.data = rec.Rev, rec.Data
	e.idle, e.life = expiry.Deadlines(now, ttl, e.life)
}

// Load implements [runtime.Store]. It does not allocate.
func (s *Store) Load(ctx context.Context, id runtime.ID) (runtime.Record, error) {
	if err := ctx.Err(); err != nil {
		return runtime.Record{}, err
	}
	return s.load(id)
}

func (s *Store) load(id runtime.ID) (runtime.Record, error) {
	now, h := s.now(), s.shard(id)
	h.mu.RLock()
	defer h.mu.RUnlock()
	e, err := h.live(id, now)
	if err != nil {
		return runtime.Record{}, err
	}
	return e.record(now), nil
}

// Update implements [runtime.Store].
func (s *Store) Update(ctx context.Context, id runtime.ID, old runtime.Rev, rec runtime.Record, ttl runtime.TTL) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := ttl.CheckUpdate(); err != nil {
		return fmt.Errorf("memstore: %w", err)
	}
	now, h := s.now(), s.shard(id)
	h.mu.Lock()
	defer h.mu.Unlock()
	e, err := h.live(id, now)
	switch {
	case err != nil:
		return err
	case e.rev == rec.Rev:
		return nil
	case e.rev != old:
		return runtime.ErrConflict
	}
	s.write(h, e, rec, ttl, now)
	s.changed(id)
	return nil
}

// Touch implements [runtime.Store].
func (s *Store) Touch(ctx context.Context, id runtime.ID, idle time.Duration) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	now, h := s.now(), s.shard(id)
	h.mu.Lock()
	defer h.mu.Unlock()
	e, err := h.live(id, now)
	if err != nil {
		return err
	}
	e.idle = max(e.idle, min(expiry.Later(now, idle), e.life))
	return nil
}

// Delete implements [runtime.Store].
func (s *Store) Delete(ctx context.Context, id runtime.ID) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	now, h := s.now(), s.shard(id)
	h.mu.Lock()
	defer h.mu.Unlock()
	h.bury(h.claim(id), now)
	s.changed(id)
	return nil
}

// List implements [runtime.Indexer].
func (s *Store) List(ctx context.Context, t runtime.Term, after runtime.ID, max int) ([]runtime.ID, []runtime.Record, error) {
	var found []runtime.ID
	var records []runtime.Record
	var ids []runtime.ID
	for i := int(after[0]); i < len(s.shards); i++ {
		if err := ctx.Err(); err != nil {
			return nil, nil, err
		}
		h := &s.shards[i]
		ids = h.candidates(ids[:0], t)
		slices.SortFunc(ids, compare)
		for _, id := range slices.Compact(ids) {
			if len(found) >= max {
				return found, records, nil
			}
			if compare(id, after) <= 0 {
				continue
			}
			rec, err := s.load(id)
			if err == nil && slices.Contains(rec.Terms, t) {
				found, records = append(found, id), append(records, rec)
			}
		}
	}
	return found, records, nil
}

func compare(a, b runtime.ID) int { return bytes.Compare(a[:], b[:]) }

// Revoke implements [runtime.Indexer]. A session that comes to carry t after
// the call began is never revoked by it, not even if it carried t before.
func (s *Store) Revoke(ctx context.Context, t runtime.Term, keep runtime.ID) (int, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	// What carries t by now does so since an earlier epoch than this one.
	epoch := s.epoch.Add(1)
	count := 0
	var ids []runtime.ID
	for i := range s.shards {
		h := &s.shards[i]
		ids = h.candidates(ids[:0], t)
		for _, id := range ids {
			if err := ctx.Err(); err != nil {
				return count, err
			}
			if id != keep && s.revoke(h, id, t, epoch) {
				count++
			}
		}
	}
	return count, nil
}

func (s *Store) revoke(h *shard, id runtime.ID, t runtime.Term, epoch uint64) bool {
	now := s.now()
	h.mu.Lock()
	defer h.mu.Unlock()
	e, err := h.live(id, now)
	if err != nil {
		return false
	}
	if since, carried := h.since(e, t); !carried || since >= epoch {
		return false
	}
	h.bury(e, now)
	s.changed(id)
	return true
}
