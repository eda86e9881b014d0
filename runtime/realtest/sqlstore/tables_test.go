package sqlstore_test

import (
	"database/sql"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/sqlstore"
)

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

// An account that may read and write, but not create, starts the program if the tables are there.
// Otherwise it learns how they come to be.
func TestCreateTablesWithoutThePrivilege(t *testing.T) {
	t.Parallel()
	each(t, servers, func(t *testing.T, d database) {
		server := d.own(t)
		store := d.store(t, d.connect(t, server.URL()))
		url := d.limitedURL(t, server, store, "SELECT, INSERT, UPDATE, DELETE")
		db := d.connect(t, url)
		limited := storeBeside(t, d, store, db)
		must(t, limited.CreateTables(t.Context()))
		must(t, useAll(t.Context(), limited, newTerm()))

		other, err := d.open(db, sqlstore.WithPrefix(prefix()))
		must(t, err)
		defer other.Close()
		err = other.CreateTables(t.Context())
		refused(t, err, "may not create tables, and they are missing")
		refused(t, err, "the statements of Tables")
		isRefused(t, err, runtime.ErrRefused, "")
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

// An SQLite file needs no pragma from the user, and keeps those that the user has set.
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
