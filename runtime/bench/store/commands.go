package store

import (
	"context"
	"crypto/rand"
	"database/sql"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/alexedwards/scs/postgresstore"
	scsredis "github.com/alexedwards/scs/redisstore"
	"github.com/alexedwards/scs/v2"
	"github.com/gomodule/redigo/redis"
	_ "github.com/jackc/pgx/v5/stdlib" // the driver that both stores use
	goredis "github.com/redis/go-redis/v9"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/bench/codec"
	"github.com/sessiongen/sessiongen/runtime/bench/content"
	"github.com/sessiongen/sessiongen/runtime/bench/visitor"
	"github.com/sessiongen/sessiongen/runtime/redisstore"
	"github.com/sessiongen/sessiongen/runtime/sqlstore"
	"github.com/sessiongen/sessiongen/runtime/storetest/testserver"
)

// Requests are what commands are counted for.
var Requests = []string{"malformed cookie", "new", "untouched", "read", "write", "renewal"}

// Commands is what one library asks of one server.
type Commands struct {
	Name       string
	Counts     []Count // one for each of Requests
	SetCookies []bool  // whether the response set the cookie
}

// site is a library on a server.
type site struct {
	name   string
	cookie string
	relay  *relay
	handle map[string]http.Handler // by request
}

// CountAll counts on servers that are started for it.
func CountAll(t testing.TB) []Commands {
	t.Helper()
	var all []Commands
	redisServer, postgresServer := testserver.Redis(t), testserver.Postgres(t)
	for _, open := range []func(t testing.TB, server *testserver.Server) *site{oursOnRedis, scsOnRedis} {
		all = append(all, open(t, redisServer).counts(t))
	}
	for _, open := range []func(t testing.TB, server *testserver.Server) *site{oursOnPostgres, scsOnPostgres} {
		all = append(all, open(t, postgresServer).counts(t))
	}
	return all
}

func oursOnRedis(t testing.TB, server *testserver.Server) *site {
	r, address := relayTo(t, server.Address(), func() counter { return &redisCommands{} })
	client := goredis.NewClient(&goredis.Options{Addr: address, PoolSize: 1, MaxRetries: -1})
	t.Cleanup(func() { client.Close() })
	store, err := redisstore.New(client)
	must(t, err)
	return ours(t, "sessiongen, Redis", r, store)
}

func oursOnPostgres(t testing.TB, server *testserver.Server) *site {
	db, r := database(t, server)
	store, err := sqlstore.Postgres(db, sqlstore.WithSweepInterval(0))
	must(t, err)
	must(t, store.CreateTables(context.Background()))
	return ours(t, "sessiongen, PostgreSQL", r, store)
}

func database(t testing.TB, server *testserver.Server) (*sql.DB, *relay) {
	t.Helper()
	r, address := relayTo(t, server.Address(), func() counter { return &postgresCommands{} })
	db, err := sql.Open("pgx", server.URLAt(address))
	must(t, err)
	t.Cleanup(func() { db.Close() })
	db.SetMaxOpenConns(1) // which has soon prepared everything
	return db, r
}

func scsOnRedis(t testing.TB, server *testserver.Server) *site {
	r, address := relayTo(t, server.Address(), func() counter { return &redisCommands{} })
	pool := &redis.Pool{MaxIdle: 1, MaxActive: 1, Wait: true, Dial: func() (redis.Conn, error) { return redis.Dial("tcp", address) }}
	t.Cleanup(func() { pool.Close() })
	return theirs("scs, Redis", r, scsredis.NewWithPrefix(pool, rand.Text()+":"))
}

func scsOnPostgres(t testing.TB, server *testserver.Server) *site {
	db, r := database(t, server)
	_, err := db.ExecContext(context.Background(), "CREATE TABLE sessions (token TEXT PRIMARY KEY, data BYTEA NOT NULL, expiry TIMESTAMPTZ NOT NULL)")
	must(t, err)
	return theirs("scs, PostgreSQL", r, postgresstore.NewWithCleanupInterval(db, 0))
}

func ours(t testing.TB, name string, r *relay, store runtime.Store) *site {
	visitors, err := visitor.NewVisitorManager(store, runtime.WithEvents(func(context.Context, runtime.Event) {}))
	must(t, err)
	sample := content.Sample()
	s := &site{name: name, cookie: "session", relay: r, handle: map[string]http.Handler{}}
	for request, handle := range map[string]func(v *visitor.Visitor){
		"new": func(v *visitor.Visitor) {
			v.SetUserID(sample.UserID)
			v.SetCart(sample.Cart)
		},
		"read":    func(v *visitor.Visitor) { v.UserID() },
		"write":   func(v *visitor.Visitor) { v.SetTheme(rand.Text()) },
		"renewal": func(v *visitor.Visitor) { v.Renew() },
	} {
		s.handle[request] = visitors.Middleware(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { handle(visitor.VisitorFrom(r.Context())) }))
	}
	s.handle["untouched"] = visitors.Middleware(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	s.handle["malformed cookie"] = s.handle["read"]
	return s
}

func theirs(name string, r *relay, store scs.Store) *site {
	sessions := scs.New()
	sessions.Store, sessions.IdleTimeout = store, 30*time.Minute
	sample := content.Sample()
	s := &site{name: name + ", idle timeout", cookie: sessions.Cookie.Name, relay: r, handle: map[string]http.Handler{}}
	for request, handle := range map[string]func(ctx context.Context){
		"new": func(ctx context.Context) {
			sessions.Put(ctx, codec.UserID, sample.UserID)
			sessions.Put(ctx, codec.Cart, sample.Cart)
		},
		"untouched": func(context.Context) {},
		"read":      func(ctx context.Context) { sessions.Get(ctx, codec.UserID) },
		"write":     func(ctx context.Context) { sessions.Put(ctx, codec.Theme, rand.Text()) },
		"renewal": func(ctx context.Context) {
			if err := sessions.RenewToken(ctx); err != nil {
				panic(err)
			}
		},
	} {
		s.handle[request] = sessions.LoadAndSave(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { handle(r.Context()) }))
	}
	s.handle["malformed cookie"] = s.handle["read"]
	return s
}

// counts makes all requests twice: the first time connections are made and statements
// prepared.
func (s *site) counts(t testing.TB) Commands {
	t.Helper()
	var c Commands
	for range 2 {
		c = Commands{Name: s.name}
		cookie := ""
		for _, request := range Requests {
			r := httptest.NewRequest("GET", "https://shop.example/", nil)
			switch {
			case request == "malformed cookie":
				r.AddCookie(&http.Cookie{Name: s.cookie, Value: "malformed"})
			case cookie != "":
				r.AddCookie(&http.Cookie{Name: s.cookie, Value: cookie})
			}
			recorder := httptest.NewRecorder()
			s.relay.take()
			s.handle[request].ServeHTTP(recorder, r)
			c.Counts = append(c.Counts, s.relay.take())
			if recorder.Code != http.StatusOK {
				t.Fatalf("%s, %s: status %d %s", s.name, request, recorder.Code, strings.TrimSpace(recorder.Body.String()))
			}
			sent := false
			for _, set := range recorder.Result().Cookies() {
				if set.Name == s.cookie {
					cookie, sent = set.Value, true
				}
			}
			c.SetCookies = append(c.SetCookies, sent)
		}
		if cookie == "" {
			t.Fatalf("%s: no session", s.name)
		}
	}
	return c
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
