package redisstore

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/internal/shop"
	"github.com/sessiongen/sessiongen/runtime/storetest/testserver"
)

// The managers in these tests do not poll.
const never = 24 * time.Hour

// subscribed returns the number of channels that a server's clients have subscribed to.
func subscribed(t testing.TB, servers ...*redis.Client) (n int) {
	t.Helper()
	for _, server := range servers {
		channels, err := server.PubSubShardChannels(context.Background(), "*").Result()
		if err != nil {
			t.Fatal(err)
		}
		n += len(channels)
	}
	return n
}

// listeners returns the number of a server's connections with a subscription.
func listeners(t testing.TB, server *redis.Client) int {
	t.Helper()
	list, err := server.Do(context.Background(), "client", "list", "type", "pubsub").Text()
	if err != nil {
		t.Fatal(err)
	}
	return strings.Count(list, "id=")
}

// One process streams, another one ends the session.
func TestDoneIsClosedByAnotherProcess(t *testing.T) {
	t.Parallel()
	for kind, start := range map[string]func(t *testing.T) func() redis.UniversalClient{
		"single": func(t *testing.T) func() redis.UniversalClient {
			server := testserver.Redis(t)
			return func() redis.UniversalClient { return single(t, server.URL()) }
		},
		"older protocol": func(t *testing.T) func() redis.UniversalClient {
			server := testserver.Redis(t)
			return func() redis.UniversalClient {
				return single(t, server.URL(), func(o *redis.Options) { o.Protocol = 2; o.ContextTimeoutEnabled = true })
			}
		},
		"cluster": func(t *testing.T) func() redis.UniversalClient {
			cluster := testserver.RedisCluster(t, 3, 0)
			return func() redis.UniversalClient { return clustered(t, cluster.Addresses()) }
		},
	} {
		t.Run(kind, func(t *testing.T) {
			connect := start(t)
			here := newShop(t, open(t, connect()), runtime.WithPolling(never))
			there := newShop(t, open(t, connect()), runtime.WithPolling(never))
			for name, ending := range map[string]struct {
				by   func(v *shop.Visitor)
				ends bool
			}{
				"logout":         {func(v *shop.Visitor) { v.Destroy() }, true},
				"another user":   {func(v *shop.Visitor) { v.SetUserID(8) }, true},
				"another role":   {func(v *shop.Visitor) { v.SetRole("admin") }, true},
				"revoked by":     {func(v *shop.Visitor) { v.RevokeOthers() }, true},
				"another field":  {func(v *shop.Visitor) { v.AddVisits(1) }, false},
				"another secret": {func(v *shop.Visitor) { v.Renew() }, false},
			} {
				t.Run(name, func(t *testing.T) {
					b := signIn(t, here, 7)
					other := b.clone().at(there)
					if name == "revoked by" {
						other = signIn(t, there, 7)
					}
					b.send(func(v *shop.Visitor) {
						done := v.Done()
						if status := other.visit(ending.by); status != http.StatusOK {
							t.Fatalf("status %d", status)
						}
						if ending.ends {
							select {
							case <-done:
							case <-time.After(10 * time.Second):
								t.Error("Done is not closed")
							}
							return
						}
						// That it stays open is told only from the end of something later.
						later := b.clone().at(there)
						later.cookie = other.cookie
						select {
						case <-done:
							t.Error("Done is closed, though the session goes on")
						default:
						}
						later.visit(func(v *shop.Visitor) { v.Destroy() })
						select {
						case <-done:
						case <-time.After(10 * time.Second):
							t.Error("Done is not closed by what comes after that")
						}
					})
				})
			}
		})
	}
}

// watched is a session that one store watches and another changes.
type watched struct {
	*testing.T
	id      runtime.ID
	rec     runtime.Record
	by      *Store
	changed <-chan struct{}
	stop    func()
}

func watch(t *testing.T, by *Store) *watched {
	t.Helper()
	id, rec := created(t, by, day)
	return watchOn(t, by, id, rec)
}

func watchOn(t *testing.T, by *Store, id runtime.ID, rec runtime.Record) *watched {
	changed, stop := by.Watch(id)
	return &watched{t, id, rec, by, changed, stop}
}

// goOn is for a session of which a message was lost: it waits until changes are reported again.
func (w *watched) goOn() {
	w.Helper()
	until(w, "changes are told", time.Minute, func() bool {
		rec, err := w.by.Load(w.Context(), w.id)
		if err != nil {
			w.Fatal(err)
		}
		select {
		case <-w.changed: // nothing but an old one
		default:
		}
		if err := w.by.Update(w.Context(), w.id, rec.Rev, record(), day); err != nil {
			w.Fatal(err)
		}
		select {
		case <-w.changed:
			return true
		case <-time.After(100 * time.Millisecond):
			return false
		}
	})
}

