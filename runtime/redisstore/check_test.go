package redisstore

import (
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"

	"github.com/sessiongen/sessiongen/runtime/storetest/testserver"
)

func TestNewRefusesClientsThatCouldBringBackWhatHasEnded(t *testing.T) {
	nowhere := []string{"127.0.0.1:1"}
	for _, c := range []struct {
		name   string
		client redis.UniversalClient
		want   string
	}{
		{"none", nil, "nil"},
		{"no client", (*redis.Client)(nil), "nil"},
		{"no cluster client", (*redis.ClusterClient)(nil), "nil"},
		{"a ring", closing(t, redis.NewRing(&redis.RingOptions{Addrs: map[string]string{"a": nowhere[0]}})), "Ring"},
		{"reads from replicas", closing(t, redis.NewClusterClient(&redis.ClusterOptions{Addrs: nowhere, ReadOnly: true})), "replicas"},
		{"reads from the nearest", closing(t, redis.NewClusterClient(&redis.ClusterOptions{Addrs: nowhere, RouteByLatency: true})), "replicas"},
		{"reads from any", closing(t, redis.NewClusterClient(&redis.ClusterOptions{Addrs: nowhere, RouteRandomly: true})), "replicas"},
		{"by Sentinel, from any", closing(t, redis.NewFailoverClusterClient(&redis.FailoverOptions{MasterName: "m", SentinelAddrs: nowhere, RouteRandomly: true})), "replicas"},
		{"by Sentinel, from replicas", closing(t, redis.NewFailoverClusterClient(&redis.FailoverOptions{MasterName: "m", SentinelAddrs: nowhere, ReplicaOnly: true})), "replicas"},
		{"a wrapper", struct{ *redis.Client }{closing(t, redis.NewClient(&redis.Options{Addr: nowhere[0]}))}, "itself"},
	} {
		t.Run(c.name, func(t *testing.T) {
			store, err := New(c.client, WithoutCheck())
			if err == nil || store != nil || !strings.Contains(err.Error(), c.want) || !strings.HasPrefix(err.Error(), "redisstore: ") {
				t.Errorf("got %v, error %v, want an error that speaks of %q", store, err, c.want)
			}
		})
	}
}

func TestNewRefusesServersThatEvictSessions(t *testing.T) {
	server := testserver.Redis(t)
	client := single(t, server.URL())
	for policy, want := range map[string]bool{"noeviction": true, "allkeys-lru": false, "volatile-ttl": false} {
		if err := client.ConfigSet(t.Context(), "maxmemory-policy", policy).Err(); err != nil {
			t.Fatal(err)
		}
		_, err := New(client)
		if (err == nil) != want || err != nil && !strings.Contains(err.Error(), policy) {
			t.Errorf("%s: got error %v", policy, err)
		}
		if _, err := New(client, WithUnknownEviction()); (err == nil) != want {
			t.Errorf("%s, which the server tells, with WithUnknownEviction: got error %v", policy, err)
		}
		if _, err := New(client, WithoutCheck()); err != nil {
			t.Errorf("%s without a check: got error %v", policy, err)
		}
	}
}

// Managed servers forbid CONFIG; some accounts may not see what INFO says of memory.
func TestNewRefusesAnUnknownEvictionPolicyUnlessAccepted(t *testing.T) {
	server := testserver.Redis(t)
	client := single(t, server.URL())
	for user, rules := range map[string][]any{
		"managed": {"-config"},
		"silent":  {"-config", "-info", "+info|replication", "+info|cluster"},
	} {
		args := append([]any{"acl", "setuser", user, "on", ">secret-password", "~*", "+@all"}, rules...)
		if err := client.Do(t.Context(), args...).Err(); err != nil {
			t.Skipf("the server has no such rules: %v", err)
		}
	}
	as := func(user string) *redis.Client {
		return single(t, server.URL(), func(o *redis.Options) { o.Username, o.Password = user, "secret-password" })
	}
	if _, err := New(as("managed")); err != nil {
		t.Errorf("INFO tells the policy: got error %v", err)
	}
	if _, err := New(as("silent")); err == nil || !strings.Contains(err.Error(), "WithUnknownEviction") || strings.Contains(err.Error(), "secret-password") {
		t.Errorf("nothing tells the policy: got error %v, want one that names the option", err)
	}
	if _, err := New(as("silent"), WithUnknownEviction()); err != nil {
		t.Errorf("nothing tells the policy, with WithUnknownEviction: got error %v", err)
	}
}

func TestNewRefusesServersThatAreNoPrimaries(t *testing.T) {
	t.Parallel()
	primary := testserver.Redis(t)
	replica := replicaOf(t, primary)
	if _, err := New(single(t, replica.URL())); err == nil || !strings.Contains(err.Error(), "primary") {
		t.Errorf("a replica: got error %v", err)
	}
}

func TestNewRefusesAClientForOneServerWhereThereIsACluster(t *testing.T) {
	node := testserver.Redis(t, "--cluster-enabled", "yes")
	if _, err := New(single(t, node.URL())); err == nil || !strings.Contains(err.Error(), "NewClusterClient") {
		t.Errorf("got error %v", err)
	}
}
