package sqlstore_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sessiongen/sessiongen/runtime/sqlstore"
)

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

// Constructors do not wait for a server that is not running.
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

// After Close the store remains usable, and the database stays open.
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

// A call that a silent server delays does not delay Close or other calls.
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

// Only known drivers are known to send once.
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
