// Package expiry is for the stores of this module that keep deadlines themselves. It
// holds the arithmetic that they share: deadlines that do not overflow, and the pauses
// between sweeps. It imports the standard library and package runtime alone.
package expiry

import (
	"math"
	"math/rand/v2"
	"time"

	"github.com/sessiongen/sessiongen/runtime"
)

// Later returns the moment d after now, both in nanoseconds. The sum does not
// overflow, so that the largest duration means "for ever".
func Later(now int64, d time.Duration) int64 {
	if now > 0 && int64(d) > math.MaxInt64-now {
		return math.MaxInt64
	}
	return now + int64(d)
}

// Deadlines returns the idle and the absolute deadline, in nanoseconds, of a record
// that is written now with a TTL. An absolute deadline that is there already stays
// if the TTL has no Life. The idle deadline is never later than the absolute one.
func Deadlines(now int64, ttl runtime.TTL, absolute int64) (idle, life int64) {
	if ttl.Life > 0 {
		absolute = Later(now, ttl.Life)
	}
	return min(Later(now, ttl.Idle), absolute), absolute
}

// SweepPause returns the time to wait before the next sweep: the interval, give or
// take a quarter, so that replicas which started together do not sweep together.
func SweepPause(interval time.Duration) time.Duration {
	const longest = math.MaxInt64 / 2 // the sum must not overflow
	return time.Duration(float64(min(interval, longest)) * (0.75 + rand.Float64()/2))
}