// change changes the session and waits for the report. It drops earlier reports first.
func (w *watched) change() {
	w.Helper()
	select {
	case <-w.changed:
	default:
	}
	next := record()
	if err := w.by.Update(w.Context(), w.id, w.rec.Rev, next, day); err != nil {
		w.Fatal(err)
	}
	w.rec = next
	select {
	case <-w.changed:
	case <-time.After(20 * time.Second):
		w.Fatal("the change of the session was not reported")
	}
}

func TestWatchingTakesOneConnectionAndNoneIsLeftAfterClose(t *testing.T) {
	server := single(t, testserver.Redis(t).URL())
	s := open(t, server)
	equal(t, listeners(t, server), 0, "connections that listen, before")
	var all []*watched
	for range 200 {
		all = append(all, watch(t, s))
	}
	until(t, "all are subscribed to", time.Minute, func() bool { return subscribed(t, server) == len(all) })
	equal(t, listeners(t, server), 1, "connections that listen")
	for _, w := range all[1:] {
		w.stop()
	}
	until(t, "one is subscribed to", time.Minute, func() bool { return subscribed(t, server) == 1 })
	all[0].change()
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	until(t, "there is no subscription", time.Minute, func() bool { return listeners(t, server) == 0 })
	all[0].stop()
	_, stop := s.Watch(all[0].id)
	stop()
	if _, err := s.Load(t.Context(), all[0].id); err != nil {
		t.Errorf("Load after Close: %v", err)
	}
	equal(t, listeners(t, server), 0, "connections that listen, after Close")
}

func TestWatchGoesOnAfterTheConnectionIsLost(t *testing.T) {
	t.Parallel()
	server := testserver.Redis(t)
	admin := single(t, server.URL())
	s := open(t, single(t, server.URL()))
	w, quiet := watch(t, s), watch(t, s)
	until(t, "both are subscribed to", time.Minute, func() bool { return subscribed(t, admin) == 2 })
	w.change()
	for range 3 {
		if err := admin.ClientKillByFilter(t.Context(), "TYPE", "pubsub").Err(); err != nil {
			t.Fatal(err)
		}
		until(t, "both are subscribed to again", time.Minute, func() bool { return subscribed(t, admin) == 2 })
		w.change()
		quiet.change()
	}
	server.Kill()
	server.Start()
	// The session is gone, and no message says so: the watcher must be notified.
	select {
	case <-w.changed:
	case <-time.After(20 * time.Second):
		t.Error("no notification after the server has started again")
	}
}

// A change that was made without a connection is reported when the connection is back.
func TestWatchTellsOfWhatChangedWhileTheConnectionWasDown(t *testing.T) {
	t.Parallel()
	server := testserver.Redis(t)
	proxy := testserver.NewProxy(t, server.Address())
	s := open(t, single(t, server.URLAt(proxy.Address()), func(o *redis.Options) { o.MaxRetries = -1 }))
	other := open(t, single(t, server.URL()))
	w := watch(t, s)
	until(t, "it is subscribed to", time.Minute, func() bool { return subscribed(t, other.client.(*redis.Client)) == 1 })
	<-w.changed // that the subscription has begun
	proxy.Refuse()
	proxy.Reset()
	until(t, "the server has noticed", time.Minute, func() bool { return subscribed(t, other.client.(*redis.Client)) == 0 })
	if err := other.Delete(t.Context(), w.id); err != nil {
		t.Fatal(err)
	}
	select {
	case <-w.changed:
		t.Error("something was told without a connection")
	default:
	}
	proxy.Pass()
	select {
	case <-w.changed:
	case <-time.After(20 * time.Second):
		t.Fatal("the change was not reported")
	}
	if _, err := s.Load(t.Context(), w.id); err != runtime.ErrGone {
		t.Errorf("Load: got %v", err)
	}
}

