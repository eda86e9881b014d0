package scsstore_test

import (
	"context"
	"errors"
	"math"
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

// Both promises hold: the one made before the clock stepped back as well.
func TestASecondDeleteAfterTheClockSteppedBackShortensNothing(t *testing.T) {
	b := newBench(t)
	id, _ := b.session()
	b.want("Delete", b.store.Delete(t.Context(), id), nil)
	b.clock.Advance(-10 * time.Minute)
	b.want("Delete", b.store.Delete(t.Context(), id), nil)
	b.clock.Advance(10*time.Minute + 59*time.Second)
	b.load(id, runtime.ErrGone)
}

func TestTheLongestTimesDoNotOverflow(t *testing.T) {
	b := newBench(t)
	term := newTerm()
	id := newID()
	ever := runtime.TTL{Idle: math.MaxInt64, Life: math.MaxInt64}
	b.want("Create", b.store.Create(t.Context(), id, newRecord(term), ever), nil)
	if got := b.load(id, nil); got.Life < 200*365*24*time.Hour {
		t.Errorf("Life: got %v, want centuries", got.Life)
	}
	b.listed(term, id)
}

// What the doc comment says that a call costs.
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
	if len(events) != 1 || events[0].Kind != runtime.EventStoreCaveat || !strings.Contains(events[0].Reason, "this process only") {
		t.Errorf("events at start: got %v, want one that says that there must be one process", events)
	}
	if !b.store.SendsOnce() {
		t.Error("SendsOnce is false: an ErrConflict is decided before anything is written")
	}
}
