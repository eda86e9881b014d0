package storetest

import (
	"time"

	"github.com/sessiongen/sessiongen/runtime"
)

var createChecks = []check{
	{name: "load returns what create stored", run: func(t *trial) {
		id, rec := t.session(day)
		other, otherRec := t.session(day, newTerm(), newTerm())
		t.alive(id, rec)
		t.alive(other, otherRec)
	}},
	{name: "load tells how long a session has left", run: func(t *trial) {
		id, rec := t.session(runtime.TTL{Idle: time.Hour, Life: 24 * time.Hour})
		got := t.alive(id, rec)
		t.about("Idle", got.Idle, time.Hour)
		t.about("Life", got.Life, 24*time.Hour)
	}},
	{name: "deadlines come from the TTL and not from the record", run: func(t *trial) {
		id, rec := newID(), newRecord()
		rec.Idle, rec.Life = time.Minute, time.Minute
		t.create(id, rec, day, nil)
		got := t.alive(id, rec)
		t.about("Idle", got.Idle, day.Idle)
		t.about("Life", got.Life, day.Life)
		next := newRecord()
		next.Idle, next.Life = time.Minute, time.Minute
		t.update(id, rec.Rev, next, day, nil)
		got = t.alive(id, next)
		t.about("Idle after Update", got.Idle, day.Idle)
		t.about("Life after Update", got.Life, day.Life)
	}},
	{name: "an unknown session is ErrNotFound", run: func(t *trial) {
		t.dead(newID(), runtime.ErrNotFound)
	}},
	{name: "create again with the same revision is no error", run: func(t *trial) {
		id, rec := t.session(day, newTerm())
		t.create(id, rec, day, nil)
		t.create(id, rec, day, nil)
		t.alive(id, rec)
	}},
	{name: "create over another record is ErrExists and leaves it alone", run: func(t *trial) {
		id, rec := t.session(day, newTerm())
		t.create(id, newRecord(newTerm()), day, runtime.ErrExists)
		t.alive(id, rec)
	}},
	{name: "create on a tombstone is ErrGone", run: func(t *trial) {
		id, rec := t.session(day)
		t.delete(id)
		t.create(id, rec, day, runtime.ErrGone)
		t.create(id, newRecord(), day, runtime.ErrGone)
		t.dead(id, runtime.ErrGone)
	}},
	{name: "create without an idle time or a lifetime is an error", run: func(t *trial) {
		for _, ttl := range refusedTTLs(runtime.TTL.CheckCreate) {
			id := newID()
			t.refused("Create", ttl, t.store.Create(t.Context(), id, newRecord(), ttl))
			t.dead(id, runtime.ErrNotFound)
		}
	}},
}

var deleteChecks = []check{
	{name: "delete is final", run: func(t *trial) {
		id, rec := t.session(day)
		t.delete(id)
		t.dead(id, runtime.ErrGone)
		t.update(id, rec.Rev, newRecord(), day, runtime.ErrGone)
		t.update(id, newRecord().Rev, rec, day, runtime.ErrGone)
		t.dead(id, runtime.ErrGone)
	}},
	{name: "delete may be repeated", run: func(t *trial) {
		id, _ := t.session(day)
		t.delete(id)
		t.delete(id)
		t.dead(id, runtime.ErrGone)
	}},
	{name: "delete over nothing leaves a tombstone", run: func(t *trial) {
		id := newID()
		t.delete(id)
		t.dead(id, runtime.ErrGone)
		t.create(id, newRecord(), day, runtime.ErrGone)
	}},
	{name: "delete leaves other sessions alone", run: func(t *trial) {
		id, rec := t.session(day)
		other, _ := t.session(day)
		t.delete(other)
		t.alive(id, rec)
	}},
}
