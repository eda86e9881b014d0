package expiry_test

import (
	"math"
	"testing"
	"time"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/internal/expiry"
)

func TestDeadlines(t *testing.T) {
	const now, absolute = 1_000, 5_000
	for _, c := range []struct {
		ttl        runtime.TTL
		idle, life int64
	}{
		{runtime.TTL{Idle: 10, Life: 20}, now + 10, now + 20},
		{runtime.TTL{Idle: 30, Life: 20}, now + 20, now + 20},
		{runtime.TTL{Idle: 10}, now + 10, absolute},
		{runtime.TTL{Idle: 10_000}, absolute, absolute},
		{runtime.TTL{Idle: 10, Life: 10_000}, now + 10, now + 10_000},
		{runtime.TTL{Idle: math.MaxInt64, Life: math.MaxInt64}, math.MaxInt64, math.MaxInt64},
	} {
		if idle, life := expiry.Deadlines(now, c.ttl, absolute); idle != c.idle || life != c.life {
			t.Errorf("%+v: deadlines %d and %d, want %d and %d", c.ttl, idle, life, c.idle, c.life)
		}
	}
}

func TestLaterDoesNotOverflow(t *testing.T) {
	for _, c := range []struct {
		now  int64
		d    time.Duration
		want int64
	}{
		{1, math.MaxInt64, math.MaxInt64},
		{0, math.MaxInt64, math.MaxInt64},
		{-5, math.MaxInt64, math.MaxInt64 - 5},
		{math.MaxInt64, 1, math.MaxInt64},
		{-5, 3, -2},
		{7, -3, 4},
	} {
		if got := expiry.Later(c.now, c.d); got != c.want {
			t.Errorf("Later(%d, %d) = %d, want %d", c.now, c.d, got, c.want)
		}
	}
}

func TestSweepPauseIsAboutTheInterval(t *testing.T) {
	for _, interval := range []time.Duration{1, time.Minute, 1<<62 - 1, 1<<63 - 1} {
		for range 100 {
			if pause := expiry.SweepPause(interval); pause < min(interval, 1<<62)/2 || pause > interval+interval/4+1 && interval < 1<<62 {
				t.Errorf("with an interval of %v, the pause is %v", interval, pause)
			}
		}
	}
}
