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
	case m.options.OverLimit > runtime.RefuseSignIn:
		return errors.New("WithSessionLimit has an unknown policy: pass runtime.EndOldest or runtime.RefuseSignIn")
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
	ends          time.Time // its absolute deadline, which a sign-in sets, by the store's clock
}

// aheadAfter is the tolerance for a sign-in that another process makes at the same time.
const aheadAfter = time.Second

// limitSessions ends the oldest sessions of a principal that has just signed in, if there are
// too many. Every request chooses the same sessions, so concurrent sign-ins do not end the
// sessions that another one keeps. If there are very many, some are left to the next sign-in,
// so that this one need not wait for them.
//
// own reports that the session of this request was ended, here or by a concurrent request, as
// happens to one of two sign-ins by a double click. Such a request must not overwrite the
// cookie of the other one.
func (s *Session) limitSessions() (own bool, err error) {
	limit, until := s.manager.options.SessionLimit, s.halfTime()
	if limit == 0 || s.manager.options.OverLimit == runtime.RefuseSignIn {
		return false, nil
	}
	var newest []signIn
	revoked, seen, late := 0, false, false
	err = s.eachPageOfSignIns(func(page []signIn) error {
		seen = seen || slices.ContainsFunc(page, func(one signIn) bool { return one.id == s.token.id })
		newest = append(newest, page...)
		slices.SortFunc(newest, bySignIn)
		over := max(0, len(newest)-limit)
		for _, oldest := range newest[:over] {
			if late = time.Now().After(until); late {
				return errEnough
			}
			if err := s.call(func(ctx context.Context) error { return s.manager.store.Delete(ctx, oldest.id) }); err != nil {
				return err
			}
			s.manager.queue.Moved(oldest.id)
			own = own || oldest.id == s.token.id
			revoked++
		}
		newest = slices.Delete(newest, 0, over)
		return nil
	})
	if revoked > 0 {
		e := runtime.Event{Kind: runtime.EventRevoked, Count: revoked}
		if late {
			e.Reason = "more sessions than the limit allows are left for the next sign-in"
		}
		s.note(e)
	}
	if err == nil && !seen {
		own = s.hasJustEnded()
	}
	return own, limiting(err)
}

// halfTime returns the moment at which half of the time for the commit is over.
func (s *Session) halfTime() time.Time {
	deadline, _ := s.deadline.Deadline()
	now := time.Now()
	return now.Add(deadline.Sub(now) / 2)
}

// hasJustEnded reports whether another request has ended the session of this one.
func (s *Session) hasJustEnded() bool {
	id := s.token.id
	err := s.call(func(ctx context.Context) error { _, err := s.manager.store.Load(ctx, id); return err })
	return errors.Is(err, runtime.ErrGone) || errors.Is(err, runtime.ErrNotFound)
}

func limiting(err error) error {
	if err == nil || errors.Is(err, runtime.ErrSessionLimit) {
		return err
	}
	return fmt.Errorf("limiting the principal's sessions: %w", err)
}

// mayBeRefused reports whether the commit is a sign-in that takes a place, under a limit that
// refuses one too many. To sign in again where the principal is signed in takes none, and to take
// over a session of another library is no sign-in.
func (s *Session) mayBeRefused() bool {
	o := &s.manager.options
	return o.SessionLimit > 0 && o.OverLimit == runtime.RefuseSignIn && s.principalSet && s.principal != "" && !s.adopts.fills() &&
		(s.standing != live || s.wireOfBase(s.manager.principal) != s.principal)
}

// findPlace returns [runtime.ErrSessionLimit] if all places are taken. Nothing has been written
// then, and the session stays as it is. The sessions that the sign-in replaces take no places.
func (s *Session) findPlace() error {
	taken := 0
	err := s.eachPageOfSignIns(func(page []signIn) error {
		for _, one := range page {
			if !s.replacesRival(one.id) {
				taken++
			}
		}
		if taken >= s.manager.options.SessionLimit {
			return runtime.ErrSessionLimit
		}
		return nil
	})
	return limiting(err)
}

