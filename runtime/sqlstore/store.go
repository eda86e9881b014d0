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

// Store keeps sessions in two tables of a database. It implements [runtime.Store],
// [runtime.Indexer], [runtime.Revoker] and [runtime.SendsOnce], and is safe for use by several
// goroutines.
// [SQLite], [Postgres] and [MySQL] return one.
type Store struct {
	db       *sql.DB
	dialect  *dialect
	queries  queries
	prefix   string
	clock    func() time.Time // nil: the dialect's now
	interval time.Duration
	report   func(removed int, err error)
	sends    bool
	checked  atomic.Bool // the database is known to be usable

	writer chan struct{} // a semaphore for writers of SQLite; nil for other databases

	mu     sync.Mutex
	users  int // calls that use prepared statements
	closed bool

	stop context.CancelFunc // stops the background sweeps
	done chan struct{}      // closed when they have stopped
}

var (
	_ runtime.Store     = (*Store)(nil)
	_ runtime.Indexer   = (*Store)(nil)
	_ runtime.Revoker   = (*Store)(nil)
	_ runtime.SendsOnce = (*Store)(nil)
)

// Option configures a store that [SQLite], [Postgres] or [MySQL] returns.
type Option func(*Store)

// WithPrefix sets the prefix of the names of the two tables. The default is
// "sessiongen_". A prefix is a lower-case letter or underscore, followed by up to 31
// lower-case letters, digits and underscores. Schemas that must not share sessions need
// different prefixes.
func WithPrefix(prefix string) Option {
	return func(s *Store) { s.prefix = prefix }
}

// WithClock replaces the database server's clock as the one that decides about
// deadlines, for tests. The store calls now from several goroutines. Sweeps still start
// by real time.
func WithClock(now func() time.Time) Option {
	return func(s *Store) { s.clock = now }
}

// WithSweepInterval sets the time between two sweeps, give or take a quarter. A sweep
// removes expired sessions from the tables. The default is one minute. Sessions end at
// their deadlines whatever the interval is: it only decides when their space is free
// again. Zero or less disables background sweeps, for programs that call [Store.Sweep]
// by a schedule of their own.
func WithSweepInterval(d time.Duration) Option {
	return func(s *Store) { s.interval = d }
}

// WithSweepReport sets a function that the store calls after each background sweep, with
// the number of sessions and tombstones removed and the error that ended the sweep. The
// calls do not overlap. f must not call [Store.Close], which waits for f to return.
// Without this option, errors of background sweeps are dropped, and the next sweep tries
// again.
func WithSweepReport(f func(removed int, err error)) Option {
	return func(s *Store) { s.report = f }
}

// SQLite returns a store on an SQLite database. It does not connect to the database. It
// returns an error for a nil db, a driver of another database, and an invalid prefix. A db that
// handlers also use may starve the store: see The pool in the package documentation.
//
// [Store.CreateTables] switches the file to write-ahead logging, in which readers and the
// writer do not block each other. The caller need not set any pragma: the store queues
// its own writers, and waits for the writers of other processes.
//
// SQLite makes each acknowledged write durable, also through a power failure, unless the
// pragma "synchronous" is lowered. Some drivers lower it by default; modernc.org/sqlite,
// with which the package is tested, does not.
//
// An in-memory database is private to each connection. [Store.CreateTables] and every
// other call therefore refuse one unless the pool is limited to one connection.
func SQLite(db *sql.DB, options ...Option) (*Store, error) {
	return open(db, sqlite, options)
}

// Postgres returns a store on a PostgreSQL database. It does not connect to the database.
// It returns an error for a nil db, a driver of another database, and an invalid prefix. A db that
// handlers also use may starve the store: see The pool in the package documentation.
//
// A URL that names several hosts has to select the one that accepts writes
// (target_session_attrs=read-write): a standby is refused.
//
// Behind a transaction pooler such as PgBouncer, a statement must not rely on one that was
// prepared in another round trip: the connection to the server may be another one by then. Tried
// with PgBouncer 1.18:
//
//   - pgx holds with default_query_exec_mode=exec, cache_describe or simple_protocol.
//   - pgx in its default mode, cache_statement, answered 503 to between an eighth and most of all
//     requests ("prepared statement already exists"), and in the mode describe_exec to a fifth.
//   - lib/pq holds with binary_parameters=yes. By default, an eighth of all calls failed.
//
// Do not use describe_exec or lib/pq's default there: the server then binds the parameters to the
// statement that another client has prepared last, and notices it only if the parameters do not
// fit.
//
// According to its documentation, PgBouncer supports the default mode of pgx from version 1.21 on
// if max_prepared_statements is set. Without a pooler, lib/pq prepares each statement anew, so
// that each call takes two round trips.
func Postgres(db *sql.DB, options ...Option) (*Store, error) {
	return open(db, postgres, options)
}

// MySQL returns a store on a MySQL or MariaDB database with the InnoDB engine. It does not
// connect to the database. It returns an error for a nil db, a driver of another
// database, and an invalid prefix. A db that handlers also use may starve the store: see The pool
// in the package documentation.
//
// A server with read_only or innodb_read_only is refused, because it may be a replica that
// lags behind. The driver's settings clientFoundRows and interpolateParams may be on or off. The
// setting autocommit must be on, as it is by default.
func MySQL(db *sql.DB, options ...Option) (*Store, error) {
	return open(db, mysql, options)
}

var prefixRule = regexp.MustCompile(`^[a-z_][a-z0-9_]{0,31}$`)

// open does not connect to the database, which may not be running yet.
func open(db *sql.DB, d *dialect, options []Option) (*Store, error) {
	if db == nil {
		return nil, fmt.Errorf("sqlstore: the database is nil: give %s the *sql.DB that sql.Open returned", d.constructor)
	}
	known := drivers[driverPath(db)]
	if known != nil && known != d {
		return nil, fmt.Errorf("sqlstore: the driver is one for %s: use %s", known.name, known.constructor)
	}
	s := &Store{db: db, dialect: d, prefix: "sessiongen_", interval: time.Minute, sends: known == d, done: make(chan struct{})}
	for _, option := range options {
		option(s)
	}
	if !prefixRule.MatchString(s.prefix) {
		return nil, fmt.Errorf("sqlstore: invalid table prefix %q: give a lower-case letter or underscore, followed by up to 31 lower-case letters, digits and underscores", s.prefix)
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

// drivers are the packages of drivers that let database/sql repeat only statements that
// they have not sent.
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

// SendsOnce implements [runtime.SendsOnce]. It reports true for the drivers that this
// package is tested with, for the following reasons.
//
// The store repeats a statement or a transaction only after an error that says that the
// server has undone it: a deadlock, a serialization failure, a lock that was not granted.
// database/sql repeats one only if the driver returns driver.ErrBadConn. These drivers
// return it only before they have sent any byte of the statement, or if they have only
// prepared it.
//
// For every other driver, also one that wraps one of these, SendsOnce reports false. A
// session that several processes write continuously may then get
// [runtime.ErrUncertain] after an answer was lost. The same holds for a proxy that replays
// transactions, but the store cannot detect one.
func (s *Store) SendsOnce() bool { return s.sends }

// Close stops the background sweeps and waits for one that is running. The database
// stays open. The store remains usable, but no longer removes expired sessions. Close may
// be called several times, and always returns nil.
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

// errUnsettled is the error of a call that found another state of the session at each of
// its attempts.
var errUnsettled = errors.New("sqlstore: other requests change the session faster than it can be read: try again")
