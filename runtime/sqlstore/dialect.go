package sqlstore

import (
	"strconv"
	"time"
)

// dialect holds the differences between the kinds of databases.
type dialect struct {
	name        string
	constructor string

	// now is an expression for the time in microseconds since 1970, by the server's
	// clock and independent of the connection's time zone. It is the time at which
	// the statement began: the same at each place in the statement, and a constant
	// for an index search. An empty text means the process's clock.
	now         string
	greatest    string                        // the function that returns the greatest of its arguments
	least       string                        // the function that returns the least of its arguments
	lagging     string                        // whether the server is a copy, which may lack the last writes
	carries     string                        // whether :term is among the further terms
	unlessThere string                        // ends an INSERT that does nothing if the row exists
	otherwise   string                        // joins an INSERT and its effect if the row exists
	numbered    func(n int, kind kind) string // returns a placeholder; nil: a question mark
	tables      []string
	transient   func(error) bool // reports an error after which the server has undone everything and a retry may succeed
	duplicate   func(error) bool // reports that the row exists; only if unlessThere is empty
	refusal     func(error) refusal
	committed   bool // transactions request READ COMMITTED
	prepare     bool // keep prepared statements
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
	lagging:     "0", // a file has no copies that answer for it
	carries:     "instr(further, :term) > 0",
	unlessThere: " ON CONFLICT (id) DO NOTHING",
	otherwise:   "ON CONFLICT (id) DO UPDATE SET",
	transient:   busy,
	refusal:     refusalSQLite,
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
	lagging:     "pg_is_in_recovery()",
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
	refusal:   refusalPostgres,
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
	// Some servers have more than two values of read_only, and return names instead of numbers.
	lagging:   "CAST(@@global.read_only AS CHAR) NOT IN ('0', 'OFF') OR @@global.innodb_read_only",
	carries:   "LOCATE(:term, further) > 0",
	otherwise: "ON DUPLICATE KEY UPDATE",
	transient: deadlock,
	duplicate: duplicateKey,
	refusal:   refusalMySQL,
	prepare:   true,
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

// micros returns a duration in whole microseconds. It rounds up, so that no duration above
// zero becomes zero. The result does not overflow when it is added to a time.
func micros(d time.Duration) int64 {
	if d <= 0 {
		return int64(d / time.Microsecond)
	}
	return int64((d-1)/time.Microsecond) + 1
}

// duration returns a number of microseconds as a duration, limited to the longest one.
func duration(micros int64) time.Duration {
	const most = int64(1<<63-1) / int64(time.Microsecond)
	return time.Duration(min(max(micros, -most), most)) * time.Microsecond
}
