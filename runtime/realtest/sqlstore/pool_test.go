package sqlstore_test

import (
	"context"
	"database/sql"
	"errors"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/internal/shop"
	"github.com/sessiongen/sessiongen/runtime/sqlstore"
)

// increments returns the number of increments in a test of lost updates.
func (d database) increments() int {
	switch {
	case !long:
		return 384
	case d.name == "SQLite":
		return 20_000
	}
	return 100_000
}

// Two hundred clients share two connections. Each waits for its turn or until its context ends,
// and none waits for ever.
func TestR8_ManyClientsShareFewConnections(t *testing.T) {
	each(t, databases, func(t *testing.T, d database) {
		db := d.connect(t, d.url(t))
		store := d.store(t, db)
		db.SetMaxOpenConns(2)
		term := newTerm()
		var group sync.WaitGroup
		var late, done atomic.Int64
		for i := range 200 {
			group.Go(func() {
				ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
				if i%4 == 0 {
					ctx, cancel = context.WithTimeout(t.Context(), 5*time.Millisecond)
				}
				defer cancel()
				start := time.Now()
				err := useAll(ctx, store, term)
				switch {
				case err == nil:
					done.Add(1)
				case i%4 == 0 && unclear(err) && time.Since(start) < 30*time.Second:
					late.Add(1) // drivers report it in different words
				default:
					t.Errorf("client %d, after %v: %v", i, time.Since(start), err)
				}
			})
		}
		group.Wait()
		t.Logf("%d clients were served, %d with 5 ms of patience were not", done.Load(), late.Load())
		if done.Load() < 150 {
			t.Errorf("%d of 150 patient clients were served", done.Load())
		}
	})
}

// unclear reports whether an error is none of the contract's.
func unclear(err error) bool {
	for _, clear := range []error{runtime.ErrNotFound, runtime.ErrGone, runtime.ErrExists, runtime.ErrConflict} {
		if errors.Is(err, clear) {
			return false
		}
	}
	return err != nil
}

// useAll calls each method once, including calls that need transactions.
func useAll(ctx context.Context, store *sqlstore.Store, term runtime.Term) error {
	id, rec := newID(), newRecord(newTerm(), term)
	if err := store.Create(ctx, id, rec, day); err != nil {
		return err
	}
	if _, err := store.Load(ctx, id); err != nil {
		return err
	}
	next := newRecord(newTerm(), newTerm())
	if err := store.Update(ctx, id, rec.Rev, next, day); err != nil {
		return err
	}
	if err := store.Touch(ctx, id, time.Hour); err != nil {
		return err
	}
	if _, _, err := store.List(ctx, term, runtime.ID{}, 10); err != nil {
		return err
	}
	if _, err := store.Revoke(ctx, next.Terms[1], runtime.ID{}); err != nil {
		return err
	}
	return store.Delete(ctx, id)
}

// Handlers stream rows from a pool of four connections. If the store has the same pool, no
// commit finds a connection, and the error names the pool and the remedy. With a pool of its own,
// each page is served.
func TestR8_HandlersThatStreamRows(t *testing.T) {
	t.Parallel()
	each(t, databases, func(t *testing.T, d database) {
		url := d.url(t)
		made := d.store(t, d.connect(t, url))
		create(t, made, day)
		const size = 4
		small := func() *sql.DB {
			db := d.connect(t, url)
			db.SetMaxOpenConns(size)
			return db
		}
		shared := small()
		for name, c := range map[string]struct {
			pool    *sql.DB
			timeout time.Duration
			status  int
		}{
			"the pool of the handlers": {shared, 300 * time.Millisecond, http.StatusServiceUnavailable},
			"a pool of its own":        {small(), time.Minute, http.StatusOK},
		} {
			var e events
			visitors := shopOn(t, storeBeside(t, d, made, c.pool), &e, runtime.WithTimeout(c.timeout))
			var group, holding sync.WaitGroup
			holding.Add(size)
			open := make(chan *sql.Rows, size) // until all have committed
			for range size {
				group.Go(func() {
					status, _ := (&browser{visitors: visitors}).visit(func(v *shop.Visitor) {
						rows, err := shared.Query("SELECT id FROM " + prefixOf(t, made) + "sessions")
						if err != nil || !rows.Next() {
							t.Errorf("no rows: %v", err)
						}
						open <- rows
						holding.Done()
						holding.Wait()
						v.AddVisits(1)
					})
					equal(t, status, c.status, "status, with "+name)
				})
			}
			group.Wait()
			for range size {
				must(t, (<-open).Close())
			}
			if c.status != http.StatusOK {
				refused(t, errors.Unwrap(e.first), "all 4 connections of the *sql.DB given to sqlstore.")
				isRefused(t, e.first, context.DeadlineExceeded, "give the store a *sql.DB of its own")
			}
		}
	})
}
