package sqlstore_test

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/hex"
	"flag"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"
	_ "github.com/jackc/pgx/v5/stdlib"
	_ "modernc.org/sqlite"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/sqlstore"
	"github.com/sessiongen/sessiongen/runtime/storetest"
	"github.com/sessiongen/sessiongen/runtime/storetest/testserver"
)

// long asks for tests at full size, which takes minutes to hours: see .github/CONTRIBUTING.md.
var long = os.Getenv("SESSIONGEN_TEST_LONG") != ""

func TestMain(m *testing.M) {
	if child := os.Getenv(childVariable); child != "" {
		writeUntilKilled(child)
	}
	flag.Set("test.parallel", "16") // what is parallel here mostly waits
	flag.Parse()
	if !long {
		flag.Set("test.short", "true") // the load of the suite's races
	}
	mysql.SetLogger(&mysql.NopLogger{}) // it logs each connection that a test has cut
	os.Exit(testserver.Run(m))
}

// database is a kind of database that the store supports.
type database struct {
	name   string
	driver string
	open   func(*sql.DB, ...sqlstore.Option) (*sqlstore.Store, error)
	url    func(t testing.TB) string // of a shared server, or of a new file
	own    func(t testing.TB, settings ...string) *testserver.Server
}

var (
	sqlite = database{name: "SQLite", driver: "sqlite", open: sqlstore.SQLite, url: func(t testing.TB) string {
		return filepath.Join(t.TempDir(), "sessions.db")
	}}
	postgres = database{name: "PostgreSQL", driver: "pgx", open: sqlstore.Postgres, url: testserver.SharedPostgres, own: testserver.Postgres}
	mariadb  = database{name: "MariaDB", driver: "mysql", open: sqlstore.MySQL, url: testserver.SharedMariaDB, own: testserver.MariaDB}

	databases = []database{sqlite, postgres, mariadb}
	servers   = []database{postgres, mariadb}
)

// each runs a test on each of the databases, at the same time.
func each(t *testing.T, databases []database, test func(t *testing.T, d database)) {
	for _, d := range databases {
		t.Run(d.name, func(t *testing.T) {
			t.Parallel()
			test(t, d)
		})
	}
}

// connect opens a pool, which is closed when the test ends.
func (d database) connect(t testing.TB, url string) *sql.DB {
	t.Helper()
	return d.connectAs(t, d.driver, url)
}

func (d database) connectAs(t testing.TB, driver, url string) *sql.DB {
	t.Helper()
	db, err := sql.Open(driver, url)
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(16)
	db.SetMaxIdleConns(16)
	t.Cleanup(func() { db.Close() })
	return db
}

// store returns a store on tables of its own.
func (d database) store(t testing.TB, db *sql.DB, options ...sqlstore.Option) *sqlstore.Store {
	t.Helper()
	return d.storeOn(t, db, prefix(), options...)
}

func (d database) storeOn(t testing.TB, db *sql.DB, prefix string, options ...sqlstore.Option) *sqlstore.Store {
	t.Helper()
	store, err := d.open(db, append([]sqlstore.Option{sqlstore.WithPrefix(prefix), sqlstore.WithSweepInterval(0)}, options...)...)
	if err != nil {
		t.Fatal(err)
	}
	prefixes.Store(store, prefix)
	t.Cleanup(func() {
		prefixes.Delete(store)
		store.Close()
	})
	if err := store.CreateTables(t.Context()); err != nil {
		t.Fatal(err)
	}
	return store
}

// prefixes are the table prefixes by store.
var prefixes sync.Map

func prefixOf(t testing.TB, store *sqlstore.Store) string {
	t.Helper()
	prefix, found := prefixes.Load(store)
	if !found {
		t.Fatal("the store is not one of storeOn")
	}
	return prefix.(string)
}

// fresh returns a store on a database of its kind.
func (d database) fresh(t testing.TB, options ...sqlstore.Option) *sqlstore.Store {
	t.Helper()
	return d.store(t, d.connect(t, d.url(t)), options...)
}

// with adds a parameter to a URL of the driver's.
func (d database) with(to, name, value string) string {
	separator := "?"
	if strings.Contains(to, "?") {
		separator = "&"
	}
	return to + separator + name + "=" + strings.ReplaceAll(url.QueryEscape(value), "+", "%20")
}

func prefix() string { return "t" + hex.EncodeToString(random(6)) + "_" }

func random(n int) []byte {
	b := make([]byte, n)
	rand.Read(b)
	return b
}

func newID() runtime.ID     { return runtime.ID(random(16)) }
func newTerm() runtime.Term { return runtime.Term(random(32)) }

func newRecord(terms ...runtime.Term) runtime.Record {
	return runtime.Record{Rev: runtime.Rev(random(8)), Terms: terms, Data: "content " + rand.Text()}
}

var day = runtime.TTL{Idle: time.Hour, Life: 24 * time.Hour}

func create(t testing.TB, store runtime.Store, ttl runtime.TTL, terms ...runtime.Term) (runtime.ID, runtime.Record) {
	t.Helper()
	id, rec := newID(), newRecord(terms...)
	must(t, store.Create(t.Context(), id, rec, ttl))
	return id, rec
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func equal[T comparable](t testing.TB, got, want T, what string) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

// count returns the number of rows of a table.
func count(t testing.TB, db *sql.DB, table string) (n int) {
	t.Helper()
	must(t, db.QueryRowContext(context.Background(), "SELECT COUNT(*) FROM "+table).Scan(&n))
	return n
}

// conform runs the public suite with a clock that it turns, on one pair of tables.
func (d database) conform(t *testing.T, db *sql.DB) {
	tables := prefix()
	d.storeOn(t, db, tables)
	storetest.Run(t, storetest.Options{
		Open: func(t *testing.T, clock *storetest.Clock) runtime.Store {
			store, err := d.open(db, sqlstore.WithPrefix(tables), sqlstore.WithSweepInterval(0), sqlstore.WithClock(clock.Now))
			must(t, err)
			t.Cleanup(func() { store.Close() })
			return store
		},
	})
}

// The example in the documentation of the store cannot run there without a driver. The same
// example runs here.
func TestTheDocumentedExampleIsTheOneThatRuns(t *testing.T) {
	documented, err := os.ReadFile("../../sqlstore/example_test.go")
	must(t, err)
	runs, err := os.ReadFile("example_test.go")
	must(t, err)
	without, _, found := strings.Cut(string(runs), "\t// Output:")
	if !found || without+"}\n" != string(documented) {
		t.Error("runtime/sqlstore/example_test.go is another one than runtime/realtest/sqlstore/example_test.go without its output")
	}
}

// refused checks the prefix of an error and its remedy.
func refused(t *testing.T, err error, remedy string) {
	t.Helper()
	if err == nil || !strings.HasPrefix(err.Error(), "sqlstore: ") || !strings.Contains(err.Error(), remedy) {
		t.Errorf("got %v, want an error of sqlstore that says %q", err, remedy)
	}
}
