package memstore

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/internal/expiry"
)

// Store keeps sessions in memory. It implements [runtime.Store], [runtime.Indexer],
// [runtime.Revoker], [runtime.SendsOnce] and [runtime.Watcher], and is safe for use by
// several goroutines. After [Store.Close] every call returns an error.
//
// Store measures time by the monotonic clock, so setting the machine's clock neither
// ends nor extends sessions. On operating systems whose monotonic clock stops while
// the machine is suspended, that time does not count.
type Store struct {
	shards   [256]shard
	now      func() int64  // nanoseconds since some moment
	epoch    atomic.Uint64 // counts calls of Revoke
	interval time.Duration

	watched  atomic.Int32 // number of watches; while it is zero, writers look at nothing else
	watchers watchers

	closed   atomic.Bool
	sweeping sync.Mutex // held while a sweep runs or is scheduled
	timer    *time.Timer
}

var (
	_ runtime.Store     = (*Store)(nil)
	_ runtime.Indexer   = (*Store)(nil)
	_ runtime.Revoker   = (*Store)(nil)
	_ runtime.SendsOnce = (*Store)(nil)
	_ runtime.Watcher   = (*Store)(nil)
)

// Option configures a store that [New] returns.
type Option func(*Store)

// WithClock sets the clock that decides about deadlines, for tests. The store calls
// now from several goroutines. Sweeps still start by real time.
func WithClock(now func() time.Time) Option {
	return func(s *Store) { s.now = func() int64 { return now().UnixNano() } }
}

// WithSweepInterval sets the time between two sweeps, give or take a quarter. A sweep
// removes expired sessions from memory. The default is one minute. Sessions end at
// their deadlines whatever the interval is: it only decides when their memory is free
// again. Zero or less disables sweeps, which is useful in tests.
func WithSweepInterval(d time.Duration) Option {
	return func(s *Store) { s.interval = d }
}

// New returns an empty store. The store removes expired sessions in the background
// until [Store.Close].
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

var errClosed = runtime.Refused(errors.New("memstore: the store is closed and its sessions are lost: close it after the last request"))

// usable returns an error if ctx has ended or the store is closed.
func (s *Store) usable(ctx context.Context) error {
	if s.closed.Load() {
		return errClosed
	}
	return ctx.Err()
}

func (s *Store) shard(id runtime.ID) *shard { return &s.shards[id[0]] }

// SendsOnce implements [runtime.SendsOnce]. It reports true: no client stands in
// between that could repeat a call.
func (s *Store) SendsOnce() bool { return true }

// Create implements [runtime.Store].
func (s *Store) Create(ctx context.Context, id runtime.ID, rec runtime.Record, ttl runtime.TTL) error {
	if err := s.usable(ctx); err != nil {
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

// write requires that the shard's lock is held.
func (s *Store) write(h *shard, e *entry, rec runtime.Record, ttl runtime.TTL, now int64) {
	h.label(e, rec.Terms, s.epoch.Load())
	e.rev, e.data = rec.Rev, rec.Data
	e.idle, e.life = expiry.Deadlines(now, ttl, e.life)
}

// Load implements [runtime.Store]. It does not allocate memory.
func (s *Store) Load(ctx context.Context, id runtime.ID) (runtime.Record, error) {
	if err := s.usable(ctx); err != nil {
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
	if err := s.usable(ctx); err != nil {
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
	if err := s.usable(ctx); err != nil {
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
	if err := s.usable(ctx); err != nil {
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
		if err := s.usable(ctx); err != nil {
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

// Revoke implements [runtime.Indexer]. It spares every session that takes up t after
// the call began, also one that carried t at an earlier time.
func (s *Store) Revoke(ctx context.Context, t runtime.Term, keep runtime.ID) (int, error) {
	if err := s.usable(ctx); err != nil {
		return 0, err
	}
	// The sessions that carry t by now have taken it up in an earlier epoch.
	epoch := s.epoch.Add(1)
	count := 0
	var ids []runtime.ID
	for i := range s.shards {
		h := &s.shards[i]
		ids = h.candidates(ids[:0], t)
		for _, id := range ids {
			if err := s.usable(ctx); err != nil {
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
