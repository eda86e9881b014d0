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
	"github.com/sessiongen/sessiongen/runtime/storetest/testserver"
)

var levels = []string{"READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE"}

// at opens a pool whose transactions and single statements have an isolation level.
func (d database) at(t testing.TB, level string) *sql.DB {
	t.Helper()
	switch d.name {
	case "PostgreSQL":
		return d.connect(t, d.with(d.url(t), "default_transaction_isolation", level))
	case "MariaDB":
		return d.connect(t, d.with(d.url(t), "tx_isolation", "'"+strings.ReplaceAll(level, " ", "-")+"'"))
	}
	t.Fatal("SQLite has one isolation level")
	return nil
}

// everyLevel runs a test on the servers at each of their isolation levels.
func everyLevel(t *testing.T, test func(t *testing.T, d database, db *sql.DB)) {
	each(t, servers, func(t *testing.T, d database) {
		for _, level := range levels {
			t.Run(level, func(t *testing.T) {
				db := d.at(t, level)
				if is := levelOf(t, d, db); is != level {
					t.Fatalf("the pool is at %s", is)
				}
				test(t, d, db)
			})
		}
	})
}

func levelOf(t *testing.T, d database, db *sql.DB) (level string) {
	t.Helper()
	query := "SELECT UPPER(current_setting('transaction_isolation'))"
	if d.name == "MariaDB" {
		query = "SELECT REPLACE(@@tx_isolation, '-', ' ')"
	}
	must(t, db.QueryRow(query).Scan(&level))
	return level
}

// Sessions are renewed, and leave a term and take it up again, while all sessions with the term
// are revoked. None that carried the term before the call survives.
func TestR19_RevokeAgainstRenewalAtEveryIsolationLevel(t *testing.T) {
	rounds := 4
	if long {
		rounds = 1_000
	}
	everyLevel(t, func(t *testing.T, d database, db *sql.DB) {
		store := d.store(t, db)
		for round := range rounds {
			revokeAgainstRenewal(t, store, round%2 == 0)
		}
	})
	t.Run("SQLite", func(t *testing.T) {
		store := sqlite.fresh(t)
		for round := range rounds {
			revokeAgainstRenewal(t, store, round%2 == 0)
		}
	})
}

func revokeAgainstRenewal(t *testing.T, store *sqlstore.Store, further bool) {
	t.Helper()
	const sessions = 8
	term := newTerm()
	var group, busy sync.WaitGroup
	var revoked atomic.Bool
	ids := make([]runtime.ID, sessions)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	busy.Add(sessions)
	for i := range ids {
		group.Go(func() {
			ready := sync.OnceFunc(busy.Done)
			defer ready()
			terms := []runtime.Term{term}
			if further {
				terms = []runtime.Term{newTerm(), term}
			}
			rec := newRecord(terms...)
			ids[i] = newID()
			if err := store.Create(ctx, ids[i], rec, day); err != nil {
				t.Error(err)
				return
			}
			for n, late := 0, 0; late < 2; n++ {
				if revoked.Load() {
					late++
				}
				next := newRecord(terms...)
				if further && n%2 == 0 {
					next.Terms = []runtime.Term{term, newTerm()} // found another way, and then as before
				}
				err := store.Update(ctx, ids[i], rec.Rev, next, day)
				if errors.Is(err, runtime.ErrGone) {
					return
				}
				if err != nil {
					t.Errorf("a renewal meanwhile: %v", err)
					return
				}
				rec = next
				if n == 2 {
					ready()
				}
			}
			t.Errorf("session %d was renewed after it was revoked", i)
		})
	}
	busy.Wait()
	n, err := store.Revoke(ctx, term, runtime.ID{})
	revoked.Store(true)
	group.Wait()
	if n != sessions || err != nil {
		t.Errorf("Revoke: %d, %v; want %d", n, err, sessions)
	}
	for _, id := range ids {
		if _, err := store.Load(ctx, id); !errors.Is(err, runtime.ErrGone) {
			t.Errorf("Load: %v", err)
		}
	}
	left, _, err := store.List(ctx, term, runtime.ID{}, sessions)
	if len(left) != 0 || err != nil {
		t.Errorf("List: %v, %v", left, err)
	}
}

