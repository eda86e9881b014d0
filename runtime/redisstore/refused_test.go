package redisstore

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/internal/shop"
	"github.com/sessiongen/sessiongen/runtime/storetest/testserver"
)

// A server that has reasons to refuse is asked once: the visitor has the error page, and the
// event says what to do.
func TestR4_WhatRedisRefusesIsNotRepeated(t *testing.T) {
	t.Parallel()
	server := testserver.Redis(t)
	admin := single(t, server.URL())
	do := func(words ...any) {
		t.Helper()
		if err := admin.Do(t.Context(), words...).Err(); err != nil {
			t.Fatal(words, err)
		}
	}
	do("acl", "setuser", "reader", "on", ">secret", "~*", "&*", "+@all", "-set")
	do("config", "resetstat")
	asReader := func(o *redis.Options) { o.Username, o.Password = "reader", "secret" }
	user := signIn(t, newShop(t, open(t, single(t, server.URL()))), 7)
	for _, c := range []struct {
		name, remedy string
		client       func(*redis.Options)
		begin, end   []any
	}{
		{"no permission", "may not do this", asReader, []any{"ping"}, []any{"ping"}},
		{"full", "maxmemory", func(*redis.Options) {}, []any{"config", "set", "maxmemory", "1"}, []any{"config", "set", "maxmemory", "0"}},
		{"too few replicas", "min-replicas-to-write", func(o *redis.Options) { o.MaxRetries = -1 }, []any{"config", "set", "min-replicas-to-write", "1"}, []any{"config", "set", "min-replicas-to-write", "0"}},
		{"a replica", "the primary's address", func(o *redis.Options) { o.MaxRetries = -1 }, []any{"replicaof", "127.0.0.1", "1"}, []any{"replicaof", "no", "one"}},
	} {
		store := open(t, single(t, server.URL(), c.client))
		s := newShop(t, store)
		b := user.at(s)
		id, rec := created(t, open(t, admin), day)
		equal(t, b.user(), 7, c.name+": user before") // and the server knows the scripts
		var response int
		status := b.clone().visit(func(v *shop.Visitor) {
			do(c.begin...)
			do("config", "resetstat")
			v.AddVisits(1)
		})
		response = status
		calls := calls(t, admin, "evalsha")
		equal(t, response, http.StatusServiceUnavailable, c.name+": status")
		equal(t, calls, 1, c.name+": scripts run for the commit")
		err := store.Update(t.Context(), id, rec.Rev, record(), day)
		if !errors.Is(err, runtime.ErrRefused) || !strings.Contains(err.Error(), c.remedy) {
			t.Errorf("%s: got %v, want ErrRefused and %q", c.name, err, c.remedy)
		}
		do(c.end...)
	}
	equal(t, user.visits(), 0, "visits afterwards")
}

// calls returns how often a command was sent since the statistics were reset.
func calls(t *testing.T, client *redis.Client, command string) int {
	t.Helper()
	text, err := client.Info(t.Context(), "commandstats").Result()
	if err != nil {
		t.Fatal(err)
	}
	line := field(text, "cmdstat_"+command)
	n := 0
	for _, part := range strings.Split(line, ",") {
		if count, found := strings.CutPrefix(part, "calls="); found {
			for _, digit := range count {
				n = 10*n + int(digit-'0')
			}
		}
	}
	return n
}

// answer is an error of a server.
type answer string

func (a answer) Error() string { return string(a) }
func (answer) RedisError()     {}

func TestRefusalsOfRedis(t *testing.T) {
	for _, text := range []string{
		"OOM command not allowed when used memory > 'maxmemory'.",
		"ERR Error running script (call to f_0123): @user_script:88: @user_script: 88: -OOM command not allowed when used memory > 'maxmemory'.",
		"NOPERM this user has no permissions to run the 'evalsha' command",
		"ERR The user executing the script can't run this command or subcommand script: 0123, on @user_script:1.",
		"NOAUTH Authentication required.",
		"WRONGPASS invalid username-password pair or user is disabled.",
		"READONLY You can't write against a read only replica.",
		"MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to disk.",
		"NOREPLICAS Not enough good replicas to write.",
		"WRONGTYPE Operation against a key holding the wrong kind of value",
		"CROSSSLOT Keys in request don't hash to the same slot",
		"ERR unknown command 'GETEX', with args beginning with: 'x'",
		"ERR user_script:31: a session's key holds another program's value",
	} {
		if err := wrap("updating a session", answer(text)); !errors.Is(err, runtime.ErrRefused) || !errors.Is(err, answer(text)) {
			t.Errorf("%s: not refused", text)
		}
	}
	for _, err := range []error{
		answer("LOADING Redis is loading the dataset in memory"), answer("CLUSTERDOWN The cluster is down"), answer("TRYAGAIN Multiple keys request during rehashing of slot"),
		answer("BUSY Redis is busy running a script."), answer("ERR max number of clients reached"), errors.New("read: OOM connection reset"),
	} {
		if wrapped := wrap("updating a session", err); errors.Is(wrapped, runtime.ErrRefused) {
			t.Errorf("%v: refused, although a repetition may succeed", err)
		}
	}
}
