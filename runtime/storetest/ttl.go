package storetest

import (
	"time"

	"github.com/sessiongen/sessiongen/runtime"
)

// refusedTTLs returns the TTLs that a rule refuses, out of one for each pair of signs.
func refusedTTLs(check func(runtime.TTL) error) (refused []runtime.TTL) {
	for _, idle := range []time.Duration{-time.Hour, 0, time.Hour} {
		for _, life := range []time.Duration{-time.Hour, 0, time.Hour} {
			if ttl := (runtime.TTL{Idle: idle, Life: life}); check(ttl) != nil {
				refused = append(refused, ttl)
			}
		}
	}
	return refused
}

// Durations that overflow small integers, and durations that rounding makes zero.
var ttlChecks = []check{
	{name: "times of a hundred years are kept", run: func(t *trial) {
		const years = 100 * 365 * 24 * time.Hour
		for _, long := range []time.Duration{400 * 24 * time.Hour, years} {
			ttl := runtime.TTL{Idle: long, Life: long}
			created, rec := t.session(ttl)
			touched, touchedRec := t.session(runtime.TTL{Idle: time.Hour, Life: long})
			t.touch(touched, years, nil)
			updated, updatedRec := t.session(day)
			next := newRecord()
			t.update(updated, updatedRec.Rev, next, ttl, nil)
			for id, want := range map[runtime.ID]runtime.Record{created: rec, touched: touchedRec, updated: next} {
				got := t.alive(id, want)
				t.about("Idle", got.Idle, long)
				t.about("Life", got.Life, long)
			}
			if t.clock == nil {
				continue
			}
			t.clock.Advance(long - time.Second)
			t.alive(created, rec)
			t.alive(touched, touchedRec)
			t.alive(updated, next)
			t.clock.Advance(time.Second)
			t.dead(created, runtime.ErrNotFound)
			t.dead(touched, runtime.ErrNotFound)
			t.dead(updated, runtime.ErrNotFound)
			t.clock.Advance(-long)
		}
	}},
	{name: "a time of a millisecond is no error and soon over", needs: turnableClock, run: func(t *trial) {
		ttl := runtime.TTL{Idle: time.Millisecond, Life: time.Millisecond}
		created, _ := t.session(ttl)
		brief, _ := t.session(runtime.TTL{Idle: time.Millisecond, Life: time.Hour})
		updated, rec := t.session(day)
		t.update(updated, rec.Rev, newRecord(), ttl, nil)
		// Stores may round to the second.
		t.clock.Advance(time.Second)
		t.dead(created, runtime.ErrNotFound)
		t.dead(brief, runtime.ErrNotFound)
		t.dead(updated, runtime.ErrNotFound)
	}},
	{name: "delete over an expired session leaves a tombstone", needs: turnableClock, run: func(t *trial) {
		for _, ttl := range []runtime.TTL{
			{Idle: time.Minute, Life: time.Minute},
			{Idle: time.Minute, Life: 12 * time.Hour},
		} {
			term := newTerm()
			id, rec := t.session(ttl, term)
			t.clock.Advance(time.Hour)
			t.delete(id)
			t.dead(id, runtime.ErrGone)
			t.create(id, rec, day, runtime.ErrGone)
			t.create(id, newRecord(term), day, runtime.ErrGone)
			if t.index != nil {
				t.listed(term)
				t.revoke(term, runtime.ID{}, 0)
			}
		}
	}},
}