// Two concurrent calls of Revoke with common sessions do not deadlock, and each session counts
// once.
func TestRevokesAtOnce(t *testing.T) {
	each(t, databases, func(t *testing.T, d database) {
		url, tables := d.url(t), prefix()
		stores := []*sqlstore.Store{d.storeOn(t, d.connect(t, url), tables), d.storeOn(t, d.connect(t, url), tables)}
		for range 2 {
			a, b := newTerm(), newTerm()
			const sessions = 150
			for range sessions {
				create(t, stores[0], day, a, b)
			}
			var count atomic.Int64
			var group sync.WaitGroup
			for i, term := range []runtime.Term{a, b, a, b} {
				group.Go(func() {
					n, err := stores[i%2].Revoke(t.Context(), term, runtime.ID{})
					if err != nil {
						t.Error(err)
					}
					count.Add(int64(n))
				})
			}
			group.Wait()
			equal(t, count.Load(), sessions, "sessions revoked")
		}
	})
}

// Revokes a principal with ten thousand sessions while others sign in.
func TestRevokeOfManySessions(t *testing.T) {
	n := 1_000
	if long {
		n = 10_000
	}
	each(t, databases, func(t *testing.T, d database) {
		db, tables := d.connect(t, d.url(t)), prefix()
		store := d.storeOn(t, db, tables)
		d.fill(t, db, tables, 2*n) // half of them have expired
		term := newTerm()
		one, _ := create(t, store, day, term)
		_, err := db.Exec(fmt.Sprintf("UPDATE %ssessions SET term = (SELECT o.term FROM (SELECT term FROM %ssessions WHERE term IS NOT NULL) o)", tables, tables))
		must(t, err)
		var logins []runtime.ID
		var over atomic.Bool
		var group sync.WaitGroup
		group.Go(func() {
			for !over.Load() {
				id := newID()
				if err := store.Create(t.Context(), id, newRecord(term), day); err != nil {
					t.Errorf("a login meanwhile: %v", err)
					return
				}
				logins = append(logins, id)
			}
		})
		start := time.Now()
		count, err := store.Revoke(t.Context(), term, runtime.ID{})
		took := time.Since(start)
		over.Store(true)
		group.Wait()
		must(t, err)
		left := 0
		for _, id := range logins {
			if _, err := store.Load(t.Context(), id); err == nil {
				left++
			}
		}
		t.Logf("revoked %d sessions in %v; %d of %d logins meanwhile stayed", count, took, left, len(logins))
		if _, err := store.Load(t.Context(), one); !errors.Is(err, runtime.ErrGone) {
			t.Errorf("Load of an older one: %v", err)
		}
		equal(t, alive(t, db, tables)-n, left, "sessions that live") // n are those that have expired
		if count+left != n+1+len(logins) || left == 0 && len(logins) > 20 {
			t.Errorf("revoked %d, %d of %d later ones stayed, want %d and most", count, left, len(logins), n+1)
		}
	})
}

// The number of prepared statements on the server, which has a limit for all its clients, does
// not grow with the calls: a statement for one call would stay there.
func TestRevokingLeavesNoStatementsBehind(t *testing.T) {
	t.Parallel()
	server := testserver.MariaDB(t)
	db := mariadb.connect(t, server.URL())
	store := mariadb.store(t, db)
	prepared := func() (n int) {
		t.Helper()
		must(t, db.QueryRow("SELECT CAST(VARIABLE_VALUE AS INTEGER) FROM information_schema.global_status WHERE VARIABLE_NAME = 'PREPARED_STMT_COUNT'").Scan(&n))
		return n
	}
	revoke := func(round byte) {
		t.Helper()
		for i := range byte(30) {
			term := runtime.Term{round, i}
			rec := runtime.Record{Rev: runtime.Rev{1}, Terms: []runtime.Term{term}, Data: "x"}
			must(t, store.Create(t.Context(), runtime.ID{round, i, 1}, rec, runtime.TTL{Idle: time.Hour, Life: time.Hour}))
			if n, err := store.Revoke(t.Context(), term, runtime.ID{}); n != 1 || err != nil {
				t.Fatalf("revoked %d, %v", n, err)
			}
		}
	}
	revoke(1)
	before := prepared()
	revoke(2)
	if n := prepared() - before; n > 5 {
		t.Errorf("%d statements more after 30 revocations", n)
	}
}
