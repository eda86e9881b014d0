package scsstore_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/internal/shop"
	"github.com/sessiongen/sessiongen/runtime/scsstore"
	"github.com/sessiongen/sessiongen/runtime/storetest"
)

var day = runtime.TTL{Idle: time.Hour, Life: 24 * time.Hour}

func fill(b []byte) {
	for i := range b {
		b[i] = byte(rand.Uint32())
	}
}

func newID() (id runtime.ID) {
	fill(id[:])
	return id
}

func newRecord(terms ...runtime.Term) runtime.Record {
	rec := runtime.Record{Terms: terms}
	fill(rec.Rev[:])
	return rec
}

func newTerm() (t runtime.Term) {
	fill(t[:])
	return t
}

// bench is a store on a memory that a test can look into.
type bench struct {
	*testing.T
	clock *storetest.Clock
	below *memory
	store *scsstore.Store
}

func newBench(t *testing.T) *bench {
	t.Helper()
	clock := storetest.NewClock()
	below := newMemory(clock.Now)
	return &bench{t, clock, below, open(t, below, scsstore.WithClock(clock.Now))}
}

func (b *bench) session(terms ...runtime.Term) (runtime.ID, runtime.Record) {
	b.Helper()
	id, rec := newID(), newRecord(terms...)
	b.want("Create", b.store.Create(b.Context(), id, rec, day), nil)
	return id, rec
}

func (b *bench) want(call string, got, want error) {
	b.Helper()
	if !errors.Is(got, want) || want == nil && got != nil {
		b.Fatalf("%s: got error %v, want %v", call, got, want)
	}
}

func (b *bench) load(id runtime.ID, want error) runtime.Record {
	b.Helper()
	rec, err := b.store.Load(b.Context(), id)
	b.want("Load", err, want)
	return rec
}

func (b *bench) listed(t runtime.Term, want ...runtime.ID) {
	b.Helper()
	ids, _, err := b.store.List(b.Context(), t, runtime.ID{}, 100)
	b.want("List", err, nil)
	if !slices.Equal(ids, want) {
		b.Fatalf("List: got %v, want %v", ids, want)
	}
}

func TestNilIsRefused(t *testing.T) {
	var none *memory
	for _, underlying := range []scsstore.Underlying{nil, none} {
		store, err := scsstore.SingleProcess(underlying)
		if err == nil || store != nil || !strings.HasPrefix(err.Error(), "scsstore: ") {
			t.Errorf("SingleProcess(%#v): got %v and error %v, want an error", underlying, store, err)
		}
	}
	if _, err := scsstore.SingleProcess(newMemory(time.Now), nil, scsstore.WithClock(nil)); err != nil {
		t.Errorf("options that are nil: got error %v, want none", err)
	}
}

// The tables of some scs stores have CHAR(43) for the token, and a database may not
// tell upper from lower case.
func TestKeysFitIntoTheColumnsOfScsStores(t *testing.T) {
	b := newBench(t)
	for range 20 {
		b.session(newTerm(), newTerm())
	}
	id, _ := b.session(newTerm())
	b.want("Delete", b.store.Delete(t.Context(), id), nil)
	form := regexp.MustCompile(`^sg-[ri]-[0-9a-f]{32}$`)
	for key := range b.below.under("") {
		if !form.MatchString(key) || len(key) > 43 {
			t.Errorf("the key %q is too long or has other characters than a column may tell apart", key)
		}
	}
	if got := len(b.below.under("sg-r-")); got != 21 {
		t.Errorf("%d records, want 21", got)
	}
}

