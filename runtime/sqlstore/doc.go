// Package sqlstore is for applications that keep their sessions in a database: SQLite,
// PostgreSQL, MySQL or MariaDB, reached through [database/sql]. It has no
// driver: the application brings one. Of sessiongen's packages it imports runtime and
// internal/expiry alone.
//
//	db, err := sql.Open("pgx", os.Getenv("DATABASE_URL")) // for sessions alone: see The pool
//	…
//	store, err := sqlstore.Postgres(db)
//	…
//	defer store.Close()
//	if err := store.CreateTables(ctx); err != nil {
//		…
//	}
//	visitors, err := web.NewVisitorManager(store, runtime.WithKeys(keys))
//
// [SQLite] is for one machine: a file that survives a restart. [Postgres] and [MySQL]
// are for any number of machines. The package is tested with modernc.org/sqlite,
// github.com/jackc/pgx/v5/stdlib and github.com/go-sql-driver/mysql.
//
// # Cost
//
// A request that only reads takes one round trip to the database. A request that writes
// takes two: the store loads the record, and replaces it if it is still the one that was
// loaded. This includes signing in and out. A session that two values find at once, such
// as a principal and an index field, takes a transaction of some more round trips when
// it is created and when its second value changes, and only then.
//
// # Requirements
//
// The clock of the database server decides about deadlines, whatever its time zone is,
// so the replicas of the application need not agree on the time. With SQLite, the clock
// of the process decides. Every isolation level but READ UNCOMMITTED is supported. The
// oldest supported versions are PostgreSQL 9.5, MySQL 5.7, MariaDB 10.2 and SQLite 3.32.
//
// The store must reach the server that accepts writes: a replica that lags behind would
// bring back sessions that have ended. Each statement that reads sessions also asks
// whether the server is a standby of PostgreSQL in recovery, or a MySQL or MariaDB server
// with read_only or innodb_read_only, and the store refuses the answer of such a server.
// This costs no round trip, and holds after a failover and behind a proxy that sends
// reads to replicas. A replica that accepts writes cannot be told from its primary: set
// read_only on each replica of MySQL and MariaDB, and do not keep sessions in a
// subscriber of PostgreSQL's logical replication.
//
// The account needs SELECT, INSERT, UPDATE and DELETE on the two tables. An error that the
// server would return again, such as a missing privilege, a full disk or a read-only
// server, wraps [runtime.ErrRefused], and a record that is larger than the server accepts
// [runtime.ErrTooLarge].
//
// After a deadlock, a serialization failure or a lock that another client holds, the
// store waits and tries again, within the deadline of the call.
//
// # The pool
//
// Give the store a *sql.DB of its own if a handler may hold a connection while it writes the
// response: by rows that it streams, by a transaction, or by a [database/sql.Conn]. The session is
// committed before the first byte, which takes another connection. If handlers hold all
// connections of a pool that they share with the store, each of them waits for the others until
// its timeout, and its visitor gets a 503. The store cannot prevent that: a *sql.DB does not tell
// how to open another pool. A second one needs few connections, since a call holds one only for
// the time of a statement:
//
//	sessions, err := sql.Open("pgx", os.Getenv("DATABASE_URL"))
//	…
//	sessions.SetMaxOpenConns(10)
//	sessions.SetMaxIdleConns(10)
//	store, err := sqlstore.Postgres(sessions)
//
// With SQLite, no pool helps a handler that has begun a write transaction on the same file when
// the response begins, because a file has one writer at a time: commit first, or keep the
// sessions in a file of their own.
//
// The store never changes the settings of the pool. By default, database/sql keeps two idle
// connections and closes all others. Under load, new connections then cost more than the
// statements: set SetMaxIdleConns to the same number as SetMaxOpenConns.
package sqlstore
