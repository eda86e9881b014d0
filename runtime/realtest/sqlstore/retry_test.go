package sqlstore_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/internal/contest"
	"github.com/sessiongen/sessiongen/runtime/internal/shop"
	"github.com/sessiongen/sessiongen/runtime/sqlstore"
)

// undone returns errors of the real driver which say that the server has undone a statement or a
// transaction for a transient reason.
func (d database) undone(t testing.TB) []error {
	t.Helper()
	switch d.name {
	case "PostgreSQL":
		return []error{&pgconn.PgError{Code: "40001"}, &pgconn.PgError{Code: "40P01"}, &pgconn.PgError{Code: "55P03"}}
	case "MariaDB":
		return []error{&mysql.MySQLError{Number: 1213}, &mysql.MySQLError{Number: 1205}, fmt.Errorf("wrapped: %w", &mysql.MySQLError{Number: 1020})}
	}
	// A real one, for it cannot be made otherwise.
	url := d.url(t)
	db := d.connect(t, url)
	_, err := db.Exec("CREATE TABLE t (n INTEGER)")
	must(t, err)
	release := hold(t, d.connect(t, url))
	defer release()
	_, err = db.Exec("INSERT INTO t VALUES (1)")
	if err == nil {
		t.Fatal("SQLite writes, although another connection holds the lock")
	}
	return []error{err}
}

// hold takes the write lock of an SQLite file.
func hold(t testing.TB, db *sql.DB) (release func()) {
	t.Helper()
	conn, err := db.Conn(context.Background())
	must(t, err)
	_, err = conn.ExecContext(context.Background(), "BEGIN IMMEDIATE")
	must(t, err)
	return func() {
		conn.ExecContext(context.Background(), "ROLLBACK")
		conn.Close()
	}
}

// The server undoes three of ten statements and commits. Every write still takes effect, once.
func TestR8_UndoneStatementsAreTriedAgain(t *testing.T) {
	t.Parallel()
	each(t, databases, func(t *testing.T, d database) {
		errs := d.undone(t)
		db, w := d.watch(t, d.url(t))
		store := d.store(t, db)
		var e events
		visitors := shopOn(t, store, &e)
		var browsers [4]*browser // each used by several workers
		for i := range browsers {
			browsers[i] = &browser{visitors: visitors}
			browsers[i].visitOK(t, func(v *shop.Visitor) { v.SetUserID(7) })
		}
		var injected, statements atomic.Int64
		w.stand(func(op, _ string, _ int) error {
			if op == "exec" || op == "query" || op == "commit" {
				statements.Add(1)
				if rand.IntN(10) < 3 {
					return errs[injected.Add(1)%int64(len(errs))]
				}
			}
			return nil
		}, nil)
		const workers = 16
		each := size(6, d.increments()/10/workers)
		var group sync.WaitGroup
		for i := range workers {
			group.Go(func() {
				one := browsers[i%len(browsers)].on(visitors)
				for n := range each {
					status, _ := one.visit(func(v *shop.Visitor) {
						v.AddVisits(1)
						v.SetTeam(fmt.Sprint(i, n)) // which takes a transaction
					})
					if status != http.StatusOK {
						t.Errorf("status %d: %v", status, e.first)
					}
				}
				if err := useAll(t.Context(), store, newTerm()); err != nil {
					t.Errorf("a call: %v", err)
				}
				if _, err := store.Sweep(t.Context()); err != nil {
					t.Errorf("Sweep: %v", err)
				}
			})
		}
		group.Wait()
		w.stand(nil, nil)
		t.Logf("%d of %d statements and commits were undone", injected.Load(), statements.Load())
		for i, b := range browsers {
			equal(t, see(t, b, (*shop.Visitor).Visits), workers/len(browsers)*each, fmt.Sprint("visits of session ", i))
		}
	})
}