// Nothing is kept for ever, and nothing is lost before its time.
func TestExpiryIsSomewhatBehindTheDeadline(t *testing.T) {
	b := newBench(t)
	id, rec := newID(), newRecord(newTerm())
	ttl := runtime.TTL{Idle: 1500 * time.Millisecond, Life: 90 * time.Minute}
	b.want("Create", b.store.Create(t.Context(), id, rec, ttl), nil)
	within := func(what, prefix string, deadline time.Duration) {
		t.Helper()
		for _, v := range b.below.under(prefix) {
			late := v.expiry.Sub(b.clock.Now().Add(deadline))
			if late < 4*time.Minute || late > 15*time.Minute || v.expiry.Nanosecond() != 0 {
				t.Errorf("%s: the expiry is %v behind the deadline, want some minutes and a whole second", what, late)
			}
		}
	}
	within("a record", "sg-r-", 1500*time.Millisecond)
	within("an index", "sg-i-", 90*time.Minute)
	b.want("Touch", b.store.Touch(t.Context(), id, time.Hour), nil)
	within("a record that was touched", "sg-r-", time.Hour)
	b.want("Delete", b.store.Delete(t.Context(), id), nil)
	within("a tombstone", "sg-r-", time.Minute)
}

func TestSessionsOutliveTheProcess(t *testing.T) {
	b := newBench(t)
	term := newTerm()
	id, rec := b.session(term)
	ended, _ := b.session(term)
	b.want("Delete", b.store.Delete(t.Context(), ended), nil)
	b.store = open(t, b.below, scsstore.WithClock(b.clock.Now))
	if got := b.load(id, nil); got.Rev != rec.Rev {
		t.Errorf("got revision %x, want %x", got.Rev, rec.Rev)
	}
	b.load(ended, runtime.ErrGone)
	b.listed(term, id)
}

// Whatever step is the last before a crash, the record is whole, and found by its
// terms if it is there; the call may be repeated.
func TestNothingIsHalfDoneAfterAFailure(t *testing.T) {
	failed := errors.New("disk full")
	for n := range 12 {
		b := newBench(t)
		a, c := newTerm(), newTerm()
		calls := 0
		fail := func(string, string) error {
			if calls++; calls > n {
				return failed
			}
			return nil
		}
		step := func(name string, call func() error, check func()) {
			t.Helper()
			calls = 0
			b.below.stand(fail)
			err := call()
			b.below.stand(nil)
			if err != nil {
				b.want(name, err, failed)
				check()
				b.want(name+" again", call(), nil)
			}
		}
		id, rec, next := newID(), newRecord(a), newRecord(c)
		step("Create", func() error { return b.store.Create(t.Context(), id, rec, day) }, func() {
			b.load(id, runtime.ErrNotFound)
			b.listed(a)
		})
		b.listed(a, id)
		step("Update", func() error { return b.store.Update(t.Context(), id, rec.Rev, next, day) }, func() {
			if b.load(id, nil).Rev == rec.Rev {
				b.listed(a, id)
				b.listed(c)
			}
		})
		b.listed(a)
		b.listed(c, id)
		step("Revoke", func() error {
			_, err := b.store.Revoke(t.Context(), c, runtime.ID{})
			return err
		}, func() {})
		b.load(id, runtime.ErrGone)
		b.listed(c)
	}
}

// A lifetime that was to become shorter has not if the record could not be written:
// the session must be found for as long as it lives.
func TestAFailedUpdateDoesNotHideTheSession(t *testing.T) {
	b := newBench(t)
	term := newTerm()
	id, rec := b.session(term)
	failed := errors.New("disk full")
	b.below.stand(func(call, key string) error {
		if call == "Commit" && strings.HasPrefix(key, "sg-r-") {
			return failed
		}
		return nil
	})
	short := runtime.TTL{Idle: time.Minute, Life: time.Minute}
	b.want("Update", b.store.Update(t.Context(), id, rec.Rev, newRecord(term), short), failed)
	b.below.stand(nil)
	b.clock.Advance(30 * time.Minute)
	b.session(term) // rewrites the index
	b.load(id, nil)
	count, err := b.store.Revoke(t.Context(), term, runtime.ID{})
	if err != nil || count != 2 {
		t.Errorf("Revoke: got count %d, error %v, want 2", count, err)
	}
}

