// Package sqlstore keeps sessions in a database that is reached through
// [database/sql]: SQLite, PostgreSQL, MySQL or MariaDB. The application brings
// the driver; this package imports none.
//
//	db, err := sql.Open("pgx", os.Getenv("DATABASE_URL"))
//	…
//	store, err := sqlstore.Postgres(db)
//	…
//	defer store.Close()
//	if err := store.CreateTables(ctx); err != nil {
//		…
//	}
//	visitors, err := web.NewVisitorManager(store, runtime.WithKeys(keys))
//
// [SQLite] is for one machine: a file that survives a restart. [Postgres] and
// [MySQL] are for as many as there are. What is tested are modernc.org/sqlite,
// github.com/jackc/pgx/v5/stdlib and github.com/go-sql-driver/mysql.
//
// # What it costs
//
// A request that only reads is one round trip to the database, and one that
// writes is two: the record is loaded, and replaced if it is still the one that
// was loaded. That holds for signing in and out too. A session that is found by
// two values at once, such as a principal and an index field, takes a transaction
// of some more round trips when it is created or when its second value changes,
// and only then.
//
// # What it asks of the database
//
// Deadlines go by the clock of the database server and not by its time zone, so
// that replicas of the application need not agree on the time; for SQLite, the
// clock is the process's. Any isolation level will do but READ UNCOMMITTED. The
// database must be the one that is written to: a replica that lags behind would
// bring sessions back to life that have ended. PostgreSQL has to be version 9.5 or
// later, MySQL 5.7, MariaDB 10.2, SQLite 3.32.
//
// Deadlocks, serialization failures and locks held by others are waited for and
// tried again, within the deadline of the call.
//
// The pool is the caller's. By default database/sql keeps two idle connections and
// closes those beyond; under load, connecting anew then costs more than the
// statements. Give SetMaxIdleConns the number that SetMaxOpenConns has.
package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sessiongen/sessiongen/runtime"
)

// Store keeps sessions in two tables of a database. It implements
// [runtime.Store], [runtime.Indexer] and [runtime.SendsOnce], and is safe for
// several goroutines. Use [SQLite], [Postgres] or [MySQL] to make one.
type Store struct {
	db       *sql.DB
	dialect  *dialect
	queries  queries
	prefix   string
	clock    func() time.Time // nil: the dialect's
	interval time.Duration
	report   func(removed int, err error)
	sends    bool
	checked  atomic.Bool // the database has been found usable

	writer chan struct{} // held by whoever writes to SQLite; nil elsewhere

	mu     sync.Mutex
	users  int // of prepared statements
	closed bool

	stop context.CancelFunc // ends the background work
	done chan struct{}      // closed when it has ended
}

var (
	_ runtime.Store     = (*Store)(nil)
	_ runtime.Indexer   = (*Store)(nil)
	_ runtime.SendsOnce = (*Store)(nil)
)

// Option changes how [SQLite], [Postgres] and [MySQL] build a store.
type Option func(*Store)

// WithPrefix sets what the names of the two tables begin with, "sessiongen_" by
// default: a lower-case letter or underscore, then up to 31 letters, digits and
// underscores. Give each schema that must not share sessions a prefix of its own.
func WithPrefix(prefix string) Option {
	return func(s *Store) { s.prefix = prefix }
}

// WithClock makes deadlines go by a clock of the caller's instead of the
// database server's, for tests. It is called from several goroutines. Sweeps are
// still started by real time.
func WithClock(now func() time.Time) Option {
	return func(s *Store) { s.clock = now }
}

// WithSweepInterval sets how often, give or take a quarter, expired sessions are
// removed from the tables: once per minute by default. They are dead before that;
// the interval only decides when their space is free again. Zero or less is
// never, for those who call [Store.Sweep] by a schedule of their own.
func WithSweepInterval(d time.Duration) Option {
	return func(s *Store) { s.interval = d }
}

// WithSweepReport has f called after each sweep in the background, with the
// number of sessions and tombstones that it removed and the error that ended it.
// Calls come one after the other; f must not call [Store.Close], which waits for
// it. Without f, errors of sweeps are not told to anyone; the next one tries again.
func WithSweepReport(f func(removed int, err error)) Option {
	return func(s *Store) { s.report = f }
}

