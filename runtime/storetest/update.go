package storetest

import (
	"time"

	"github.com/sessiongen/sessiongen/runtime"
)

var updateChecks = []check{
	{name: "update replaces the record", run: func(t *trial) {
		id, rec := t.session(day, newTerm())
		for _, next := range []runtime.Record{newRecord(newTerm()), newRecord(), newRecord(newTerm(), newTerm())} {
			t.update(id, rec.Rev, next, day, nil)
			t.alive(id, next)
			rec = next
		}
	}},
	{name: "update from another revision is ErrConflict and changes nothing", run: func(t *trial) {
		id, rec := t.session(runtime.TTL{Idle: 2 * time.Hour, Life: 12 * time.Hour}, newTerm())
		renewal := runtime.TTL{Idle: 5 * time.Hour, Life: 24 * time.Hour}
		t.update(id, random[runtime.Rev](), newRecord(newTerm()), renewal, runtime.ErrConflict)
		t.update(id, runtime.Rev{}, newRecord(), renewal, runtime.ErrConflict)
		got := t.alive(id, rec)
		t.about("Idle after an Update that was refused", got.Idle, 2*time.Hour)
		t.about("Life after an Update that was refused", got.Life, 12*time.Hour)
	}},
	{name: "update again with the same revision is no error", run: func(t *trial) {
		id, rec := t.session(day)
		next := newRecord(newTerm())
		t.update(id, rec.Rev, next, day, nil)
		t.update(id, rec.Rev, next, day, nil)
		t.alive(id, next)
	}},
	{name: "update never creates", run: func(t *trial) {
		id, rec := newID(), newRecord()
		t.update(id, random[runtime.Rev](), rec, day, runtime.ErrNotFound)
		t.update(id, runtime.Rev{}, rec, day, runtime.ErrNotFound)
		t.update(id, rec.Rev, rec, day, runtime.ErrNotFound)
		t.dead(id, runtime.ErrNotFound)
	}},
	{name: "update without an idle time, or with a negative lifetime, is an error", run: func(t *trial) {
		id, rec := t.session(day)
		for _, ttl := range refusedTTLs(runtime.TTL.CheckUpdate) {
			t.refused("Update", ttl, t.store.Update(t.Context(), id, rec.Rev, newRecord(), ttl))
		}
		got := t.alive(id, rec)
		t.about("Idle", got.Idle, day.Idle)
		t.about("Life", got.Life, day.Life)
	}},
	{name: "update with life 0 keeps the absolute deadline", run: func(t *trial) {
		id, rec := t.session(runtime.TTL{Idle: time.Hour, Life: 12 * time.Hour})
		next := newRecord()
		t.update(id, rec.Rev, next, runtime.TTL{Idle: 2 * time.Hour}, nil)
		got := t.alive(id, next)
		t.about("Idle", got.Idle, 2*time.Hour)
		t.about("Life", got.Life, 12*time.Hour)
	}},
	{name: "update with a life restarts the absolute deadline", run: func(t *trial) {
		id, rec := t.session(runtime.TTL{Idle: time.Hour, Life: 12 * time.Hour})
		for _, life := range []time.Duration{48 * time.Hour, 6 * time.Hour} {
			next := newRecord()
			t.update(id, rec.Rev, next, runtime.TTL{Idle: time.Hour, Life: life}, nil)
			got := t.alive(id, next)
			t.about("Idle", got.Idle, time.Hour)
			t.about("Life", got.Life, life)
			rec = next
		}
	}},
}

var touchChecks = []check{
	{name: "touch extends the idle deadline alone", run: func(t *trial) {
		id, rec := t.session(runtime.TTL{Idle: time.Hour, Life: 12 * time.Hour}, newTerm())
		t.touch(id, 2*time.Hour, nil)
		got := t.alive(id, rec)
		t.about("Idle", got.Idle, 2*time.Hour)
		t.about("Life", got.Life, 12*time.Hour)
	}},
	{name: "touch keeps the revision", run: func(t *trial) {
		id, rec := t.session(day)
		t.touch(id, 2*time.Hour, nil)
		next := newRecord()
		t.update(id, rec.Rev, next, day, nil)
		t.alive(id, next)
	}},
	{name: "touch never goes backwards", run: func(t *trial) {
		id, rec := t.session(runtime.TTL{Idle: 5 * time.Hour, Life: 12 * time.Hour})
		for _, idle := range []time.Duration{time.Hour, time.Millisecond, 1, 0} {
			t.touch(id, idle, nil)
			t.about("Idle", t.alive(id, rec).Idle, 5*time.Hour)
		}
	}},
	{name: "touch never goes past the absolute deadline", run: func(t *trial) {
		id, rec := t.session(runtime.TTL{Idle: time.Hour, Life: 2 * time.Hour})
		t.touch(id, 12*time.Hour, nil)
		got := t.alive(id, rec)
		t.about("Idle", got.Idle, 2*time.Hour)
		t.about("Life", got.Life, 2*time.Hour)
	}},
	{name: "touch never creates", run: func(t *trial) {
		id := newID()
		t.touch(id, time.Hour, runtime.ErrNotFound)
		t.dead(id, runtime.ErrNotFound)
	}},
}
