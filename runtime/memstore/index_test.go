package memstore

import (
	"testing"

	"github.com/sessiongen/sessiongen/runtime"
)

// Terms with the same hash share a list. The record decides which term it carries.
func TestTermsThatShareAHashAreToldApart(t *testing.T) {
	s := New(WithSweepInterval(0))
	a, b := runtime.Term{'a'}, runtime.Term{'b'}
	first := session(t, s, 1, day(0), a)
	second := session(t, s, 2, day(0), b)
	for i, id := range []runtime.ID{first, second} {
		h := s.shard(id)
		e := h.find(id)
		h.index.remove(e.links)
		other := []runtime.Term{b, a}[i]
		e.links = h.index.add(h.hash(other[:]), *h.place(id), 0) // under the other's hash
	}
	ids, _, err := s.List(t.Context(), a, runtime.ID{}, 10)
	if err != nil || len(ids) != 0 {
		t.Errorf("List: got %v, error %v, want none", ids, err)
	}
	if n, err := s.Revoke(t.Context(), a, runtime.ID{}); n != 0 || err != nil {
		t.Errorf("Revoke: got %d, error %v, want none", n, err)
	}
}
