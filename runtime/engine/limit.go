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
	"github.com/sessiongen/sessiongen/runtime/record"
)

func (m *Manager) checkLimit() error {
	switch {
	case m.options.SessionLimit == 0:
		return nil
	case m.options.SessionLimit < 0:
		return errors.New("a limit of fewer than no sessions: give WithSessionLimit a number above zero")
	case m.principal < 0:
		return errors.New("sessions are limited per principal, and the schema has none: take WithSessionLimit away, or tag a field principal")
	case m.indexer == nil:
		return errors.New("sealed sessions are in the browsers, where nobody can count them: take WithSessionLimit away, or use a store")
	}
	return nil
}

// signIn is a session that somebody has signed in with.
type signIn struct {
	id            runtime.ID
	ahead         bool // by a clock that is ahead of ours
	authenticated uint64
}

// aheadAfter is how much later than now a sign-in may seem to be that another process
// makes at the same time.
const aheadAfter = time.Second

// limitSessions ends the oldest sessions of a principal who has just signed in once
// more. Every request chooses the same ones, so that of several at once none ends
// what another one keeps. own says that this one is among them, as one of two logins
// by a double click may be, or that the other one has ended it already: it then must not
// overwrite the cookie of the other one.
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

// signIns lists the principal's sessions, the oldest sign-in first. One that seems to
// be later than now was made by a process whose clock is ahead, before the one that is
// being made: without that, whoever signs in would be signed out at once.
func (s *Session) signIns() (all []signIn, err error) {
	term := record.NewTerm(s.manager.schema.Fields[s.manager.principal].Key, s.principal)
	latest := milliseconds(s.manager.options.Clock()) + uint64(aheadAfter.Milliseconds())
	err = s.manager.each(term, func(after runtime.ID) (ids []runtime.ID, records []runtime.Record, err error) {
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
