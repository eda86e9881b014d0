package scsstore_test

import (
	"testing"
	"time"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/scsstore"
	"github.com/sessiongen/sessiongen/runtime/storetest"
)

func open(t *testing.T, underlying scsstore.Underlying, options ...scsstore.Option) *scsstore.Store {
	t.Helper()
	store, err := scsstore.SingleProcess(underlying, options...)
	if err != nil {
		t.Fatal(err)
	}
	return store
}

func TestConformance(t *testing.T) {
	storetest.Run(t, storetest.Options{
		Open: func(t *testing.T, clock *storetest.Clock) runtime.Store {
			return open(t, newMemory(clock.Now), scsstore.WithClock(clock.Now))
		},
	})
}

func TestConformanceWithContexts(t *testing.T) {
	storetest.Run(t, storetest.Options{
		Open: func(t *testing.T, clock *storetest.Clock) runtime.Store {
			return open(t, withContexts{newMemory(clock.Now), t}, scsstore.WithClock(clock.Now))
		},
	})
}

// The clock of a database server may be some minutes ahead of the clock of the process.
func TestConformanceWithAnotherClockBelow(t *testing.T) {
	storetest.Run(t, storetest.Options{
		Open: func(t *testing.T, clock *storetest.Clock) runtime.Store {
			below := func() time.Time { return clock.Now().Add(4 * time.Minute) }
			return open(t, newMemory(below), scsstore.WithClock(clock.Now))
		},
	})
}

func TestConformanceByTheProcessClock(t *testing.T) {
	storetest.Run(t, storetest.Options{
		OwnClock: true,
		Bubble:   true,
		Open:     func(t *testing.T, _ *storetest.Clock) runtime.Store { return open(t, newMemory(time.Now)) },
	})
}
