package redisstore

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/internal/shop"
	"github.com/sessiongen/sessiongen/runtime/storetest/testserver"
)

// evaluations returns the number of scripts that a server has run.
func evaluations(t testing.TB, server *redis.Client) (n int) {
	t.Helper()
	text, err := server.Info(context.Background(), "commandstats").Result()
	if err != nil {
		t.Fatal(err)
	}
	for _, command := range []string{"evalsha", "eval"} {
		if stats := field(text, "cmdstat_"+command); stats != "" {
			calls, _, _ := strings.Cut(strings.TrimPrefix(stats, "calls="), ",")
			count, err := strconv.Atoi(calls)
			if err != nil {
				t.Fatal(err)
			}
			n += count
		}
	}
	return n
}

func TestCommandsPerRequest(t *testing.T) {
	t.Parallel()
	type figures struct{ commands, rounds int }
	ask := func(t *testing.T, client redis.UniversalClient, servers []*redis.Client, want map[string]figures, options ...Option) {
		h := &hook{}
		client.AddHook(h)
		clock := newClock()
		store := open(t, client, append(options, WithClock(clock.Now))...)
		s := newShop(t, store)
		total := func() (n int) {
			for _, server := range servers {
				n += evaluations(t, server)
			}
			return n
		}
		b := &browser{shop: s}
		// Once without counting: servers are given the scripts, clients learn the slots.
		for range 60 {
			id, rec := created(t, store, day, fresh[runtime.Term]())
			for _, err := range []error{
				store.Update(t.Context(), id, rec.Rev, record(fresh[runtime.Term]()), runtime.TTL{Idle: time.Hour}),
				store.Touch(t.Context(), id, time.Hour),
				store.Delete(t.Context(), id),
			} {
				if err != nil {
					t.Fatal(err)
				}
			}
			if _, err := store.Load(t.Context(), id); err != runtime.ErrGone {
				t.Fatal(err)
			}
		}
		request := func(name string, visit func()) {
			t.Helper()
			before := total()
			h.begin(nil)
			visit()
			commands, rounds := h.counted()
			got, wanted := figures{total() - before, rounds}, want[name]
			t.Logf("%s: %d commands in %d round trips", name, got.commands, got.rounds)
			if got != wanted {
				t.Errorf("%s: %d commands in %d round trips, want %d in %d", name, got.commands, got.rounds, wanted.commands, wanted.rounds)
			}
			equal(t, commands, got.commands, name+": commands that the client sent")
		}
		visit := func(handle func(v *shop.Visitor)) func() {
			return func() {
				if status := b.visit(handle); status != http.StatusOK {
					t.Errorf("status %d", status)
				}
			}
		}
		nothing := func(v *shop.Visitor) {}
		request("no cookie", visit(nothing))
		b.cookie = "malformed"
		request("a malformed token", visit(nothing))
		b.cookie = ""
		request("a new session without a principal", visit(func(v *shop.Visitor) { v.AddVisits(1) }))
		request("untouched", visit(nothing))
		request("read", visit(func(v *shop.Visitor) { v.Visits(); v.UserID() }))
		request("write", visit(func(v *shop.Visitor) { v.AddVisits(1) }))
		request("sign-in", visit(func(v *shop.Visitor) { v.SetUserID(7) }))
		request("write when signed in", visit(func(v *shop.Visitor) { v.AddVisits(1); v.SetNotice("n") }))
		request("a flash", visit(func(v *shop.Visitor) { v.TakeNotice() }))
		request("renewal", visit(func(v *shop.Visitor) { v.Renew() }))
		request("a role", visit(func(v *shop.Visitor) { v.SetRole("admin") }))
		request("a new index term", visit(func(v *shop.Visitor) { v.SetTeam("red") }))
		clock.Advance(2 * time.Minute) // of 30
		request("read within a tenth of idle", visit(nothing))
		clock.Advance(2 * time.Minute)
		request("read after a tenth of idle", visit(nothing))
		request("read after that", visit(nothing))
		request("sign-in again", visit(func(v *shop.Visitor) { v.SetUserID(7) }))
		request("logout", visit(func(v *shop.Visitor) { v.Destroy() }))
		b.cookie = ""
		request("sign-in without a session", visit(func(v *shop.Visitor) { v.SetUserID(7) }))
	}
	want := map[string]figures{
		"no cookie": {}, "a malformed token": {},
		"a new session without a principal": {1, 1}, "untouched": {1, 1}, "read": {1, 1},
		"write": {2, 2}, "sign-in": {2, 2}, "write when signed in": {2, 2}, "a flash": {2, 2},
		"renewal": {2, 2}, "a role": {2, 2}, "a new index term": {2, 2},
		"read within a tenth of idle": {1, 1}, "read after a tenth of idle": {2, 2}, "read after that": {1, 1},
		"sign-in again": {2, 2}, "logout": {2, 2}, "sign-in without a session": {1, 1},
	}
	t.Run("single", func(t *testing.T) {
		client := single(t, testserver.Redis(t).URL())
		ask(t, client, []*redis.Client{client}, want)
	})
	t.Run("cluster", func(t *testing.T) {
		cluster := testserver.RedisCluster(t, 3, 0)
		var servers []*redis.Client
		for _, node := range cluster.Nodes() {
			servers = append(servers, single(t, node.URL()))
		}
		in := map[string]figures{}
		for name, f := range want {
			in[name] = f
		}
		in["sign-in"] = figures{3, 3}          // the entry, in front
		in["a new index term"] = figures{5, 4} // an attempt, two entries together, the record
		in["sign-in again"] = figures{4, 3}    // two entries, in front
		in["sign-in without a session"] = figures{2, 2}
		ask(t, clustered(t, cluster.Addresses()), servers, in)
	})
}
