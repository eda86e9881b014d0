package storetest

import (
	"errors"
	goruntime "runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sessiongen/sessiongen/runtime"
)

var raceChecks = []check{
	{name: "of many writers from one revision exactly one wins", run: func(t *trial) {
		id, rec := t.session(day, newTerm())
		for round := range t.load.rounds {
			records := make([]runtime.Record, t.load.writers)
			for i := range records {
				records[i] = newRecord(newTerm())
			}
			rec = t.oneWinner(round, id, records, runtime.ErrConflict, func(next runtime.Record) error {
				return t.store.Update(t.Context(), id, rec.Rev, next, day)
			})
		}
	}},
	{name: "of many creators of one ID exactly one wins", run: func(t *trial) {
		for round := range t.load.rounds {
			id := newID()
			records := make([]runtime.Record, t.load.writers/4)
			for i := range records {
				records[i] = newRecord(newTerm())
			}
			t.oneWinner(round, id, records, runtime.ErrExists, func(rec runtime.Record) error {
				return t.store.Create(t.Context(), id, rec, day)
			})
		}
	}},
	{name: "the same call made twice at once succeeds twice", run: func(t *trial) {
		for range t.load.rounds {
			id, rec, next := newID(), newRecord(newTerm()), newRecord(newTerm())
			together(times(4, func(int) {
				if err := t.store.Create(t.Context(), id, rec, day); err != nil {
					t.Errorf("the same Create from several goroutines: got %q, want none", err)
				}
			})...)
			together(times(4, func(int) {
				if err := t.store.Update(t.Context(), id, rec.Rev, next, day); err != nil {
					t.Errorf("the same Update from several goroutines: got %q, want none", err)
				}
			})...)
			t.alive(id, next)
			together(times(4, func(int) {
				if err := t.store.Delete(t.Context(), id); err != nil {
					t.Errorf("the same Delete from several goroutines: got %q, want none", err)
				}
			})...)
			t.dead(id, runtime.ErrGone)
		}
	}},
	{name: "touch never undoes an update", run: func(t *trial) {
		id, rec := t.session(day)
		var done atomic.Bool
		const touchers = 4
		var begun sync.WaitGroup
		begun.Add(touchers)
		touch := func(int) {
			once := sync.OnceFunc(begun.Done)
			defer once()
			for n := time.Duration(0); !done.Load(); n++ {
				if err := t.store.Touch(t.Context(), id, time.Hour+n*time.Second); err != nil {
					t.Errorf("Touch while the session is updated: got %q, want none", err)
					return
				}
				once()
				goruntime.Gosched()
			}
		}
		write := func() {
			defer done.Store(true)
			begun.Wait()
			for range 20 * t.load.rounds {
				next := newRecord()
				if err := t.store.Update(t.Context(), id, rec.Rev, next, day); err != nil {
					t.Errorf("Update while the session is touched: got %q, want none", err)
					return
				}
				rec = next
				goruntime.Gosched()
			}
		}
		together(append(times(touchers, touch), write)...)
		t.alive(id, rec)
	}},
	{name: "logout wins against create", run: func(t *trial) {
		for range 4 * t.load.rounds {
			id, rec := newID(), newRecord(newTerm())
			together(
				func() {
					if err := t.store.Create(t.Context(), id, rec, day); err != nil && !errors.Is(err, runtime.ErrGone) {
						t.Errorf("Create against Delete: got %q, want none or %q", err, runtime.ErrGone)
					}
				},
				func() {
					if err := t.store.Delete(t.Context(), id); err != nil {
						t.Errorf("Delete against Create: got %q, want none", err)
					}
				},
			)
			t.dead(id, runtime.ErrGone)
		}
	}},
	{name: "logout wins against racing updates", run: func(t *trial) {
		const writers, each = 8, 12
		for round := range 1 + t.load.updates/(writers*each) {
			t.logoutAgainstUpdates(writers, each, round%(2*writers))
		}
	}},
}

// oneWinner writes all records at once and returns the one whose write succeeded.
func (t *trial) oneWinner(round int, id runtime.ID, records []runtime.Record, refused error, write func(runtime.Record) error) runtime.Record {
	t.Helper()
	var winner runtime.Record
	var winners atomic.Int32
	together(times(len(records), func(i int) {
		err := write(records[i])
		switch {
		case err == nil && winners.Add(1) == 1:
			winner = records[i]
		case err != nil && !errors.Is(err, refused):
			t.Errorf("a writer that lost: got %q, want %q", err, refused)
		}
	})...)
	if n := winners.Load(); n != 1 {
		t.Fatalf("round %d: %d of %d writers got no error, want 1", round, n, len(records))
	}
	t.alive(id, winner)
	return winner
}

// logoutAgainstUpdates deletes a session during writes to it, each from the newest revision, as
// a commit would make it. Half of the writes come before the logout; the delay decides how many
// others do.
func (t *trial) logoutAgainstUpdates(writers, each, delay int) {
	t.Helper()
	term := newTerm()
	id, created := t.session(day, term)
	var half sync.WaitGroup
	half.Add(writers)
	logout := make(chan struct{})
	write := func(i int) {
		rec := created
		for n := range each {
			if n == each/2 {
				half.Done()
				<-logout
			}
			var err error
			switch (i + n) % 4 {
			case 0:
				err = t.store.Touch(t.Context(), id, 2*time.Hour)
			case 1:
				err = t.store.Create(t.Context(), id, created, day)
			default:
				next := newRecord(term)
				err = t.store.Update(t.Context(), id, rec.Rev, next, day)
				if errors.Is(err, runtime.ErrConflict) {
					rec, err = t.store.Load(t.Context(), id)
				} else if err == nil {
					rec = next
				}
			}
			if err != nil && !errors.Is(err, runtime.ErrGone) && !errors.Is(err, runtime.ErrExists) {
				t.Errorf("a write against Delete: got %q, want none, %q or %q", err, runtime.ErrGone, runtime.ErrExists)
			}
		}
	}
	end := func() {
		half.Wait()
		close(logout)
		for range delay {
			goruntime.Gosched()
		}
		if err := t.store.Delete(t.Context(), id); err != nil {
			t.Errorf("Delete against writes: got %q, want none", err)
		}
	}
	together(append(times(writers, write), end)...)
	t.dead(id, runtime.ErrGone)
	if t.index != nil {
		t.listed(term)
	}
}
