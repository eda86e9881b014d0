package bench

import (
	"testing"
	"time"

	"github.com/alexedwards/scs/v2"
	"github.com/alexedwards/scs/v2/memstore"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/scsstore"
	"github.com/sessiongen/sessiongen/runtime/storetest"
)

func single(t *testing.T, underlying scs.Store, options ...scsstore.Option) *scsstore.Store {
	t.Helper()
	store, err := scsstore.SingleProcess(underlying, options...)
	if err != nil {
		t.Fatal(err)
	}
	return store
}

// The suite turns the clock of our store, and scs's stores expire values by real
// time. That does no harm as long as the turned clock is far ahead: no value
// is due for them, and all deadlines are ours. So nothing of the suite is skipped.
// What it leaves open is whether a value outlasts its deadline in their hands when
// time is real, which is the next test, and that what is over is removed in the
// end: the expiry that they are given is tested in scsstore, the removal is scs's.
func TestConformance(t *testing.T) {
	onEach(t, func(t *testing.T, underlying scs.Store) {
		storetest.Run(t, storetest.Options{
			Open: func(t *testing.T, clock *storetest.Clock) runtime.Store {
				const years = 30 * 365 * 24 * time.Hour
				ahead := func() time.Time { return clock.Now().Add(years) }
				return single(t, underlying, scsstore.WithClock(ahead))
			},
		})
	})
}

// Rules that take minutes to be seen are skipped here, as the suite does for every
// store whose clock it cannot turn. The servers are waited for with SESSIONGEN_TEST_LONG only: what
// they are told is minutes away for them too.
func TestConformanceInRealTime(t *testing.T) {
	onEach(t, func(t *testing.T, underlying scs.Store) {
		_, inMemory := underlying.(*memstore.MemStore)
		if !inMemory && !long {
			t.Skip("takes half a minute: run it with SESSIONGEN_TEST_LONG=1")
		}
		storetest.Run(t, storetest.Options{
			OwnClock: true,
			Bubble:   inMemory,
			Open: func(t *testing.T, _ *storetest.Clock) runtime.Store {
				if inMemory {
					return single(t, memstore.NewWithCleanupInterval(0))
				}
				return single(t, underlying)
			},
		})
	})
}
