package storetest

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/sessiongen/sessiongen/runtime"
)

func TestFaulty(t *testing.T) {
	refused := errors.New("refused")
	clock := NewClock()
	inner := newNaive(clock, "")
	var calls []string
	var next error
	store := Faulty(inner, func(call string, n int) error {
		calls = append(calls, fmt.Sprint(call, " ", n))
		return next
	})
	index := store.(runtime.Indexer)
	ctx := t.Context()
	term := newTerm()
	id, rec := newID(), newRecord(term)

	want := func(what string, got, want error) {
		t.Helper()
		if !errors.Is(got, want) || want == nil && got != nil {
			t.Errorf("%s: got %v, want %v", what, got, want)
		}
	}
	next = refused
	want("a Create that is refused", store.Create(ctx, id, rec, day), refused)
	_, err := inner.Load(ctx, id)
	want("Load after that", err, runtime.ErrNotFound)

	next = ErrReplyLost
	want("a Create whose reply is lost", store.Create(ctx, id, rec, day), ErrReplyLost)
	_, err = inner.Load(ctx, id)
	want("Load after that", err, nil)
	got, err := store.Load(ctx, id)
	want("a Load whose reply is lost", err, ErrReplyLost)
	if got.Data != "" {
		t.Errorf("a Load whose reply is lost returned data")
	}
	ids, _, err := index.List(ctx, term, runtime.ID{}, 10)
	want("a List whose reply is lost", err, ErrReplyLost)
	if len(ids) != 0 {
		t.Errorf("a List whose reply is lost returned sessions")
	}
	count, err := index.Revoke(ctx, term, runtime.ID{})
	want("a Revoke whose reply is lost", err, ErrReplyLost)
	if count != 0 {
		t.Errorf("a Revoke whose reply is lost returned the count %d", count)
	}

	next = nil
	want("Update", store.Update(ctx, id, rec.Rev, rec, day), runtime.ErrGone)
	want("Touch", store.Touch(ctx, id, time.Hour), runtime.ErrGone)
	want("Delete", store.Delete(ctx, id), nil)

	if !slices.Equal(calls, []string{"Create 1", "Create 2", "Load 3", "List 4", "Revoke 5", "Update 6", "Touch 7", "Delete 8"}) {
		t.Errorf("fault was asked about %q", calls)
	}
	if _, ok := Faulty(struct{ runtime.Store }{inner}, nil).(runtime.Indexer); ok {
		t.Error("a faulty store became an Indexer")
	}
}

func TestAFaultyStoreWithoutFaultsPasses(t *testing.T) {
	Run(t, Options{Open: func(_ *testing.T, clock *Clock) runtime.Store {
		return Faulty(newNaive(clock, ""), func(string, int) error { return nil })
	}})
}
