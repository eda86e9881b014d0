package storetest

import (
	"time"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/internal/expiry"
)

var expiryChecks = []check{
	{name: "a session ends exactly at its idle deadline", needs: turnableClock, run: func(t *trial) {
		t.endsAfter(30*time.Minute, runtime.TTL{Idle: 30 * time.Minute, Life: 12 * time.Hour}, nil)
	}},
	{name: "a session ends exactly at its absolute deadline", needs: turnableClock, run: func(t *trial) {
		t.endsAfter(time.Hour, runtime.TTL{Idle: time.Hour, Life: time.Hour}, nil)
		// If Idle is longer than Life, Life decides.
		t.endsAfter(time.Hour, runtime.TTL{Idle: 12 * time.Hour, Life: time.Hour}, nil)
	}},
	{name: "touch keeps a session alive up to its absolute deadline and no longer", needs: turnableClock, run: func(t *trial) {
		t.endsAfter(2*time.Hour, runtime.TTL{Idle: 30 * time.Minute, Life: 2 * time.Hour}, func(id runtime.ID, rec runtime.Record) {
			for range 6 {
				t.clock.Advance(19 * time.Minute)
				t.touch(id, 30*time.Minute, nil)
				t.alive(id, rec)
			}
			t.clock.Advance(-6 * 19 * time.Minute)
		})
	}},
	{name: "touch after the clock stepped back shortens nothing", needs: turnableClock, run: func(t *trial) {
		t.endsAfter(time.Hour, runtime.TTL{Idle: time.Hour, Life: 12 * time.Hour}, func(id runtime.ID, _ runtime.Record) {
			t.clock.Advance(-10 * time.Minute)
			t.touch(id, time.Hour, nil)
			t.clock.Advance(10 * time.Minute)
		})
	}},
	{name: "update restarts the idle deadline and keeps the absolute one", needs: turnableClock, run: func(t *trial) {
		id, rec := t.session(runtime.TTL{Idle: 30 * time.Minute, Life: time.Hour})
		for range 3 {
			t.clock.Advance(19 * time.Minute)
			next := newRecord()
			t.update(id, rec.Rev, next, runtime.TTL{Idle: 30 * time.Minute}, nil)
			rec = next
		}
		t.clock.Advance(3*time.Minute - time.Second)
		got := t.alive(id, rec)
		t.about("Life", got.Life, time.Second)
		if got.Idle > got.Life {
			t.Errorf("Idle is %v, which is past the absolute deadline in %v", got.Idle, got.Life)
		}
		t.clock.Advance(time.Second)
		t.dead(id, runtime.ErrNotFound)
	}},
	{name: "update with a life counts from now", needs: turnableClock, run: func(t *trial) {
		id, rec := t.session(runtime.TTL{Idle: 3 * time.Hour, Life: 4 * time.Hour})
		t.clock.Advance(2 * time.Hour)
		next := newRecord()
		t.update(id, rec.Rev, next, runtime.TTL{Idle: 4 * time.Hour, Life: 4 * time.Hour}, nil)
		t.clock.Advance(4*time.Hour - time.Second)
		t.alive(id, next)
		t.clock.Advance(time.Second)
		t.dead(id, runtime.ErrNotFound)
	}},
	{name: "update with a life shorter than the idle time ends with the life", needs: turnableClock, run: func(t *trial) {
		id, rec := t.session(day)
		next := newRecord()
		t.update(id, rec.Rev, next, runtime.TTL{Idle: 12 * time.Hour, Life: time.Hour}, nil)
		t.clock.Advance(time.Hour - time.Second)
		t.alive(id, next)
		t.clock.Advance(time.Second)
		t.dead(id, runtime.ErrNotFound)
	}},
	{name: "reading extends nothing", needs: turnableClock, run: func(t *trial) {
		term := newTerm()
		id, rec := t.session(runtime.TTL{Idle: time.Hour, Life: 12 * time.Hour}, term)
		for range 3 {
			t.clock.Advance(15 * time.Minute)
			t.alive(id, rec)
			if t.index != nil {
				t.listed(term, id)
			}
		}
		t.clock.Advance(15 * time.Minute)
		t.dead(id, runtime.ErrNotFound)
	}},
	{name: "load tells what is left after some time", needs: turnableClock, run: func(t *trial) {
		id, rec := t.session(runtime.TTL{Idle: time.Hour, Life: 12 * time.Hour})
		t.clock.Advance(20 * time.Minute)
		got := t.alive(id, rec)
		t.about("Idle", got.Idle, 40*time.Minute)
		t.about("Life", got.Life, 11*time.Hour+40*time.Minute)
	}},
	{name: "an expired session counts as none", needs: turnableClock, run: func(t *trial) {
		id, rec := t.session(runtime.TTL{Idle: time.Hour, Life: 12 * time.Hour})
		t.clock.Advance(time.Hour)
		t.update(id, rec.Rev, newRecord(), day, runtime.ErrNotFound)
		t.update(id, runtime.Rev{}, rec, day, runtime.ErrNotFound)
		t.dead(id, runtime.ErrNotFound)
		next := newRecord()
		t.create(id, next, day, nil)
		got := t.alive(id, next)
		t.about("Life", got.Life, day.Life)
		// The same revision counts as none too.
		t.clock.Advance(25 * time.Hour)
		t.create(id, next, day, nil)
		t.about("Life", t.alive(id, next).Life, day.Life)
	}},
	{name: "a tombstone lasts 60 seconds", needs: turnableClock, run: func(t *trial) {
		short := runtime.TTL{Idle: 5 * time.Second, Life: 10 * time.Second}
		alive, _ := t.session(day)
		brief, _ := t.session(short)
		expired, _ := t.session(short)
		never := newID()
		again, _ := t.session(day)
		t.delete(alive)
		t.delete(brief)
		t.delete(never)
		t.delete(again)
		const half = expiry.MinTombstoneLife / 2
		t.clock.Advance(half)
		t.delete(expired)
		t.delete(again)
		t.clock.Advance(half - time.Second)
		for _, id := range []runtime.ID{alive, brief, never} {
			t.dead(id, runtime.ErrGone)
			t.create(id, newRecord(), day, runtime.ErrGone)
		}
		t.clock.Advance(half)
		for _, id := range []runtime.ID{expired, again} {
			t.dead(id, runtime.ErrGone)
			t.create(id, newRecord(), day, runtime.ErrGone)
		}
	}},
	{name: "a session that came after an expired one is deleted for good too", needs: turnableClock, run: func(t *trial) {
		id, _ := t.session(runtime.TTL{Idle: time.Minute, Life: time.Minute})
		t.clock.Advance(time.Hour)
		t.create(id, newRecord(), day, nil)
		t.delete(id)
		t.dead(id, runtime.ErrGone)
	}},
}

// endsAfter checks that a session is alive one second before the end of d, and dead at its end
// and one second later. meanwhile must leave the clock as it was.
func (t *trial) endsAfter(d time.Duration, ttl runtime.TTL, meanwhile func(runtime.ID, runtime.Record)) {
	t.Helper()
	for _, offset := range []time.Duration{-time.Second, 0, time.Second} {
		id, rec := t.session(ttl)
		if meanwhile != nil {
			meanwhile(id, rec)
		}
		t.clock.Advance(d + offset)
		if offset < 0 {
			t.alive(id, rec)
			t.touch(id, time.Second, nil)
			t.update(id, rec.Rev, newRecord(), runtime.TTL{Idle: time.Second}, nil)
		} else {
			t.dead(id, runtime.ErrNotFound)
		}
	}
}
