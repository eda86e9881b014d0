package scsstore

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"time"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/internal/expiry"
)

// Underlying is the interface that scs calls Store. If an Underlying also has the methods
// FindCtx and CommitCtx of a CtxStore, the package calls those instead. An error that wraps
// [runtime.ErrRefused] is not repeated.
type Underlying interface {
	Delete(token string) error
	Find(token string) (b []byte, found bool, err error)
	Commit(token string, b []byte, expiry time.Time) error
}

// Store keeps sessions in an [Underlying] store. It implements [runtime.Store],
// [runtime.Indexer], [runtime.Revoker], [runtime.SendsOnce] and [runtime.Caveat], and is safe
// for use by several goroutines. Only one Store may use the same values.
//
// The values hold the deadlines, and the clock of the process decides about them. The
// expiry that the underlying store gets is some minutes later. Its own sweep, if it has
// one, therefore removes expired values only, although its clock may differ.
//
// A key has 37 characters, which are lower-case letters, digits and hyphens, and begins
// with "sg-". Do not let scs iterate over the same values, because it cannot read them.
//
// A call takes one Find, and one Commit if it changes something. A call that changes
// principal or index fields takes one more Find and one more Commit for each of them. The
// value that it writes then has 24 bytes for each session with the same value of the field.
type Store struct {
	values values
	now    func() time.Time
	locks  locks
}

var (
	_ runtime.Store     = (*Store)(nil)
	_ runtime.Indexer   = (*Store)(nil)
	_ runtime.Revoker   = (*Store)(nil)
	_ runtime.SendsOnce = (*Store)(nil)
	_ runtime.Caveat    = (*Store)(nil)
)

// Option configures a store that [SingleProcess] returns.
type Option func(*Store)

// WithClock replaces time.Now as the clock that decides about deadlines, for tests. The
// store calls now from several goroutines. The underlying store keeps its own clock. A nil
// now is ignored.
func WithClock(now func() time.Time) Option {
	return func(s *Store) {
		if now != nil {
			s.now = now
		}
	}
}

// SingleProcess returns a store that keeps sessions in underlying. No other process may use
// the same values, see the package documentation. SingleProcess returns an error for a nil
// underlying store. The caller remains responsible for closing the underlying store and
// for stopping its sweep.
func SingleProcess(underlying Underlying, options ...Option) (*Store, error) {
	if isNil(underlying) {
		return nil, errors.New("scsstore: the scs store is nil: give SingleProcess one, such as boltstore.New(db)")
	}
	s := &Store{values: newValues(underlying), now: time.Now}
	for _, option := range options {
		if option != nil {
			option(s)
		}
	}
	return s, nil
}

func isNil(underlying Underlying) bool {
	if underlying == nil {
		return true
	}
	v := reflect.ValueOf(underlying)
	switch v.Kind() {
	case reflect.Pointer, reflect.Map, reflect.Func, reflect.Chan, reflect.Slice:
		return v.IsNil()
	}
	return false
}

// Caveat implements [runtime.Caveat]. It says which rules hold within one process only.
func (s *Store) Caveat() string {
	return "scsstore.SingleProcess keeps updates and logouts apart within this process only: " +
		"if another process shares the sessions, use a store that resolves conflicts itself, such as sqlstore or redisstore"
}

// SendsOnce implements [runtime.SendsOnce]. It reports true: the store detects a conflict
// before it writes anything, and a client that repeats a Commit overwrites a value with the
// same value.
func (s *Store) SendsOnce() bool { return true }

// nothing is the result of calls that return only an error.
type nothing = struct{}

// Create implements [runtime.Store].
func (s *Store) Create(ctx context.Context, id runtime.ID, rec runtime.Record, ttl runtime.TTL) error {
	if err := ttl.CheckCreate(); err != nil {
		return fmt.Errorf("scsstore: %w", err)
	}
	next := newEntry(rec)
	_, err := locked(s, ctx, id, func() (nothing, error) {
		e, now, err := s.live(ctx, id)
		switch {
		case err == nil && e.rev == next.rev:
			return nothing{}, nil
		case err == nil:
			return nothing{}, runtime.ErrExists
		case !errors.Is(err, runtime.ErrNotFound):
			return nothing{}, err
		}
		next.idle, next.life = expiry.Deadlines(now, ttl, 0)
		return nothing{}, s.write(ctx, id, next, nil)
	})
	return err
}

