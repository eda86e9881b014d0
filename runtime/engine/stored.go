package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/sessiongen/sessiongen/runtime"
)

// stored keeps sessions in a store. The cookie carries a token.
type stored struct{ manager *Manager }

var errNotAToken = &notACandidate{kind: runtime.EventCookieRefused, reason: errors.New("not a token")}

func (k stored) candidate(s *Session, value string) (c candidate, err error) {
	t, ok := parseToken(value)
	if !ok {
		return c, errNotAToken
	}
	c.token = t
	return c, nil
}

// check loads the record of a token.
func (k stored) check(s *Session, c candidate) error {
	m, t := k.manager, c.token
	s.startDeadline(s.request.Context(), false)
	defer s.deadline.Stop()
	generation := m.queue.Generation(t.id)
	rec, err := m.store.Load(s.deadline, t.id)
	switch {
	case errors.Is(err, runtime.ErrGone):
		s.standing, s.token = ended, t
		s.note(runtime.Event{Kind: runtime.EventGone})
		return nil
	case errors.Is(err, runtime.ErrNotFound):
		s.note(runtime.Event{Kind: runtime.EventExpired, ID: t.id})
		return nil
	case err != nil:
		s.loadFailed(runtime.Event{ID: t.id, Err: err})
		return fmt.Errorf("sessiongen: loading the session: %w", err)
	}
	b := &s.base
	h, err := m.readRecord(b, rec, s.at, s.fields)
	if err != nil {
		s.closeOpened()
		s.note(runtime.Event{Kind: runtime.EventRecordRefused, ID: t.id, Err: err})
		return nil
	}
	b.generation = generation
	switch {
	case m.opens(&t, &h):
		s.spansStale = false
		s.open(t)
		if err := s.checkPrincipal(); err != nil {
			s.closeOpened()
			s.note(runtime.Event{Kind: runtime.EventRecordRefused, ID: t.id, Err: err})
		} else if !s.isClient(h.Client) {
			s.refuseClient()
		}
	case m.wasReplaced(&t, &h) && h.JustRenewed(rec.Life):
		s.closeOpened()
		s.standing, s.token = renewed, t
		if !s.isClient(h.Client) {
			s.refuseClient()
			break
		}
		s.note(runtime.Event{Kind: runtime.EventStale, Reason: reasonStale})
	default:
		reason := "the secret of the token does not match the session"
		if m.labelOf(&h) == nil {
			reason = "the session belongs to another application or session cookie"
		}
		s.closeOpened()
		s.note(runtime.Event{Kind: runtime.EventExpired, ID: t.id, Reason: reason})
	}
	return nil
}

var errPrincipal = errors.New("the principal of the record does not match its index term")

// checkPrincipal returns an error if the store does not list the session under its principal, or
// if its privileges cannot be read.
func (s *Session) checkPrincipal() error {
	if s.principal != "" && !s.hasTerm(s.manager.principal, s.principal) {
		return errPrincipal
	}
	return s.checkPrivileges()
}

// hasTerm reports whether the store lists the session under a value of a field, as it was loaded
// or last written.
func (s *Session) hasTerm(field int, value string) bool {
	return s.manager.hasTerm(s.base.terms, field, value)
}

// hasTerm reports whether terms has that of a field's value under one of the labels.
func (m *Manager) hasTerm(terms []runtime.Term, field int, value string) bool {
	for i := range m.labels {
		if slices.Contains(terms, m.term(i, field, value)) {
			return true
		}
	}
	return false
}

func (k stored) put(s *Session, w write) (value string, o outcome, err error) {
	store, id, old := k.manager.store, s.token.id, s.base.rev
	if w.fresh {
		err = s.call(func(ctx context.Context) error { return store.Create(ctx, id, w.rec, w.ttl) })
		switch {
		case err == nil:
			return "", kept, nil
		case errors.Is(err, runtime.ErrExists), errors.Is(err, runtime.ErrGone):
			return "", taken, nil
		}
		return "", kept, fmt.Errorf("creating the session: %w", s.withLargest(err))
	}
	repeated, err := s.repeat(func(ctx context.Context) error { return store.Update(ctx, id, old, w.rec, w.ttl) })
	switch {
	case err == nil:
		return "", kept, nil
	case errors.Is(err, runtime.ErrConflict):
		if repeated || !k.manager.exact {
			return "", unclear, nil
		}
		return "", overtaken, nil
	case errors.Is(err, runtime.ErrGone), errors.Is(err, runtime.ErrNotFound):
		return "", gone, nil
	}
	return "", kept, fmt.Errorf("updating the session: %w", s.withLargest(err))
}

// end deletes the record.
func (k stored) end(s *Session, id runtime.ID, _ runtime.Rev, _ bool) error {
	return s.call(func(ctx context.Context) error { return k.manager.store.Delete(ctx, id) })
}

func (k stored) endOthers(s *Session, whose string) error {
	count, err := k.manager.revokeTerms(s.call, k.manager.principal, whose, s.token.id)
	if count > 0 {
		s.note(runtime.Event{Kind: runtime.EventRevoked, Count: count})
	}
	return err
}

func (k stored) extend(s *Session) (value string, err error) {
	id, idle := s.token.id, s.manager.schema.Idle
	err = s.call(func(ctx context.Context) error { return k.manager.store.Touch(ctx, id, idle) })
	if errors.Is(err, runtime.ErrGone) || errors.Is(err, runtime.ErrNotFound) {
		return "", nil
	}
	return "", err
}

func (stored) watched(of known) []runtime.ID { return []runtime.ID{of.token.id} }

// newest loads the record of the session.
func (k stored) newest(of known, call caller) (b base, found bool, err error) {
	id := of.token.id
	generation := k.manager.queue.Generation(id)
	at := k.manager.options.Clock()
	var rec runtime.Record
	err = call(func(ctx context.Context) (err error) {
		rec, err = k.manager.store.Load(ctx, id)
		return err
	})
	switch {
	case errors.Is(err, runtime.ErrGone), errors.Is(err, runtime.ErrNotFound):
		return b, false, runtime.ErrEnded
	case err != nil:
		return b, false, err
	}
	read := k.manager.schema.New()
	read.manager = k.manager
	_, err = k.manager.readRecord(&read.base, rec, at, read.fields)
	b = read.base
	b.generation = generation
	b.barred = err == nil && read.checkPrivileges() != nil
	return b, err == nil, err
}
