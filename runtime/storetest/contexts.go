package storetest

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/sessiongen/sessiongen/runtime"
)

var contextChecks = []check{
	{name: "a context that has ended lets nothing happen", run: func(t *trial) {
		cancelled, cancel := context.WithCancel(t.Context())
		cancel()
		late, cancel := context.WithDeadline(t.Context(), time.Unix(0, 0))
		defer cancel()
		term := newTerm()
		id, rec := t.session(day, term)
		for ctx, want := range map[context.Context]error{cancelled: context.Canceled, late: context.DeadlineExceeded} {
			refused := func(call string, err error) {
				if !errors.Is(err, want) {
					t.Errorf("%s: got %s, want %q", call, describe(err), want)
				}
			}
			fresh := newID()
			refused("Create", t.store.Create(ctx, fresh, newRecord(term), day))
			_, err := t.store.Load(ctx, id)
			refused("Load", err)
			refused("Update", t.store.Update(ctx, id, rec.Rev, newRecord(), day))
			refused("Touch", t.store.Touch(ctx, id, 5*time.Hour))
			refused("Delete", t.store.Delete(ctx, id))
			if t.index != nil {
				_, _, err := t.index.List(ctx, term, runtime.ID{}, 10)
				refused("List", err)
				_, err = t.index.Revoke(ctx, term, runtime.ID{})
				refused("Revoke", err)
				t.listed(term, id)
			}
			if t.revoker != nil {
				_, err := t.revoker.RevokeAll(ctx, rec.Data)
				refused("RevokeAll", err)
			}
			t.dead(fresh, runtime.ErrNotFound)
			t.about("Idle", t.alive(id, rec).Idle, day.Idle)
		}
	}},
	{name: "a call whose context ends meanwhile may be repeated", run: func(t *trial) {
		for looks := range int64(8) {
			term := newTerm()
			id, rec := newID(), newRecord(term)
			t.twice("Create", looks, func(ctx context.Context) error { return t.store.Create(ctx, id, rec, day) })
			t.alive(id, rec)
			t.twice("Load", looks, func(ctx context.Context) error {
				_, err := t.store.Load(ctx, id)
				return err
			})
			next := newRecord(term)
			t.twice("Update", looks, func(ctx context.Context) error { return t.store.Update(ctx, id, rec.Rev, next, day) })
			t.alive(id, next)
			t.twice("Touch", looks, func(ctx context.Context) error { return t.store.Touch(ctx, id, 2*time.Hour) })
			t.about("Idle", t.alive(id, next).Idle, 2*time.Hour)
			t.twice("Delete", looks, func(ctx context.Context) error { return t.store.Delete(ctx, id) })
			t.dead(id, runtime.ErrGone)
		}
	}},
	{name: "a list or revoke whose context ends meanwhile may be repeated", needs: indexer, run: func(t *trial) {
		for _, looks := range []int64{0, 1, 2, 3, 5, 10, 20, 100} {
			term := newTerm()
			var ids []runtime.ID
			for range t.load.writers / 2 {
				id, _ := t.session(day, term)
				ids = append(ids, id)
			}
			t.twice("List", looks, func(ctx context.Context) error {
				_, _, err := t.index.List(ctx, term, runtime.ID{}, 30)
				return err
			})
			t.listed(term, ids...)
			sum := 0
			t.twice("Revoke", looks, func(ctx context.Context) error {
				count, err := t.index.Revoke(ctx, term, runtime.ID{})
				sum += count
				return err
			})
			if sum > len(ids) {
				t.Errorf("Revoke, repeated after its context ended: got count %d in all, with %d sessions", sum, len(ids))
			}
			for _, id := range ids {
				t.dead(id, runtime.ErrGone)
			}
			t.listed(term)
		}
	}},
}

// twice makes a call with a context that ends after a number of looks at it, and repeats the
// call after an error.
func (t *trial) twice(call string, looks int64, f func(context.Context) error) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	err := f(&fuse{Context: ctx, burnt: cancel, looks: looks})
	if isClear(err) {
		t.Fatalf("%s, its context ending meanwhile: got %q, want no error or an unclear one", call, err)
	}
	if err != nil {
		t.expect(call+", repeated after its context ended", f(t.Context()), nil)
	}
}

// fuse is a context that ends after a number of calls of its methods.
type fuse struct {
	context.Context
	burnt func()
	looks int64
	seen  atomic.Int64
}

func (f *fuse) burn() {
	if f.seen.Add(1) > f.looks {
		f.burnt()
	}
}

func (f *fuse) Err() error {
	f.burn()
	return f.Context.Err()
}

func (f *fuse) Done() <-chan struct{} {
	f.burn()
	return f.Context.Done()
}
