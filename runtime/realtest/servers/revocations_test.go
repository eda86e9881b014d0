package servers_test

import (
	"database/sql"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	_ "github.com/go-sql-driver/mysql"
	_ "github.com/jackc/pgx/v5/stdlib"
	"github.com/redis/go-redis/v9"
	_ "modernc.org/sqlite"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/internal/kiosk"
	"github.com/sessiongen/sessiongen/runtime/redisstore"
	"github.com/sessiongen/sessiongen/runtime/sealed"
	"github.com/sessiongen/sessiongen/runtime/sqlstore"
	"github.com/sessiongen/sessiongen/runtime/storetest/testserver"
)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// connect returns a client of a Redis server.
func connect(t *testing.T, url string) *redis.Client {
	t.Helper()
	options, err := redis.ParseURL(url)
	must(t, err)
	client := redis.NewClient(options)
	t.Cleanup(func() { client.Close() })
	return client
}

func openSQL(t *testing.T, of func(*sql.DB, ...sqlstore.Option) (*sqlstore.Store, error), driver, source string) runtime.Store {
	t.Helper()
	store, err := of(open(t, driver, source))
	must(t, err)
	t.Cleanup(func() { store.Close() })
	must(t, store.CreateTables(t.Context()))
	return store
}

// Every store of this module remembers revocations, for all processes.
func TestRevocationsInRealStores(t *testing.T) {
	t.Parallel()
	for name, open := range map[string]func(t *testing.T) runtime.Store{
		"SQLite": func(t *testing.T) runtime.Store {
			return openSQL(t, sqlstore.SQLite, "sqlite", "file:"+filepath.Join(t.TempDir(), "sessions.db"))
		},
		"PostgreSQL": func(t *testing.T) runtime.Store {
			return openSQL(t, sqlstore.Postgres, "pgx", testserver.SharedPostgres(t))
		},
		"MariaDB": func(t *testing.T) runtime.Store {
			return openSQL(t, sqlstore.MySQL, "mysql", testserver.SharedMariaDB(t))
		},
		"Redis": func(t *testing.T) runtime.Store {
			store, err := redisstore.New(connect(t, testserver.SharedRedis(t)))
			must(t, err)
			return store
		},
	} {
		t.Run(name, func(t *testing.T) { revoke(t, open(t)) })
	}
}

var keys = func() *runtime.Keys {
	keys, err := runtime.NewKeys([]byte("kX2vTq8ZpLw4RfYb7NsHc1JmGd5EaUo9"))
	if err != nil {
		panic(err)
	}
	return keys
}()

// process returns another manager on the same revocations.
func process(t *testing.T, store runtime.Store) *kiosk.VisitorManager {
	t.Helper()
	sealer, err := sealed.New(keys, sealed.WithRevocations(store))
	must(t, err)
	visitors, err := kiosk.NewVisitorManager(sealer, runtime.WithKeys(keys))
	must(t, err)
	return visitors
}

// visit makes a request with a session cookie. It returns the cookie of the response, or the same
// one if the response sets none.
func visit(t *testing.T, visitors *kiosk.VisitorManager, cookie string, handle func(*kiosk.Visitor)) string {
	t.Helper()
	r := httptest.NewRequest("GET", "https://kiosk.example/", nil)
	r.Header.Set("Cookie", cookie)
	w := httptest.NewRecorder()
	visitors.Middleware(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		handle(kiosk.VisitorFrom(r.Context()))
	})).ServeHTTP(w, r)
	if w.Code != http.StatusOK {
		t.Errorf("status %d", w.Code)
	}
	if sent := w.Header().Get("Set-Cookie"); sent != "" {
		cookie, _, _ = strings.Cut(sent, ";")
	}
	return cookie
}

func revoke(t *testing.T, store runtime.Store) {
	one, other := process(t, store), process(t, store)
	signedIn := func(cookie string) (in bool) {
		visit(t, other, cookie, func(v *kiosk.Visitor) { in = v.HasUserID() })
		return in
	}
	for round, end := range []func(cookie string){
		func(cookie string) { visit(t, one, cookie, (*kiosk.Visitor).Destroy) },
		func(cookie string) {
			visit(t, one, cookie, func(v *kiosk.Visitor) { must(t, other.Revoke(t.Context(), v.Info().ID)) })
		},
		func(string) {
			_, err := other.RevokeByUserID(t.Context(), 7)
			must(t, err)
		},
		func(cookie string) {
			kept := visit(t, one, cookie, (*kiosk.Visitor).RevokeOthers)
			if !signedIn(kept) {
				t.Error("who revoked the others is signed out")
			}
			visit(t, one, kept, (*kiosk.Visitor).Destroy)
		},
	} {
		last := visit(t, one, "", func(v *kiosk.Visitor) { v.SetUserID(7) })
		had := []string{last}
		for _, handle := range []func(*kiosk.Visitor){(*kiosk.Visitor).Renew, func(v *kiosk.Visitor) { v.SetRole("admin") }} {
			last = visit(t, one, last, handle)
			had = append(had, last)
		}
		var group sync.WaitGroup
		parallel := make([]string, 4)
		for i := range parallel {
			group.Go(func() { parallel[i] = visit(t, one, last, func(v *kiosk.Visitor) { v.AddVisits(1) }) })
		}
		group.Wait()
		if !signedIn(last) {
			t.Errorf("round %d: the last cookie is worth nothing before the end", round)
		}
		end(last)
		for i, cookie := range slices.Concat(had, parallel) {
			if signedIn(cookie) {
				t.Errorf("round %d: cookie %d is good after the end", round, i)
			}
		}
	}
	// Sessions of another kind in the same store are not affected.
	guests, err := kiosk.NewGuestManager(store)
	must(t, err)
	must(t, guests.Revoke(t.Context(), runtime.ID{1}))
}
