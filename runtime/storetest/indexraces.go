package storetest

import (
	"errors"
	"math/rand/v2"
	goruntime "runtime"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/sessiongen/sessiongen/runtime"
)

// Lists, revokes and changes of terms at the same time.
var indexRaceChecks = []check{
	{name: "a login at the moment of a revoke is revoked or listed", needs: indexer, run: func(t *trial) {
		for range 1 + t.load.rounds/2 {
			t.loginAgainstRevoke(min(8, t.load.writers/2))
		}
	}},
	{name: "a term that is taken up again while others list is listed", needs: indexer, run: func(t *trial) {
		a, b := newTerm(), newTerm()
		id, rec := t.session(day, a)
		var done atomic.Bool
		const readers = 4
		var begun sync.WaitGroup
		begun.Add(readers)
		read := func(int) {
			once := sync.OnceFunc(begun.Done)
			defer once()
			for !done.Load() {
				if _, _, err := t.index.List(t.Context(), a, runtime.ID{}, 10); err != nil {
					t.Errorf("List while terms change: got %s, want none", describe(err))
					return
				}
				once()
				goruntime.Gosched()
			}
		}
		write := func() {
			defer done.Store(true)
			begun.Wait()
			for range max(10, t.load.rounds/2) {
				for _, term := range []runtime.Term{b, a} {
					next := newRecord(term)
					if err := t.store.Update(t.Context(), id, rec.Rev, next, day); err != nil {
						t.Errorf("Update while others list: got %s, want none", describe(err))
						return
					}
					rec = next
					dawdle()
				}
				for range 2 {
					ids, _, err := t.index.List(t.Context(), a, runtime.ID{}, 10)
					if err != nil || !slices.Contains(ids, id) {
						t.Errorf("List of a term that the session has taken up again: does not find it, %s", describe(err))
						return
					}
					dawdle()
				}
			}
		}
		together(append(times(readers, read), write)...)
		t.listed(a, id)
		t.listed(b)
	}},
	{name: "list misses and repeats nothing while sessions come and go", needs: indexer, run: func(t *trial) {
		term := newTerm()
		var stay []runtime.ID
		for range 30 {
			id, _ := t.session(day, term)
			stay = append(stay, id)
		}
		stay = sorted(stay)
		var done atomic.Bool
		const others = 4
		var begun sync.WaitGroup
		begun.Add(others)
		come := func(i int) {
			once := sync.OnceFunc(begun.Done)
			defer once()
			for n := i; n < i+8*t.load.rounds && !done.Load(); n++ {
				id, rec := newID(), newRecord(term)
				err := t.store.Create(t.Context(), id, rec, day)
				dawdle() // or a list would rarely see the session come and not go
				switch {
				case err != nil:
				case n%2 == 0:
					err = t.store.Delete(t.Context(), id)
				default:
					err = t.store.Update(t.Context(), id, rec.Rev, newRecord(), day)
				}
				if err != nil {
					t.Errorf("a session that comes and goes: got %s, want none", describe(err))
					return
				}
				once()
				dawdle()
			}
		}
		read := func() {
			defer done.Store(true)
			begun.Wait()
			for range 1 + t.load.rounds/2 {
				if !t.sees(term, stay) {
					return
				}
			}
		}
		together(append(times(others, come), read)...)
	}},
}

// dawdle yields to other goroutines for a random time. With a store in memory, one goroutine
// would otherwise finish before the next one begins.
func dawdle() {
	for range rand.IntN(30) {
		goruntime.Gosched()
	}
}

// loginAgainstRevoke lets sessions take up a term while all sessions with that term are
// revoked. No session may be alive and not listed, because the next revoke would miss it.
func (t *trial) loginAgainstRevoke(logins int) {
	t.Helper()
	term := newTerm()
	old, _ := t.session(day, term)
	ids := make([]runtime.ID, logins)
	records := make([]runtime.Record, logins)
	for i := range ids {
		ids[i], records[i] = t.session(day)
	}
	login := func(i int) {
		next := newRecord(term)
		if err := t.store.Update(t.Context(), ids[i], records[i].Rev, next, day); err != nil {
			t.Errorf("Update that takes up a term while it is revoked: got %s, want none", describe(err))
		}
		records[i] = next
	}
	revoke := func() {
		if _, err := t.index.Revoke(t.Context(), term, runtime.ID{}); err != nil {
			t.Errorf("Revoke while sessions take up the term: got %s, want none", describe(err))
		}
	}
	together(append(times(logins, login), revoke)...)
	t.dead(old, runtime.ErrGone)
	var alive []runtime.ID
	for i, id := range ids {
		_, err := t.store.Load(t.Context(), id)
		if errors.Is(err, runtime.ErrGone) {
			continue
		}
		t.alive(id, records[i])
		alive = append(alive, id)
	}
	t.listed(term, alive...)
	t.revoke(term, runtime.ID{}, len(alive))
	for _, id := range ids {
		t.dead(id, runtime.ErrGone)
	}
}

// sees reads all pages of a term, and checks that they are in order and contain the sessions
// that exist all the time.
func (t *trial) sees(term runtime.Term, stay []runtime.ID) bool {
	t.Helper()
	var seen []runtime.ID
	for after := (runtime.ID{}); ; {
		ids, records, err := t.index.List(t.Context(), term, after, 7)
		if err != nil || len(ids) != len(records) {
			t.Errorf("List while sessions come and go: got %d IDs, %d records, %s", len(ids), len(records), describe(err))
			return false
		}
		for _, rec := range records {
			if !slices.Contains(rec.Terms, term) {
				t.Errorf("List while sessions come and go: a session is listed that does not carry the term")
				return false
			}
		}
		seen = append(seen, ids...)
		if len(ids) < 7 {
			break
		}
		after = ids[len(ids)-1]
	}
	if ordered := sorted(seen); !slices.Equal(seen, slices.Compact(ordered)) {
		t.Errorf("List while sessions come and go: the pages are out of order, or a session is there twice")
		return false
	}
	for _, id := range stay {
		if !slices.Contains(seen, id) {
			t.Errorf("List while sessions come and go: misses %v, which was there all the time", id)
			return false
		}
	}
	return true
}
