package storetest

import (
	"bytes"
	"context"
	"errors"
	goruntime "runtime"
	"slices"
	"sync"
	"time"

	"github.com/sessiongen/sessiongen/runtime"
)

// naive is a simple store that follows the contract: two maps and a lock. It has at most one flaw,
// which is a mistake that a real store may have.
type naive struct {
	now  func() time.Time
	flaw flaw
	*tables
}

type tables struct {
	mu      sync.Mutex
	rows    map[runtime.ID]*row
	entries map[runtime.Term]map[runtime.ID]bool
	left    []runtime.Term // for one of the flaws
	revoked map[runtime.Term]time.Time

	cleared   string // a prefix, for one of the flaws
	clearedAt time.Time
}

type flaw string

type row struct {
	rec        runtime.Record
	idle, life time.Time
	created    time.Time
	first      runtime.Rev
	tombstone  bool
}

// errFlaw is an error without a meaning in the contract.
var errFlaw = errors.New("storetest: naive: refused")

func newNaive(clock *Clock, flaw flaw) *naive {
	now := time.Now
	if clock != nil {
		now = clock.Now
	}
	return &naive{
		now:  now,
		flaw: flaw,
		tables: &tables{
			rows:    map[runtime.ID]*row{},
			revoked: map[runtime.Term]time.Time{},
			entries: map[runtime.Term]map[runtime.ID]bool{},
		},
	}
}

func (s *naive) has(f flaw) bool { return s.flaw == f }

// unlocked lets other calls run between reading and writing.
func (s *naive) unlocked(f flaw) {
	if s.has(f) {
		s.mu.Unlock()
		for range 10 {
			goruntime.Gosched()
		}
		s.mu.Lock()
	}
}

// pause makes a call last, for flaws that need this. It ends early with the context.
func pause(ctx context.Context) {
	select {
	case <-ctx.Done():
	case <-time.After(100 * time.Microsecond):
	}
}

func (s *naive) ctx(ctx context.Context) error {
	if _, bounded := ctx.Deadline(); bounded && s.has("a call waits whatever its context says") {
		<-time.After(150 * time.Millisecond)
	}
	if s.has("a context is not looked at") {
		return nil
	}
	return ctx.Err()
}

func (s *naive) key(id runtime.ID) runtime.ID {
	switch s.flaw {
	case "IDs are compared without regard to case":
		return runtime.ID(asciiLower(id[:]))
	case "IDs lose trailing padding":
		return runtime.ID(unpadded(id[:]))
	}
	return id
}

func (s *naive) termKey(t runtime.Term) runtime.Term {
	switch s.flaw {
	case "terms are compared without regard to case":
		return runtime.Term(asciiLower(t[:]))
	case "terms lose trailing padding":
		return runtime.Term(unpadded(t[:]))
	}
	return t
}

func asciiLower(b []byte) []byte {
	b = slices.Clone(b)
	for i, c := range b {
		if c >= 'A' && c <= 'Z' {
			b[i] = c + 'a' - 'A'
		}
	}
	return b
}

func unpadded(b []byte) []byte {
	padded := make([]byte, len(b))
	copy(padded, bytes.TrimRight(b, "\x00 "))
	return padded
}

func (s *naive) carries(r *row, t runtime.Term) bool {
	return slices.ContainsFunc(r.rec.Terms, func(own runtime.Term) bool { return s.termKey(own) == s.termKey(t) })
}

// live returns the row of a live record.
func (s *naive) live(id runtime.ID) (*row, error) {
	r := s.rows[s.key(id)]
	now := s.now()
	switch {
	case r == nil:
		return nil, runtime.ErrNotFound
	case r.tombstone && s.has("a tombstone is not told from nothing"):
		return nil, runtime.ErrNotFound
	case r.tombstone && now.Before(r.life):
		return nil, runtime.ErrGone
	case r.tombstone:
		return nil, runtime.ErrNotFound
	case s.has("the idle deadline is ignored") && now.Before(r.life):
		return r, nil
	case s.has("the absolute deadline is ignored") && now.Before(r.idle):
		return r, nil
	case s.has("deadlines are a second late"):
		now = now.Add(-time.Second)
	case s.has("deadlines are a second early"):
		now = now.Add(time.Second)
	case s.has("a deadline's own moment is still alive"):
		now = now.Add(-1)
	}
	if !now.Before(r.idle) || !now.Before(r.life) {
		return nil, runtime.ErrNotFound
	}
	for _, t := range r.rec.Terms {
		if at, revoked := s.revoked[t]; revoked && !r.created.After(at) {
			return nil, runtime.ErrGone
		}
	}
	if s.cleared != "" && s.begins(r.rec.Data, s.cleared) && !r.created.After(s.clearedAt) {
		return nil, runtime.ErrGone
	}
	return r, nil
}