// Load implements [runtime.Store].
func (s *Store) Load(ctx context.Context, id runtime.ID) (runtime.Record, error) {
	return await(ctx, func() (runtime.Record, error) { return s.load(ctx, id) })
}

func (s *Store) load(ctx context.Context, id runtime.ID) (runtime.Record, error) {
	e, now, err := s.live(ctx, id)
	if err != nil {
		return runtime.Record{}, err
	}
	return e.record(now), nil
}

// Update implements [runtime.Store].
func (s *Store) Update(ctx context.Context, id runtime.ID, old runtime.Rev, rec runtime.Record, ttl runtime.TTL) error {
	if err := ttl.CheckUpdate(); err != nil {
		return fmt.Errorf("scsstore: %w", err)
	}
	next := newEntry(rec)
	_, err := locked(s, ctx, id, func() (nothing, error) {
		e, now, err := s.live(ctx, id)
		switch {
		case err != nil:
			return nothing{}, err
		case e.rev == next.rev:
			return nothing{}, nil
		case e.rev != old:
			return nothing{}, runtime.ErrConflict
		}
		next.idle, next.life = expiry.Deadlines(now, ttl, e.life)
		return nothing{}, s.write(ctx, id, next, &e)
	})
	return err
}

// Touch implements [runtime.Store].
func (s *Store) Touch(ctx context.Context, id runtime.ID, idle time.Duration) error {
	_, err := locked(s, ctx, id, func() (nothing, error) {
		e, now, err := s.live(ctx, id)
		if err != nil {
			return nothing{}, err
		}
		until := min(expiry.Later(now, idle), e.life)
		if until <= e.idle {
			return nothing{}, nil
		}
		e.idle = until
		return nothing{}, s.values.commit(ctx, recordKey(id), e.encode(), e.idle)
	})
	return err
}

// Delete implements [runtime.Store].
func (s *Store) Delete(ctx context.Context, id runtime.ID) error {
	_, err := locked(s, ctx, id, func() (nothing, error) {
		e, _, err := s.live(ctx, id)
		switch {
		case err == nil:
		case errors.Is(err, runtime.ErrNotFound), errors.Is(err, runtime.ErrGone), errors.Is(err, errUnreadable):
		default:
			return nothing{}, err
		}
		if err := s.bury(ctx, id, e); err != nil {
			return nothing{}, err
		}
		for _, t := range distinct(e.terms) {
			s.forget(ctx, t, id)
		}
		return nothing{}, nil
	})
	return err
}

// live returns the record of an ID and the time. Along with [runtime.ErrNotFound] and
// [runtime.ErrGone], it returns the expired record or the tombstone, if the store still has
// one.
func (s *Store) live(ctx context.Context, id runtime.ID) (entry, int64, error) {
	value, found, err := s.values.find(ctx, recordKey(id))
	now := s.now().UnixNano()
	switch {
	case err != nil:
		return entry{}, now, err
	case !found:
		return entry{}, now, runtime.ErrNotFound
	}
	e, err := decode(value)
	switch {
	case err != nil:
		return entry{}, now, err
	case now >= e.idle:
		return e, now, runtime.ErrNotFound
	case e.tombstone:
		return e, now, runtime.ErrGone
	}
	return e, now, nil
}

// write stores a record, after the index entries that are needed to find it. old is the
// record that it replaces, or nil.
func (s *Store) write(ctx context.Context, id runtime.ID, next entry, old *entry) error {
	var left []runtime.Term
	for _, t := range distinct(next.terms) {
		if old != nil && next.life <= old.life && contains(old.terms, t) {
			continue
		}
		if err := s.remember(ctx, t, id, next.life); err != nil {
			return err
		}
	}
	if old != nil {
		for _, t := range distinct(old.terms) {
			if !contains(next.terms, t) {
				left = append(left, t)
			}
		}
	}
	if err := s.values.commit(ctx, recordKey(id), next.encode(), next.idle); err != nil {
		return err
	}
	for _, t := range left {
		s.forget(ctx, t, id)
	}
	return nil
}

// bury replaces a record or a tombstone by a new tombstone.
func (s *Store) bury(ctx context.Context, id runtime.ID, e entry) error {
	until := expiry.Later(s.now().UnixNano(), expiry.TombstoneLife)
	if e.tombstone {
		until = max(until, e.idle)
	}
	grave := entry{tombstone: true, idle: until, life: until}
	return s.values.commit(ctx, recordKey(id), grave.encode(), until)
}
