package engine

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/sessiongen/sessiongen/runtime"
)

func (m *Manager) checkLimit() error {
	switch {
	case m.options.SessionLimit == 0:
		return nil
	case m.options.SessionLimit < 0:
		return errors.New("WithSessionLimit has a negative limit: pass a number above zero")
	case m.principal < 0:
		return errors.New("WithSessionLimit limits the sessions of a principal, and the schema has none: remove the option, or tag a field principal")
	case m.indexer == nil:
		return errors.New("sealed sessions are kept in browsers and cannot be counted: remove WithSessionLimit, or use a store")
	}
	return nil
}

// signIn is a session of a principal with the time of its sign-in.
type signIn struct {
	id            runtime.ID
	ahead         bool // the clock that recorded it is ahead of this one
	authenticated uint64
}

// aheadAfter is the tolerance for a sign-in that another process makes at the same time.
const aheadAfter = time.Second

// limitSessions ends the oldest sessions of a principal that has just signed in, if there are
// too many. Every request chooses the same sessions, so concurrent sign-ins do not end the
// sessions that another one keeps.
//
// own reports that the session of this request was ended, here or by a concurrent request, as
// happens to one of two sign-ins by a double click. Such a request must not overwrite the
// cookie of the other one.
func (s *Session) limitSessions() (own bool, err error) {
	m := s.manager
	if m.options.SessionLimit == 0 {
		return false, nil
	}
	all, err := s.signIns()
	if err != nil {
		return false, fmt.Errorf("limiting the principal's sessions: %w", err)
	}
	revoked := 0
	for _, oldest := range all[:max(0, len(all)-m.options.SessionLimit)] {
		if err = s.call(func(ctx context.Context) error { return m.store.Delete(ctx, oldest.id) }); err != nil {
			err = fmt.Errorf("limiting the principal's sessions: %w", err)
			break
		}
		m.queue.Moved(oldest.id)
		own = own || oldest.id == s.token.id
		revoked++
	}
	if revoked > 0 {
		s.note(runtime.Event{Kind: runtime.EventRevoked, Count: revoked})
	}
	if err == nil && !slices.ContainsFunc(all, func(one signIn) bool { return one.id == s.token.id }) {
		id := s.token.id
		err := s.call(func(ctx context.Context) error { _, err := m.store.Load(ctx, id); return err })
		own = errors.Is(err, runtime.ErrGone) || errors.Is(err, runtime.ErrNotFound)
	}
	return own, err
}

// signIns lists the sessions of the principal, the oldest sign-in first. A sign-in in the
// future was recorded by a process whose clock is ahead. It counts as older than the current
// one, which would otherwise be ended at once.
func (s *Session) signIns() (all []signIn, err error) {
	latest := milliseconds(s.manager.options.Clock()) + uint64(aheadAfter.Milliseconds())
	err = s.manager.each(s.manager.principal, s.principal, func(term runtime.Term, after runtime.ID) (ids []runtime.ID, records []runtime.Record, err error) {
		err = s.call(func(ctx context.Context) (err error) {
			ids, records, err = s.manager.indexer.List(ctx, term, after, page)
			return err
		})
		return ids, records, err
	}, func(id runtime.ID, b *base) {
		at := b.head().Authenticated
		all = append(all, signIn{id, at > latest, at})
	})
	if err != nil {
		return nil, err
	}
	slices.SortFunc(all, func(a, b signIn) int {
		switch {
		case a.ahead && !b.ahead:
			return -1
		case b.ahead && !a.ahead:
			return 1
		}
		return cmp.Or(cmp.Compare(a.authenticated, b.authenticated), bytes.Compare(a.id[:], b.id[:]))
	})
	return all, nil
}
