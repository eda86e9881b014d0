package sqlstore

import (
	"fmt"
	"strings"

	"github.com/sessiongen/sessiongen/runtime"
)

// refusal says why a database has refused a statement that it would refuse again, with the remedy.
// It is empty for every other error.
type refusal string

const (
	missing   refusal = "the tables are missing: call CreateTables first"
	forbidden refusal = "the account may not do this: it needs SELECT, INSERT, UPDATE and DELETE on the tables"
	readOnly  refusal = "the database is read-only: give sql.Open the address of the server, or the file, that accepts writes"
	tooLarge  refusal = "the database does not take this much: store less, or raise its limits"
	pointless refusal = "the database cannot do this"
)

func (r refusal) wrap(doing string, err error) error {
	if r == tooLarge {
		return fmt.Errorf("sqlstore: %s: %w: %s: %w", doing, runtime.ErrTooLarge, r, err)
	}
	return runtime.Refused(fmt.Errorf("sqlstore: %s: %s: %w", doing, r, err))
}

// refusalPostgres goes by the SQLSTATE, whose first two characters are its class. PgBouncer
// causes errors about prepared statements, which another connection may not have.
func refusalPostgres(err error) refusal {
	code := state(err)
	switch code {
	case "42P01":
		return missing
	case "42501":
		return forbidden
	case "25006":
		return readOnly
	case "54000":
		return tooLarge
	case "42P05": // the prepared statement exists
		return ""
	case "3D000", "3F000", "53100": // no database, no schema, no space left
		return pointless
	}
	switch code[:min(2, len(code))] {
	case "22", "28", "42": // the data, the account or the statement is not accepted
		return pointless
	}
	return ""
}

func refusalMySQL(err error) refusal {
	switch field(err, "Number") {
	case 1146:
		return missing
	case 1044, 1045, 1142, 1143, 1227, 1698:
		return forbidden
	case 1036, 1290, 1792, 1836, 1874:
		return readOnly
	case 1118, 1153, 1197, 1406:
		return tooLarge
	case 1021, 1026, 1114: // the disk or the table is full
		return pointless
	case 1049, 1054, 1064: // no database, no column, no such statement
		return pointless
	}
	// Some have no number of their own: the driver sends nothing, or the server has received a long
	// value in pieces.
	if text := err.Error(); strings.Contains(text, "packet for query is too large") || strings.Contains(text, "longer than 'max_allowed_packet'") {
		return tooLarge
	}
	return ""
}

func refusalSQLite(err error) refusal {
	switch primaryCode(err) {
	case 8:
		return readOnly
	case 18:
		return tooLarge
	case 3, 11, 13, 14, 23, 26: // no permission, damaged, full, cannot be opened, not allowed, no database
		return pointless
	}
	if strings.Contains(err.Error(), "no such table: ") {
		return missing
	}
	return ""
}
