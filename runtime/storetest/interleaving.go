package storetest

import (
	"time"

	"github.com/sessiongen/sessiongen/runtime"
)

// Two requests in flight whose calls alternate.
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
	{name: "renewal against revoke: the revoke wins in either order", needs: indexer, run: func(t *trial) {
		term := newTerm()
		renewal := runtime.TTL{Idle: time.Hour, Life: 48 * time.Hour}
		before, beforeRec := t.session(day, term)
		after, afterRec := t.session(day, term)
		t.update(before, beforeRec.Rev, newRecord(term), renewal, nil)
		t.revoke(term, runtime.ID{}, 2)
		t.update(after, afterRec.Rev, newRecord(term), renewal, runtime.ErrGone)
		t.dead(before, runtime.ErrGone)
		t.dead(after, runtime.ErrGone)
	}},
	{name: "login against revoke: one before it ends, one after it stays", needs: indexer, run: func(t *trial) {
		term := newTerm()
		before, beforeRec := t.session(day) // both have been loaded by requests that sign in
		after, afterRec := t.session(day)
		t.update(before, beforeRec.Rev, newRecord(term), day, nil)
		t.revoke(term, runtime.ID{}, 1)
		signedIn := newRecord(term)
		t.update(after, afterRec.Rev, signedIn, day, nil)
		t.dead(before, runtime.ErrGone)
		t.alive(after, signedIn)
		t.listed(term, after)
	}},
	{name: "a logout of one session in the midst of a revoke of all is no error", needs: indexer, run: func(t *trial) {
		term := newTerm()
		first, _ := t.session(day, term)
		second, _ := t.session(day, term)
		t.delete(first)
		t.revoke(term, runtime.ID{}, 1)
		t.delete(second)
		t.revoke(term, runtime.ID{}, 0)
		t.dead(first, runtime.ErrGone)
		t.dead(second, runtime.ErrGone)
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
