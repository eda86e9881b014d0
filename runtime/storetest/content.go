package storetest

import (
	"crypto/rand"
	"slices"

	"github.com/sessiongen/sessiongen/runtime"
)

var contentChecks = []check{
	{name: "data of every size comes back as it was", run: func(t *trial) {
		for _, size := range []int{0, 1, 255, 256, 65_535, 65_536, 1 << 20} {
			t.roundTrip(everyByte(size))
		}
	}},
	{name: "data is bytes and not text", run: func(t *trial) {
		for _, data := range []string{
			"\x00", " ", "\r\n", "trailing \x00", "trailing space ", " leading", "\xff\xfe", "\xed\xa0\x80", "e\u0301", "'; \\ \" % _", "null",
		} {
			t.roundTrip(data)
		}
		t.roundTrip(everyByte(256))
	}},
	{name: "many terms come back in their order", run: func(t *trial) {
		for _, n := range []int{0, 1, 2, 64} {
			terms := make([]runtime.Term, n)
			for i := range terms {
				terms[i] = newTerm()
			}
			id, rec := t.session(day, terms...)
			t.alive(id, rec)
			next := newRecord(slices.Concat(terms, []runtime.Term{newTerm()})...)
			t.update(id, rec.Rev, next, day, nil)
			t.alive(id, next)
		}
	}},
	{name: "IDs are compared byte by byte", run: func(t *trial) {
		base := newID()
		ending := func(end string) runtime.ID {
			id := base
			copy(id[len(id)-len(end):], end)
			return id
		}
		records := map[runtime.ID]runtime.Record{}
		for i, end := range lookalikes {
			id, rec := ending(end), newRecord()
			t.create(id, rec, day, nil)
			records[id] = rec
			for _, other := range lookalikes[i+1:] {
				t.dead(ending(other), runtime.ErrNotFound)
			}
		}
		for id, rec := range records {
			t.alive(id, rec)
		}
	}},
	{name: "terms are compared byte by byte", needs: indexer, run: func(t *trial) {
		base := newTerm()
		carriers := map[runtime.Term]runtime.ID{}
		for _, end := range lookalikes {
			term := base
			copy(term[len(term)-len(end):], end)
			carriers[term], _ = t.session(day, term)
		}
		for term, id := range carriers {
			t.listed(term, id)
		}
		for term, id := range carriers {
			t.revoke(term, runtime.ID{}, 1)
			t.dead(id, runtime.ErrGone)
		}
	}},
	{name: "a session that carries a term twice is listed and revoked once", needs: indexer, run: func(t *trial) {
		a, b := newTerm(), newTerm()
		id, rec := t.session(day, a, b, a)
		t.alive(id, rec)
		t.listed(a, id)
		next := newRecord(b, a, b)
		t.update(id, rec.Rev, next, day, nil)
		t.alive(id, next)
		t.listed(b, id)
		t.pages(b, 1, []runtime.ID{id})
		t.revoke(b, runtime.ID{}, 1)
		t.dead(id, runtime.ErrGone)
	}},
	{name: "large records are listed whole", needs: indexer, run: func(t *trial) {
		term := newTerm()
		records := map[runtime.ID]runtime.Record{}
		for range 3 {
			id, rec := newID(), newRecord(term)
			rec.Data = everyByte(1 << 20)
			t.create(id, rec, day, nil)
			records[id] = rec
		}
		ids, got := t.list(term, runtime.ID{}, 10)
		if len(ids) != len(records) {
			t.Fatalf("List of %d large records: got %d", len(records), len(ids))
		}
		for i, id := range ids {
			t.same("List", got[i], records[id])
		}
	}},
	{name: "terms given to a store may be changed afterwards", run: func(t *trial) {
		terms := []runtime.Term{newTerm(), newTerm()}
		as := func(rec runtime.Record) runtime.Record {
			rec.Terms = slices.Clone(rec.Terms)
			return rec
		}
		id, rec := newID(), newRecord(terms...)
		want := as(rec)
		t.create(id, rec, day, nil)
		terms[0] = newTerm()
		t.alive(id, want)

		next := newRecord(terms...)
		want = as(next)
		t.update(id, rec.Rev, next, day, nil)
		terms[1] = newTerm()
		t.alive(id, want)
		if t.index != nil {
			t.listed(want.Terms[1], id)
			t.listed(terms[1])
		}
	}},
	{name: "a record that was loaded stays as it was", run: func(t *trial) {
		id, rec := t.session(day, newTerm(), newTerm())
		loaded := t.alive(id, rec)
		next := newRecord(newTerm(), newTerm())
		t.update(id, rec.Rev, next, day, nil)
		t.same("the record loaded before Update", loaded, rec)
		t.delete(id)
		for range 8 {
			t.session(day, newTerm(), newTerm())
		}
		t.same("the record loaded before Delete", loaded, rec)
	}},
}

// everyByte returns data of a size. The first 256 bytes have every value, the others are
// random.
func everyByte(size int) string {
	b := make([]byte, size)
	rand.Read(b)
	for i := range min(size, 256) {
		b[i] = byte(i)
	}
	return string(b)
}

// lookalikes are texts that collations, padding or C strings treat as equal.
var lookalikes = []string{"aaaa", "aaaA", "aaa ", "aaa\x00", "aaa\xe4", "aaa\xc4", "aaa\xff", "aa%_", "aa\\'"}

func (t *trial) roundTrip(data string) {
	t.Helper()
	id, rec := newID(), newRecord()
	rec.Data = data
	t.create(id, rec, day, nil)
	t.alive(id, rec)
	between := newRecord()
	t.update(id, rec.Rev, between, day, nil)
	next := newRecord()
	next.Data = data
	t.update(id, between.Rev, next, day, nil)
	if got := t.alive(id, next); got.Data != data && len(data) < 300 {
		t.Errorf("stored %q, loaded %q", data, got.Data)
	}
}
