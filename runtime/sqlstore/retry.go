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

// The store repeats this many times what the server has undone, which takes a few seconds
// altogether. The pauses stay short: most locks on a session last milliseconds, and a
// transaction of several statements may have to start again many times if many others
// want the same rows.
const (
	retries    = 120
	firstPause = 500 * time.Microsecond
	maxPause   = 32 * time.Millisecond
)

// retry makes an attempt, and repeats it as long as the server undoes it for a transient
// reason.
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
			return fmt.Errorf("%w, while other transactions lock the rows: %w", ctx.Err(), err)
		}
		pause = min(2*pause, maxPause)
	}
}

// wrap adds the operation to an error, and the context's error if that is the reason,
// because drivers report it in other words. It does not change the errors of the contract,
// nor those of this package.
func (s *Store) wrap(ctx context.Context, doing string, err error) error {
	switch {
	case err == nil, err == runtime.ErrNotFound, err == runtime.ErrGone, err == runtime.ErrExists, err == runtime.ErrConflict,
		strings.HasPrefix(err.Error(), "sqlstore: "):
		return err
	case ctx.Err() == nil:
		if refusal := s.dialect.refusal(err); refusal != "" {
			return refusal.wrap(doing, err)
		}
	case !errors.Is(err, ctx.Err()):
		err = fmt.Errorf("%w: %w", ctx.Err(), err)
	}
	if ctx.Err() == context.DeadlineExceeded && s.starved() {
		return fmt.Errorf("sqlstore: %s: all %d connections of the *sql.DB given to %s are in use, perhaps by handlers that hold one while they write the response: "+
			"give the store a *sql.DB of its own: %w", doing, s.db.Stats().MaxOpenConnections, s.dialect.constructor, err)
	}
	return fmt.Errorf("sqlstore: %s: %w", doing, err)
}

// starved reports whether the pool has no connection left. Whether it is that, or a slow server,
// what a call has waited for, database/sql does not say.
func (s *Store) starved() bool {
	stats := s.db.Stats()
	return stats.MaxOpenConnections > 0 && stats.InUse >= stats.MaxOpenConnections
}

// This package imports no driver. The functions below recognize the errors of drivers by
// their methods and fields.

// serialization reports whether PostgreSQL has undone a statement or a transaction in
// favor of another one: serialization_failure, deadlock_detected, lock_not_available.
func serialization(err error) bool {
	switch state(err) {
	case "40001", "40P01", "55P03":
		return true
	}
	return false
}

// state returns the SQLSTATE of an error of pgx or lib/pq.
func state(err error) string {
	var coded interface{ SQLState() string }
	if errors.As(err, &coded) {
		return coded.SQLState()
	}
	return ""
}

// deadlock reports whether MySQL or MariaDB has undone a statement or a transaction in
// favor of another one: a lock wait timeout, a deadlock, a record that changed since it
// was read, a transaction that the group refused. After a lock wait timeout in a
// transaction, the store rolls it back itself.
func deadlock(err error) bool {
	switch field(err, "Number") {
	case 1205, 1213, 1020, 3101:
		return true
	}
	return false
}

func duplicateKey(err error) bool { return field(err, "Number") == 1062 }

// busy reports whether SQLite has refused a statement because of another process or
// connection: SQLITE_BUSY or SQLITE_LOCKED, in any of their variants.
func busy(err error) bool {
	code := primaryCode(err)
	return code == 5 || code == 6
}

// primaryCode returns the result code of an SQLite driver's error without its variant, or 0.
func primaryCode(err error) int64 {
	var coded interface{ Code() int }
	if errors.As(err, &coded) {
		return int64(coded.Code()) & 0xff
	}
	return max(field(err, "Code"), 0) & 0xff
}

// field returns the number in the named field of an error, or of one that it wraps. It
// returns -1 if there is none.
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
