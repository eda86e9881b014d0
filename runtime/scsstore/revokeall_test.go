package scsstore_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/scsstore"
)

// A store for scs need not be able to list its values. RevokeAll then says so, instead of ending
// nothing.
func TestRevokeAllOfAStoreThatCannotListItsValues(t *testing.T) {
	store := open(t, struct{ scsstore.Underlying }{newMemory(time.Now)})
	if _, err := store.RevokeAll(t.Context(), "x"); !errors.Is(err, errors.ErrUnsupported) || !strings.Contains(err.Error(), "has no method All") {
		t.Errorf("got %v, want %v", err, errors.ErrUnsupported)
	}
}

// Values of scs itself beside ours, and values that cannot be read, are passed over. Nothing is
// left in the index of what has ended.
func TestRevokeAllPassesOverForeignValues(t *testing.T) {
	below := newMemory(time.Now)
	store := open(t, below)
	later := time.Now().Add(time.Hour)
	for _, key := range []string{"RkW2pLk0o7SZ7a1XxVJ4u4nQ0i1hVd1t9c1Wm2m0cXk", "sg-r-", "sg-r-nothex", "sg-r-" + strings.Repeat("0", 32), "sg-r-" + strings.Repeat("0", 34)} {
		if err := below.Commit(key, []byte("label of another program"), later); err != nil {
			t.Fatal(err)
		}
	}
	rec := newRecord(newTerm())
	rec.Data = "label" + rec.Data
	id := newID()
	if err := store.Create(t.Context(), id, rec, runtime.TTL{Idle: time.Hour, Life: time.Hour}); err != nil {
		t.Fatal(err)
	}
	if n, err := store.RevokeAll(t.Context(), "label"); n != 1 || err != nil {
		t.Errorf("got %d, %v, want the session of ours", n, err)
	}
	if _, err := store.Load(t.Context(), id); err != runtime.ErrGone {
		t.Errorf("Load: got %v, want %v", err, runtime.ErrGone)
	}
	for key, v := range below.under("sg-i-") {
		if len(v.b) > 1 {
			t.Errorf("the index %s still has entries", key)
		}
	}
	below.stand(func(call, _ string) error {
		if call == "All" {
			return errors.New("connection refused")
		}
		return nil
	})
	if _, err := store.RevokeAll(t.Context(), "label"); err == nil || !strings.Contains(err.Error(), "scsstore: finding all values: connection refused") {
		t.Errorf("a store that is down: got %v", err)
	}
}
