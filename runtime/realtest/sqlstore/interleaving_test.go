package sqlstore_test

import (
	"database/sql"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/sqlstore"
)

// between returns two stores on the same tables, and lets do run, once, before the
// first one's next statement that begins with text.
func (d database) between(t *testing.T, options ...sqlstore.Option) (first, second *sqlstore.Store, db *sql.DB, before func(text string, do func())) {
	t.Helper()
	url, tables := d.url(t), prefix()
	watched, w := d.watch(t, url)
	db = d.connect(t, url)
	first = d.storeOn(t, watched, tables, options...)
	second = d.storeOn(t, db, tables, options...)
	return first, second, db, func(text string, do func()) {
		var once sync.Once
		w.stand(func(op, statement string, _ int) error {
			if (op == "exec" || op == "query") && strings.HasPrefix(statement, text) {
				once.Do(do)
			}
			return nil
		}, nil)
	}
}

func TestR7_ASweepLeavesWhatCameToLifeMeanwhile(t *testing.T) {
	each(t, databases, func(t *testing.T, d database) {
		for _, c := range []struct {
			name          string
			before, after []runtime.Term
		}{
			{"plain", nil, nil},
			{"plain, then found by two terms", nil, []runtime.Term{newTerm(), newTerm()}},
			{"found by two terms", []runtime.Term{newTerm(), newTerm()}, []runtime.Term{newTerm(), newTerm()}},
			{"found by two terms, then plain", []runtime.Term{newTerm(), newTerm()}, nil},
		} {
			t.Run(c.name, func(t *testing.T) {
				first, second, db, before := d.between(t)
				id, _ := create(t, first, runtime.TTL{Idle: 1, Life: 1}, c.before...)
				rec := newRecord(c.after...)
				before("DELETE", func() { must(t, second.Create(t.Context(), id, rec, day)) })
				n, err := first.Sweep(t.Context())
				if n != 0 || err != nil {
					t.Errorf("Sweep: %d, %v", n, err)
				}
				if got, err := first.Load(t.Context(), id); err != nil || got.Rev != rec.Rev {
					t.Errorf("Load: %v", err)
				}
				for _, term := range c.after {
					if ids, _, err := first.List(t.Context(), term, runtime.ID{}, 2); len(ids) != 1 || err != nil {
						t.Errorf("List: %v, %v", ids, err)
					}
				}
				equal(t, count(t, db, prefixOf(t, first)+"terms"), max(0, len(c.after)-1), "entries")
			})
		}
	})
}

// The terms of a session when its row is locked decide, not those when the list of sessions to
// revoke was read.
func TestR19_RevokeLeavesWhatMovedOnMeanwhile(t *testing.T) {
	each(t, databases, func(t *testing.T, d database) {
		for _, terms := range [][]runtime.Term{{newTerm()}, {newTerm(), newTerm()}} {
			first, second, _, before := d.between(t)
			term := terms[len(terms)-1]
			moves, rec := create(t, first, day, terms...)
			stays, _ := create(t, first, day, terms...)
			next := newRecord(newTerm(), newTerm())
			var came runtime.ID
			before("UPDATE", func() {
				must(t, second.Update(t.Context(), moves, rec.Rev, next, day))
				came, _ = create(t, second, day, terms...)
			})
			n, err := first.Revoke(t.Context(), term, runtime.ID{})
			if n != 1 || err != nil {
				t.Errorf("Revoke: %d, %v", n, err)
			}
			for id, want := range map[runtime.ID]error{moves: nil, came: nil, stays: runtime.ErrGone} {
				if _, err := first.Load(t.Context(), id); !errors.Is(err, want) {
					t.Errorf("Load: %v, want %v", err, want)
				}
			}
		}
	})
}

