// Package storetest holds a session store to the contract of [runtime.Store]
// and [runtime.Indexer]. Every store of this module passes it; so should yours:
//
//	func TestStore(t *testing.T) {
//		storetest.Run(t, storetest.Options{
//			Open: func(t *testing.T, clock *storetest.Clock) runtime.Store {
//				store := mystore.New(mystore.WithClock(clock.Now))
//				t.Cleanup(func() { store.Close() })
//				return store
//			},
//		})
//	}
//
// Each subtest is named after the rule that it checks. Run it with the race
// detector too.
//
// A store that goes by a clock which a test cannot turn, such as a database
// server's, says so and is given time that really passes, a few seconds of it:
//
//	storetest.Run(t, storetest.Options{
//		OwnClock: true,
//		Open: func(t *testing.T, _ *storetest.Clock) runtime.Store {
//			store, err := mystore.Open(os.Getenv("MYSTORE_TEST_URL"))
//			…
//		},
//	})
package storetest

import (
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sessiongen/sessiongen/runtime"
)

// Options say what is to be tested and how.
type Options struct {
	// Open returns the store for one subtest. It may hand out the same store, or
	// the same database, again: the suite draws its IDs and terms at random and
	// leaves alone what it has not written. What has to be closed is given to
	// t.Cleanup. A store that is a [runtime.Indexer] or a [runtime.Watcher] is tested as one.
	Open func(t *testing.T, clock *Clock) runtime.Store

	// OwnClock says that the store does not go by the clock that Open is given,
	// which is then nil. Rules that take minutes to be seen are skipped.
	OwnClock bool

	// Bubble runs each check that waits for the store's own clock in a bubble of
	// [testing/synctest], where waiting takes no time. It is for stores that use package time
	// and reach nothing outside the process. Open is then called in the bubble and returns a
	// new store there.
	Bubble bool
}

// Run runs the suite.
func Run(t *testing.T, o Options) {
	if o.Open == nil {
		t.Fatal("storetest: Options.Open is missing: give a function that returns the store to test")
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
		t.Fatal("storetest: Options.Open returned no store")
	}
	c.on(trial)
}

// Clock is a clock that stands still until it is turned.
type Clock struct {
	mu  sync.Mutex
	now time.Time
}

// NewClock returns a clock that shows a whole second.
func NewClock() *Clock {
	return &Clock{now: time.Date(2030, time.March, 1, 12, 0, 0, 0, time.UTC)}
}

// Now is what the clock shows.
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

// need is what a check cannot do without.
type need uint8

const (
	turnableClock need = 1 << iota
	indexer
	watcher
)

var checks = slices.Concat(
	createChecks, updateChecks, touchChecks, deleteChecks, contentChecks, contextChecks,
	interruptChecks, ttlChecks, expiryChecks, interleavingChecks, listChecks, revokeChecks,
	raceChecks, indexRaceChecks, modelChecks, watchChecks,
)

// tells returns the store if it is a runtime.Watcher that can tell.
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
	switch {
	case c.needs&turnableClock != 0 && t.clock == nil:
		t.Skip("the store goes by its own clock, which the suite cannot turn")
	case c.needs&indexer != 0 && t.index == nil:
		t.Skip("the store is no runtime.Indexer: schemas with principal or index fields refuse it")
	case c.needs&watcher != 0 && t.watcher == nil:
		t.Skip("the store is no runtime.Watcher: whoever waits for a session's Done has it polled")
	}
	c.run(t)
}
