package redisstore

import (
	"context"
	"errors"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/storetest/testserver"
)

// closing makes a client that is closed with the test.
func closing[C redis.UniversalClient](t *testing.T, client C) C {
	t.Cleanup(func() { client.Close() })
	return client
}

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
		{"somebody else's", struct{ *redis.Client }{closing(t, redis.NewClient(&redis.Options{Addr: nowhere[0]}))}, "itself"},
	} {
		t.Run(c.name, func(t *testing.T) {
			store, err := New(c.client, WithoutCheck())
			if err == nil || store != nil || !strings.Contains(err.Error(), c.want) || !strings.HasPrefix(err.Error(), "redisstore: ") {
				t.Errorf("got %v, error %v, want an error that speaks of %q", store, err, c.want)
			}
		})
	}
}

func TestNewRefusesOptionsThatMakeNoSense(t *testing.T) {
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

func TestNewRefusesServersThatThrowSessionsAway(t *testing.T) {
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
func TestNewAsksForConsentWhereTheServerDoesNotTellItsPolicy(t *testing.T) {
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

// As behind a proxy: one address, and keys that may not be used together.
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

func TestNewNeedsTheServerUnlessToldOtherwise(t *testing.T) {
	refusing := closing(t, redis.NewClient(&redis.Options{Addr: "127.0.0.1:1", MaxRetries: -1, DialerRetries: 1}))
	var unreachable net.Error
	if _, err := New(refusing); !errors.As(err, &unreachable) || !strings.HasPrefix(err.Error(), "redisstore: ") {
		t.Errorf("nobody listens: got error %v", err)
	}
	store, err := New(refusing, WithoutCheck())
	if err != nil {
		t.Fatal(err)
	}
	if err := store.Check(t.Context()); !errors.As(err, &unreachable) {
		t.Errorf("Check: got error %v", err)
	}
	silent := testserver.NewProxy(t, testserver.Redis(t).Address())
	silent.Stall()
	store, err = New(closing(t, redis.NewClient(&redis.Options{Addr: silent.Address()})), WithoutCheck())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := store.Check(ctx); err == nil {
		t.Error("Check of a server that is silent: got no error")
	}
}

func TestCloseLeavesTheClientToItsOwner(t *testing.T) {
	client := single(t, testserver.SharedRedis(t))
	store := open(t, client)
	for range 2 {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	}
	if err := client.Ping(t.Context()).Err(); err != nil {
		t.Errorf("the client after Close of the store: %v", err)
	}
	if _, err := store.Load(t.Context(), fresh[runtime.ID]()); err != runtime.ErrNotFound {
		t.Errorf("Load after Close: got %v, want %v", err, runtime.ErrNotFound)
	}
}

// Two applications on one server, and strangers' keys.
func TestPrefixesKeepApplicationsApart(t *testing.T) {
	client := single(t, testserver.Redis(t).URL())
	mine, theirs := open(t, client, WithPrefix("mine:")), open(t, client, WithPrefix("theirs:"))
	id, term := fresh[runtime.ID](), fresh[runtime.Term]()
	if err := mine.Create(t.Context(), id, record(term), day); err != nil {
		t.Fatal(err)
	}
	if _, err := theirs.Load(t.Context(), id); err != runtime.ErrNotFound {
		t.Errorf("Load by another application: got %v", err)
	}
	if n, err := theirs.Revoke(t.Context(), term, runtime.ID{}); n != 0 || err != nil {
		t.Errorf("Revoke by another application: got %d, %v", n, err)
	}
	equal(t, len(keysOf(t, client, "mine:*")), 2, "keys of mine")
	equal(t, len(keysOf(t, client, "*")), 2, "keys in all")
}

func TestAStrangersKeyIsLeftAlone(t *testing.T) {
	client := single(t, testserver.Redis(t).URL())
	store := open(t, client)
	for name, put := range map[string]func(key string) error{
		"another text": func(key string) error { return client.Set(t.Context(), key, "hello", 0).Err() },
		"a long text":  func(key string) error { return client.Set(t.Context(), key, strings.Repeat("hello", 20), 0).Err() },
		"a hash":       func(key string) error { return client.HSet(t.Context(), key, "a", "b").Err() },
	} {
		t.Run(name, func(t *testing.T) {
			id := fresh[runtime.ID]()
			key := store.session(id)
			if err := put(key); err != nil {
				t.Fatal(err)
			}
			before := client.Dump(t.Context(), key).Val()
			_, err := store.Load(t.Context(), id)
			for call, err := range map[string]error{
				"Load":   err,
				"Create": store.Create(t.Context(), id, record(), day),
				"Update": store.Update(t.Context(), id, runtime.Rev{}, record(), day),
				"Touch":  store.Touch(t.Context(), id, time.Hour),
				"Delete": store.Delete(t.Context(), id),
			} {
				if err == nil || errors.Is(err, runtime.ErrNotFound) || errors.Is(err, runtime.ErrGone) || errors.Is(err, runtime.ErrExists) || errors.Is(err, runtime.ErrConflict) {
					t.Errorf("%s: got %v, want an unclear error", call, err)
				}
			}
			equal(t, client.Dump(t.Context(), key).Val(), before, "what was there")
		})
	}
}
