package sqlstore_test

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"

	"github.com/sessiongen/sessiongen/runtime/internal/shop"
	"github.com/sessiongen/sessiongen/runtime/sqlstore"

	"github.com/sessiongen/sessiongen/runtime"
)

// Sessions in a file, with the driver modernc.org/sqlite.
func ExampleSQLite() {
	folder, err := os.MkdirTemp("", "sessions")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(folder)
	db, err := sql.Open("sqlite", filepath.Join(folder, "sessions.db"))
	if err != nil {
		panic(err)
	}
	defer db.Close()

	store, err := sqlstore.SQLite(db)
	if err != nil {
		panic(err)
	}
	defer store.Close()
	if err := store.CreateTables(context.Background()); err != nil {
		panic(err)
	}
	keys, err := runtime.NewKeys([]byte("kX2vTq8ZpLw4RfYb7NsHc1JmGd5EaUo9"))
	if err != nil {
		panic(err)
	}
	visitors, err := shop.NewVisitorManager(store, runtime.WithKeys(keys))
	if err != nil {
		panic(err)
	}
	sessions, err := visitors.ListByUserID(context.Background(), 7)
	fmt.Println(len(sessions), "sessions,", err)
}
