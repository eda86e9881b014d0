package sqlstore_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/sqlstore"
)

// refused checks an error's beginning and its remedy.
func refused(t *testing.T, err error, remedy string) {
	t.Helper()
	if err == nil || !strings.HasPrefix(err.Error(), "sqlstore: ") || !strings.Contains(err.Error(), remedy) {
		t.Errorf("got %v, want an error of sqlstore that says %q", err, remedy)
	}
}

func TestConstructorsRefuse(t *testing.T) {
	for _, d := range databases {
		_, err := d.open(nil)
		refused(t, err, "sql.Open")
		for _, other := range databases {
			db, err := sql.Open(other.driver, "")
			if other.driver == "mysql" {
				db, err = sql.Open(other.driver, "/test")
			}
			must(t, err)
			defer db.Close()
			store, err := d.open(db)
			if d.name == other.name {
				must(t, err)
				store.Close()
				continue
			}
			refused(t, err, "use sqlstore.")
		}
	}
	db := sqlite.connect(t, sqlite.url(t))
	for _, prefix := range []string{"", "Sessions_", "1_", "a-b", "a.b", "a b", "a;DROP TABLE users;--", "x\x00", strings.Repeat("x", 33), "ä"} {
		_, err := sqlstore.SQLite(db, sqlstore.WithPrefix(prefix))
		refused(t, err, "table prefix")
	}
}

// A server that is not there holds up nobody who merely builds a store.
func TestConstructorsDoNotConnect(t *testing.T) {
	each(t, servers, func(t *testing.T, d database) {
		proxy, url := d.through(t)
		proxy.Stall()
		store, err := d.open(d.connect(t, url))
		must(t, err)
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		if err := store.CreateTables(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("CreateTables on a silent server: %v", err)
		}
		must(t, store.Close())
	})
}

func TestCreateTablesAtOnce(t *testing.T) {
	each(t, databases, func(t *testing.T, d database) {
		url := d.url(t)
		for range 3 {
			tables := prefix()
			var group sync.WaitGroup
			for range 8 {
				store, err := d.open(d.connect(t, url), sqlstore.WithPrefix(tables))
				must(t, err)
				defer store.Close()
				group.Go(func() {
					for range 2 {
						if err := store.CreateTables(t.Context()); err != nil {
							t.Errorf("CreateTables: %v", err)
						}
					}
					if err := useAll(t.Context(), store, newTerm()); err != nil {
						t.Errorf("after CreateTables: %v", err)
					}
				})
			}
			group.Wait()
		}
	})
}

func TestTablesMadeByHand(t *testing.T) {
	each(t, databases, func(t *testing.T, d database) {
		db := d.connect(t, d.url(t))
		store, err := d.open(db, sqlstore.WithPrefix(prefix()))
		must(t, err)
		defer store.Close()
		for _, call := range []func() error{
			func() error { return useAll(t.Context(), store, newTerm()) },
			func() error { _, err := store.Load(t.Context(), newID()); return err },
			func() error { return store.Delete(t.Context(), newID()) },
		} {
			refused(t, call(), "call CreateTables")
		}
		for statement := range strings.SplitSeq(strings.TrimSpace(store.Tables()), ";\n") {
			_, err := db.Exec(strings.TrimSuffix(statement, ";"))
			must(t, err)
		}
		must(t, useAll(t.Context(), store, newTerm()))
		must(t, store.CreateTables(t.Context()))
		must(t, useAll(t.Context(), store, newTerm()))
	})
}

func TestSQLiteInMemory(t *testing.T) {
	for _, url := range []string{":memory:", "file::memory:?cache=shared", ""} {
		db, err := sql.Open("sqlite", url)
		must(t, err)
		defer db.Close()
		store, err := sqlstore.SQLite(db)
		must(t, err)
		defer store.Close()
		refused(t, store.CreateTables(t.Context()), "SetMaxOpenConns(1)")
		_, err = store.Load(t.Context(), newID())
		refused(t, err, "SetMaxOpenConns(1)")
		db.SetMaxOpenConns(1)
		must(t, store.CreateTables(t.Context()))
		must(t, useAll(t.Context(), store, newTerm()))
		if long && url == ":memory:" {
			sqlite.conform(t, db)
		}
	}
}

// An SQLite file needs no pragma from the user, and keeps what its user has set.
func TestSQLiteFile(t *testing.T) {
	url := sqlite.url(t)
	db := sqlite.connect(t, url)
	sqlite.store(t, db)
	var mode string
	must(t, db.QueryRow("PRAGMA journal_mode").Scan(&mode))
	equal(t, mode, "wal", "journal mode")
	db.Close()
	store := sqlite.store(t, sqlite.connect(t, url))
	must(t, useAll(t.Context(), store, newTerm()))

	folder, err := sql.Open("sqlite", filepath.Join(t.TempDir(), "missing", "sessions.db"))
	must(t, err)
	defer folder.Close()
	store, err = sqlstore.SQLite(folder)
	must(t, err)
	defer store.Close()
	refused(t, store.CreateTables(t.Context()), "open")
}

