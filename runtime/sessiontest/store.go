package sessiontest

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/internal/aside"
	"github.com/sessiongen/sessiongen/runtime/memstore"
)

// Call names a method of a store.
type Call string

// The calls that a [Store] counts and can fail.
const (
	Create Call = "Create"
	Load   Call = "Load"
	Update Call = "Update"
	Touch  Call = "Touch"
	Delete Call = "Delete"
	List   Call = "List"
	Revoke Call = "Revoke"

	RevokeAll Call = "RevokeAll"
)

// Store keeps sessions in memory, goes by the clock of the test, and fails on demand. It neither
// counts nor fails the package's own calls, such as those of [Request]. It is safe for use by
// several goroutines.
//
// After an unclear error, the runtime repeats a call up to four times within half a second. It
// thereby recovers from a single fault: a fault that a test wants to notice has to last.
type Store struct {
	inner *memstore.Store

	mu     sync.Mutex
	calls  map[Call]int
	faults map[Call]fault
}

// fault is a planned failure of a call.
type fault struct {
	err   error
	left  int  // the number of calls that still fail; negative: until Heal
	after bool // the call takes effect before it fails
	hang  bool // the call returns when its context ends
}

var (
	_ runtime.Store   = (*Store)(nil)
	_ runtime.Indexer = (*Store)(nil)
	_ runtime.Revoker = (*Store)(nil)
	_ runtime.Watcher = (*Store)(nil)
)

// NewStore returns an empty store, which is closed when the test ends. A nil clock means the
// machine's clock.
func NewStore(t testing.TB, clock *Clock) *Store {
	t.Helper()
	now := time.Now
	if clock != nil {
		now = clock.Now
	}
	s := &Store{
		inner:  memstore.New(memstore.WithClock(now), memstore.WithSweepInterval(0)),
		calls:  map[Call]int{},
		faults: map[Call]fault{},
	}
	t.Cleanup(func() { _ = s.inner.Close() })
	return s
}

// Fail makes every call of a method fail with err and without effect, until [Store.Heal]. A nil
// err means an error of this package, here and in the methods below.
func (s *Store) Fail(call Call, err error) { s.plan(call, fault{err: err, left: -1}) }

// FailTimes makes the next calls of a method, as many as times says, fail with err and without
// effect.
func (s *Store) FailTimes(call Call, times int, err error) {
	s.plan(call, fault{err: err, left: times})
}

// LoseAnswers makes the next calls of a method, as many as times says, take effect and then fail
// with err, as when a connection breaks before the answer arrives.
func (s *Store) LoseAnswers(call Call, times int, err error) {
	s.plan(call, fault{err: err, left: times, after: true})
}

// Hang makes every call of a method wait until its context ends, until [Store.Heal]. See
// [runtime.WithTimeout].
func (s *Store) Hang(call Call) { s.plan(call, fault{left: -1, hang: true}) }

// Heal ends all faults. Calls that hang already still wait for the end of their contexts.
func (s *Store) Heal() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.faults)
}

// Calls returns the number of calls of a method since the last [Store.ResetCalls], including
// failed ones.
func (s *Store) Calls(call Call) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.calls[call]
}

// ResetCalls sets the numbers of calls to zero.
func (s *Store) ResetCalls() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.calls)
}

var errWithoutReason = errors.New("sessiontest: the test makes the store fail")

func (s *Store) plan(call Call, f fault) {
	if f.err == nil {
		f.err = errWithoutReason
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults[call] = f
}

// next counts a call and returns its fault, if it has one.
func (s *Store) next(ctx context.Context, call Call) (f fault, faulty bool) {
	if aside.Is(ctx) {
		return fault{}, false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls[call]++
	f, faulty = s.faults[call]
	if !faulty || f.left == 0 {
		return fault{}, false
	}
	if f.left > 0 {
		f.left--
		s.faults[call] = f
	}
	return f, true
}

func (s *Store) do(ctx context.Context, call Call, run func() error) error {
	f, faulty := s.next(ctx, call)
	switch {
	case !faulty:
		return run()
	case f.hang:
		<-ctx.Done()
		return ctx.Err()
	case f.after:
		_ = run() // the caller does not get this answer
	}
	return f.err
}

// Create implements [runtime.Store].
func (s *Store) Create(ctx context.Context, id runtime.ID, rec runtime.Record, ttl runtime.TTL) error {
	return s.do(ctx, Create, func() error { return s.inner.Create(ctx, id, rec, ttl) })
}

// Load implements [runtime.Store].
func (s *Store) Load(ctx context.Context, id runtime.ID) (rec runtime.Record, err error) {
	err = s.do(ctx, Load, func() (err error) {
		rec, err = s.inner.Load(ctx, id)
		return err
	})
	if err != nil {
		return runtime.Record{}, err
	}
	return rec, nil
}

// Update implements [runtime.Store].
func (s *Store) Update(ctx context.Context, id runtime.ID, old runtime.Rev, rec runtime.Record, ttl runtime.TTL) error {
	return s.do(ctx, Update, func() error { return s.inner.Update(ctx, id, old, rec, ttl) })
}

// Touch implements [runtime.Store].
func (s *Store) Touch(ctx context.Context, id runtime.ID, idle time.Duration) error {
	return s.do(ctx, Touch, func() error { return s.inner.Touch(ctx, id, idle) })
}

// Delete implements [runtime.Store].
func (s *Store) Delete(ctx context.Context, id runtime.ID) error {
	return s.do(ctx, Delete, func() error { return s.inner.Delete(ctx, id) })
}

// List implements [runtime.Indexer].
func (s *Store) List(ctx context.Context, t runtime.Term, after runtime.ID, most int) (ids []runtime.ID, records []runtime.Record, err error) {
	err = s.do(ctx, List, func() (err error) {
		ids, records, err = s.inner.List(ctx, t, after, most)
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	return ids, records, nil
}

// Watch implements [runtime.Watcher]. It never fails and is not counted.
func (s *Store) Watch(ids ...runtime.ID) (changed <-chan struct{}, stop func()) {
	return s.inner.Watch(ids...)
}

// Revoke implements [runtime.Indexer].
func (s *Store) Revoke(ctx context.Context, t runtime.Term, keep runtime.ID) (count int, err error) {
	err = s.do(ctx, Revoke, func() (err error) {
		count, err = s.inner.Revoke(ctx, t, keep)
		return err
	})
	return count, err
}

// RevokeAll implements [runtime.Revoker].
func (s *Store) RevokeAll(ctx context.Context, prefix string) (count int, err error) {
	err = s.do(ctx, RevokeAll, func() (err error) {
		count, err = s.inner.RevokeAll(ctx, prefix)
		return err
	})
	return count, err
}
