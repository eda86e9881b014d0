package redisstore

import (
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/internal/contest"
	"github.com/sessiongen/sessiongen/runtime/storetest/testserver"
)

// ground is a server for programs with clients of their own, by a clock that a
// contest turns. Where very many write to one session, go-redis's own repetitions
// leave a request now and then that meets more than eight commits by others between
// its load and its write, and may not guess which of them was its own.
func ground(t *testing.T, options ...Option) contest.Ground {
	url, clock := testserver.SharedRedis(t), newClock()
	options = append([]Option{WithClock(clock.Now), WithPrefix("contest-" + fresh[runtime.ID]().String() + ":")}, options...)
	return contest.Ground{
		Open:     func(t testing.TB) runtime.Store { return open(t, single(t, url), options...) },
		Age:      func(_ testing.TB, _ runtime.ID, by time.Duration) { clock.Advance(by) },
		Refusals: 10,
	}
}

// size is how much a test does, in the short and in the long run.
func size(short, full int) int {
	if long {
		return full
	}
	return short
}

func TestR1_NoIncrementIsLost(t *testing.T) {
	kinds(t, func(t *testing.T, options ...Option) {
		short := 1_920
		if len(options) > 0 {
			short = 320
		}
		contest.Increments(t, ground(t, options...), size(short, 100_000))
	})
}

func TestR1_WritersOfDifferentFieldsBothWin(t *testing.T) {
	kinds(t, func(t *testing.T, options ...Option) { contest.Setters(t, ground(t, options...), size(50, 10_000)) })
}

func TestR2_NothingBringsBackWhatHasEnded(t *testing.T) {
	kinds(t, func(t *testing.T, options ...Option) { contest.Finality(t, ground(t, options...), size(12, 10_000)) })
}

func TestR2_RandomInterleavings(t *testing.T) {
	kinds(t, func(t *testing.T, options ...Option) {
		contest.Interleavings(t, ground(t, options...), 1_000, time.Duration(size(0, 60))*time.Second)
	})
}

func TestR20_ReplicasWhoseClocksAreFiveMinutesOff(t *testing.T) {
	kinds(t, func(t *testing.T, options ...Option) { contest.Clocks(t, ground(t, options...)) })
}

func TestR20_TouchesOutOfOrder(t *testing.T) {
	kinds(t, func(t *testing.T, options ...Option) { contest.Touches(t, ground(t, options...)) })
}

func TestR20_PrincipalsThatLookAlike(t *testing.T) {
	kinds(t, func(t *testing.T, options ...Option) { contest.LookAlikes(t, ground(t, options...)) })
}

// The mix goes by the clock of the server, and each program has a client of its own.
func TestMix(t *testing.T) {
	mix := func(t *testing.T, client func(t testing.TB) redis.UniversalClient) {
		prefix := WithPrefix("mix-" + fresh[runtime.ID]().String() + ":")
		contest.Mix(t, contest.Ground{
			Open:     func(t testing.TB) runtime.Store { return open(t, client(t), prefix) },
			Refusals: 10,
		}, contest.MixLength(long))
	}
	t.Run("server", func(t *testing.T) {
		t.Parallel()
		url := testserver.SharedRedis(t)
		mix(t, func(t testing.TB) redis.UniversalClient { return single(t, url) })
	})
	t.Run("cluster of three", func(t *testing.T) {
		t.Parallel()
		cluster := testserver.RedisCluster(t, 3, 0)
		mix(t, func(t testing.TB) redis.UniversalClient { return clustered(t, cluster.Addresses()) })
	})
}
