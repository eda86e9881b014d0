package sqlstore_test

import (
	"testing"

	"github.com/sessiongen/sessiongen/runtime"
)

func TestTooManyTerms(t *testing.T) {
	each(t, databases, func(t *testing.T, d database) {
		store := d.fresh(t)
		id, rec := create(t, store, day)
		many := make([]runtime.Term, 1025)
		for i := range many {
			many[i] = newTerm()
		}
		refused(t, store.Create(t.Context(), newID(), newRecord(many...), day), "1024")
		refused(t, store.Update(t.Context(), id, rec.Rev, newRecord(many...), day), "1024")
		most := newRecord(many[:1024]...)
		must(t, store.Update(t.Context(), id, rec.Rev, most, day))
		ids, _, err := store.List(t.Context(), many[1023], runtime.ID{}, 1)
		if err != nil || len(ids) != 1 {
			t.Errorf("List by the last of 1024 terms: %v, %v", ids, err)
		}
	})
}
