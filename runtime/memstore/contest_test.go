package memstore_test

import (
	"testing"
	"time"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/internal/contest"
	"github.com/sessiongen/sessiongen/runtime/memstore"
	"github.com/sessiongen/sessiongen/runtime/storetest"
)

// ground returns a store that goes by a clock which the contest turns.
func ground(t *testing.T) contest.Ground {
	clock := storetest.NewClock()
	store := memstore.New(memstore.WithClock(clock.Now))
	t.Cleanup(func() { store.Close() })
	return contest.Ground{
		Open: func(testing.TB) runtime.Store { return store },
		Age:  func(_ testing.TB, _ runtime.ID, by time.Duration) { clock.Advance(by) },
	}
}

func TestR1_NoIncrementIsLost(t *testing.T) {
	contest.Increments(t, ground(t), size(1_920, 100_000))
}

func TestR1_WritersOfDifferentFieldsBothWin(t *testing.T) {
	contest.Setters(t, ground(t), size(500, 10_000))
}

func TestR2_NothingBringsBackWhatHasEnded(t *testing.T) {
	contest.Finality(t, ground(t), size(60, 10_000))
}

func TestR2_RandomInterleavings(t *testing.T) {
	contest.Interleavings(t, ground(t), 2_500, time.Duration(size(0, 60))*time.Second)
}

func TestR20_ReplicasWhoseClocksAreFiveMinutesOff(t *testing.T) { contest.Clocks(t, ground(t)) }

func TestR20_TouchesOutOfOrder(t *testing.T) { contest.Touches(t, ground(t)) }

func TestR20_PrincipalsThatLookAlike(t *testing.T) { contest.LookAlikes(t, ground(t)) }

// size returns the amount of work of a test, in the short and in the long run.
func size(short, full int) int {
	if long {
		return full
	}
	return short
}

func TestMix(t *testing.T) {
	store := memstore.New()
	t.Cleanup(func() { store.Close() })
	contest.Mix(t, contest.Ground{Open: func(testing.TB) runtime.Store { return store }}, contest.MixLength(long))
}
