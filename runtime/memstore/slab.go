package memstore

// A ref refers to an element of a slab by its position plus one. Zero refers to none.
// A ref takes half the memory of a pointer, and the garbage collector skips it.
type ref = uint32

// blockLen is the number of entries that fill a 2 KiB size class of Go's allocator.
const blockLen = 23

// slab is a list that grows and shrinks at its end, block by block. Growing copies no
// elements, so it never keeps a lock held for long.
type slab[T any] struct {
	blocks []*[blockLen]T
	len    uint32
}

func (s *slab[T]) at(r ref) *T {
	return &s.blocks[(r-1)/blockLen][(r-1)%blockLen]
}

// push appends a zero element and returns its ref.
func (s *slab[T]) push() ref {
	if int(s.len) == len(s.blocks)*blockLen {
		s.blocks = append(s.blocks, new([blockLen]T))
	}
	s.len++
	return s.len
}

// pop removes the last element. It keeps one empty block, so that a list whose length
// varies around the end of a block does not allocate each time.
func (s *slab[T]) pop() {
	var zero T
	*s.at(s.len) = zero
	s.len--
	if last := len(s.blocks) - 1; last > 0 && int(s.len) <= (last-1)*blockLen {
		s.blocks[last] = nil
		s.blocks = s.blocks[:last]
	}
}
