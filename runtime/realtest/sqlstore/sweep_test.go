package sqlstore_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/sqlstore"
)

// fill puts n rows into the tables. Every second one has expired and has no term.
func (d database) fill(t testing.TB, db *sql.DB, tables string, n int) {
	t.Helper()
	id, series := "decode(md5(CAST(i AS text)), 'hex')", fmt.Sprintf("generate_series(1, %d) i", n)
	bytes := func(hex string) string { return `'\x` + hex + `'` }
	switch d.name {
	case "MariaDB":
		id, series = "UNHEX(MD5(i))", fmt.Sprintf("(SELECT seq i FROM seq_1_to_%d) n", n)
		bytes = func(hex string) string { return "X'" + hex + "'" }
	case "SQLite":
		id, series = "randomblob(16)", fmt.Sprintf("(WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d) SELECT i FROM n)", n)
		bytes = func(hex string) string { return "X'" + hex + "'" }
	}
	micros := time.Now().UnixMicro()
	statement := fmt.Sprintf("INSERT INTO %ssessions (id, revision, term, further, data, gone, expires, deadline) SELECT %s, %s, NULL, %s, %s, 0, %d + (i %% 2) * 86400000000, %d + 86400000000 FROM %s",
		tables, id, bytes("0102030405060708"), bytes(""), bytes("deadbeef"), micros-1_000_000, micros, series)
	_, err := db.Exec(statement)
	must(t, err)
}

// Four replicas sweep at once, while expired sessions are created anew and live
// ones are used.
func TestR7_SweepsAtOnceRemoveNothingThatLives(t *testing.T) {
	n := 10_000
	if long {
		n = 1_000_000
	}
	each(t, databases, func(t *testing.T, d database) {
		url, tables := d.url(t), prefix()
		db := d.connect(t, url)
		store := d.storeOn(t, db, tables)
		d.fill(t, db, tables, n)

		// Sessions with two terms, live and expired, and some that are to be used.
		const some = 50
		used, renewed := make([]runtime.ID, some), make([]runtime.ID, some)
		term := newTerm()
		for i := range some {
			used[i], _ = create(t, store, day, newTerm(), term)
			renewed[i], _ = create(t, store, runtime.TTL{Idle: 1, Life: 1}, newTerm(), newTerm())
		}
		var most atomic.Int64
		var replicas []*sqlstore.Store
		for range 4 {
			watched, w := d.watch(t, url)
			w.stand(func(op, text string, arguments int) error {
				if op == "exec" && strings.HasPrefix(text, "DELETE") {
					most.Store(max(most.Load(), int64(arguments)))
				}
				return nil
			}, nil)
			replica, err := d.open(watched, sqlstore.WithPrefix(tables), sqlstore.WithSweepInterval(0))
			must(t, err)
			t.Cleanup(func() { replica.Close() })
			replicas = append(replicas, replica)
		}
		var removed, created atomic.Int64
		var group sync.WaitGroup
		start := time.Now()
		for _, replica := range replicas {
			group.Go(func() {
				n, err := replica.Sweep(t.Context())
				if err != nil {
					t.Errorf("Sweep: %v", err)
				}
				removed.Add(int64(n))
			})
		}
		group.Go(func() {
			for i, id := range renewed {
				rec := newRecord(newTerm(), term)
				if err := store.Create(t.Context(), id, rec, day); err != nil {
					t.Errorf("Create over an expired session: %v", err)
				}
				if err := store.Touch(t.Context(), used[i], 2*time.Hour); err != nil {
					t.Errorf("Touch meanwhile: %v", err)
				}
				created.Add(1)
			}
		})
		group.Wait()
		t.Logf("%d of %d rows were swept by 4 replicas in %v", removed.Load(), n+2*some, time.Since(start))
		if most.Load() > 1004 {
			t.Errorf("one statement removed up to %d rows", most.Load())
		}
		equal(t, count(t, db, tables+"sessions"), n/2+2*some, "rows that are left")
		equal(t, count(t, db, tables+"terms"), 2*some, "entries that are left")
		ids, _, err := store.List(t.Context(), term, runtime.ID{}, 1000)
		if err != nil || len(ids) != 2*some {
			t.Errorf("List: %d sessions, %v", len(ids), err)
		}
	})
}

// A sweep removes expired sessions and tombstones with their entries, and no live session.
func TestSweep(t *testing.T) {
	each(t, databases, func(t *testing.T, d database) {
		db, tables := d.connect(t, d.url(t)), prefix()
		clock := newClock()
		store := d.storeOn(t, db, tables, sqlstore.WithClock(clock.Now))
		short := runtime.TTL{Idle: time.Minute, Life: time.Minute}
		create(t, store, short)
		create(t, store, short, newTerm(), newTerm(), newTerm())
		live, _ := create(t, store, day, newTerm(), newTerm())
		gone, _ := create(t, store, day, newTerm(), newTerm())
		must(t, store.Delete(t.Context(), gone))
		sweep := func(want, rows, entries int) {
			t.Helper()
			n, err := store.Sweep(t.Context())
			must(t, err)
			equal(t, n, want, "rows swept")
			equal(t, count(t, db, tables+"sessions"), rows, "rows")
			equal(t, count(t, db, tables+"terms"), entries, "entries")
		}
		sweep(0, 4, 4)
		clock.Advance(time.Minute - time.Microsecond)
		sweep(0, 4, 4)
		clock.Advance(time.Microsecond)
		sweep(2, 2, 2)
		clock.Advance(2 * time.Minute)
		sweep(1, 1, 1)
		if _, err := store.Load(t.Context(), live); err != nil {
			t.Errorf("Load of the live one: %v", err)
		}
	})
}

func TestR7_NoSweepGoesOnAfterClose(t *testing.T) {
	each(t, databases, func(t *testing.T, d database) {
		db, tables := d.connect(t, d.url(t)), prefix()
		reports := make(chan int, 100)
		d.storeOn(t, db, tables) // makes the tables
		store := d.storeOn(t, db, tables, sqlstore.WithSweepInterval(20*time.Millisecond), sqlstore.WithSweepReport(func(n int, err error) {
			if err != nil {
				t.Errorf("a sweep: %v", err)
			}
			select {
			case reports <- n:
			default:
			}
		}))
		create(t, store, runtime.TTL{Idle: 1, Life: 1})
		for swept := 0; swept == 0; {
			select {
			case n := <-reports:
				swept += n
			case <-time.After(time.Minute):
				t.Fatal("no sweep within a minute")
			}
		}
		must(t, store.Close())
		create(t, store, runtime.TTL{Idle: 1, Life: 1})
		equal(t, count(t, db, tables+"sessions"), 1, "rows after Close")
	})
}

// A sweep ends with its context, and reports missing tables.
func TestSweepFails(t *testing.T) {
	each(t, databases, func(t *testing.T, d database) {
		store, err := d.open(d.connect(t, d.url(t)), sqlstore.WithPrefix(prefix()))
		must(t, err)
		defer store.Close()
		_, err = store.Sweep(t.Context())
		if err == nil || !strings.Contains(err.Error(), "CreateTables") {
			t.Errorf("without tables: %v", err)
		}
		cancelled, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := store.Sweep(cancelled); !errors.Is(err, context.Canceled) {
			t.Errorf("with a context that has ended: %v", err)
		}
	})
}
