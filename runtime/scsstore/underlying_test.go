package scsstore_test

import (
	"testing"
	"time"

	"github.com/sessiongen/sessiongen/runtime"
)

// Every value expires, and none before its deadline.
func TestExpiryIsSomewhatBehindTheDeadline(t *testing.T) {
	b := newBench(t)
	id, rec := newID(), newRecord(newTerm())
	ttl := runtime.TTL{Idle: 1500 * time.Millisecond, Life: 90 * time.Minute}
	b.want("Create", b.store.Create(t.Context(), id, rec, ttl), nil)
	within := func(what, prefix string, deadline time.Duration) {
		t.Helper()
		for _, v := range b.below.under(prefix) {
			late := v.expiry.Sub(b.clock.Now().Add(deadline))
			if late < 4*time.Minute || late > 15*time.Minute || v.expiry.Nanosecond() != 0 {
				t.Errorf("%s: the expiry is %v behind the deadline, want some minutes and a whole second", what, late)
			}
		}
	}
	within("a record", "sg-r-", 1500*time.Millisecond)
	within("an index", "sg-i-", 90*time.Minute)
	b.want("Touch", b.store.Touch(t.Context(), id, time.Hour), nil)
	within("a record that was touched", "sg-r-", time.Hour)
	b.want("Delete", b.store.Delete(t.Context(), id), nil)
	within("a tombstone", "sg-r-", time.Minute)
}