// The store gives up on a server that undoes everything, and a call whose context has ended
// returns at once.
func TestR8_TryingAgainEnds(t *testing.T) {
	each(t, databases, func(t *testing.T, d database) {
		errs := d.undone(t)
		db, w := d.watch(t, d.url(t))
		store := d.store(t, db)
		id, _ := create(t, store, day)
		statements := 0
		w.stand(func(op, _ string, _ int) error {
			if op == "exec" || op == "query" {
				statements++
				return errs[0]
			}
			return nil
		}, nil)
		contest.InTime(t, func() (late string) {
			ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
			defer cancel()
			statements = 0
			took := contest.Took(func() {
				err := store.Touch(ctx, id, time.Hour)
				if statements > 0 && !errors.Is(err, errs[0]) || !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("with 50 ms to go: %v after %d attempts", err, statements)
				}
			})
			if took > time.Second || statements == 0 { // its time was up before the first attempt
				late = fmt.Sprintf("a call with 50 ms to go took %v, with %d attempts", took, statements)
			}
			return late
		})
		statements = 0
		start := time.Now()
		err := store.Touch(t.Context(), id, time.Hour)
		t.Logf("gave up after %d attempts in %v", statements, time.Since(start))
		if !errors.Is(err, errs[0]) || statements < 10 || statements > 200 {
			t.Errorf("without a deadline: %v after %d attempts", err, statements)
		}
	})
}

// Other errors are not retried.
func TestR8_OtherErrorsAreNotTriedAgain(t *testing.T) {
	others := map[string][]error{
		"SQLite":     {errors.New("disk full"), &mysql.MySQLError{Number: 1213}, &pgconn.PgError{Code: "40001"}},
		"PostgreSQL": {&pgconn.PgError{Code: "40003"}, &pgconn.PgError{Code: "57014"}, &pgconn.PgError{Code: "08006"}, errors.New("deadlock")},
		"MariaDB":    {&mysql.MySQLError{Number: 1317}, &mysql.MySQLError{Number: 1180}, mysql.ErrInvalidConn, errors.New("deadlock")},
	}
	each(t, databases, func(t *testing.T, d database) {
		db, w := d.watch(t, d.url(t))
		store := d.store(t, db)
		id, _ := create(t, store, day)
		must(t, store.Touch(t.Context(), id, time.Hour))
		for _, other := range others[d.name] {
			statements := 0
			w.stand(func(op, _ string, _ int) error {
				if op == "exec" || op == "query" {
					statements++
					return other
				}
				return nil
			}, nil)
			if err := store.Touch(t.Context(), id, time.Hour); !errors.Is(err, other) || statements != 1 {
				t.Errorf("%v: returned %v after %d attempts", other, err, statements)
			}
		}
	})
}

// Another process holds the write lock of the file for a while: the store waits until it is
// released or the context ends.
func TestR8_SQLiteLockedByAnother(t *testing.T) {
	url := sqlite.url(t)
	db, w := sqlite.watch(t, url)
	store := sqlite.store(t, db)
	id, rec := create(t, store, day)
	another := sqlite.connect(t, url)

	release := hold(t, another)
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if err := store.Delete(ctx, id); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Delete while the file is locked: %v", err)
	}
	if _, err := store.Load(t.Context(), id); err != nil {
		t.Errorf("Load while the file is locked: %v", err)
	}
	refused := make(chan bool, 1000)
	w.stand(nil, func(op, _ string, err error) error {
		if op == "exec" && err != nil {
			refused <- true
		}
		return err
	})
	go func() {
		for range 3 {
			<-refused
		}
		release()
	}()
	must(t, store.Update(t.Context(), id, rec.Rev, newRecord(newTerm(), newTerm()), day))
	must(t, store.Delete(t.Context(), id))
}