func TestOneOfManyCreatorsOverAnExpiredSession(t *testing.T) {
	rounds := 10
	if long {
		rounds = 1_000
	}
	each(t, databases, func(t *testing.T, d database) {
		first, second, db, _ := d.between(t)
		for round := range rounds {
			plain := round%2 == 0 // no session has entries
			terms := []runtime.Term{newTerm(), newTerm(), newTerm()}
			if plain {
				terms = terms[:1]
			}
			id, _ := create(t, first, runtime.TTL{Idle: 1, Life: 1}, terms...)
			var won atomic.Int32
			var winner runtime.Record
			var group sync.WaitGroup
			for i := range 8 {
				rec := newRecord(newTerm())
				if i%2 == 0 && !plain {
					rec = newRecord(newTerm(), newTerm())
				}
				group.Go(func() {
					switch err := []*sqlstore.Store{first, second}[i%2].Create(t.Context(), id, rec, day); {
					case err == nil && won.Add(1) == 1:
						winner = rec
					case err != nil && !errors.Is(err, runtime.ErrExists):
						t.Errorf("Create: %v", err)
					}
				})
			}
			group.Wait()
			equal(t, won.Load(), 1, "creators who were told that they had won")
			got, err := first.Load(t.Context(), id)
			if err != nil || got.Rev != winner.Rev {
				t.Errorf("Load: %v", err)
			}
			equal(t, count(t, db, prefixOf(t, first)+"terms"), len(winner.Terms)-1, "entries")
			must(t, first.Update(t.Context(), id, winner.Rev, newRecord(), day))
		}
	})
}

// Calls that are refused or repeated do not change the entries of a session.
func TestRefusedWritesLeaveEntriesAlone(t *testing.T) {
	each(t, databases, func(t *testing.T, d database) {
		first, second, db, before := d.between(t)
		a, b, c := newTerm(), newTerm(), newTerm()
		id, rec := create(t, first, day, a, b)
		entries := func(when string, want ...runtime.Term) {
			t.Helper()
			equal(t, count(t, db, prefixOf(t, first)+"terms"), len(want), "entries "+when)
			for _, term := range want {
				if ids, _, err := first.List(t.Context(), term, runtime.ID{}, 2); len(ids) != 1 || err != nil {
					t.Errorf("%s, List: %v, %v", when, ids, err)
				}
			}
		}
		refused := func(err, want error) {
			t.Helper()
			if !errors.Is(err, want) {
				t.Errorf("got %v, want %v", err, want)
			}
		}
		refused(first.Create(t.Context(), id, newRecord(a, c), day), runtime.ErrExists)
		refused(first.Update(t.Context(), id, runtime.Rev{1}, newRecord(a, c), day), runtime.ErrConflict)
		entries("after refused writes", b)

		for _, terms := range [][]runtime.Term{{a, c}, {a, b}} {
			same := rec
			same.Data, same.Terms = "other", terms
			must(t, first.Update(t.Context(), id, rec.Rev, same, day))
			got, err := first.Load(t.Context(), id)
			if err != nil || got.Data != rec.Data {
				t.Errorf("a write of the revision that is there already has changed it: %v", err)
			}
		}
		entries("after a write that was made already", b)

		// Another writer comes between the look at the entries and the write.
		other := newRecord(a, b)
		before("SELECT", func() { // when the first attempt has found other entries
			before("UPDATE", func() { must(t, second.Update(t.Context(), id, rec.Rev, other, day)) })
		})
		refused(first.Update(t.Context(), id, rec.Rev, newRecord(a, c), day), runtime.ErrConflict)
		entries("after a conflict", b)
		must(t, first.Delete(t.Context(), id))
		refused(first.Update(t.Context(), id, other.Rev, newRecord(a, c), day), runtime.ErrGone)
		equal(t, count(t, db, prefixOf(t, first)+"terms"), 1, "entries of a tombstone")
	})
}

