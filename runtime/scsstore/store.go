// Package scsstore keeps sessions in a store written for alexedwards/scs, of which
// there are some twenty: for BoltDB, Badger, Firestore, MongoDB, SQL Server and
// more.
//
//	store, err := scsstore.SingleProcess(boltstore.New(db))
//	visitors, err := web.NewVisitorManager(store, runtime.WithKeys(keys))
//
// # One process
//
// Such a store finds, overwrites and deletes values, and that is all: it cannot
// write a value on the condition that nobody else has written it meanwhile. What
// the contract of [runtime.Store] asks for is therefore done with locks of this
// process. As long as one process with one [Store] uses the values, nothing is lost
// and a logout is final. Two processes lose each other's updates and bring back
// sessions that the other has ended, as scs itself does. The manager says so in
// an event of the kind [runtime.EventStoreCaveat] when it starts. Where several processes
// share sessions, use a store that decides by itself, such as those in sqlstore and
// redisstore.
//
// One thing the locks cannot see: a write that failed in this process, because its
// connection broke, and that the server carries out all the same after a later one.
package scsstore

import (
	"context"
	"errors"
	"reflect"
	"time"

	"github.com/sessiongen/sessiongen/runtime"
)

// Underlying is what scs calls a Store. If it has the methods of a CtxStore too
// (FindCtx and CommitCtx), they are used instead.
type Underlying interface {
	Delete(token string) error
	Find(token string) (b []byte, found bool, err error)
	Commit(token string, b []byte, expiry time.Time) error
}

// Store keeps sessions in an [Underlying] store and implements [runtime.Store],
// [runtime.Indexer], [runtime.SendsOnce] and [runtime.Caveat]. It is safe for
// several goroutines, and there must be only one of it on the same values.
//
// Deadlines are kept in the values, and the process's clock decides. The underlying
// store gets an expiry some minutes behind them, so that it removes what is over,
// by a sweep of its own if it has one, and nothing else, although its clock may
// differ.
//
// The keys are 37 characters of lower-case letters, digits and hyphens, beginning
// with "sg-". Do not let scs iterate over the same values: it cannot read them.
// A call costs a Find, one that changes something a Commit as well; one that
// changes principal or index fields a Find and a Commit more for each of them, of
// a value with 24 bytes for each session that shares the field's value.
type Store struct {
	values values
	now    func() time.Time
	locks  locks
}

var (
	_ runtime.Store     = (*Store)(nil)
	_ runtime.Indexer   = (*Store)(nil)
	_ runtime.SendsOnce = (*Store)(nil)
	_ runtime.Caveat    = (*Store)(nil)
)

// Option changes how [SingleProcess] builds a store.
type Option func(*Store)

// WithClock makes deadlines go by another clock than time.Now, for tests. It is
// called from several goroutines. The underlying store goes on by its own.
func WithClock(now func() time.Time) Option {
	return func(s *Store) {
		if now != nil {
			s.now = now
		}
	}
}

// SingleProcess returns a store that keeps sessions in underlying, for as long as
// no other process uses them: read the package's documentation. It refuses nil.
// Closing the underlying store, and stopping its sweep, is left to the caller.
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

// Caveat says what holds within one process only.
func (s *Store) Caveat() string {
	return "scsstore.SingleProcess keeps updates and logouts apart within this process only: " +
		"if another process shares the sessions, use a store that decides by itself, such as sqlstore or redisstore"
}

// SendsOnce is true: whether there is a conflict is decided here, before anything
// is written, and a client that repeats a Commit overwrites a value with the same.
func (s *Store) SendsOnce() bool { return true }

var (
	errCreateTTL = errors.New("scsstore: create without a deadline: give a TTL.Idle and a TTL.Life above zero")
	errUpdateTTL = errors.New("scsstore: update without a deadline: give a TTL.Idle above zero, and a TTL.Life that is not below it")
)

// nothing is what calls return that return only an error.
type nothing = struct{}

// Create implements [runtime.Store].
func (s *Store) Create(ctx context.Context, id runtime.ID, rec runtime.Record, ttl runtime.TTL) error {
	if ttl.Idle <= 0 || ttl.Life <= 0 {
		return errCreateTTL
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
		next.life = later(now, ttl.Life)
		next.idle = min(later(now, ttl.Idle), next.life)
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
	if ttl.Idle <= 0 || ttl.Life < 0 {
		return errUpdateTTL
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
		next.life = e.life
		if ttl.Life > 0 {
			next.life = later(now, ttl.Life)
		}
		next.idle = min(later(now, ttl.Idle), next.life)
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
		until := min(later(now, idle), e.life)
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

// live finds the record of an ID. What it returns along with [runtime.ErrNotFound]
// and [runtime.ErrGone] is what has expired, or the tombstone, if it is still there.
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

// write puts a record into the store, and before that into the index whatever is
// needed to find it. old is the record that it replaces.
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

// tombstone is how long a deleted session is remembered. The contract asks for
// 60 seconds; the rest is for clocks that step forward.
const tombstone = 2 * time.Minute

// bury turns what is there into a tombstone.
func (s *Store) bury(ctx context.Context, id runtime.ID, e entry) error {
	until := later(s.now().UnixNano(), tombstone)
	if e.tombstone {
		until = max(until, e.idle)
	}
	grave := entry{tombstone: true, idle: until, life: until}
	return s.values.commit(ctx, recordKey(id), grave.encode(), until)
}
