package storetest

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/sessiongen/sessiongen/runtime"
)

// reporter has the methods of *testing.T that checks use. The tests of this package pass
// another implementation, to see checks fail on stores that are broken on purpose.
type reporter interface {
	Context() context.Context
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
	Helper()
	Skip(args ...any)
}

// trial is one check on one store.
type trial struct {
	reporter
	store   runtime.Store
	index   runtime.Indexer // nil if the store is not one
	revoker runtime.Revoker // nil if the store is not one, or cannot find its sessions
	watcher runtime.Watcher // nil if the store is not one
	clock   *Clock          // nil if the store goes by a clock of its own
	load    load
}

// load is the amount of work of the checks that race.
type load struct {
	writers, rounds, updates int
	// patience is the time that a call may take after its context has ended, and a
	// Watcher for its report. It is long for the sake of busy machines: a call that
	// ignores its context waits for as long as the store is stuck.
	patience time.Duration
}

var (
	fullLoad  = load{writers: 64, rounds: 50, updates: 10_000, patience: 5 * time.Second}
	shortLoad = load{writers: 16, rounds: 6, updates: 400, patience: 5 * time.Second}
)

// day is the TTL of sessions that must not expire during a check.
var day = runtime.TTL{Idle: time.Hour, Life: 24 * time.Hour}

func random[T ~[8]byte | ~[16]byte | ~[32]byte]() T {
	var b [32]byte
	rand.Read(b[:])
	var v T
	switch p := any(&v).(type) {
	case *runtime.Rev:
		copy(p[:], b[:])
	case *runtime.ID:
		copy(p[:], b[:])
	case *runtime.Term:
		copy(p[:], b[:])
	}
	return v
}

func newID() runtime.ID     { return random[runtime.ID]() }
func newTerm() runtime.Term { return random[runtime.Term]() }

// newRecord returns a record with a new revision and unique content.
func newRecord(terms ...runtime.Term) runtime.Record {
	return runtime.Record{Rev: random[runtime.Rev](), Terms: terms, Data: "content " + rand.Text()}
}

// expect compares the error of a call with the one that the contract requires: nil, or
// exactly one of its errors.
func (t *trial) expect(call string, got, want error) {
	t.Helper()
	if want == nil {
		if got != nil {
			t.Fatalf("%s: got error %q, want none", call, got)
		}
		return
	}
	for _, err := range []error{runtime.ErrNotFound, runtime.ErrGone, runtime.ErrExists, runtime.ErrConflict} {
		if errors.Is(got, err) != errors.Is(want, err) {
			t.Fatalf("%s: got %v, want %q", call, describe(got), want)
		}
	}
	if !errors.Is(got, want) {
		t.Fatalf("%s: got %v, want %q", call, describe(got), want)
	}
}

// refused checks that a TTL leads to an error, and to none of the contract's own.
func (t *trial) refused(call string, ttl runtime.TTL, got error) {
	t.Helper()
	if got == nil || isClear(got) {
		t.Errorf("%s with %+v: got %s, want the error of runtime.TTL.Check%[1]s: the session would end at once, or never", call, ttl, describe(got))
	}
}

// isClear reports whether an error has a meaning in the contract.
func isClear(err error) bool {
	return errors.Is(err, runtime.ErrNotFound) || errors.Is(err, runtime.ErrGone) ||
		errors.Is(err, runtime.ErrExists) || errors.Is(err, runtime.ErrConflict)
}

func describe(err error) string {
	if err == nil {
		return "no error"
	}
	return fmt.Sprintf("error %q", err)
}

func (t *trial) create(id runtime.ID, rec runtime.Record, ttl runtime.TTL, want error) {
	t.Helper()
	t.expect("Create", t.store.Create(t.Context(), id, rec, ttl), want)
}

func (t *trial) update(id runtime.ID, old runtime.Rev, rec runtime.Record, ttl runtime.TTL, want error) {
	t.Helper()
	t.expect("Update", t.store.Update(t.Context(), id, old, rec, ttl), want)
}

func (t *trial) touch(id runtime.ID, idle time.Duration, want error) {
	t.Helper()
	t.expect("Touch", t.store.Touch(t.Context(), id, idle), want)
}