// A deadlock with another transaction that locks the same rows in the opposite order.
func TestR8_Deadlocks(t *testing.T) {
	rounds := 3
	if long {
		rounds = 30
	}
	each(t, servers, func(t *testing.T, d database) {
		db, tables := d.connect(t, d.url(t)), prefix()
		watched, w := d.watch(t, d.url(t))
		store := d.storeOn(t, watched, tables)
		var deadlocks atomic.Int64
		w.stand(nil, func(_, _ string, err error) error {
			if err != nil && !errors.Is(err, context.Canceled) {
				deadlocks.Add(1)
			}
			return err
		})
		others := int64(0)
		for round := 0; round < rounds || deadlocks.Load() == 0 && round < 50; round++ {
			term := newTerm()
			var ids []runtime.ID
			for range 2 {
				id, _ := create(t, store, day, term)
				ids = append(ids, id)
			}
			if string(ids[0][:]) > string(ids[1][:]) {
				ids[0], ids[1] = ids[1], ids[0]
			}
			tx, err := db.Begin()
			must(t, err)
			if d.name == "MariaDB" { // which undoes the transaction that has done less
				for range 20 {
					_, err := tx.Exec("INSERT INTO "+tables+"terms (term, id) VALUES (?, ?)", random(32), random(16))
					must(t, err)
				}
			}
			lock := "UPDATE " + tables + "sessions SET deadline = deadline + 1 WHERE id = "
			if d.name == "PostgreSQL" {
				lock += "$1::bytea"
			} else {
				lock += "?"
			}
			_, err = tx.Exec(lock, ids[1][:])
			must(t, err)
			done := make(chan error)
			go func() {
				n, err := store.Revoke(context.Background(), term, runtime.ID{})
				if err == nil && n != 2 {
					err = fmt.Errorf("revoked %d", n)
				}
				done <- err
			}()
			d.awaitLockWait(t, db)
			if _, err = tx.Exec(lock, ids[0][:]); err != nil {
				others++
				tx.Rollback()
			} else {
				must(t, tx.Commit())
			}
			must(t, <-done)
		}
		t.Logf("%d deadlocks were the store's to repeat, %d the other's", deadlocks.Load(), others)
		// PostgreSQL may come to the rows in the order of the other.
		if deadlocks.Load() == 0 {
			t.Error("there was no deadlock for the store to repeat")
		}
	})
}

// awaitLockWait returns when a transaction waits for a row.
func (d database) awaitLockWait(t testing.TB, db *sql.DB) {
	t.Helper()
	query := "SELECT COUNT(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
	if d.name == "MariaDB" {
		query = "SELECT CAST(VARIABLE_VALUE AS INTEGER) FROM information_schema.global_status WHERE VARIABLE_NAME = 'INNODB_ROW_LOCK_CURRENT_WAITS'"
	}
	for deadline := time.Now().Add(time.Minute); ; {
		var n int
		must(t, db.QueryRow(query).Scan(&n))
		if n > 0 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatal("no transaction waits for a lock")
		}
	}
}

// Real serialization failures: PostgreSQL continually refuses statements of the suite's races at
// the highest isolation level, and no caller notices.
func TestR8_SerializationFailures(t *testing.T) {
	db, w := postgres.watch(t, postgres.with(postgres.url(t), "default_transaction_isolation", "serializable"))
	store := postgres.store(t, db)
	var failures atomic.Int64
	w.stand(nil, func(_, _ string, err error) error {
		var refused *pgconn.PgError
		if errors.As(err, &refused) && refused.Code == "40001" {
			failures.Add(1)
		}
		return err
	})
	var e events
	visitors := shopOn(t, store, &e)
	another := shopOn(t, storeBeside(t, postgres, store, db), &e)
	b := &browser{visitors: visitors}
	b.visitOK(t, func(v *shop.Visitor) { v.SetUserID(7) })
	const workers, each = 8, 20
	visits := 0
	for deadline := time.Now().Add(time.Minute); failures.Load() == 0; {
		if time.Now().After(deadline) {
			t.Fatal("PostgreSQL has refused nothing")
		}
		var group sync.WaitGroup
		for i := range workers {
			group.Go(func() {
				one := b.on([]*shop.VisitorManager{visitors, another}[i%2])
				for range each {
					one.visitOK(t, func(v *shop.Visitor) { v.AddVisits(1) })
				}
			})
		}
		group.Wait()
		visits += workers * each
	}
	t.Logf("%d serialization failures in %d visits", failures.Load(), visits)
	equal(t, see(t, b, (*shop.Visitor).Visits), visits, "visits")
}

// storeBeside returns another store on the same tables.
func storeBeside(t testing.TB, d database, store *sqlstore.Store, db *sql.DB) *sqlstore.Store {
	t.Helper()
	beside, err := d.open(db, sqlstore.WithPrefix(prefixOf(t, store)), sqlstore.WithSweepInterval(0))
	must(t, err)
	t.Cleanup(func() { beside.Close() })
	return beside
}
