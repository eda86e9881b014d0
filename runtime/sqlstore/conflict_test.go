package sqlstore_test

import (
	"context"
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

// increments are how many a test of lost updates makes.
func (d database) increments() int {
	switch {
	case !long:
		return 1_000
	case d.name == "SQLite":
		return 20_000
	}
	return 100_000
}

// Two processes, each with its own pool, on one session.
func TestNoIncrementIsLost(t *testing.T) {
	each(t, databases, func(t *testing.T, d database) {
		const workers = 64
		each := d.increments() / workers
		url, tables := d.url(t), prefix()
		var e events
		var processes []*shop.VisitorManager
		for range 2 {
			processes = append(processes, shopOn(t, d.storeOn(t, d.connect(t, url), tables), &e))
		}
		one := &browser{visitors: processes[0]}
		one.visitOK(t, func(v *shop.Visitor) { v.SetUserID(7) })
		var failed atomic.Int64
		start := time.Now()
		var group sync.WaitGroup
		for i := range workers {
			group.Go(func() {
				b := one.on(processes[i%2])
				for range each {
					if status, _ := b.visit(func(v *shop.Visitor) { v.AddVisits(1) }); status != http.StatusOK {
						failed.Add(1)
					}
				}
			})
		}
		group.Wait()
		took := time.Since(start)
		t.Logf("%d increments by %d workers in two processes took %v: %d were replayed, %d requests failed", workers*each, workers, took, e.count(runtime.Conflict), failed.Load())
		equal(t, see(t, one, (*shop.Visitor).Visits), workers*each-int(failed.Load()), "visits")
		equal(t, failed.Load(), 0, "requests that failed")
		if e.count(runtime.Conflict) == 0 {
			t.Error("nothing was replayed: the two processes did not meet")
		}
	})
}

// Writers of different fields, and of further terms, do not get into each other's way.
func TestWritersOfDifferentFieldsBothWin(t *testing.T) {
	rounds := 30
	if long {
		rounds = 10_000
	}
	each(t, databases, func(t *testing.T, d database) {
		url, tables := d.url(t), prefix()
		var e events
		one := shopOn(t, d.storeOn(t, d.connect(t, url), tables), &e)
		other := shopOn(t, d.storeOn(t, d.connect(t, url), tables), &e)
		b := &browser{visitors: one}
		b.visitOK(t, func(v *shop.Visitor) { v.SetUserID(7) })
		for round := range rounds {
			var group sync.WaitGroup
			name, team := string('a'+rune(round%26)), string('A'+rune(round%26))
			group.Go(func() { b.on(one).visitOK(t, func(v *shop.Visitor) { v.SetUsername(name) }) })
			group.Go(func() { b.on(other).visitOK(t, func(v *shop.Visitor) { v.SetTeam(team) }) })
			group.Wait()
			equal(t, see(t, b, func(v *shop.Visitor) string { return v.Username() + v.Team() }), name+team, "both fields")
			infos, err := one.ListByTeam(t.Context(), team)
			if len(infos) != 1 || err != nil {
				t.Fatalf("round %d: listed by its team: %d, %v", round, len(infos), err)
			}
		}
	})
}

// Two hundred clients with two connections: each waits for its turn, or for the
// end of its context, and none for ever.
func TestManyClientsShareFewConnections(t *testing.T) {
	each(t, databases, func(t *testing.T, d database) {
		db := d.connect(t, d.url(t))
		store := d.store(t, db)
		db.SetMaxOpenConns(2)
		term := newTerm()
		var group sync.WaitGroup
		var late, done atomic.Int64
		for i := range 200 {
			group.Go(func() {
				ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
				if i%4 == 0 {
					ctx, cancel = context.WithTimeout(t.Context(), 5*time.Millisecond)
				}
				defer cancel()
				start := time.Now()
				err := useAll(ctx, store, term)
				switch {
				case err == nil:
					done.Add(1)
				case i%4 == 0 && unclear(err) && time.Since(start) < 5*time.Second:
					late.Add(1) // drivers have many words for it
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

// unclear says that an error is none of the contract's, each of which is an answer.
func unclear(err error) bool {
	for _, clear := range []error{runtime.ErrNotFound, runtime.ErrGone, runtime.ErrExists, runtime.ErrConflict} {
		if errors.Is(err, clear) {
			return false
		}
	}
	return err != nil
}

// useAll makes one call of each kind, those that need transactions among them.
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

// Values that a collation would take for the same are different ones.
func TestPrincipalsThatLookAlike(t *testing.T) {
	each(t, databases, func(t *testing.T, d database) {
		var e events
		visitors := shopOn(t, d.fresh(t), &e)
		teams := []string{"Red", "red", "RED", "red ", "réd", "re\u0301d", "red\x00"}
		for i, team := range teams {
			b := &browser{visitors: visitors}
			b.visitOK(t, func(v *shop.Visitor) {
				v.SetTeam(team)
				if i%2 == 0 { // then the team is the second term
					v.SetUserID(int64(i + 1))
				}
			})
		}
		for _, team := range teams {
			infos, err := visitors.ListByTeam(t.Context(), team)
			if len(infos) != 1 || err != nil {
				t.Errorf("%q: %d sessions, %v", team, len(infos), err)
			}
		}
		for i, team := range teams {
			n, err := visitors.RevokeByTeam(t.Context(), team)
			if n != 1 || err != nil {
				t.Errorf("%q, the %dth to be revoked: %d sessions, %v", team, i, n, err)
			}
		}
	})
}
