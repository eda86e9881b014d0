package memstore

import (
	"testing"
)

func TestASlabShrinks(t *testing.T) {
	var s slab[int]
	for i := range 10 * blockLen {
		*s.at(s.push()) = i + 1
	}
	for i := 10*blockLen - 1; i >= 0; i-- {
		if got := *s.at(s.len); got != i+1 {
			t.Fatalf("element %d is %d", i, got)
		}
		last := s.at(s.len)
		s.pop()
		if *last != 0 {
			t.Fatalf("element %d is still held after it was removed", i)
		}
		if spare := len(s.blocks)*blockLen - int(s.len); spare > 2*blockLen {
			t.Fatalf("%d elements have room for %d more", s.len, spare)
		}
	}
}
