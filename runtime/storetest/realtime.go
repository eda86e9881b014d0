package storetest

import (
	"errors"
	"time"

	"github.com/sessiongen/sessiongen/runtime"
)

// Checks for stores with a clock of their own. They allow for stores that round to the second,
// and for busy machines.
var realTimeChecks = []check{
	{name: "a session ends by the store's own clock for lack of use", run: func(t *trial) {
		id, rec := t.session(runtime.TTL{Idle: 3 * time.Second, Life: time.Hour})
		t.alive(id, rec)
		t.endsWithin(id, time.Second, 5*time.Second)
		t.dead(id, runtime.ErrNotFound)
		t.create(id, newRecord(), day, nil)
	}},
	{name: "a session ends by the store's own clock whatever happens", run: func(t *trial) {
		id, rec := t.session(runtime.TTL{Idle: 3 * time.Second, Life: 3 * time.Second})
		t.touch(id, time.Hour, nil)
		next := newRecord()
		t.update(id, rec.Rev, next, runtime.TTL{Idle: time.Hour}, nil)
		t.alive(id, next)
		t.endsWithin(id, time.Second, 5*time.Second)
		t.dead(id, runtime.ErrNotFound)
	}},
	{name: "touch and update keep a session alive by the store's own clock", run: func(t *trial) {
		touched, touchedRec := t.session(runtime.TTL{Idle: 2 * time.Second, Life: time.Hour})
		updated, rec := t.session(runtime.TTL{Idle: 2 * time.Second, Life: 2 * time.Second})
		t.touch(touched, time.Hour, nil)
		next := newRecord()
		t.update(updated, rec.Rev, next, day, nil)
		t.wait(4 * time.Second)
		t.alive(touched, touchedRec)
		t.alive(updated, next)
	}},
	{name: "a session of a millisecond ends by the store's own clock", run: func(t *trial) {
		id, _ := t.session(runtime.TTL{Idle: time.Millisecond, Life: time.Millisecond})
		t.endsWithin(id, 0, 3*time.Second)
		t.dead(id, runtime.ErrNotFound)
	}},
	{name: "a tombstone outlasts the session's deadlines", run: func(t *trial) {
		id, _ := t.session(runtime.TTL{Idle: 2 * time.Second, Life: 2 * time.Second})
		t.delete(id)
		t.wait(4 * time.Second)
		t.dead(id, runtime.ErrGone)
	}},
}

func (t *trial) wait(d time.Duration) {
	t.Helper()
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-t.Context().Done():
		t.Fatalf("the test ended before the store's clock moved on")
	}
}

// endsWithin checks that a session ends between the earliest and the latest time.
func (t *trial) endsWithin(id runtime.ID, earliest, latest time.Duration) {
	t.Helper()
	start := time.Now()
	for {
		asked := time.Since(start)
		_, err := t.store.Load(t.Context(), id)
		passed := time.Since(start)
		switch {
		case errors.Is(err, runtime.ErrNotFound) && passed >= earliest:
			return
		case err != nil:
			t.Fatalf("Load after %v: got %q, want none yet", passed, err)
		case asked > latest:
			t.Fatalf("Load after %v: the session is still there", asked)
		}
		t.wait(50 * time.Millisecond)
	}
}
