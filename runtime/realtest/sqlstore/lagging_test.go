package sqlstore_test

import (
	"database/sql"
	"net/http"
	"testing"
	"time"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/internal/shop"
	"github.com/sessiongen/sessiongen/runtime/sqlstore"
	"github.com/sessiongen/sessiongen/runtime/storetest/testserver"
)

// isLagging checks that all calls that read refuse the server, also where it has no session to
// show.
func isLagging(t *testing.T, store *sqlstore.Store, id runtime.ID, term runtime.Term) {
	t.Helper()
	const remedy = "give sql.Open the address of the server that accepts writes"
	_, err := store.Load(t.Context(), id)
	refused(t, err, remedy)
	_, err = store.Load(t.Context(), newID())
	refused(t, err, remedy)
	_, _, err = store.List(t.Context(), term, runtime.ID{}, 10)
	refused(t, err, remedy)
	_, _, err = store.List(t.Context(), newTerm(), runtime.ID{}, 10)
	refused(t, err, remedy)
	_, err = store.Revoke(t.Context(), newTerm(), runtime.ID{})
	refused(t, err, remedy)
}

// The program's URL leads to a standby of PostgreSQL that is behind. A visitor who has signed out
// is not signed in there, and one whom it does not know yet is not anonymous: both get the error
// page. After a failover the same standby serves.
func TestR4_AStandbyDoesNotBringBackASession(t *testing.T) {
	t.Parallel()
	primary := testserver.Postgres(t)
	standby := testserver.PostgresStandby(t, primary)
	db, behind := postgres.connect(t, primary.URL()), postgres.connect(t, standby.URL())
	store := postgres.store(t, db)
	copied := storeBeside(t, postgres, store, behind)
	var e, copiedEvents events
	visitors, misled := shopOn(t, store, &e), shopOn(t, copied, &copiedEvents)

	b := &browser{visitors: visitors}
	b.visitOK(t, func(v *shop.Visitor) { v.SetUserID(7) })
	stolen := *b
	id, _ := create(t, store, day, newTerm())
	follow(t, db, behind)
	execute(t, behind, "SELECT pg_wal_replay_pause()")

	later := &browser{visitors: visitors}
	later.visitOK(t, func(v *shop.Visitor) { v.SetUserID(8) })
	b.visitOK(t, func(v *shop.Visitor) { v.Destroy() })
	for name, b := range map[string]*browser{"who has signed out": &stolen, "who has just signed in": later} {
		status, cookies := b.on(misled).visit(func(v *shop.Visitor) {
			t.Errorf("a visitor %s: the standby serves user %d", name, v.UserID())
		})
		if status != http.StatusServiceUnavailable || cookies != 0 {
			t.Errorf("a visitor %s: status %d, %d cookies", name, status, cookies)
		}
	}
	isLagging(t, copied, id, newTerm())
	if n, err := misled.RevokeByUserID(t.Context(), 8); err == nil {
		t.Errorf("RevokeBy on the standby has ended %d sessions of a user who has one, without an error", n)
	}
	refused(t, copied.CreateTables(t.Context()), "accepts writes")

	execute(t, behind, "SELECT pg_wal_replay_resume()")
	follow(t, db, behind)
	primary.Stop()
	execute(t, behind, "SELECT pg_promote()")
	later.on(misled).visitOK(t, func(v *shop.Visitor) { equal(t, v.UserID(), 8, "user after the failover") })
	stolen.on(misled).visitOK(t, func(v *shop.Visitor) { equal(t, v.UserID(), 0, "user of the session that has ended") })
	must(t, useAll(t.Context(), copied, newTerm()))
}

// follow returns when the standby has what the primary has.
func follow(t *testing.T, primary, standby *sql.DB) {
	t.Helper()
	var position string
	must(t, primary.QueryRow("SELECT pg_current_wal_lsn()").Scan(&position))
	for deadline := time.Now().Add(time.Minute); ; {
		var there bool
		must(t, standby.QueryRow("SELECT pg_last_wal_replay_lsn() >= $1::pg_lsn", position).Scan(&there))
		if there {
			return
		}
		if time.Now().After(deadline) {
			t.Fatal("the standby does not follow the primary")
		}
	}
}

// A MariaDB server becomes a replica, and a primary again, while the program runs. The account
// of the tests could write to it all the time.
func TestR4_AReadOnlyMariaDBIsRefused(t *testing.T) {
	t.Parallel()
	server := testserver.MariaDB(t)
	db := mariadb.connect(t, server.URL())
	store := mariadb.store(t, db)
	var e events
	b := &browser{visitors: shopOn(t, store, &e)}
	b.visitOK(t, func(v *shop.Visitor) { v.SetUserID(7) })
	term := newTerm()
	id, _ := create(t, store, day, term)
	must(t, useAll(t.Context(), store, newTerm()))

	execute(t, db, "SET GLOBAL read_only = 1")
	status, cookies := b.on(b.visitors).visit(func(v *shop.Visitor) { t.Errorf("a replica serves user %d", v.UserID()) })
	if status != http.StatusServiceUnavailable || cookies != 0 {
		t.Errorf("status %d, %d cookies", status, cookies)
	}
	isLagging(t, store, id, term)
	fresh := storeBeside(t, mariadb, store, db)
	refused(t, fresh.Delete(t.Context(), id), "accepts writes")
	refused(t, fresh.CreateTables(t.Context()), "accepts writes")

	execute(t, db, "SET GLOBAL read_only = 0")
	b.visitOK(t, func(v *shop.Visitor) { equal(t, v.UserID(), 7, "user") })
	must(t, fresh.Delete(t.Context(), id))
}

// InnoDB itself can be read-only, as on the readers of some managed databases.
func TestR4_AReadOnlyInnoDBIsRefused(t *testing.T) {
	t.Parallel()
	server := testserver.MariaDB(t)
	db := mariadb.connect(t, server.URL())
	store := mariadb.store(t, db)
	term := newTerm()
	id, _ := create(t, store, day, term)
	db.Close()
	server.Stop()
	server.StartWith("innodb-read-only")
	isLagging(t, storeBeside(t, mariadb, store, mariadb.connect(t, server.URL())), id, term)
}

func execute(t testing.TB, db *sql.DB, statement string, arguments ...any) {
	t.Helper()
	if _, err := db.Exec(statement, arguments...); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}
