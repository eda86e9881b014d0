package memstore_test

import (
	"os"
	"testing"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/memstore"
	"github.com/sessiongen/sessiongen/runtime/storetest"
)

var long = os.Getenv("SESSIONGEN_TEST_LONG") != ""

func TestConformance(t *testing.T) {
	storetest.Run(t, storetest.Options{
		Open: func(t *testing.T, clock *storetest.Clock) runtime.Store {
			store := memstore.New(memstore.WithClock(clock.Now))
			t.Cleanup(func() { store.Close() })
			return store
		},
	})
}

func TestConformanceByItsOwnClock(t *testing.T) {
	storetest.Run(t, storetest.Options{
		OwnClock: true,
		Bubble:   true,
		Open: func(t *testing.T, _ *storetest.Clock) runtime.Store {
			store := memstore.New()
			t.Cleanup(func() { store.Close() })
			return store
		},
	})
}
