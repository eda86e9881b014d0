package bench

import (
	"crypto/rand"
	"database/sql"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/alexedwards/scs/postgresstore"
	"github.com/alexedwards/scs/redisstore"
	"github.com/alexedwards/scs/v2"
	"github.com/alexedwards/scs/v2/memstore"
	"github.com/gomodule/redigo/redis"
	_ "github.com/jackc/pgx/v5/stdlib"

	"github.com/sessiongen/sessiongen/runtime/storetest/testserver"
)

// long asks for tests at full size, which takes minutes to hours: see .github/CONTRIBUTING.md.
var long = os.Getenv("SESSIONGEN_TEST_LONG") != ""

// TestMain lets the suite use its smaller load: one call of ours is several of
// scs's, and each of them a round trip.
func TestMain(m *testing.M) {
	flag.Parse()
	if !long {
		flag.Set("test.short", "true")
	}
	os.Exit(testserver.Run(m))
}

// scsStores open the stores of scs that everything here is tried on, each empty.
var scsStores = map[string]func(t *testing.T) scs.Store{
	"memstore":      func(*testing.T) scs.Store { return memstore.NewWithCleanupInterval(0) },
	"postgresstore": openPostgres,
	"redisstore":    openRedis,
}

// onEach runs a test on each of them.
func onEach(t *testing.T, test func(t *testing.T, store scs.Store)) {
	for name, open := range scsStores {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, open(t))
		})
	}
}

// openPostgres makes a table as scs's documentation has it.
func openPostgres(t *testing.T) scs.Store {
	t.Helper()
	db, err := sql.Open("pgx", testserver.SharedPostgres(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	db.SetMaxOpenConns(16)
	db.SetMaxIdleConns(16)
	table := "sessions_" + strings.ToLower(rand.Text())
	for _, statement := range []string{
		"CREATE TABLE %s (token TEXT PRIMARY KEY, data BYTEA NOT NULL, expiry TIMESTAMPTZ NOT NULL)",
		"CREATE INDEX ON %s (expiry)",
	} {
		if _, err := db.ExecContext(t.Context(), fmt.Sprintf(statement, table)); err != nil {
			t.Fatal(err)
		}
	}
	return postgresstore.NewWithConfig(db, postgresstore.Config{TableName: table})
}

func openRedis(t *testing.T) scs.Store {
	t.Helper()
	url := testserver.SharedRedis(t)
	pool := &redis.Pool{
		MaxIdle: 16, MaxActive: 16, Wait: true, IdleTimeout: time.Minute,
		Dial: func() (redis.Conn, error) { return redis.DialURL(url) },
	}
	t.Cleanup(func() { pool.Close() })
	return redisstore.NewWithPrefix(pool, rand.Text()+":")
}
