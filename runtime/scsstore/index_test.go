package scsstore_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/sessiongen/sessiongen/runtime"
)

// Whichever step is the last before a crash, the record is whole, its terms find it if it exists,
// and the call may be repeated.
func TestR19_NothingIsHalfDoneAfterAFailure(t *testing.T) {
	failed := errors.New("disk full")
	for n := range 12 {
		b := newBench(t)
		a, c := newTerm(), newTerm()
		calls := 0
		fail := func(string, string) error {
			if calls++; calls > n {
				return failed
			}
			return nil
		}
		step := func(name string, call func() error, check func()) {
			t.Helper()
			calls = 0
			b.below.stand(fail)
			err := call()
			b.below.stand(nil)
			if err != nil {
				b.want(name, err, failed)
				check()
				b.want(name+" again", call(), nil)
			}
		}
		id, rec, next := newID(), newRecord(a), newRecord(c)
		step("Create", func() error { return b.store.Create(t.Context(), id, rec, day) }, func() {
			b.load(id, runtime.ErrNotFound)
			b.listed(a)
		})
		b.listed(a, id)
		step("Update", func() error { return b.store.Update(t.Context(), id, rec.Rev, next, day) }, func() {
			if b.load(id, nil).Rev == rec.Rev {
				b.listed(a, id)
				b.listed(c)
			}
		})
		b.listed(a)
		b.listed(c, id)
		step("Revoke", func() error {
			_, err := b.store.Revoke(t.Context(), c, runtime.ID{})
			return err
		}, func() {})
		b.load(id, runtime.ErrGone)
		b.listed(c)
	}
}

// If a record with a shorter lifetime could not be written, the old lifetime holds: the index must
// find the session for as long as it lives.
func TestAFailedUpdateDoesNotHideTheSession(t *testing.T) {
	b := newBench(t)
	term := newTerm()
	id, rec := b.session(term)
	failed := errors.New("disk full")
	b.below.stand(func(call, key string) error {
		if call == "Commit" && strings.HasPrefix(key, "sg-r-") {
			return failed
		}
		return nil
	})
	short := runtime.TTL{Idle: time.Minute, Life: time.Minute}
	b.want("Update", b.store.Update(t.Context(), id, rec.Rev, newRecord(term), short), failed)
	b.below.stand(nil)
	b.clock.Advance(30 * time.Minute)
	b.session(term) // rewrites the index
	b.load(id, nil)
	count, err := b.store.Revoke(t.Context(), term, runtime.ID{})
	if err != nil || count != 2 {
		t.Errorf("Revoke: got count %d, error %v, want 2", count, err)
	}
}

// An index contains only the sessions that it lists.
func TestTheIndexForgetsWhatIsOver(t *testing.T) {
	b := newBench(t)
	term, other := newTerm(), newTerm()
	size := func() int {
		n := 0
		for _, v := range b.below.under("sg-i-") {
			n += (len(v.b) - 1) / 24
		}
		return n
	}
	deleted, _ := b.session(term, other)
	moved, rec := b.session(term)
	for range 5 {
		b.session(term, other)
	}
	b.want("Delete", b.store.Delete(t.Context(), deleted), nil)
	b.want("Update", b.store.Update(t.Context(), moved, rec.Rev, newRecord(), day), nil)
	if got := size(); got != 10 {
		t.Errorf("the index has %d entries for 5 sessions of 2 terms, want 10", got)
	}
	if _, err := b.store.Revoke(t.Context(), term, runtime.ID{}); err != nil {
		t.Fatal(err)
	}
	if got := size(); got != 0 {
		t.Errorf("the index has %d entries after Revoke, want none", got)
	}
	for range 3 {
		b.session(term)
	}
	b.clock.Advance(24*time.Hour + 6*time.Minute)
	b.session(term)
	if got := size(); got != 1 {
		t.Errorf("the index has %d entries when three of four sessions have expired, want 1", got)
	}
}