// keepLimit keeps the limit after a sign-in was written. See [Session.limitSessions] for own. A
// sign-in that could be refused and that ends other sessions, those of the principals others,
// does so first.
func (s *Session) keepLimit(mayBeRefused, endsOthers bool, others []string) (own bool, err error) {
	if !mayBeRefused {
		return s.limitSessions()
	}
	if endsOthers {
		if err := s.endOthers(others); err != nil {
			return true, s.giveUpPlaceAfter(err)
		}
	}
	return s.keepPlace()
}

// Pauses in which a sign-in waits for later ones to give up their places.
const (
	placePauses = 6
	placePause  = 5 * time.Millisecond // the first; each is twice as long as the one before
)

// keepPlace ends the session of this request and returns [runtime.ErrSessionLimit] if concurrent
// sign-ins have taken the last places between findPlace and the write. The later ones give up
// their places at once, in the order of the writes by the store's clock. An earlier one waits for
// that. If a later one stays, it had looked before this one was written, and this one goes.
func (s *Session) keepPlace() (own bool, err error) {
	pause := placePause
	for again := 0; ; again++ {
		place, all, err := s.place()
		switch {
		case err != nil:
			return true, s.giveUpPlaceAfter(limiting(err))
		case place < 0:
			return s.hasJustEnded(), nil
		case all <= s.manager.options.SessionLimit:
			return false, nil
		case place >= s.manager.options.SessionLimit || again == placePauses:
			return true, s.giveUpPlace()
		}
		if err := s.call(func(ctx context.Context) error { return sleep(ctx, pause) }); err != nil {
			return true, s.giveUpPlace()
		}
		pause *= 2
	}
}

// place returns the place of the session among all of the principal, from 0 and in the order of
// their sign-ins, and the number of all. The place of a session that is not listed is below zero.
func (s *Session) place() (place, all int, err error) {
	var found []signIn
	err = s.eachPageOfSignIns(func(page []signIn) error {
		found = append(found, page...)
		return nil
	})
	slices.SortFunc(found, func(a, b signIn) int { return cmp.Or(a.ends.Compare(b.ends), bytes.Compare(a.id[:], b.id[:])) })
	return slices.IndexFunc(found, func(one signIn) bool { return one.id == s.token.id }), len(found), err
}

// giveUpPlace ends the session of this request, whose token no browser gets, even after an error.
func (s *Session) giveUpPlace() error {
	id := s.token.id
	if err := s.call(func(ctx context.Context) error { return s.manager.store.Delete(ctx, id) }); err != nil {
		return limiting(err)
	}
	s.manager.queue.Moved(id)
	return runtime.ErrSessionLimit
}

// giveUpPlaceAfter is giveUpPlace if it is unknown whether the place is free, because of err.
func (s *Session) giveUpPlaceAfter(err error) error {
	if problem := s.giveUpPlace(); !errors.Is(problem, runtime.ErrSessionLimit) {
		return errors.Join(err, problem)
	}
	return err
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// errEnough ends a list before its end.
var errEnough = errors.New("enough")

// eachPageOfSignIns lists the sessions of the principal. A sign-in in the future was recorded by
// a process whose clock is ahead. It counts as older than the current one, which would otherwise
// be ended at once.
func (s *Session) eachPageOfSignIns(use func([]signIn) error) error {
	m := s.manager
	latest := milliseconds(m.options.Clock()) + uint64(aheadAfter.Milliseconds())
	var found []signIn
	err := m.each(m.principal, s.principal, func(term runtime.Term, after runtime.ID) (ids []runtime.ID, records []runtime.Record, err error) {
		err = s.call(func(ctx context.Context) (err error) {
			ids, records, err = m.indexer.List(ctx, term, after, page)
			return err
		})
		return ids, records, err
	}, func(id runtime.ID, b *base) {
		at := b.head().Authenticated
		found = append(found, signIn{id, at > latest, at, b.loaded.Add(b.life)})
	}, func() error {
		defer func() { found = found[:0] }()
		return use(found)
	})
	if err == errEnough {
		return nil
	}
	return err
}

// bySignIn orders sessions by their sign-ins, the oldest first.
func bySignIn(a, b signIn) int {
	switch {
	case a.ahead && !b.ahead:
		return -1
	case b.ahead && !a.ahead:
		return 1
	}
	return cmp.Or(cmp.Compare(a.authenticated, b.authenticated), bytes.Compare(a.id[:], b.id[:]))
}
