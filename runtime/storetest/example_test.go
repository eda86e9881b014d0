package storetest_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/memstore"
	"github.com/sessiongen/sessiongen/runtime/storetest"
)

// In a test file of the store itself, call the function TestStore.
func ExampleRun() {
	TestStore := func(t *testing.T) {
		storetest.Run(t, storetest.Options{
			Open: func(t *testing.T, clock *storetest.Clock) runtime.Store {
				store := memstore.New(memstore.WithClock(clock.Now)) // yours
				t.Cleanup(func() { store.Close() })
				return store
			},
		})
	}
	_ = TestStore
}

// The write takes effect and its answer is lost. Repeating the call is not an error.
func ExampleFaulty() {
	inner := memstore.New()
	defer inner.Close()
	store := storetest.Faulty(inner, func(call string, n int) error {
		if call == "Create" && n == 1 {
			return storetest.ErrReplyLost
		}
		return nil
	})
	create := func() error {
		rec := runtime.Record{Rev: runtime.Rev{1}, Data: "data"}
		return store.Create(context.Background(), runtime.ID{1}, rec, runtime.TTL{Idle: time.Hour, Life: 12 * time.Hour})
	}
	fmt.Println(errors.Is(create(), storetest.ErrReplyLost))
	fmt.Println(create())
	// Output:
	// true
	// <nil>
}

// TestExampleRun runs the code of ExampleRun.
func TestExampleRun(t *testing.T) {
	storetest.Run(t, storetest.Options{
		Open: func(t *testing.T, clock *storetest.Clock) runtime.Store {
			store := memstore.New(memstore.WithClock(clock.Now))
			t.Cleanup(func() { store.Close() })
			return store
		},
	})
}
