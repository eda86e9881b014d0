package scsstore_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/sessiongen/sessiongen/runtime"
)

// The underlying store cannot be interrupted, but a call can. The work that continues blocks other
// calls for the same session, and for no other session.
func TestR4_AStuckStoreHoldsUpItsSessionAlone(t *testing.T) {
	b := newBench(t)
	term := newTerm()
	id, rec := b.session(term)
	other, otherRec := b.session()
	began, release := b.stuck("Commit", keyOf(id))
	next := newRecord()
	ctx, cancel := context.WithCancel(t.Context())
	updated := make(chan error, 1)
	go func() { updated <- b.store.Update(ctx, id, rec.Rev, next, day) }()
	<-began
	cancel()
	b.want("Update that is stuck, its context ending", <-updated, context.Canceled)

	b.want("Update of another session", b.store.Update(t.Context(), other, otherRec.Rev, newRecord(), day), nil)
	if got := b.load(id, nil); got.Rev != rec.Rev {
		t.Errorf("Load of the session that is being written: got revision %x, want %x", got.Rev, rec.Rev)
	}
	// The work that continues would undo these calls.
	for name, call := range map[string]func(ctx context.Context) error{
		"Create": func(ctx context.Context) error { return b.store.Create(ctx, id, rec, day) },
		"Update": func(ctx context.Context) error { return b.store.Update(ctx, id, rec.Rev, newRecord(), day) },
		"Touch":  func(ctx context.Context) error { return b.store.Touch(ctx, id, day.Idle) },
		"Delete": func(ctx context.Context) error { return b.store.Delete(ctx, id) },
		"Revoke": func(ctx context.Context) error {
			_, err := b.store.Revoke(ctx, term, runtime.ID{})
			return err
		},
	} {
		short, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		b.want(name+" behind an Update that is stuck", call(short), context.DeadlineExceeded)
		cancel()
	}
	deleted := make(chan error, 1)
	go func() { deleted <- b.store.Delete(t.Context(), id) }()
	release()
	b.want("Delete", <-deleted, nil)
	b.load(id, runtime.ErrGone)
	b.want("Update again", b.store.Update(t.Context(), id, rec.Rev, next, day), runtime.ErrGone)
}

func TestR4_EveryCallReturnsWhenItsContextEnds(t *testing.T) {
	for name, call := range map[string]func(ctx context.Context, b *bench, id runtime.ID, rec runtime.Record, term runtime.Term) error{
		"Create": func(ctx context.Context, b *bench, id runtime.ID, rec runtime.Record, _ runtime.Term) error {
			return b.store.Create(ctx, id, rec, day)
		},
		"Load": func(ctx context.Context, b *bench, id runtime.ID, _ runtime.Record, _ runtime.Term) error {
			_, err := b.store.Load(ctx, id)
			return err
		},
		"Update": func(ctx context.Context, b *bench, id runtime.ID, rec runtime.Record, _ runtime.Term) error {
			return b.store.Update(ctx, id, rec.Rev, newRecord(), day)
		},
		"Touch": func(ctx context.Context, b *bench, id runtime.ID, _ runtime.Record, _ runtime.Term) error {
			return b.store.Touch(ctx, id, day.Idle)
		},
		"Delete": func(ctx context.Context, b *bench, id runtime.ID, _ runtime.Record, _ runtime.Term) error {
			return b.store.Delete(ctx, id)
		},
		"List": func(ctx context.Context, b *bench, _ runtime.ID, _ runtime.Record, term runtime.Term) error {
			_, _, err := b.store.List(ctx, term, runtime.ID{}, 10)
			return err
		},
		"Revoke": func(ctx context.Context, b *bench, _ runtime.ID, _ runtime.Record, term runtime.Term) error {
			_, err := b.store.Revoke(ctx, term, runtime.ID{})
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			term := newTerm()
			id, rec := b.session(term)
			began, release := b.stuck("Find", "")
			ctx, cancel := context.WithCancel(t.Context())
			returned := make(chan error, 1)
			go func() { returned <- call(ctx, b, id, rec, term) }()
			<-began
			cancel()
			b.want(name, <-returned, context.Canceled)
			// A call that ended before its write has written nothing.
			release()
			b.below.stand(nil)
			b.want("Touch", b.store.Touch(t.Context(), id, 1), nil) // waits for the work that continues
			if got := b.load(id, nil); got.Rev != rec.Rev {
				t.Errorf("revision %x, want %x", got.Rev, rec.Rev)
			}
		})
	}
}

// When the call returns, the caller may change its terms, whatever work continues. Only the race
// detector notices a violation.
func TestTermsAreNotReadAfterTheCall(t *testing.T) {
	b := newBench(t)
	id, terms := newID(), []runtime.Term{newTerm()}
	began, release := b.stuck("Find", "")
	ctx, cancel := context.WithCancel(t.Context())
	returned := make(chan error, 1)
	go func() { returned <- b.store.Create(ctx, id, newRecord(terms...), day) }()
	<-began
	cancel()
	b.want("Create", <-returned, context.Canceled)
	release()
	terms[0] = newTerm()
	b.want("Delete", b.store.Delete(t.Context(), id), nil) // waits for the work that continues
}

func TestAPanicOfTheStoreIsAnError(t *testing.T) {
	b := newBench(t)
	id, rec := b.session()
	b.below.stand(func(string, string) error { panic("nil map") })
	for name, call := range map[string]func() error{
		"Load":   func() error { _, err := b.store.Load(t.Context(), id); return err },
		"Update": func() error { return b.store.Update(t.Context(), id, rec.Rev, newRecord(), day) },
	} {
		if err := call(); err == nil || !strings.Contains(err.Error(), "nil map") {
			t.Errorf("%s on a store that panics: got error %v, want one that tells", name, err)
		}
	}
	b.below.stand(nil)
	b.want("Update afterwards", b.store.Update(t.Context(), id, rec.Rev, newRecord(), day), nil)
}