func (t *trial) delete(id runtime.ID) {
	t.Helper()
	t.expect("Delete", t.store.Delete(t.Context(), id), nil)
}

func (t *trial) list(term runtime.Term, after runtime.ID, max int) ([]runtime.ID, []runtime.Record) {
	t.Helper()
	ids, records, err := t.index.List(t.Context(), term, after, max)
	t.expect("List", err, nil)
	if len(ids) != len(records) {
		t.Fatalf("List: got %d IDs and %d records, want the same number of both", len(ids), len(records))
	}
	return ids, records
}

func (t *trial) revoke(term runtime.Term, keep runtime.ID, want int) {
	t.Helper()
	count, err := t.index.Revoke(t.Context(), term, keep)
	t.expect("Revoke", err, nil)
	if count != want {
		t.Errorf("Revoke: got count %d, want %d", count, want)
	}
}

// session creates a session.
func (t *trial) session(ttl runtime.TTL, terms ...runtime.Term) (runtime.ID, runtime.Record) {
	t.Helper()
	id, rec := newID(), newRecord(terms...)
	t.create(id, rec, ttl, nil)
	return id, rec
}

// alive checks that Load returns the record, and returns what Load did.
func (t *trial) alive(id runtime.ID, want runtime.Record) runtime.Record {
	t.Helper()
	got, err := t.store.Load(t.Context(), id)
	t.expect("Load", err, nil)
	t.same("Load", got, want)
	return got
}

func (t *trial) same(call string, got, want runtime.Record) {
	t.Helper()
	if got.Rev != want.Rev {
		t.Errorf("%s: got revision %x, want %x", call, got.Rev, want.Rev)
	}
	if got.Data != want.Data {
		t.Errorf("%s: got %d bytes of data that differ from the %d bytes that were stored", call, len(got.Data), len(want.Data))
	}
	if !slices.Equal(got.Terms, want.Terms) {
		t.Errorf("%s: got %d terms that differ from the %d terms that were stored", call, len(got.Terms), len(want.Terms))
	}
}

// dead checks that no call finds a live record.
func (t *trial) dead(id runtime.ID, want error) {
	t.Helper()
	_, err := t.store.Load(t.Context(), id)
	t.expect("Load", err, want)
	t.touch(id, time.Hour, want)
	t.update(id, random[runtime.Rev](), newRecord(), day, want)
	t.update(id, random[runtime.Rev](), newRecord(), runtime.TTL{Idle: time.Hour}, want)
	_, err = t.store.Load(t.Context(), id)
	t.expect("Load after Touch and Update", err, want)
}

// listed checks which sessions List returns for a term.
func (t *trial) listed(term runtime.Term, want ...runtime.ID) {
	t.Helper()
	got, _ := t.list(term, runtime.ID{}, len(want)+10)
	if want = sorted(want); !slices.Equal(got, want) {
		t.Fatalf("List: got sessions %v, want %v", got, want)
	}
}

func sorted(ids []runtime.ID) []runtime.ID {
	ids = slices.Clone(ids)
	slices.SortFunc(ids, func(a, b runtime.ID) int { return bytes.Compare(a[:], b[:]) })
	return ids
}

// about checks a duration to the second, because stores may round to seconds.
func (t *trial) about(what string, got, want time.Duration) {
	t.Helper()
	tolerance := time.Second
	if t.clock == nil {
		tolerance = 30 * time.Second // the test itself takes time
	}
	if (got - want).Abs() > tolerance {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

// together starts all functions at the same time and waits for them.
func together(functions ...func()) {
	var ready, done sync.WaitGroup
	start := make(chan struct{})
	ready.Add(len(functions))
	for _, f := range functions {
		done.Go(func() {
			ready.Done()
			<-start
			f()
		})
	}
	ready.Wait()
	close(start)
	done.Wait()
}

// times returns n functions that call f with their numbers.
func times(n int, f func(i int)) []func() {
	functions := make([]func(), n)
	for i := range functions {
		functions[i] = func() { f(i) }
	}
	return functions
}
