package scsstore_test

import (
	"os"
	"testing"
	"time"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/internal/contest"
	"github.com/sessiongen/sessiongen/runtime/scsstore"
	"github.com/sessiongen/sessiongen/runtime/storetest"
)

// long asks for tests at full size, which takes minutes to hours: see .github/CONTRIBUTING.md.
var long = os.Getenv("SESSIONGEN_TEST_LONG") != ""

// ground returns the only store on its values, which goes by a clock that the contest turns.
func ground(t *testing.T) contest.Ground {
	clock := storetest.NewClock()
	store := open(t, newMemory(clock.Now), scsstore.WithClock(clock.Now))
	return contest.Ground{
		Open: func(testing.TB) runtime.Store { return store },
		Age:  func(_ testing.TB, _ runtime.ID, by time.Duration) { clock.Advance(by) },
	}
}

// size returns the amount of work of a test, in the short and in the long run.
func size(short, full int) int {
	if long {
		return full
	}
	return short
}

func TestR1_NoIncrementIsLost(t *testing.T) {
	contest.Increments(t, ground(t), size(1_280, 100_000))
}

func TestR1_WritersOfDifferentFieldsBothWin(t *testing.T) {
	contest.Setters(t, ground(t), size(300, 10_000))
}

func TestR2_NothingBringsBackWhatHasEnded(t *testing.T) {
	contest.Finality(t, ground(t), size(30, 10_000))
}

func TestR2_RandomInterleavings(t *testing.T) {
	contest.Interleavings(t, ground(t), 1_500, time.Duration(size(0, 60))*time.Second)
}

func TestR20_ReplicasWhoseClocksAreFiveMinutesOff(t *testing.T) { contest.Clocks(t, ground(t)) }

func TestR20_TouchesOutOfOrder(t *testing.T) { contest.Touches(t, ground(t)) }

func TestR20_PrincipalsThatLookAlike(t *testing.T) { contest.LookAlikes(t, ground(t)) }
