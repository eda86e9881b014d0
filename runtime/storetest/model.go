package storetest

import (
	"errors"
	"math/rand/v2"
	goruntime "runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/sessiongen/sessiongen/runtime"
)

var modelChecks = []check{
	{name: "whatever is called at once, nothing is lost, undone or brought back", run: func(t *trial) {
		for range 1 + t.load.rounds/10 {
			m := newModel(t)
			together(times(max(4, t.load.writers/4), func(int) {
				for range callsEach {
					m.call()
					goruntime.Gosched()
				}
			})...)
			m.verify()
		}
	}},
}

const callsEach = 40

// model knows which answers are allowed for some sessions while many goroutines use them. Each
// record holds the number of writes that led to it. The model notes an acknowledged write after
// the call, and the end of a session before the call, so that it can judge every later call.
type model struct {
	*trial
	all      int // number of calls of all goroutines
	subjects []*subject
	groups   [2]runtime.Term
}

type subject struct {
	id      runtime.ID
	own     runtime.Term
	terms   []runtime.Term
	first   runtime.Record
	written atomic.Int64 // the largest count that was acknowledged
	writes  sync.Map     // counts that were acknowledged
	ending  atomic.Bool  // a Delete or Revoke has begun
	ended   atomic.Bool  // and was acknowledged
}

func newModel(t *trial) *model {
	m := &model{trial: t, all: callsEach * max(4, t.load.writers/4), groups: [2]runtime.Term{newTerm(), newTerm()}}
	for i := range 6 {
		s := &subject{id: newID(), own: newTerm()}
		s.terms = []runtime.Term{m.groups[i%2], s.own}
		s.first = counting(0, s.terms)
		t.create(s.id, s.first, day, nil)
		m.subjects = append(m.subjects, s)
	}
	return m
}

func counting(n int64, terms []runtime.Term) runtime.Record {
	rec := newRecord(slices.Clone(terms)...)
	rec.Data = strconv.FormatInt(n, 10) + " " + rec.Data
	return rec
}

func count(rec runtime.Record) int64 {
	number, _, _ := strings.Cut(rec.Data, " ")
	n, err := strconv.ParseInt(number, 10, 64)
	if err != nil {
		return -1
	}
	return n
}

// call makes one random call. Most calls are reads and writes; each round has about one Revoke
// and three Deletes.
func (m *model) call() {
	s := m.subjects[rand.IntN(len(m.subjects))]
	switch n := rand.IntN(m.all); {
	case n == 0 && m.index != nil:
		m.revokeGroup(rand.IntN(len(m.groups)))
	case n < 4:
		m.end(s)
	case n < m.all/20:
		m.createAgain(s)
	case n < m.all/5:
		m.keep(s)
	case n < m.all/3 && m.index != nil:
		m.listGroup(rand.IntN(len(m.groups)))
	case n < m.all/2:
		m.read(s)
	default:
		m.write(s)
	}
}

// answered checks an answer against what was known of the session before the call began. It
// reports whether the call found a live session.
func (m *model) answered(call string, s *subject, ended bool, err error, allowed ...error) bool {
	m.Helper()
	switch {
	case ended && !errors.Is(err, runtime.ErrGone):
		m.Errorf("%s of a session that was deleted before: got %s, want %q", call, describe(err), runtime.ErrGone)
	case err == nil:
		return true
	case errors.Is(err, runtime.ErrGone) && s.ending.Load():
	case slices.ContainsFunc(allowed, func(want error) bool { return errors.Is(err, want) }):
	default:
		m.Errorf("%s of a session that was not deleted: got %s", call, describe(err))
	}
	return false
}

func (m *model) read(s *subject) (runtime.Record, bool) {
	ended, written := s.ended.Load(), s.written.Load()
	rec, err := m.store.Load(m.Context(), s.id)
	if !m.answered("Load", s, ended, err) {
		return rec, false
	}
	return rec, m.current("Load", s, rec, written)
}

