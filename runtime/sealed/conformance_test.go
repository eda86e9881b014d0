package sealed_test

import (
	"testing"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/memstore"
	"github.com/sessiongen/sessiongen/runtime/sealed"
	"github.com/sessiongen/sessiongen/runtime/storetest"
)

// What a sealed store says of revocations, it hands on as it is.
func TestConformance(t *testing.T) {
	storetest.Run(t, storetest.Options{
		Open: func(t *testing.T, clock *storetest.Clock) runtime.Store {
			records := memstore.New(memstore.WithClock(clock.Now))
			store, err := sealed.New(ring(t, secret), sealed.WithRevocations(records))
			must(t, err)
			t.Cleanup(func() { must(t, store.Close()) })
			return store
		},
	})
}
