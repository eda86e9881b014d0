package retry

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/sessiongen/sessiongen/runtime"
)

// A call is made at most five times, in less than half a second.
const (
	repeats    = 4
	firstPause = 10 * time.Millisecond
)

// Do makes a call to the store, and repeats it while its outcome is unclear, the store has not
// refused it, and ctx lasts.
// repeated reports whether it did.
func Do(ctx context.Context, call func(context.Context) error) (repeated bool, err error) {
	pause := firstPause
	for again := 0; ; again++ {
		if again > 0 {
			err = ctx.Err()
		}
		if again == 0 || err == nil {
			err = call(ctx)
		}
		if err == nil || IsClear(err) || isRefused(err) || again == repeats || ctx.Err() != nil {
			return again > 0, err
		}
		timer := time.NewTimer(pause/2 + rand.N(pause))
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return again > 0, err
		}
		pause *= 3
	}
}

// IsClear reports whether an error states the outcome of a call.
func IsClear(err error) bool {
	return errors.Is(err, runtime.ErrNotFound) || errors.Is(err, runtime.ErrGone) || errors.Is(err, runtime.ErrExists) || errors.Is(err, runtime.ErrConflict)
}

// isRefused reports whether repeating a call is pointless.
func isRefused(err error) bool {
	return errors.Is(err, runtime.ErrRefused) || errors.Is(err, runtime.ErrTooLarge) || errors.Is(err, errors.ErrUnsupported)
}