// SQLite returns a store on an SQLite database. [Store.CreateTables] puts the file
// into the write-ahead mode, in which readers and the writer do not hold up each
// other. No pragma has to be set by the caller: the store lets its own writers
// queue, and waits for those of other processes.
//
// SQLite makes each acknowledged write durable, also through a power failure,
// unless the pragma "synchronous" is lowered, which some drivers do by themselves: what
// is tested is modernc.org/sqlite, which does not.
//
// A database in memory is private to each connection, so [Store.CreateTables] and
// every other call refuse one unless the pool is limited to one connection.
func SQLite(db *sql.DB, options ...Option) (*Store, error) {
	return open(db, sqlite, options)
}

// Postgres returns a store on a PostgreSQL database. Where the URL names several
// hosts, it has to ask for the one that is written to
// (target_session_attrs=read-write). With a pool in between that gives a connection
// to one transaction at a time, such as PgBouncer, choose the driver's mode that
// prepares nothing; with lib/pq, which prepares each statement anew, each call is
// two round trips.
func Postgres(db *sql.DB, options ...Option) (*Store, error) {
	return open(db, postgres, options)
}

// MySQL returns a store on a MySQL or MariaDB database with the InnoDB engine. The
// driver's settings clientFoundRows and interpolateParams may be on or off. The
// setting autocommit must be on, as it is by default.
func MySQL(db *sql.DB, options ...Option) (*Store, error) {
	return open(db, mysql, options)
}

var prefixRule = regexp.MustCompile(`^[a-z_][a-z0-9_]{0,31}$`)

// open does not talk to the database, which may not be there yet.
func open(db *sql.DB, d *dialect, options []Option) (*Store, error) {
	if db == nil {
		return nil, fmt.Errorf("sqlstore: no database: give %s the *sql.DB that sql.Open returned", d.constructor)
	}
	known := drivers[driverPath(db)]
	if known != nil && known != d {
		return nil, fmt.Errorf("sqlstore: the database's driver speaks %s: use %s", known.name, known.constructor)
	}
	s := &Store{db: db, dialect: d, prefix: "sessiongen_", interval: time.Minute, sends: known == d, done: make(chan struct{})}
	for _, option := range options {
		option(s)
	}
	if !prefixRule.MatchString(s.prefix) {
		return nil, fmt.Errorf("sqlstore: table prefix %q: give a lower-case letter or underscore, then up to 31 letters, digits and underscores", s.prefix)
	}
	if d == sqlite {
		s.writer = make(chan struct{}, 1)
		if s.clock == nil {
			s.clock = time.Now
		}
	}
	s.queries = s.compile()
	var ctx context.Context
	ctx, s.stop = context.WithCancel(context.Background())
	go s.sweepInBackground(ctx)
	return s, nil
}

// drivers are those of which it is known that they let database/sql repeat only
// what they have not sent.
var drivers = map[string]*dialect{
	"modernc.org/sqlite":             sqlite,
	"github.com/jackc/pgx/v5/stdlib": postgres,
	"github.com/go-sql-driver/mysql": mysql,
}

func driverPath(db *sql.DB) string {
	t := reflect.TypeOf(db.Driver())
	if t != nil && t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t == nil {
		return ""
	}
	return t.PkgPath()
}

// SendsOnce implements [runtime.SendsOnce]. It is true for the drivers that
// this package is tested with, as the following have been looked at.
//
// The store repeats a statement or a transaction by itself only after an error by
// which the server says that it has undone it: a deadlock, a serialization
// failure, a lock that was not granted. database/sql repeats one only when the
// driver returns driver.ErrBadConn, and these drivers do so only while not a byte
// of the statement has been sent, or when what was sent merely prepared it.
//
// Of another driver, also of one that wraps one of these, it is not known, and
// the answer is false: a session that several processes write all the time may
// then get [runtime.ErrUncertain] where an answer was lost. The same would have
// to be said of a proxy that replays transactions, which the store cannot see.
func (s *Store) SendsOnce() bool { return s.sends }

// Close ends the background work and waits for it. The database stays open, and
// the store can still be used, but no longer removes what has expired. Close may
// be called several times and never fails.
func (s *Store) Close() error {
	s.stop()
	<-s.done
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.closed && s.users == 0 {
		s.queries.close()
	}
	s.closed = true
	return nil
}

// errUnsettled is what a call returns that found, again and again, something other
// than it had seen a moment ago.
var errUnsettled = errors.New("sqlstore: the session is being changed faster than it can be read")
