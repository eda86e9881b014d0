package scsstore_test

import (
	"context"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/internal/shop"
	"github.com/sessiongen/sessiongen/runtime/scsstore"
)

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

// The later of both tombstones counts, which is the one from before the clock stepped back.
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

// The cost of calls that the documentation states.
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
