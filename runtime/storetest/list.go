package storetest

import (
	"bytes"
	"slices"
	"time"

	"github.com/sessiongen/sessiongen/runtime"
)

var listChecks = []check{
	{name: "list finds the sessions that carry a term", needs: indexer, run: func(t *trial) {
		a, b := newTerm(), newTerm()
		onlyA, _ := t.session(day, a)
		both, _ := t.session(day, b, a)
		onlyB, _ := t.session(day, b)
		t.session(day)
		t.listed(a, onlyA, both)
		t.listed(b, onlyB, both)
		t.listed(newTerm())
	}},
	{name: "list returns the records as load does", needs: indexer, run: func(t *trial) {
		term := newTerm()
		records := map[runtime.ID]runtime.Record{}
		for range 3 {
			id, rec := t.session(runtime.TTL{Idle: time.Hour, Life: 12 * time.Hour}, newTerm(), term)
			records[id] = rec
		}
		ids, got := t.list(term, runtime.ID{}, 10)
		for i, id := range ids {
			t.same("List", got[i], records[id])
			t.about("Idle", got[i].Idle, time.Hour)
			t.about("Life", got[i].Life, 12*time.Hour)
		}
	}},
	{name: "list is ordered by ID and comes in pages", needs: indexer, run: func(t *trial) {
		term := newTerm()
		var all []runtime.ID
		for range 25 {
			id, _ := t.session(day, term)
			t.session(day, newTerm()) // in between
			all = append(all, id)
		}
		for _, first := range []byte{0x00, 0x7f, 0x80, 0xff} {
			id := newID()
			id[0], id[1] = first, first
			t.create(id, newRecord(term), day, nil)
			all = append(all, id)
		}
		all = sorted(all)
		for _, max := range []int{1, 2, 7, 28, 29, 30, 1000} {
			t.pages(term, max, all)
		}
		if ids, _ := t.list(term, runtime.ID{}, 0); len(ids) != 0 {
			t.Errorf("List of at most 0 sessions: got %d", len(ids))
		}
	}},
	{name: "a page that is not full is the last one", needs: indexer, run: func(t *trial) {
		// Entries of sessions that have ended or left the term must not shorten a page.
		term := newTerm()
		var all []runtime.ID
		for i := range 40 {
			id, rec := t.session(day, term)
			switch i % 4 {
			case 0:
				t.delete(id)
			case 1:
				t.update(id, rec.Rev, newRecord(newTerm()), day, nil)
			default:
				all = append(all, id)
			}
		}
		t.pages(term, 5, sorted(all))
	}},
	{name: "list begins behind an ID that need not be there", needs: indexer, run: func(t *trial) {
		term := newTerm()
		var all []runtime.ID
		for range 5 {
			id := newID()
			id[15] |= 1 // leaves room before it
			t.create(id, newRecord(term), day, nil)
			all = append(all, id)
		}
		all = sorted(all)
		behind := func(after runtime.ID, want []runtime.ID) {
			t.Helper()
			if got, _ := t.list(term, after, 10); !slices.Equal(got, want) {
				t.Errorf("List behind %v: got %v, want %v", after, got, want)
			}
		}
		behind(all[1], all[2:])
		behind(all[4], nil)
		behind(runtime.ID(bytes.Repeat([]byte{0xff}, 16)), nil)
		t.delete(all[1])
		behind(all[1], all[2:])
		before := all[2]
		before[15]--
		behind(before, all[2:])
	}},
	{name: "list leaves out what was deleted", needs: indexer, run: func(t *trial) {
		term := newTerm()
		id, _ := t.session(day, term)
		other, _ := t.session(day, term)
		t.delete(other)
		t.listed(term, id)
	}},
	{name: "list leaves out what has expired", needs: indexer | turnableClock, run: func(t *trial) {
		term := newTerm()
		long, _ := t.session(day, term)
		t.session(runtime.TTL{Idle: time.Minute, Life: time.Hour}, term)
		t.session(runtime.TTL{Idle: time.Minute, Life: time.Minute}, term)
		t.clock.Advance(time.Minute)
		t.listed(term, long)
		_, records := t.list(term, runtime.ID{}, 10)
		t.about("Idle", records[0].Idle, 59*time.Minute)
	}},
	{name: "list and revoke know a session exactly up to its deadline", needs: indexer | turnableClock, run: func(t *trial) {
		for _, ttl := range []runtime.TTL{
			{Idle: time.Minute, Life: time.Hour},
			{Idle: time.Minute, Life: time.Minute},
			{Idle: time.Hour, Life: time.Minute},
		} {
			term := newTerm()
			id, _ := t.session(ttl, term)
			other, _ := t.session(ttl, term)
			t.clock.Advance(time.Minute - time.Second)
			t.listed(term, id, other)
			t.revoke(term, id, 1)
			for range 2 { // at the deadline and a second later
				t.clock.Advance(time.Second)
				t.listed(term)
				t.revoke(term, runtime.ID{}, 0)
				t.dead(id, runtime.ErrNotFound)
			}
			t.dead(other, runtime.ErrGone)
		}
	}},
	{name: "a session stays listed as long as it is kept alive", needs: indexer | turnableClock, run: func(t *trial) {
		term := newTerm()
		touched, _ := t.session(runtime.TTL{Idle: time.Hour, Life: 24 * time.Hour}, term)
		updated, rec := t.session(runtime.TTL{Idle: time.Hour, Life: 2 * time.Hour}, term)
		for range 6 {
			// A short session, so that a store may remove expired entries.
			t.session(runtime.TTL{Idle: time.Minute, Life: time.Minute}, term)
			t.clock.Advance(50 * time.Minute)
			t.touch(touched, time.Hour, nil)
			next := newRecord(term)
			t.update(updated, rec.Rev, next, runtime.TTL{Idle: time.Hour, Life: 2 * time.Hour}, nil)
			rec = next
		}
		t.listed(term, touched, updated)
	}},
	{name: "update that changes the terms moves the session in the index", needs: indexer, run: func(t *trial) {
		a, b, c := newTerm(), newTerm(), newTerm()
		id, rec := t.session(day, a, b)
		next := newRecord(b, c)
		t.update(id, rec.Rev, next, day, nil)
		t.listed(a)
		t.listed(b, id)
		t.listed(c, id)
		last := newRecord()
		t.update(id, next.Rev, last, day, nil)
		t.listed(b)
		t.listed(c)
		t.update(id, last.Rev, newRecord(a), day, nil)
		t.listed(a, id)
	}},
	{name: "an update that is refused leaves the index alone", needs: indexer, run: func(t *trial) {
		a, b := newTerm(), newTerm()
		id, _ := t.session(day, a)
		t.update(id, random[runtime.Rev](), newRecord(b), day, runtime.ErrConflict)
		t.create(id, newRecord(b), day, runtime.ErrExists)
		t.listed(a, id)
		t.listed(b)
	}},
	{name: "a term that was left and taken up again is listed once", needs: indexer, run: func(t *trial) {
		a, b := newTerm(), newTerm()
		id, rec := t.session(day, a)
		for _, term := range []runtime.Term{b, a, b, a} {
			next := newRecord(term)
			t.update(id, rec.Rev, next, day, nil)
			rec = next
		}
		t.listed(a, id)
		t.listed(b)
	}},
	{name: "a session with many terms is found by each of them", needs: indexer, run: func(t *trial) {
		terms := make([]runtime.Term, 64)
		for i := range terms {
			terms[i] = newTerm()
		}
		id, rec := t.session(day, terms...)
		t.update(id, rec.Rev, newRecord(terms[1:]...), day, nil)
		t.listed(terms[0])
		for _, term := range terms[1:] {
			t.listed(term, id)
		}
	}},
}

// pages checks that List returns the wanted sessions page by page.
func (t *trial) pages(term runtime.Term, max int, want []runtime.ID) {
	t.Helper()
	var got []runtime.ID
	var after runtime.ID
	for {
		page, _ := t.list(term, after, max)
		got = append(got, page...)
		if len(page) > max || len(got) > len(want) {
			t.Fatalf("List in pages of %d: got %d sessions in one page and %d in all, want %d in all", max, len(page), len(got), len(want))
		}
		if len(page) < max {
			break
		}
		after = page[len(page)-1]
	}
	if !slices.Equal(got, want) {
		t.Fatalf("List in pages of %d: got %v, want %v", max, got, want)
	}
}
