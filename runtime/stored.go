package runtime

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"slices"
)

// stored keeps sessions in a store; the cookie carries a token.
type stored struct{ manager *Manager }

var errNotAToken = &notACandidate{kind: CookieRefused, reason: "not a token"}

func (k stored) candidate(value string) (c candidate, err error) {
	t, ok := parseToken(value)
	if !ok {
		return c, errNotAToken
	}
	c.token = t
	return c, nil
}

// check loads the record that a token names.
func (k stored) check(s *Session, c candidate) error {
	m, t := k.manager, c.token
	s.startDeadline(s.request.Context(), false)
	defer s.deadline.stop()
	generation := m.queue.generation(t.id)
	rec, err := m.store.Load(s.deadline, t.id)
	switch {
	case errors.Is(err, ErrGone):
		s.standing, s.token = ended, t
		s.note(Event{Kind: Gone})
		return nil
	case errors.Is(err, ErrNotFound):
		s.note(Event{Kind: Expired, ID: t.id})
		return nil
	case err != nil:
		m.raise(s.request.Context(), Event{Kind: StoreFailed, ID: t.id, Err: err})
		return fmt.Errorf("sessiongen: loading the session: %w", err)
	}
	b := &s.base
	h, err := m.understand(b, rec, s.at, s.fields)
	if err != nil {
		s.closeOpened()
		s.note(Event{Kind: RecordRefused, ID: t.id, Err: err})
		return nil
	}
	b.generation = generation
	key := t.key()
	switch {
	case subtle.ConstantTimeCompare(key[:], []byte(h.key)) == 1:
		s.spansStale = false
		s.open(t)
		if !s.hasItsTerm() {
			s.closeOpened()
			s.note(Event{Kind: RecordRefused, ID: t.id, Err: errPrincipal})
		}
	case h.replaced(key) && h.justRenewed(rec.Life):
		s.closeOpened()
		s.standing, s.token = renewed, t
		s.note(Event{Kind: Stale})
	default:
		s.closeOpened()
		s.note(Event{Kind: Expired, ID: t.id, Reason: "the token has another secret than the session"})
	}
	return nil
}

// open makes what is in the base the request's session.
func (s *Session) open(t token) {
	s.standing, s.token = live, t
	if principal := s.manager.principal; principal >= 0 {
		s.principal = s.wireOfBase(principal)
		s.atLoad = s.principal
	}
}

var errPrincipal = errors.New("the principal in the record is not the one that it is indexed under")

// hasItsTerm reports whether the store lists the session under its principal.
func (s *Session) hasItsTerm() bool {
	if s.principal == "" {
		return true
	}
	key := s.manager.schema.Fields[s.manager.principal].Key
	return slices.Contains(s.base.terms, newTerm(key, s.principal))
}

func (k stored) put(s *Session, w write) (value string, o outcome, err error) {
	store, id, old := k.manager.store, s.token.id, s.base.rev
	if w.fresh {
		err = s.call(func(ctx context.Context) error { return store.Create(ctx, id, w.rec, w.ttl) })
		switch {
		case err == nil:
			return "", kept, nil
		case errors.Is(err, ErrExists), errors.Is(err, ErrGone):
			return "", taken, nil
		}
		return "", kept, fmt.Errorf("creating the session: %w", err)
	}
	repeated, err := s.repeat(func(ctx context.Context) error { return store.Update(ctx, id, old, w.rec, w.ttl) })
	switch {
	case err == nil:
		return "", kept, nil
	case errors.Is(err, ErrConflict):
		if repeated || !k.manager.exact {
			return "", unclear, nil
		}
		return "", overtaken, nil
	case errors.Is(err, ErrGone), errors.Is(err, ErrNotFound):
		return "", gone, nil
	}
	return "", kept, fmt.Errorf("updating the session: %w", err)
}

// end deletes the record.
func (k stored) end(s *Session, _ bool) error {
	id := s.token.id
	return s.call(func(ctx context.Context) error { return k.manager.store.Delete(ctx, id) })
}

func (k stored) endOthers(s *Session, whose string) error {
	term := newTerm(s.manager.schema.Fields[s.manager.principal].Key, whose)
	keep, count := s.token.id, 0
	err := s.call(func(ctx context.Context) error {
		n, err := k.manager.indexer.Revoke(ctx, term, keep)
		count += n
		return err
	})
	if count > 0 {
		s.note(Event{Kind: Revoked, Count: count})
	}
	return err
}

func (k stored) extend(s *Session) (value string, err error) {
	id, idle := s.token.id, s.manager.schema.Idle
	err = s.call(func(ctx context.Context) error { return k.manager.store.Touch(ctx, id, idle) })
	if errors.Is(err, ErrGone) || errors.Is(err, ErrNotFound) {
		return "", nil
	}
	return "", err
}

func (stored) watched(of known) []ID { return []ID{of.token.id} }

// newest loads the session's record.
func (k stored) newest(of known, call caller) (b base, found bool, err error) {
	id := of.token.id
	generation := k.manager.queue.generation(id)
	at := k.manager.clock()
	var rec Record
	err = call(func(ctx context.Context) (err error) {
		rec, err = k.manager.store.Load(ctx, id)
		return err
	})
	switch {
	case errors.Is(err, ErrGone), errors.Is(err, ErrNotFound):
		return b, false, ErrEnded
	case err != nil:
		return b, false, err
	}
	_, err = k.manager.understand(&b, rec, at, nil)
	b.generation = generation
	return b, err == nil, err
}
