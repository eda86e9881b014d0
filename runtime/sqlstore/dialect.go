package sqlstore

import (
	"strconv"
	"time"
)

// dialect is what one kind of database says differently.
type dialect struct {
	name        string
	constructor string

	// now is the time in microseconds since 1970, by the server's clock and whatever
	// the connection's time zone is. It is the time at which the statement began:
	// the same wherever it occurs in one, and a constant by which an index is
	// searched. None: the process's clock.
	now         string
	greatest    string // the function of the greatest of its arguments
	least       string
	carries     string                        // whether :term is among the further terms
	unlessThere string                        // ends an INSERT that does nothing where there is a row already
	otherwise   string                        // between an INSERT and what it does where there is a row
	numbered    func(n int, kind kind) string // a parameter; nil: it is a question mark
	tables      []string
	transient   func(error) bool // undone by the server for certain, and worth another try
	duplicate   func(error) bool // a row was there already; only where unlessThere is empty
	missing     func(error) bool // there is no such table
	committed   bool             // transactions ask for READ COMMITTED
	prepare     bool             // keep prepared statements
}

// kind is the type of a parameter.
type kind uint8

const (
	blob kind = iota
	integer
)

var sqlite = &dialect{
	name:        "SQLite",
	constructor: "sqlstore.SQLite",
	greatest:    "MAX",
	least:       "MIN",
	carries:     "instr(further, :term) > 0",
	unlessThere: " ON CONFLICT (id) DO NOTHING",
	otherwise:   "ON CONFLICT (id) DO UPDATE SET",
	transient:   busy,
	missing:     noTableSQLite,
	prepare:     true,
	tables: []string{
		`CREATE TABLE IF NOT EXISTS {sessions} (
	id       BLOB    NOT NULL PRIMARY KEY,
	revision BLOB    NOT NULL,
	term     BLOB,
	further  BLOB    NOT NULL,
	data     BLOB    NOT NULL,
	gone     INTEGER NOT NULL,
	expires  INTEGER NOT NULL,
	deadline INTEGER NOT NULL
)`,
		`CREATE INDEX IF NOT EXISTS {sessions}_term ON {sessions} (term, id) WHERE term IS NOT NULL`,
		`CREATE INDEX IF NOT EXISTS {sessions}_expires ON {sessions} (expires)`,
		`CREATE TABLE IF NOT EXISTS {terms} (
	term BLOB NOT NULL,
	id   BLOB NOT NULL,
	PRIMARY KEY (term, id)
) WITHOUT ROWID`,
		`CREATE INDEX IF NOT EXISTS {terms}_id ON {terms} (id)`,
	},
}

var postgres = &dialect{
	name:        "PostgreSQL",
	constructor: "sqlstore.Postgres",
	now:         "CAST(EXTRACT(EPOCH FROM statement_timestamp()) * 1000000 AS bigint)",
	greatest:    "GREATEST",
	least:       "LEAST",
	carries:     "position(:term IN further) > 0",
	unlessThere: " ON CONFLICT (id) DO NOTHING",
	otherwise:   "ON CONFLICT (id) DO UPDATE SET",
	numbered: func(n int, k kind) string {
		if k == integer {
			return "$" + strconv.Itoa(n) + "::bigint"
		}
		return "$" + strconv.Itoa(n) + "::bytea"
	},
	transient: serialization,
	missing:   noTablePostgres,
	committed: true,
	tables: []string{
		`CREATE TABLE IF NOT EXISTS {sessions} (
	id       bytea    NOT NULL PRIMARY KEY,
	revision bytea    NOT NULL,
	term     bytea,
	further  bytea    NOT NULL,
	data     bytea    NOT NULL,
	gone     smallint NOT NULL,
	expires  bigint   NOT NULL,
	deadline bigint   NOT NULL
)`,
		`CREATE INDEX IF NOT EXISTS {sessions}_term ON {sessions} (term, id) WHERE term IS NOT NULL`,
		`CREATE INDEX IF NOT EXISTS {sessions}_expires ON {sessions} (expires)`,
		`CREATE TABLE IF NOT EXISTS {terms} (
	term bytea NOT NULL,
	id   bytea NOT NULL,
	PRIMARY KEY (term, id)
)`,
		`CREATE INDEX IF NOT EXISTS {terms}_id ON {terms} (id)`,
	},
}

var mysql = &dialect{
	name:        "MySQL",
	constructor: "sqlstore.MySQL",
	now:         "TIMESTAMPDIFF(MICROSECOND, '1970-01-01 00:00:00', UTC_TIMESTAMP(6))",
	greatest:    "GREATEST",
	least:       "LEAST",
	carries:     "LOCATE(:term, further) > 0",
	otherwise:   "ON DUPLICATE KEY UPDATE",
	transient:   deadlock,
	duplicate:   duplicateKey,
	missing:     noTableMySQL,
	prepare:     true,
	tables: []string{
		`CREATE TABLE IF NOT EXISTS {sessions} (
	id       BINARY(16) NOT NULL,
	revision BINARY(8)  NOT NULL,
	term     BINARY(32),
	further  BLOB       NOT NULL,
	data     LONGBLOB   NOT NULL,
	gone     TINYINT    NOT NULL,
	expires  BIGINT     NOT NULL,
	deadline BIGINT     NOT NULL,
	PRIMARY KEY (id),
	KEY {sessions}_term (term, id),
	KEY {sessions}_expires (expires)
) ENGINE=InnoDB`,
		`CREATE TABLE IF NOT EXISTS {terms} (
	term BINARY(32) NOT NULL,
	id   BINARY(16) NOT NULL,
	PRIMARY KEY (term, id),
	KEY {terms}_id (id)
) ENGINE=InnoDB`,
	},
}

// micros is a duration in whole microseconds, rounded up so that nothing that is
// above zero becomes zero. Added to any time, it does not overflow.
func micros(d time.Duration) int64 {
	if d <= 0 {
		return int64(d / time.Microsecond)
	}
	return int64((d-1)/time.Microsecond) + 1
}

// duration is a number of microseconds; the longest duration if there are more.
func duration(micros int64) time.Duration {
	const most = int64(1<<63-1) / int64(time.Microsecond)
	return time.Duration(min(max(micros, -most), most)) * time.Microsecond
}
