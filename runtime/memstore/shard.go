package memstore

import (
	"hash/maphash"
	"math"
	"slices"
	"sync"
	"time"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/internal/expiry"
)

// shard keeps the sessions whose IDs begin with the same byte, so that the order of
// the shards is the order of the IDs. It is a hash table whose entries lie side by
// side in a slab, without gaps: a session takes little more memory than its content,
// and a sweep reads memory sequentially.
type shard struct {
	mu      sync.RWMutex
	seed    maphash.Seed
	entries slab[entry]
	buckets []ref
	index   index
}

// entry is a record or a tombstone.
type entry struct {
	id    runtime.ID
	rev   runtime.Rev
	data  string
	terms []runtime.Term // shared with what Load returned, so never written to
	idle  int64          // deadline, never later than life; or buried or unborn
	life  int64          // deadline
	next  ref            // in the same bucket
	links ref            // one for each term, in their order
}

// Values of idle for entries without a record.
const (
	buried = math.MinInt64     // a tombstone, which lasts until life
	unborn = math.MinInt64 + 1 // an entry that is about to be written; expired by any clock
)

func (e *entry) expired(now int64) bool {
	if e.gone() {
		return now >= e.life
	}
	return now >= e.idle
}

func (e *entry) gone() bool { return e.idle == buried }

func (e *entry) record(now int64) runtime.Record {
	return runtime.Record{
		Rev:   e.rev,
		Terms: e.terms,
		Data:  e.data,
		Idle:  time.Duration(e.idle - now),
		Life:  time.Duration(e.life - now),
	}
}

func (s *shard) hash(b []byte) uint32 { return uint32(maphash.Bytes(s.seed, b)) }

// place returns the location that holds, or is to hold, the ref of the entry with an ID.
func (s *shard) place(id runtime.ID) *ref {
	p := &s.buckets[s.hash(id[:])&uint32(len(s.buckets)-1)]
	for *p != 0 {
		e := s.entries.at(*p)
		if e.id == id {
			break
		}
		p = &e.next
	}
	return p
}

// find returns the entry of an ID, expired or not, or nil if there is none.
func (s *shard) find(id runtime.ID) *entry {
	if len(s.buckets) == 0 {
		return nil
	}
	r := *s.place(id)
	if r == 0 {
		return nil
	}
	return s.entries.at(r)
}

// live returns the entry of an ID if it is a record that has not expired.
func (s *shard) live(id runtime.ID, now int64) (*entry, error) {
	e := s.find(id)
	if e == nil || e.expired(now) {
		return nil, runtime.ErrNotFound
	}
	if e.gone() {
		return nil, runtime.ErrGone
	}
	return e, nil
}

// claim returns the entry of an ID, and adds one if there is none.
func (s *shard) claim(id runtime.ID) *entry {
	if int(s.entries.len) == len(s.buckets) {
		s.grow()
	}
	p := s.place(id)
	if *p == 0 {
		*p = s.entries.push()
		*s.entries.at(*p) = entry{id: id, idle: unborn}
	}
	return s.entries.at(*p)
}

func (s *shard) grow() {
	s.buckets = make([]ref, max(8, 2*len(s.buckets)))
	for r := ref(1); r <= s.entries.len; r++ {
		e := s.entries.at(r)
		p := &s.buckets[s.hash(e.id[:])&uint32(len(s.buckets)-1)]
		e.next, *p = *p, r
	}
}

// label sets the terms of an entry. A term that the entry carries already keeps its
// epoch.
func (s *shard) label(e *entry, terms []runtime.Term, epoch uint64) {
	if slices.Equal(e.terms, terms) {
		return
	}
	var links ref
	if len(terms) > 0 {
		links = s.link(e, terms, epoch)
	}
	s.index.remove(e.links)
	e.terms, e.links = slices.Clone(terms), links
}

func (s *shard) link(e *entry, terms []runtime.Term, epoch uint64) ref {
	self := *s.place(e.id)
	var links ref
	for i := len(terms) - 1; i >= 0; i-- {
		since, carried := s.since(e, terms[i])
		if !carried {
			since = epoch
		}
		r := s.index.add(s.hash(terms[i][:]), self, since)
		s.index.links.at(r).sibling = links
		links = r
	}
	return links
}

// since returns the epoch in which the entry took up the term, and whether the entry
// carries it.
func (s *shard) since(e *entry, t runtime.Term) (epoch uint64, carried bool) {
	r := e.links
	for i := range e.terms {
		l := s.index.links.at(r)
		if e.terms[i] == t {
			return l.since, true
		}
		r = l.sibling
	}
	return 0, false
}

// strip clears an entry except for its ID.
func (s *shard) strip(e *entry) {
	s.index.remove(e.links)
	*e = entry{id: e.id, next: e.next}
}

// bury turns an entry into a tombstone.
func (s *shard) bury(e *entry, now int64) {
	until := expiry.Later(now, expiry.TombstoneLife)
	if e.gone() {
		until = max(until, e.life)
	}
	s.strip(e)
	e.idle, e.life = buried, until
}

// remove deletes an entry. The last entry of the slab takes its place.
func (s *shard) remove(e *entry) {
	s.strip(e)
	p := s.place(e.id)
	hole := *p
	*p = e.next
	if last := s.entries.at(s.entries.len); last != e {
		*s.place(last.id) = hole
		*e = *last
		s.index.moved(e.links, hole)
	}
	s.entries.pop()
}

// candidates appends the IDs of records that may carry the term, in no particular
// order. An ID occurs twice if the record carries the term twice, or two terms with
// the same hash.
func (s *shard) candidates(ids []runtime.ID, t runtime.Term) []runtime.ID {
	s.mu.RLock()
	defer s.mu.RUnlock()
	for r := s.index.first(s.hash(t[:])); r != 0; {
		l := s.index.links.at(r)
		ids = append(ids, s.entries.at(l.entry).id)
		r = l.next
	}
	return ids
}