// An index costs what it lists and no more.
func TestTheIndexForgetsWhatIsOver(t *testing.T) {
	b := newBench(t)
	term, other := newTerm(), newTerm()
	size := func() int {
		n := 0
		for _, v := range b.below.under("sg-i-") {
			n += (len(v.b) - 1) / 24
		}
		return n
	}
	deleted, _ := b.session(term, other)
	moved, rec := b.session(term)
	for range 5 {
		b.session(term, other)
	}
	b.want("Delete", b.store.Delete(t.Context(), deleted), nil)
	b.want("Update", b.store.Update(t.Context(), moved, rec.Rev, newRecord(), day), nil)
	if got := size(); got != 10 {
		t.Errorf("the index has %d entries for 5 sessions of 2 terms, want 10", got)
	}
	if _, err := b.store.Revoke(t.Context(), term, runtime.ID{}); err != nil {
		t.Fatal(err)
	}
	if got := size(); got != 0 {
		t.Errorf("the index has %d entries after Revoke, want none", got)
	}
	for range 3 {
		b.session(term)
	}
	b.clock.Advance(25 * time.Hour)
	b.session(term)
	if got := size(); got != 1 {
		t.Errorf("the index has %d entries when three of four sessions have expired, want 1", got)
	}
}

// What README and doc comment say that a call costs.
func TestCallsToTheUnderlyingStore(t *testing.T) {
	b := newBench(t)
	term := newTerm()
	var calls []string
	b.below.stand(func(call, key string) error {
		calls = append(calls, call+" "+key[:4])
		return nil
	})
	want := func(what string, call func() error, want ...string) {
		t.Helper()
		calls = nil
		b.want(what, call(), nil)
		if !slices.Equal(calls, want) {
			t.Errorf("%s: makes the calls %q, want %q", what, calls, want)
		}
	}
	id, rec, next, last := newID(), newRecord(term), newRecord(term), newRecord()
	ctx := t.Context()
	want("Create", func() error { return b.store.Create(ctx, id, rec, day) }, "Find sg-r", "Find sg-i", "Commit sg-i", "Commit sg-r")
	want("Load", func() error {
		_, err := b.store.Load(ctx, id)
		return err
	}, "Find sg-r")
	want("Update", func() error { return b.store.Update(ctx, id, rec.Rev, next, runtime.TTL{Idle: time.Hour}) }, "Find sg-r", "Commit sg-r")
	want("Touch that extends nothing", func() error { return b.store.Touch(ctx, id, time.Minute) }, "Find sg-r")
	want("Touch", func() error { return b.store.Touch(ctx, id, 2*time.Hour) }, "Find sg-r", "Commit sg-r")
	want("Update without the term", func() error { return b.store.Update(ctx, id, next.Rev, last, day) },
		"Find sg-r", "Commit sg-r", "Find sg-i", "Commit sg-i")
	want("Delete", func() error { return b.store.Delete(ctx, id) }, "Find sg-r", "Commit sg-r")
}

func TestAManagerSaysThatThereMustBeOneProcess(t *testing.T) {
	b := newBench(t)
	keys, err := runtime.NewKeys([]byte("kX2vTq8ZpLw4RfYb7NsHc1JmGd5EaUo9"))
	if err != nil {
		t.Fatal(err)
	}
	var events []runtime.Event
	_, err = shop.NewVisitorManager(b.store, runtime.WithKeys(keys),
		runtime.WithEvents(func(_ context.Context, e runtime.Event) { events = append(events, e) }))
	if err != nil {
		t.Fatal(err)
	}
	if len(events) != 1 || events[0].Kind != runtime.StoreCaveat || !strings.Contains(events[0].Reason, "this process only") {
		t.Errorf("events at start: got %v, want one that says that there must be one process", events)
	}
	if !b.store.SendsOnce() {
		t.Error("SendsOnce is false: an ErrConflict is decided before anything is written")
	}
}
