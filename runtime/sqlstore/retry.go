package sqlstore

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"time"

	"github.com/sessiongen/sessiongen/runtime"
)

// What the server has undone is tried again this often, which takes a few seconds
// in all. The pauses stay short: what holds up a session is mostly over in
// milliseconds, and a transaction of several statements may have to begin again
// many times where many others want the same rows.
const (
	retries    = 120
	firstPause = 500 * time.Microsecond
	maxPause   = 32 * time.Millisecond
)

// retry makes an attempt, and another one while the last was undone by the server
// for reasons that pass.
func (s *Store) retry(ctx context.Context, attempt func() error) error {
	pause := firstPause
	for n := 0; ; n++ {
		err := attempt()
		if err == nil || n == retries || !s.dialect.transient(err) {
			return err
		}
		timer := time.NewTimer(pause/2 + rand.N(pause))
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return fmt.Errorf("%w, while others hold up the database: %w", ctx.Err(), err)
		}
		pause = min(2*pause, maxPause)
	}
}

// wrap says what was being done, and that the context has ended if that is why:
// drivers have other words for it. The errors of the contract stay as they are, and
// so do those that say it themselves.
func (s *Store) wrap(ctx context.Context, doing string, err error) error {
	switch {
	case err == nil, err == runtime.ErrNotFound, err == runtime.ErrGone, err == runtime.ErrExists, err == runtime.ErrConflict,
		strings.HasPrefix(err.Error(), "sqlstore: "):
		return err
	case ctx.Err() != nil && !errors.Is(err, ctx.Err()):
		return fmt.Errorf("sqlstore: %s: %w: %w", doing, ctx.Err(), err)
	case s.dialect.missing(err):
		return fmt.Errorf("sqlstore: %s: the tables are missing, call CreateTables first: %w", doing, err)
	}
	return fmt.Errorf("sqlstore: %s: %w", doing, err)
}

// What a database says is told from the errors of drivers that this package does
// not import, by what they have in common.

// serialization says whether PostgreSQL has undone a statement or a transaction
// for the sake of another one: serialization_failure, deadlock_detected,
// lock_not_available.
func serialization(err error) bool {
	switch state(err) {
	case "40001", "40P01", "55P03":
		return true
	}
	return false
}

func noTablePostgres(err error) bool { return state(err) == "42P01" }

// state is the SQLSTATE of an error by pgx or lib/pq.
func state(err error) string {
	var coded interface{ SQLState() string }
	if errors.As(err, &coded) {
		return coded.SQLState()
	}
	return ""
}

// deadlock says whether MySQL or MariaDB has undone a statement or a transaction
// for the sake of another one: a lock wait timeout, a deadlock, a record that
// changed since it was read, a transaction that the group refused. After a lock
// wait timeout in a transaction it is the store that rolls it back.
func deadlock(err error) bool {
	switch field(err, "Number") {
	case 1205, 1213, 1020, 3101:
		return true
	}
	return false
}

func duplicateKey(err error) bool { return field(err, "Number") == 1062 }

func noTableMySQL(err error) bool { return field(err, "Number") == 1146 }

// busy says whether SQLite has refused a statement because of another process or
// connection: SQLITE_BUSY or SQLITE_LOCKED, in any of their variants.
func busy(err error) bool {
	code := int64(-1)
	var coded interface{ Code() int }
	if errors.As(err, &coded) {
		code = int64(coded.Code())
	} else {
		code = field(err, "Code")
	}
	return code > 0 && (code&0xff == 5 || code&0xff == 6)
}

func noTableSQLite(err error) bool { return strings.Contains(err.Error(), "no such table: ") }

// field is the number that an error, or one that it wraps, has in its field of
// that name; -1 if there is none.
func field(err error, name string) int64 {
	if v := reflect.Indirect(reflect.ValueOf(err)); v.Kind() == reflect.Struct {
		switch f := v.FieldByName(name); {
		case !f.IsValid():
		case f.CanInt():
			return f.Int()
		case f.CanUint():
			return int64(f.Uint())
		}
	}
	switch w := err.(type) {
	case interface{ Unwrap() error }:
		if inner := w.Unwrap(); inner != nil {
			return field(inner, name)
		}
	case interface{ Unwrap() []error }:
		for _, inner := range w.Unwrap() {
			if n := field(inner, name); n >= 0 {
				return n
			}
		}
	}
	return -1
}
