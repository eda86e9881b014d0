package engine

import (
	"hash/maphash"
	"sync/atomic"
)

// dead remembers values of the session cookie that have opened nothing, such as those that an
// earlier path or domain of the cookie has left in a browser. The server cannot delete them
// there. A request looks up only a few values, so without this memory they would hide the one
// that opens a session. Only requests with more values than that consult it.
type dead struct {
	seed  maphash.Seed
	marks [1024]atomic.Uint64 // each value has one place; a later value may take it
}

// mark returns a hash of a value, which is never zero.
func (d *dead) mark(value string) uint64 { return maphash.String(d.seed, value) | 1 }

func (d *dead) place(mark uint64) *atomic.Uint64 { return &d.marks[mark>>1%uint64(len(d.marks))] }

// add remembers a value.
func (d *dead) add(value string) {
	mark := d.mark(value)
	d.place(mark).Store(mark)
}

// removeFrom moves the candidates that may open a session to the front, in order, and returns
// their number.
func (d *dead) removeFrom(found []candidate) (left int) {
	for _, c := range found {
		if mark := d.mark(c.value); d.place(mark).Load() != mark {
			found[left] = c
			left++
		}
	}
	return left
}