func (m *model) current(call string, s *subject, rec runtime.Record, written int64) bool {
	if n := count(rec); n < written {
		m.Errorf("%s: returned write %d, but write %d had been acknowledged", call, n, written)
		return false
	}
	if !slices.Equal(rec.Terms, s.terms) {
		m.Errorf("%s: returned other terms than every write had", call)
		return false
	}
	return true
}

func (m *model) write(s *subject) {
	rec, found := m.read(s)
	if !found {
		return
	}
	ended, n := s.ended.Load(), count(rec)+1
	err := m.store.Update(m.Context(), s.id, rec.Rev, counting(n, s.terms), day)
	if !m.answered("Update", s, ended, err, runtime.ErrConflict) {
		return
	}
	if _, twice := s.writes.LoadOrStore(n, true); twice {
		m.Errorf("Update: write %d was acknowledged twice: one of them is lost", n)
	}
	raise(&s.written, n)
}

func raise(v *atomic.Int64, to int64) {
	for old := v.Load(); old < to && !v.CompareAndSwap(old, to); old = v.Load() {
	}
}

func (m *model) createAgain(s *subject) {
	ended, written := s.ended.Load(), s.written.Load()
	err := m.store.Create(m.Context(), s.id, s.first, day)
	if m.answered("Create", s, ended, err, runtime.ErrExists) && written > 0 {
		m.Errorf("Create, repeated after write %d was acknowledged: got no error, want %q", written, runtime.ErrExists)
	}
}

func (m *model) keep(s *subject) {
	ended := s.ended.Load()
	m.answered("Touch", s, ended, m.store.Touch(m.Context(), s.id, day.Idle))
}

func (m *model) end(s *subject) {
	s.ending.Store(true)
	if err := m.store.Delete(m.Context(), s.id); err != nil {
		m.Errorf("Delete: got %s, want none", describe(err))
		return
	}
	s.ended.Store(true)
}

func (m *model) revokeGroup(group int) {
	for i, s := range m.subjects {
		if i%2 == group {
			s.ending.Store(true)
		}
	}
	if _, err := m.index.Revoke(m.Context(), m.groups[group], runtime.ID{}); err != nil {
		m.Errorf("Revoke: got %s, want none", describe(err))
		return
	}
	for i, s := range m.subjects {
		if i%2 == group {
			s.ended.Store(true)
		}
	}
}

func (m *model) listGroup(group int) {
	type known struct {
		ended   bool
		written int64
	}
	before := map[runtime.ID]known{}
	for _, s := range m.subjects {
		before[s.id] = known{ended: s.ended.Load(), written: s.written.Load()}
	}
	ids, records, err := m.index.List(m.Context(), m.groups[group], runtime.ID{}, 2*len(m.subjects))
	if err != nil || len(ids) != len(records) {
		m.Errorf("List: got %d IDs, %d records, %s", len(ids), len(records), describe(err))
		return
	}
	for i, s := range m.subjects {
		at := slices.Index(ids, s.id)
		switch {
		case at < 0 && i%2 == group && !s.ending.Load():
			m.Errorf("List: misses a session that was not deleted")
		case at >= 0 && (i%2 != group || before[s.id].ended):
			m.Errorf("List: returns a session that was deleted before, or does not carry the term")
		case at >= 0:
			m.current("List", s, records[at], before[s.id].written)
		}
	}
}

// verify checks every session after all calls have returned.
func (m *model) verify() {
	m.Helper()
	for _, s := range m.subjects {
		var listed []runtime.ID
		if s.ended.Load() {
			m.dead(s.id, runtime.ErrGone)
		} else if rec, found := m.read(s); found {
			listed = []runtime.ID{s.id}
			writes := int64(0)
			s.writes.Range(func(any, any) bool { writes++; return true })
			if n := count(rec); n != writes {
				m.Errorf("%d writes were acknowledged, and the record is the %dth", writes, n)
			}
		}
		if m.index != nil {
			m.listed(s.own, listed...)
		}
	}
}
