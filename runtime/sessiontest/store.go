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
)

// Store keeps sessions in memory, goes by a clock of the test's, and fails where it is
// told to. What this package does itself, such as [Request], is neither counted nor
// failed. It is safe for several goroutines.
//
// The runtime repeats a call whose answer leaves its effect open, up to four times
// within half a second: a fault of one call is mended by it, and one that is to be
// noticed has to last.
type Store struct {
	inner *memstore.Store

	mu     sync.Mutex
	calls  map[Call]int
	faults map[Call]fault
}

// fault is what goes wrong with a call.
type fault struct {
	err   error
	left  int  // how often yet; negative: until Heal
	after bool // the call has its effect first
	hang  bool // it does not answer before its context ends
}

var (
	_ runtime.Store   = (*Store)(nil)
	_ runtime.Indexer = (*Store)(nil)
	_ runtime.Watcher = (*Store)(nil)
)

// NewStore returns an empty store, which is closed when the test ends. A nil clock is
// the machine's.
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

// Fail makes every such call fail with err and without an effect, until [Store.Heal].
func (s *Store) Fail(call Call, err error) { s.plan(call, fault{err: err, left: -1}) }

// FailTimes makes the next so many of such calls fail with err and without an effect.
func (s *Store) FailTimes(call Call, times int, err error) {
	s.plan(call, fault{err: err, left: times})
}

// LoseAnswers makes the next so many of such calls have their effect and then fail with
// err, as when a connection breaks while the answer is under way.
func (s *Store) LoseAnswers(call Call, times int, err error) {
	s.plan(call, fault{err: err, left: times, after: true})
}

// Hang makes every such call wait until its context ends, until [Store.Heal]; see
// runtime.WithTimeout.
func (s *Store) Hang(call Call) { s.plan(call, fault{left: -1, hang: true}) }

// Heal ends all faults, also for calls that come late.
func (s *Store) Heal() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.faults)
}

// Calls is how many such calls there were since the last [Store.ResetCalls], failed
// ones included.
func (s *Store) Calls(call Call) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.calls[call]
}

// ResetCalls begins to count anew.
func (s *Store) ResetCalls() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.calls)
}

var errWithoutReason = errors.New("sessiontest: the store was told to fail")

func (s *Store) plan(call Call, f fault) {
	if f.err == nil {
		f.err = errWithoutReason
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults[call] = f
}

// next counts a call and says what is to go wrong with it.
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
		_ = run() // what it did is not told
	}
	return f.err
}

// Create implements runtime.Store.
func (s *Store) Create(ctx context.Context, id runtime.ID, rec runtime.Record, ttl runtime.TTL) error {
	return s.do(ctx, Create, func() error { return s.inner.Create(ctx, id, rec, ttl) })
}

// Load implements runtime.Store.
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

// Update implements runtime.Store.
func (s *Store) Update(ctx context.Context, id runtime.ID, old runtime.Rev, rec runtime.Record, ttl runtime.TTL) error {
	return s.do(ctx, Update, func() error { return s.inner.Update(ctx, id, old, rec, ttl) })
}

// Touch implements runtime.Store.
func (s *Store) Touch(ctx context.Context, id runtime.ID, idle time.Duration) error {
	return s.do(ctx, Touch, func() error { return s.inner.Touch(ctx, id, idle) })
}

// Delete implements runtime.Store.
func (s *Store) Delete(ctx context.Context, id runtime.ID) error {
	return s.do(ctx, Delete, func() error { return s.inner.Delete(ctx, id) })
}

// List implements runtime.Indexer.
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

// Watch implements runtime.Watcher. It never fails, and is not counted.
func (s *Store) Watch(ids ...runtime.ID) (changed <-chan struct{}, stop func()) {
	return s.inner.Watch(ids...)
}

// Revoke implements runtime.Indexer.
func (s *Store) Revoke(ctx context.Context, t runtime.Term, keep runtime.ID) (count int, err error) {
	err = s.do(ctx, Revoke, func() (err error) {
		count, err = s.inner.Revoke(ctx, t, keep)
		return err
	})
	return count, err
}
