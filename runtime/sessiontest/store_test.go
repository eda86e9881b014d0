package sessiontest_test

import (
	"testing"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/sessiontest"
	"github.com/sessiongen/sessiongen/runtime/storetest"
)

func TestTheStoreIsOne(t *testing.T) {
	storetest.Run(t, storetest.Options{
		OwnClock: true,
		Bubble:   true,
		Open:     func(t *testing.T, _ *storetest.Clock) runtime.Store { return sessiontest.NewStore(t, nil) },
	})
}
