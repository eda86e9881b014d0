package redisstore

import (
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/storetest"
	"github.com/sessiongen/sessiongen/runtime/storetest/testserver"
)

func conform(t *testing.T, client redis.UniversalClient, options ...Option) {
	t.Helper()
	t.Run("turnable clock", func(t *testing.T) {
		storetest.Run(t, storetest.Options{
			Open: func(t *testing.T, clock *storetest.Clock) runtime.Store {
				return open(t, client, append([]Option{WithClock(clock.Now)}, options...)...)
			},
		})
	})
}

func conformByItsOwnClock(t *testing.T, client redis.UniversalClient, options ...Option) {
	t.Helper()
	t.Run("own clock", func(t *testing.T) {
		if !long {
			t.Skip("with SESSIONGEN_TEST_LONG only: the rules are those of a clock that can be turned; deadlines in real time are seen to by TestR20_ASessionEndsByTheServersClock")
		}
		store := open(t, client, options...)
		storetest.Run(t, storetest.Options{
			OwnClock: true,
			Open:     func(*testing.T, *storetest.Clock) runtime.Store { return store },
		})
	})
}

func TestConformance(t *testing.T) {
	conform(t, single(t, testserver.SharedRedis(t)))
}

func TestConformanceByItsOwnClock(t *testing.T) {
	conformByItsOwnClock(t, single(t, testserver.SharedRedis(t)))
}

// The protocol for a Cluster, on a server where it can be tested at full speed.
func TestConformanceWithSeparateIndex(t *testing.T) {
	conform(t, single(t, testserver.SharedRedis(t)), WithSeparateIndex())
}

func TestConformanceInACluster(t *testing.T) {
	t.Parallel()
	cluster := testserver.RedisCluster(t, 3, 0)
	client := clustered(t, cluster.Addresses())
	conform(t, client)
	conformByItsOwnClock(t, client)
}

func TestConformanceWithReplicas(t *testing.T) {
	if !long {
		t.Skip("with SESSIONGEN_TEST_LONG only: what WithReplicas adds is tested by TestR13_WithReplicasSaysWhenTheyLag")
	}
	primary := testserver.Redis(t)
	replicaOf(t, primary)
	client := single(t, primary.URL())
	conform(t, client, WithReplicas(1, 2*time.Second))
}