func TestMySQLWithoutAutocommitIsRefused(t *testing.T) {
	db := mariadb.connect(t, mariadb.with(mariadb.url(t), "autocommit", "0"))
	store, err := sqlstore.MySQL(db, sqlstore.WithPrefix(prefix()))
	must(t, err)
	defer store.Close()
	refused(t, store.CreateTables(t.Context()), "autocommit")
	refused(t, store.Delete(t.Context(), newID()), "autocommit")
}

// After Close the store works on, and the database is the caller's.
func TestClose(t *testing.T) {
	each(t, databases, func(t *testing.T, d database) {
		db := d.connect(t, d.url(t))
		store := d.store(t, db, sqlstore.WithSweepInterval(time.Hour))
		must(t, useAll(t.Context(), store, newTerm()))
		var group sync.WaitGroup
		for range 8 {
			group.Go(func() {
				for range 10 {
					if err := useAll(t.Context(), store, newTerm()); err != nil {
						t.Errorf("while the store is closed: %v", err)
					}
				}
			})
		}
		must(t, store.Close())
		must(t, store.Close())
		group.Wait()
		must(t, useAll(t.Context(), store, newTerm()))
		must(t, db.Ping())
	})
}

// A call that a silent server holds up holds up neither Close nor other calls.
func TestCloseDoesNotWaitForCalls(t *testing.T) {
	each(t, servers, func(t *testing.T, d database) {
		proxy, url := d.through(t)
		db, w := d.watch(t, url)
		store := d.store(t, db)
		id, _ := create(t, store, day)
		_, err := store.Load(t.Context(), id)
		must(t, err)
		begun := make(chan bool, 100)
		w.stand(func(op, _ string, _ int) error {
			if op == "query" {
				begun <- true
			}
			return nil
		}, nil)
		proxy.Stall()
		held, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() {
			_, err := store.Load(held, id)
			done <- err
		}()
		<-begun
		start := time.Now()
		must(t, store.Close())
		brief, end := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer end()
		if _, err := store.Load(brief, id); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("another call: %v", err)
		}
		if took := time.Since(start); took > 30*time.Second {
			t.Errorf("Close and a call with 50 ms took %v", took)
		}
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Errorf("the call that was held up: %v", err)
		}
		proxy.Pass()
		_, err = store.Load(t.Context(), id)
		must(t, err)
	})
}

func TestErrorsTellNoPassword(t *testing.T) {
	for d, url := range map[*database]string{
		&postgres: "postgres://sessions:hunter2@127.0.0.1:1/test",
		&mariadb:  "sessions:hunter2@tcp(127.0.0.1:1)/test",
	} {
		store, err := d.open(d.connect(t, url))
		must(t, err)
		defer store.Close()
		_, err = store.Load(t.Context(), newID())
		if err == nil || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: %v", d.name, err)
		}
	}
	each(t, servers, func(t *testing.T, d database) {
		url := d.url(t)
		if d.name == "PostgreSQL" {
			url = strings.Replace(url, "postgres@", "nobody:hunter2@", 1)
		} else {
			url = strings.Replace(url, "root@", "nobody:hunter2@", 1)
		}
		store, err := d.open(d.connect(t, url))
		must(t, err)
		defer store.Close()
		_, err = store.Load(t.Context(), newID())
		if err == nil || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%v", err)
		}
	})
}

// Only of drivers that have been looked at is it known that they send once.
func TestSendsOnce(t *testing.T) {
	each(t, databases, func(t *testing.T, d database) {
		db, err := sql.Open(d.driver, d.url(t))
		must(t, err)
		defer db.Close()
		store, err := d.open(db)
		must(t, err)
		defer store.Close()
		equal(t, store.SendsOnce(), true, "with the driver itself")
		wrapped := sql.OpenDB(stranger{})
		defer wrapped.Close()
		store, err = d.open(wrapped)
		must(t, err)
		defer store.Close()
		equal(t, store.SendsOnce(), false, "with a driver around it")
	})
}

type stranger struct{}

func (stranger) Connect(context.Context) (driver.Conn, error) { return nil, errors.New("none") }
func (stranger) Driver() driver.Driver                        { return stranger{} }
func (stranger) Open(string) (driver.Conn, error)             { return nil, errors.New("none") }

func TestTooManyTerms(t *testing.T) {
	each(t, databases, func(t *testing.T, d database) {
		store := d.fresh(t)
		id, rec := create(t, store, day)
		many := make([]runtime.Term, 1025)
		for i := range many {
			many[i] = newTerm()
		}
		refused(t, store.Create(t.Context(), newID(), newRecord(many...), day), "1024")
		refused(t, store.Update(t.Context(), id, rec.Rev, newRecord(many...), day), "1024")
		most := newRecord(many[:1024]...)
		must(t, store.Update(t.Context(), id, rec.Rev, most, day))
		ids, _, err := store.List(t.Context(), many[1023], runtime.ID{}, 1)
		if err != nil || len(ids) != 1 {
			t.Errorf("List by the last of 1024 terms: %v, %v", ids, err)
		}
	})
}
