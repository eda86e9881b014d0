package storetest

import (
	"time"

	"github.com/sessiongen/sessiongen/runtime"
)

// What two requests in flight do to each other, one call after the other.
var interleavingChecks = []check{
	{name: "logout against write: the write finds the session gone", run: func(t *trial) {
		id, rec := t.session(day, newTerm())
		loaded := t.alive(id, rec) // by the request that writes
		t.delete(id)               // by the one that logs out
		t.update(id, loaded.Rev, newRecord(rec.Terms...), day, runtime.ErrGone)
		t.dead(id, runtime.ErrGone)
	}},
	{name: "write against logout: the logout deletes what was written", run: func(t *trial) {
		id, rec := t.session(day)
		t.update(id, rec.Rev, newRecord(), day, nil)
		t.delete(id)
		t.dead(id, runtime.ErrGone)
	}},
	{name: "touch against logout brings nothing back", run: func(t *trial) {
		id, _ := t.session(day)
		t.delete(id)
		t.touch(id, 12*time.Hour, runtime.ErrGone)
		t.dead(id, runtime.ErrGone)
	}},
	{name: "logout before login: a create that arrives late is ErrGone", run: func(t *trial) {
		id, rec := newID(), newRecord()
		t.delete(id)
		t.create(id, rec, day, runtime.ErrGone)
		t.dead(id, runtime.ErrGone)
	}},
	{name: "two creators of one ID: the first stays", run: func(t *trial) {
		id, first, second := newID(), newRecord(), newRecord()
		t.create(id, first, day, nil)
		t.create(id, second, day, runtime.ErrExists)
		t.create(id, first, day, nil)
		t.alive(id, first)
	}},
	{name: "two writers from one revision: the second is ErrConflict", run: func(t *trial) {
		id, rec := t.session(day)
		first, second := newRecord(), newRecord()
		t.update(id, rec.Rev, first, day, nil)
		t.update(id, rec.Rev, second, day, runtime.ErrConflict)
		t.alive(id, first)
		t.update(id, first.Rev, second, day, nil)
		t.alive(id, second)
	}},
	{name: "renewal against logout: the logout wins in either order", run: func(t *trial) {
		renewal := runtime.TTL{Idle: time.Hour, Life: 48 * time.Hour}
		id, rec := t.session(day)
		t.delete(id)
		t.update(id, rec.Rev, newRecord(), renewal, runtime.ErrGone)
		t.dead(id, runtime.ErrGone)
		id, rec = t.session(day)
		renewed := newRecord()
		t.update(id, rec.Rev, renewed, renewal, nil)
		t.delete(id)
		t.update(id, rec.Rev, renewed, renewal, runtime.ErrGone)
		t.dead(id, runtime.ErrGone)
	}},
	{name: "a create repeated after a write by another is ErrExists", run: func(t *trial) {
		id, rec := t.session(day)
		next := newRecord()
		t.update(id, rec.Rev, next, day, nil)
		t.create(id, rec, day, runtime.ErrExists)
		t.alive(id, next)
	}},
	{name: "an update repeated after a write by another is ErrConflict", run: func(t *trial) {
		id, rec := t.session(day)
		mine, other := newRecord(), newRecord()
		t.update(id, rec.Rev, mine, day, nil)
		t.update(id, mine.Rev, other, day, nil)
		t.update(id, rec.Rev, mine, day, runtime.ErrConflict)
		t.alive(id, other)
	}},
	{name: "a call repeated after a logout is ErrGone", run: func(t *trial) {
		id, rec := t.session(day)
		next := newRecord()
		t.update(id, rec.Rev, next, day, nil)
		t.delete(id)
		t.create(id, rec, day, runtime.ErrGone)
		t.update(id, rec.Rev, next, day, runtime.ErrGone)
		t.dead(id, runtime.ErrGone)
	}},
}
