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

// These stand for a client where a value opens nothing, whatever client sends it.
const (
	everyone = ""
	hasEnded = "ended" // the value opened a session, which has ended a moment ago
)

// mark returns a hash of a value and of the client that it opens nothing to. It is never zero.
func (d *dead) mark(value, client string) uint64 {
	mark := maphash.String(d.seed, value)
	if client != everyone {
		mark ^= maphash.String(d.seed, client)
	}
	return mark | 1
}

func (d *dead) place(mark uint64) *atomic.Uint64 { return &d.marks[mark>>1%uint64(len(d.marks))] }

// add remembers a value.
func (d *dead) add(value, client string) {
	mark := d.mark(value, client)
	d.place(mark).Store(mark)
}

func (d *dead) has(value, client string) bool {
	mark := d.mark(value, client)
	return d.place(mark).Load() == mark
}

// deadClient names the client of the request for the memory of dead values. A client that cannot
// be identified has a name, too.
func (s *Session) deadClient() string {
	s.identifyClient()
	if s.more == nil {
		return "client "
	}
	return "client " + s.more.clientHash
}

// removeDead moves the candidates that may open a session to the front, in order, and returns
// their number. One whose session has ended stays as the last if there is room: if the others
// open nothing, the request belongs to the ended session.
func (s *Session) removeDead(found []candidate) (left int) {
	d, client := &s.manager.dead, s.deadClient()
	var over candidate
	for _, c := range found {
		switch {
		case d.has(c.value, hasEnded):
			over = c
		case !d.has(c.value, everyone) && !d.has(c.value, client):
			found[left] = c
			left++
		}
	}
	if over.value != "" && left < maxLookups {
		found[left] = over
		left++
	}
	return left
}
