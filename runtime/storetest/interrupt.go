package storetest

import (
	"context"
	"errors"
	"math/rand/v2"
	goruntime "runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sessiongen/sessiongen/runtime"
)

// Contexts that end at a random time during a call.
var interruptChecks = []check{
	{name: "a call returns when its context ends, also while the store is busy", run: func(t *trial) {
		term := newTerm()
		id, rec := t.session(day, term)
		var done atomic.Bool
		busy := min(16, t.load.writers/2)
		var begun sync.WaitGroup
		begun.Add(busy)
		write := func(i int) {
			once := sync.OnceFunc(begun.Done)
			defer once()
			mine, newest := newID(), newRecord(term)
			t.store.Create(t.Context(), mine, newest, day)
			for !done.Load() {
				// On a session that all of them write to, and on one of their own.
				t.store.Update(t.Context(), id, rec.Rev, newRecord(term), day)
				t.store.Touch(t.Context(), id, 2*time.Hour)
				next := newRecord(term)
				if t.store.Update(t.Context(), mine, newest.Rev, next, day) == nil {
					newest = next
				}
				once()
				goruntime.Gosched()
			}
		}
		interrupt := func() {
			defer done.Store(true)
			begun.Wait()
			for round := range t.load.rounds {
				for name, call := range t.callsOn(id, term) {
					if !t.returns(name, time.Duration(round%5)*200*time.Microsecond, call) {
						return
					}
				}
			}
		}
		together(append(times(busy, write), interrupt)...)
	}},
	{name: "a call that is interrupted is done or not done, and may be repeated", run: func(t *trial) {
		start := time.Now()
		t.session(day, newTerm())
		usual := max(time.Since(start), 100*time.Microsecond)
		for range t.load.rounds {
			t.interrupted(usual)
		}
	}},
	{name: "a revoke that is interrupted has ended some sessions and left the others whole", needs: indexer, run: func(t *trial) {
		for round := range 1 + t.load.rounds/5 {
			term := newTerm()
			records := map[runtime.ID]runtime.Record{}
			start := time.Now()
			for range 8 {
				id, rec := t.session(day, term)
				records[id] = rec
			}
			usual := max(time.Since(start)/4, 100*time.Microsecond)
			count := 0
			revoke := func(ctx context.Context) error {
				n, err := t.index.Revoke(ctx, term, runtime.ID{})
				count += n
				return err
			}
			err := t.cutShort("Revoke", rand.N(usual*time.Duration(1+round)), revoke)
			for id, rec := range records {
				t.wholeOrGone("Load after a Revoke that was interrupted", id, rec)
			}
			if err != nil {
				t.expect("Revoke, repeated after it was interrupted", revoke(t.Context()), nil)
			}
			if count > len(records) {
				t.Errorf("Revoke: got count %d in all, with %d sessions", count, len(records))
			}
			for id := range records {
				t.dead(id, runtime.ErrGone)
			}
			t.listed(term)
		}
	}},
}

// callsOn returns calls of all methods that do not change the session.
func (t *trial) callsOn(id runtime.ID, term runtime.Term) map[string]func(context.Context) error {
	other := newTerm()
	calls := map[string]func(context.Context) error{
		"Create": func(ctx context.Context) error { return t.store.Create(ctx, newID(), newRecord(other), day) },
		"Load": func(ctx context.Context) error {
			_, err := t.store.Load(ctx, id)
			return err
		},
		"Update": func(ctx context.Context) error {
			return t.store.Update(ctx, id, random[runtime.Rev](), newRecord(), day)
		},
		"Touch":  func(ctx context.Context) error { return t.store.Touch(ctx, id, time.Hour) },
		"Delete": func(ctx context.Context) error { return t.store.Delete(ctx, newID()) },
	}
	if t.index != nil {
		calls["List"] = func(ctx context.Context) error {
			_, _, err := t.index.List(ctx, term, runtime.ID{}, 100)
			return err
		}
		calls["Revoke"] = func(ctx context.Context) error {
			_, err := t.index.Revoke(ctx, other, runtime.ID{})
			return err
		}
	}
	if t.revoker != nil {
		calls["RevokeAll"] = func(ctx context.Context) error {
			_, err := t.revoker.RevokeAll(ctx, newPrefix())
			return err
		}
	}
	return calls
}

