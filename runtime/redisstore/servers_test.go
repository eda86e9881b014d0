package redisstore

import (
	"context"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/sessiongen/sessiongen/runtime/storetest/testserver"
)

// until waits for something to come true on servers that take their time.
func until(t testing.TB, what string, patience time.Duration, true func() bool) {
	t.Helper()
	deadline := time.Now().Add(patience)
	for !true() {
		if time.Now().After(deadline) || t.Context().Err() != nil {
			t.Errorf("waited %v for this: %s", patience, what)
			return
		}
		<-time.After(5 * time.Millisecond)
	}
}

func hostPort(t testing.TB, address string) (host, port string) {
	t.Helper()
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		t.Fatal(err)
	}
	return host, port
}

// replicaOf starts a replica, and waits until it follows.
func replicaOf(t testing.TB, primary *testserver.Server) *testserver.Server {
	t.Helper()
	host, port := hostPort(t, primary.Address())
	replica := testserver.Redis(t, "--replicaof", host+" "+port)
	client := single(t, primary.URL())
	until(t, "the replica follows", time.Minute, func() bool {
		return strings.Contains(client.Info(context.Background(), "replication").Val(), "state=online")
	})
	return replica
}

func keysOf(t testing.TB, client redis.UniversalClient, pattern string) []string {
	t.Helper()
	keys, err := client.Keys(t.Context(), pattern).Result()
	if err != nil {
		t.Fatal(err)
	}
	return keys
}