// Updates that keep the absolute deadline and updates that restart it follow the same rules.
func TestUpdatesOfEitherKind(t *testing.T) {
	each(t, databases, func(t *testing.T, d database) {
		for name, ttl := range map[string]runtime.TTL{"keeps the deadline": {Idle: time.Hour}, "restarts the deadline": day} {
			t.Run(name, func(t *testing.T) {
				clock := newClock()
				store := d.fresh(t, sqlstore.WithClock(clock.Now))
				update := func(id runtime.ID, old runtime.Rev, rec runtime.Record, want error) {
					t.Helper()
					if err := store.Update(t.Context(), id, old, rec, ttl); !errors.Is(err, want) {
						t.Errorf("Update: got %v, want %v", err, want)
					}
				}
				listed := func(term runtime.Term, want int) {
					t.Helper()
					if ids, _, err := store.List(t.Context(), term, runtime.ID{}, 10); len(ids) != want || err != nil {
						t.Errorf("List: %d sessions, %v; want %d", len(ids), err, want)
					}
				}
				a, b, c := newTerm(), newTerm(), newTerm()
				id, rec := create(t, store, day, a, b)
				update(id, runtime.Rev{1}, newRecord(a, b), runtime.ErrConflict)
				next := newRecord(a, c)
				update(id, rec.Rev, next, nil)
				update(id, rec.Rev, next, nil)
				update(id, rec.Rev, newRecord(a, c), runtime.ErrConflict)
				listed(a, 1)
				listed(b, 0)
				listed(c, 1)
				last := newRecord(c)
				update(id, next.Rev, last, nil)
				listed(a, 0)
				listed(c, 1)
				clock.Advance(time.Hour)
				update(id, last.Rev, newRecord(c), runtime.ErrNotFound)
				listed(c, 0)
				id, rec = create(t, store, day, a)
				must(t, store.Delete(t.Context(), id))
				update(id, rec.Rev, newRecord(a), runtime.ErrGone)
				update(id, runtime.Rev{}, newRecord(a), runtime.ErrGone) // which is what a tombstone has
				listed(a, 0)
			})
		}
	})
}

// The entries of an expired session are removed with it, also if the session has just been
// replaced.
func TestCreateOverAnExpiredSessionThatChangesMeanwhile(t *testing.T) {
	each(t, databases, func(t *testing.T, d database) {
		first, second, db, before := d.between(t)
		brief := runtime.TTL{Idle: 1, Life: 1}
		id, _ := create(t, first, brief, newTerm(), newTerm())
		before("UPDATE", func() { must(t, second.Create(t.Context(), id, newRecord(newTerm(), newTerm(), newTerm()), brief)) })
		rec := newRecord(newTerm(), newTerm())
		must(t, first.Create(t.Context(), id, rec, day))
		equal(t, count(t, db, prefixOf(t, first)+"terms"), 1, "entries")
		for _, term := range rec.Terms {
			if ids, _, err := first.List(t.Context(), term, runtime.ID{}, 2); len(ids) != 1 || err != nil {
				t.Errorf("List: %v, %v", ids, err)
			}
		}
	})
}

// An expired tombstone makes room for a session with entries of its own.
func TestCreateOverAnExpiredTombstone(t *testing.T) {
	each(t, databases, func(t *testing.T, d database) {
		clock := newClock()
		db, tables := d.connect(t, d.url(t)), prefix()
		store := d.storeOn(t, db, tables, sqlstore.WithClock(clock.Now))
		id, _ := create(t, store, day, newTerm(), newTerm())
		for _, terms := range [][]runtime.Term{{newTerm(), newTerm(), newTerm()}, {newTerm()}, nil} {
			must(t, store.Delete(t.Context(), id))
			clock.Advance(2 * time.Minute)
			rec := newRecord(terms...)
			must(t, store.Create(t.Context(), id, rec, day))
			got, err := store.Load(t.Context(), id)
			if err != nil || got.Rev != rec.Rev || got.Life != day.Life {
				t.Errorf("Load: %v left, %v", got.Life, err)
			}
			equal(t, count(t, db, tables+"terms"), max(0, len(terms)-1), "entries")
		}
	})
}