// A silent server is pinged, and its connection is closed if it does not answer.
func TestWatchNoticesAServerThatIsSilent(t *testing.T) {
	t.Parallel()
	server := testserver.Redis(t)
	proxy := testserver.NewProxy(t, server.Address())
	admin := single(t, server.URL())
	s := open(t, single(t, server.URLAt(proxy.Address())))
	s.listener.silence = time.Second
	w := watch(t, s)
	w.by = open(t, admin)
	w.change()
	listening := func() string {
		text, err := admin.Do(t.Context(), "client", "list", "type", "pubsub").Text()
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	made := func() (n int) {
		fmt.Sscan(field(admin.Info(t.Context(), "stats").Val(), "total_connections_received"), &n)
		return n
	}
	id, _, _ := strings.Cut(listening(), " ")
	var pings int
	until(t, "it is asked", time.Minute, func() bool {
		fmt.Sscanf(field(admin.Info(t.Context(), "commandstats").Val(), "cmdstat_ping"), "calls=%d", &pings)
		return pings > 1
	})
	w.change()
	if now := listening(); !strings.HasPrefix(now, id+" ") {
		t.Errorf("the connection to a server that answers is another one: %s, before %s", now, id)
	}
	before := made()
	proxy.Stall()
	select {
	case <-w.changed:
	default:
	}
	if err := w.by.Delete(t.Context(), w.id); err != nil {
		t.Fatal(err)
	}
	until(t, "another connection is made", time.Minute, func() bool { return made() > before })
	proxy.Pass()
	select {
	case <-w.changed:
	case <-time.After(20 * time.Second):
		t.Error("the change was not reported")
	}
	until(t, "another connection listens", time.Minute, func() bool { return !strings.HasPrefix(listening(), id+" ") && subscribed(t, admin) == 1 })
}

func TestWatchFollowsASlotThatMoves(t *testing.T) {
	t.Parallel()
	cluster := testserver.RedisCluster(t, 3, 0)
	s := open(t, clustered(t, cluster.Addresses()))
	w := watch(t, s)
	m := newMove(t, cluster, s.client.(*redis.ClusterClient), s.session(w.id))
	until(t, "it is subscribed to", time.Minute, func() bool { return subscribed(t, m.from) == 1 })
	w.change()
	m.begin()
	m.migrate()
	m.end()
	until(t, "it is subscribed to where it is now", time.Minute, func() bool { return subscribed(t, m.to) == 1 })
	w.change()
	equal(t, subscribed(t, m.from), 0, "channels of the server that it has left")
}

// An account without permission, or an older server: sessions work, and the store does not
// repeat the subscription all the time.
// taken returns when the store has dealt with all watches that have begun.
func taken(t *testing.T, s *Store) {
	for range 2 { // The first round may be taken up, and not be over yet, when the second begins.
		_, stop := s.Watch(runtime.ID{})
		until(t, "the watches are dealt with", time.Minute, func() bool {
			s.listener.mu.Lock()
			defer s.listener.mu.Unlock()
			return len(s.listener.turned) == 0
		})
		stop()
	}
}

func TestWatchWhereTheServerRefuses(t *testing.T) {
	server := testserver.Redis(t)
	admin := single(t, server.URL())
	attempts := func() int {
		// When the second command is answered, all that was sent before the first has been counted.
		admin.Info(t.Context(), "commandstats")
		stats := field(admin.Info(t.Context(), "commandstats").Val(), "cmdstat_ssubscribe")
		var calls, refused int
		fmt.Sscanf(stats, "calls=%d", &calls)
		if _, text, found := strings.Cut(stats, "rejected_calls="); found {
			fmt.Sscanf(text, "%d", &refused)
		}
		return calls + refused
	}
	for name, rules := range map[string][]any{
		"the command":  {"allchannels", "-ssubscribe"},
		"the channels": {"resetchannels"},
		"pubsub":       {"allchannels", "-@pubsub"},
	} {
		t.Run(name, func(t *testing.T) {
			user := strings.ReplaceAll(name, " ", "-")
			args := append([]any{"acl", "setuser", user, "on", ">secret-password", "~*", "+@all"}, rules...)
			if err := admin.Do(t.Context(), args...).Err(); err != nil {
				t.Fatal(err)
			}
			s := open(t, single(t, server.URL(), func(o *redis.Options) { o.Username, o.Password = user, "secret-password" }))
			shops := newShop(t, s, runtime.WithPolling(50*time.Millisecond))
			b := signIn(t, shops, 7)
			b.send(func(v *shop.Visitor) {
				done := v.Done()
				if status := b.clone().visit(func(v *shop.Visitor) { v.AddVisits(1); v.Destroy() }); status != http.StatusOK {
					t.Errorf("status %d", status)
				}
				select {
				case <-done:
				case <-time.After(10 * time.Second):
					t.Error("Done is not closed by polling")
				}
			})
			another := func() {
				w := watch(t, s)
				t.Cleanup(w.stop)
				taken(t, s)
			}
			until(t, "the refusal has arrived", 10*time.Second, func() bool {
				before := attempts()
				another()
				return attempts() == before
			})
			before := attempts()
			for range 20 {
				another()
			}
			if n := attempts() - before; n > 0 {
				t.Errorf("%d attempts to subscribe after the server had refused", n)
			}
		})
	}
}
