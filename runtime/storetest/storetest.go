package storetest

import (
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sessiongen/sessiongen/runtime"
)

// Options are the store to test and the clock that it goes by.
type Options struct {
	// Open returns the store for one subtest, with deadlines by the clock. It may return
	// the same store, or a store on the same database, each time: the suite uses random
	// IDs and terms, and touches nothing that it has not written. Open registers what has
	// to be closed with t.Cleanup. The suite tests a store that is a [runtime.Indexer], a
	// [runtime.Revoker] or a [runtime.Watcher] as such.
	Open func(t *testing.T, clock *Clock) runtime.Store

	// OwnClock says that the store goes by a clock of its own. Open then gets a nil clock,
	// and the suite skips the rules that would take minutes of real time.
	OwnClock bool

	// Bubble runs each check that waits for the store's own clock in a bubble of
	// [testing/synctest], where waiting takes no time. It is for stores that use package time
	// and reach nothing outside the process. Open is then called in the bubble and returns a
	// new store there.
	Bubble bool
}

// Run runs the suite, each rule as a subtest of t.
func Run(t *testing.T, o Options) {
	if o.Open == nil {
		t.Fatal("storetest: Options.Open is nil: give a function that returns the store to test")
	}
	for _, c := range checks {
		t.Run(c.name, func(t *testing.T) { o.run(t, c) })
	}
	if o.OwnClock {
		t.Run("in real time", func(t *testing.T) {
			for _, c := range realTimeChecks {
				t.Run(c.name, func(t *testing.T) {
					if o.Bubble {
						synctest.Test(t, func(t *testing.T) { o.run(t, c) })
						return
					}
					t.Parallel()
					o.run(t, c)
				})
			}
		})
	}
}

func (o Options) run(t *testing.T, c check) {
	trial := &trial{reporter: t, load: fullLoad}
	if testing.Short() {
		trial.load = shortLoad
	}
	if !o.OwnClock {
		trial.clock = NewClock()
	}
	trial.store = o.Open(t, trial.clock)
	if trial.store == nil {
		t.Fatal("storetest: Options.Open returned nil: return the store to test")
	}
	c.on(trial)
}

// Clock is a clock that stands still until a test turns it. It is safe for use by several
// goroutines.
type Clock struct {
	mu  sync.Mutex
	now time.Time
}

// NewClock returns a clock that stands at a whole second.
func NewClock() *Clock {
	return &Clock{now: time.Date(2030, time.March, 1, 12, 0, 0, 0, time.UTC)}
}

// Now returns the time of the clock.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Advance turns the clock forward, or back if d is negative.
func (c *Clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// check is one rule of the contract.
type check struct {
	name  string
	needs need
	run   func(t *trial)
}

// need is a set of features that a check requires.
type need uint8

const (
	turnableClock need = 1 << iota
	indexer
	watcher
	revoker
)

var checks = slices.Concat(
	createChecks, updateChecks, touchChecks, deleteChecks, contentChecks, contextChecks,
	interruptChecks, ttlChecks, expiryChecks, interleavingChecks, listChecks, revokeChecks, revokeAllChecks,
	raceChecks, indexRaceChecks, modelChecks, watchChecks,
)

// tells returns the store if it is a runtime.Watcher that can report changes, or else nil.
func tells(store runtime.Store) runtime.Watcher {
	w, ok := store.(runtime.Watcher)
	if !ok {
		return nil
	}
	changed, stop := w.Watch(newID())
	defer stop()
	if changed == nil {
		return nil
	}
	return w
}

func (c check) on(t *trial) {
	t.index, _ = t.store.(runtime.Indexer)
	t.watcher = tells(t.store)
	t.revoker = t.revokesAll()
	switch {
	case c.needs&turnableClock != 0 && t.clock == nil:
		t.Skip("the store goes by its own clock, which the suite cannot turn")
	case c.needs&indexer != 0 && t.index == nil:
		t.Skip("the store is not a runtime.Indexer: schemas with principal or index fields refuse it")
	case c.needs&watcher != 0 && t.watcher == nil:
		t.Skip("the store is not a runtime.Watcher: the runtime polls sessions for their Done")
	case c.needs&revoker != 0 && t.revoker == nil:
		t.Skip("the store is not a runtime.Revoker: RevokeAll of a manager returns errors.ErrUnsupported")
	}
	c.run(t)
}
