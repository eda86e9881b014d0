package redisstore

import (
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/storetest/testserver"
)

func TestNewRefusesInvalidOptions(t *testing.T) {
	client := closing(t, redis.NewClient(&redis.Options{Addr: "127.0.0.1:1"}))
	for name, option := range map[string]Option{
		"no option":  nil,
		"no prefix":  WithPrefix(""),
		"no replica": WithReplicas(0, time.Second),
		"no timeout": WithReplicas(1, 0),
		"no clock":   WithClock(nil),
	} {
		if store, err := New(client, WithoutCheck(), option); err == nil || store != nil {
			t.Errorf("%s: got no error", name)
		}
	}
}

// A proxy in front of several servers: one address, and keys that a script cannot combine.
func TestServersThatKeepASessionAndItsIndexApart(t *testing.T) {
	t.Parallel()
	node := testserver.Redis(t, "--cluster-enabled", "yes")
	client := single(t, node.URL())
	if err := client.ClusterAddSlotsRange(t.Context(), 0, 16383).Err(); err != nil {
		t.Fatal(err)
	}
	until(t, "the only node is a cluster", time.Minute, func() bool {
		return client.Get(t.Context(), "x").Err() == redis.Nil
	})
	id, term := fresh[runtime.ID](), fresh[runtime.Term]()
	err := open(t, client, WithoutCheck()).Create(t.Context(), id, record(term), day)
	if err == nil || !strings.Contains(err.Error(), "WithSeparateIndex") {
		t.Errorf("got error %v, want one that names the option", err)
	}
	s := open(t, client, WithoutCheck(), WithSeparateIndex())
	if err := s.Create(t.Context(), id, record(term), day); err != nil {
		t.Error(err)
	}
	if n, err := s.Revoke(t.Context(), term, runtime.ID{}); n != 1 || err != nil {
		t.Errorf("Revoke: got %d, error %v, want 1", n, err)
	}
}
