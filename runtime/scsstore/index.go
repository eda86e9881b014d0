package scsstore

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"slices"
	"sync/atomic"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/internal/expiry"
)

// hint says that a session may carry a term until some time. The value of a term holds its
// hints, ordered by ID. A hint is written before the record that carries the term, and
// removed after the record that no longer does.
type hint struct {
	id    runtime.ID
	until int64
}

const hintSize = idSize + 8

func encodeHints(hints []hint) []byte {
	b := make([]byte, 1, 1+hintSize*len(hints))
	b[0] = isIndex
	for i := range hints {
		b = append(b, hints[i].id[:]...)
		b = binary.BigEndian.AppendUint64(b, uint64(hints[i].until))
	}
	return b
}

func decodeHints(b []byte) ([]hint, error) {
	if len(b) == 0 || b[0] != isIndex || (len(b)-1)%hintSize != 0 {
		return nil, errUnreadable
	}
	hints := make([]hint, (len(b)-1)/hintSize)
	for i := range hints {
		at := b[1+hintSize*i:]
		hints[i] = hint{id: runtime.ID(at[:idSize]), until: int64(binary.BigEndian.Uint64(at[idSize:]))}
	}
	return hints, nil
}

func compare(a, b runtime.ID) int { return bytes.Compare(a[:], b[:]) }

func (s *Store) hints(ctx context.Context, t runtime.Term) ([]hint, error) {
	value, found, err := s.values.find(ctx, indexKey(t))
	if err != nil || !found {
		return nil, err
	}
	return decodeHints(value)
}

// change rewrites the hints of a term, without those that have expired. f reports whether
// it changed any.
func (s *Store) change(ctx context.Context, t runtime.Term, f func([]hint) ([]hint, bool)) error {
	unlock, err := s.locks.lock(ctx, indexKey(t))
	if err != nil {
		return err
	}
	defer unlock()
	hints, err := s.hints(ctx, t)
	if err != nil {
		return err
	}
	hints, changed := f(hints)
	if !changed {
		return nil
	}
	now, last := s.now().UnixNano(), int64(0)
	hints = slices.DeleteFunc(hints, func(h hint) bool { return now >= h.until })
	for i := range hints {
		last = max(last, hints[i].until)
	}
	return s.values.commit(ctx, indexKey(t), encodeHints(hints), max(last, now))
}

// remember makes a term find a session until the end of its life. It never shortens a hint,
// because the write of the record that follows may fail.
func (s *Store) remember(ctx context.Context, t runtime.Term, id runtime.ID, life int64) error {
	until := expiry.Later(life, margin) // clocks may step back
	return s.change(ctx, t, func(hints []hint) ([]hint, bool) {
		i, found := slices.BinarySearchFunc(hints, id, func(h hint, id runtime.ID) int { return compare(h.id, id) })
		switch {
		case !found:
			return slices.Insert(hints, i, hint{id, until}), true
		case hints[i].until < until:
			hints[i].until = until
			return hints, true
		}
		return hints, false
	})
}

// forget removes the hint of a session that no longer carries a term. If this fails, the
// hint stays until it expires. It does no harm, because the record decides.
func (s *Store) forget(ctx context.Context, t runtime.Term, id runtime.ID) {
	s.change(ctx, t, func(hints []hint) ([]hint, bool) {
		before := len(hints)
		hints = slices.DeleteFunc(hints, func(h hint) bool { return h.id == id })
		return hints, len(hints) < before
	})
}

// forgetAll is forget for sessions whose locks are no longer held. It spares a hint that
// was renewed meanwhile, which belongs to another session with the same ID.
func (s *Store) forgetAll(ctx context.Context, t runtime.Term, gone map[runtime.ID]int64) {
	s.change(ctx, t, func(hints []hint) ([]hint, bool) {
		before := len(hints)
		hints = slices.DeleteFunc(hints, func(h hint) bool {
			until, ok := gone[h.id]
			return ok && h.until == until
		})
		return hints, len(hints) < before
	})
}

// page is the result of List.
type page struct {
	ids     []runtime.ID
	records []runtime.Record
}

// List implements [runtime.Indexer]. It reads all hints of the term and, one after the
// other, the records.
func (s *Store) List(ctx context.Context, t runtime.Term, after runtime.ID, max int) ([]runtime.ID, []runtime.Record, error) {
	p, err := await(ctx, func() (page, error) {
		var p page
		hints, err := s.hints(ctx, t)
		if err != nil {
			return p, err
		}
		for _, h := range hints {
			if len(p.ids) >= max {
				break
			}
			if compare(h.id, after) <= 0 {
				continue
			}
			rec, err := s.load(ctx, h.id)
			switch {
			case err == nil && contains(rec.Terms, t):
				p.ids, p.records = append(p.ids, h.id), append(p.records, rec)
			case err == nil, errors.Is(err, runtime.ErrNotFound), errors.Is(err, runtime.ErrGone):
			default:
				return page{}, err
			}
		}
		return p, nil
	})
	return p.ids, p.records, err
}

// Revoke implements [runtime.Indexer]. A session that takes up t during the call may or may
// not be revoked.
func (s *Store) Revoke(ctx context.Context, t runtime.Term, keep runtime.ID) (int, error) {
	var count atomic.Int64
	_, err := await(ctx, func() (nothing, error) {
		hints, err := s.hints(ctx, t)
		if err != nil {
			return nothing{}, err
		}
		gone := map[runtime.Term]map[runtime.ID]int64{}
		for _, h := range hints {
			if h.id == keep {
				continue
			}
			carries := func(e entry) bool { return contains(e.terms, t) }
			e, err := s.revoke(ctx, h.id, carries, &count)
			if err != nil {
				return nothing{}, err
			}
			for _, own := range e.terms {
				if gone[own] == nil {
					gone[own] = map[runtime.ID]int64{}
				}
				gone[own][h.id] = expiry.Later(e.life, margin)
			}
		}
		for own, ids := range gone {
			s.forgetAll(ctx, own, ids)
		}
		return nothing{}, nil
	})
	return int(count.Load()), err
}

// revoke buries a session if its record is one to be revoked, and returns the record.
func (s *Store) revoke(ctx context.Context, id runtime.ID, meant func(entry) bool, count *atomic.Int64) (entry, error) {
	unlock, err := s.locks.lock(ctx, recordKey(id))
	if err != nil {
		return entry{}, err
	}
	defer unlock()
	e, _, err := s.live(ctx, id)
	switch {
	case errors.Is(err, runtime.ErrNotFound), errors.Is(err, runtime.ErrGone):
		return entry{}, nil
	case err != nil:
		return entry{}, err
	case !meant(e):
		return entry{}, nil
	}
	if err := s.bury(ctx, id, e); err != nil {
		return entry{}, err
	}
	count.Add(1)
	return e, nil
}