// returns checks that a call returns soon after the end of its context.
func (t *trial) returns(name string, after time.Duration, call func(context.Context) error) bool {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), after)
	defer cancel()
	start := time.Now()
	err := call(ctx)
	if late := time.Since(start) - after; late > t.load.patience {
		t.Errorf("%s, its context ending after %v while the store is busy: returned %v later, with %s", name, after, late, describe(err))
		return false
	}
	return true
}

// cutShort makes a call whose context ends after a time.
func (t *trial) cutShort(name string, after time.Duration, call func(context.Context) error) error {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	timer := time.AfterFunc(after, cancel)
	defer timer.Stop()
	err := call(ctx)
	if isClear(err) {
		t.Fatalf("%s, its context ending meanwhile: got %s, want no error or an unclear one", name, describe(err))
	}
	return err
}

// interrupted takes a session through its life by calls that are interrupted and then
// repeated.
func (t *trial) interrupted(usual time.Duration) {
	t.Helper()
	a, b := newTerm(), newTerm()
	id, rec, next := newID(), newRecord(a, b), newRecord(b)
	next.Data = everyByte(20_000)

	step := func(name string, call func(context.Context) error, between func()) {
		t.Helper()
		err := t.cutShort(name, rand.N(2*usual), call)
		between()
		if err != nil {
			t.expect(name+", repeated after it was interrupted", call(t.Context()), nil)
		}
	}
	step("Create", func(ctx context.Context) error { return t.store.Create(ctx, id, rec, day) }, func() {
		switch got, err := t.store.Load(t.Context(), id); {
		case err == nil:
			t.same("Load after a Create that was interrupted", got, rec)
		default:
			t.expect("Load after a Create that was interrupted", err, runtime.ErrNotFound)
		}
	})
	t.alive(id, rec)
	t.indexed(id, rec, a, b)

	step("Update", func(ctx context.Context) error { return t.store.Update(ctx, id, rec.Rev, next, day) }, func() {
		got, err := t.store.Load(t.Context(), id)
		t.expect("Load after an Update that was interrupted", err, nil)
		if got.Rev == rec.Rev {
			t.same("Load after an Update that was interrupted", got, rec)
		} else {
			t.same("Load after an Update that was interrupted", got, next)
		}
	})
	t.alive(id, next)
	t.indexed(id, next, a, b)

	step("Touch", func(ctx context.Context) error { return t.store.Touch(ctx, id, 2*time.Hour) }, func() { t.alive(id, next) })
	t.about("Idle", t.alive(id, next).Idle, 2*time.Hour)

	step("Delete", func(ctx context.Context) error { return t.store.Delete(ctx, id) }, func() {
		t.wholeOrGone("Load after a Delete that was interrupted", id, next)
	})
	t.dead(id, runtime.ErrGone)
	t.indexed(id, runtime.Record{}, a, b)
}

func (t *trial) wholeOrGone(call string, id runtime.ID, want runtime.Record) {
	t.Helper()
	got, err := t.store.Load(t.Context(), id)
	if errors.Is(err, runtime.ErrGone) {
		return
	}
	t.expect(call, err, nil)
	t.same(call, got, want)
}

// indexed checks that, of the given terms, those in the record find the session and the others
// do not.
func (t *trial) indexed(id runtime.ID, rec runtime.Record, terms ...runtime.Term) {
	t.Helper()
	if t.index == nil {
		return
	}
	for _, term := range terms {
		var want []runtime.ID
		for _, carried := range rec.Terms {
			if carried == term {
				want = append(want, id)
			}
		}
		t.listed(term, want...)
	}
}
