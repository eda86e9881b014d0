package engine

import (
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/gorilla/securecookie"
	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/legacy"
	"github.com/sessiongen/sessiongen/runtime/record"
)

// adoption is the old session of a request, of the library that the application has moved from.
// The steps of a commit call these hooks, which do nothing without an adoption:
//
//	adopt           reads the old session, after the look-up of the request's own session
//	beforeStoring   lets one of several requests with the same old session go on
//	fills, newID    give the created session an ID derived from the old session
//	overtaken       reports that another request has created it
//	notStored       takes the claim back if creating failed
//	afterStoring    ends the old session
//	sendDeletion    deletes the old cookie in the browser
type adoption struct {
	takeover *takeover
	value    string    // of the old cookie
	read     time.Time // when the old session was read
	filled   bool      // the new session was filled from it; false if the browser has a session cookie of ours, too
	claimed  bool      // this request has recorded that the old session was taken over
	done     bool      // the old session was ended or lost
	lost     bool      // another request was faster
}

// adopt fills the session of a request without one from the session of the previous library. It
// returns an error if the old store fails.
func (m *Manager) adopt(s *Session) error {
	l := m.takeover
	value, several := l.oldCookie(s.request)
	switch {
	case several:
		s.note(runtime.Event{Kind: runtime.EventNotAdopted, Field: l.Source.Cookie, Reason: "the cookie was sent twice, with different values"})
		return nil
	case value == "" || !l.wellFormed(value) || !m.options.Clock().Before(l.Until):
		return nil
	case s.standing == live, s.standing == doubtful:
		s.adopts = &adoption{takeover: l, value: value}
		s.mayHaveChanged = true // there is something to commit
		return nil
	case s.standing != absent:
		return nil // the session was ended or renewed a moment ago, and the old one is older still
	}
	s.startDeadline(s.request.Context(), false)
	defer s.deadline.Stop()
	began := s.at
	values, err := s.legacyValues()
	switch {
	case isUnreadable(err):
		s.note(runtime.Event{Kind: runtime.EventNotAdopted, Field: l.Source.Cookie, Err: err})
		return nil
	case err != nil:
		s.loadFailed(runtime.Event{Field: l.Source.Cookie, Err: err})
		return fmt.Errorf("sessiongen: reading the old session: %w", err)
	case values == nil:
		return m.standAside(s, value)
	}
	switch _, err := m.store.Load(s.deadline, l.newID("taken", value)); {
	case err == nil, errors.Is(err, runtime.ErrGone):
		s.note(runtime.Event{Kind: runtime.EventNotAdopted, Field: l.Source.Cookie, Reason: "the old session was already taken over"})
		return m.standAside(s, value)
	case !errors.Is(err, runtime.ErrNotFound):
		s.loadFailed(runtime.Event{Err: err})
		return fmt.Errorf("sessiongen: checking whether the old session was taken over: %w", err)
	}
	s.deadline.Stop()
	err = l.fillFrom(s, values)
	if err == nil {
		err = s.baseOnFill()
	}
	if err != nil {
		s.discardFields()
		s.note(runtime.Event{Kind: runtime.EventNotAdopted, Field: l.Source.Cookie, Reason: "the function given to WithLegacy failed", Err: err})
		return nil
	}
	s.adopts = &adoption{takeover: l, value: value, read: began, filled: true}
	s.mayHaveChanged = true
	return nil
}

// standAside handles a request whose old session no longer exists. If another request has taken
// it over a moment ago, the browser has a newer cookie or is about to get one. As after a
// renewal, this request must not overwrite that cookie.
func (m *Manager) standAside(s *Session, value string) error {
	t := token{id: m.takeover.newID("session", value)}
	rec, err := m.store.Load(s.deadline, t.id)
	switch {
	case errors.Is(err, runtime.ErrGone):
		s.standing, s.token = ended, t
		s.note(runtime.Event{Kind: runtime.EventGone})
		return nil
	case errors.Is(err, runtime.ErrNotFound):
		return nil
	case err != nil:
		s.loadFailed(runtime.Event{ID: t.id, Err: err})
		return fmt.Errorf("sessiongen: loading the session that took over the old one: %w", err)
	}
	var b base
	_, err = m.readRecord(&b, rec, s.at, nil)
	if err == nil && record.Since(uint64(m.schema.Lifetime.Milliseconds()), rec.Life) < record.RenewalGrace {
		s.standing, s.token = renewed, t
		s.note(runtime.Event{Kind: runtime.EventStale, Reason: reasonStale})
	}
	return nil
}

// baseOnFill makes the filled values the base of the session, as if they had been loaded. They
// do not count as set by the request, so a change of the principal clears them.
func (s *Session) baseOnFill() error {
	s.mu.Lock()
	defer s.unlock()
	s.settleAll()
	var h record.Header
	if s.remember == beyondBrowser {
		h.Remember = uint64(s.manager.schema.Lifetime.Milliseconds())
	}
	rec, err := s.encode(&h, newRev())
	if err != nil {
		return err
	}
	s.markCommitted()
	s.base = base{data: rec.Data, terms: rec.Terms}
	s.spansStale = true
	s.principal = s.wireOfBase(s.manager.principal)
	s.atLoad = s.principal
	return nil
}

// legacyValues reads the old session. The source decodes arbitrary bytes, so a panic counts as
// unreadable.
func (s *Session) legacyValues() (values map[any]any, err error) {
	defer func() {
		if problem := recover(); problem != nil {
			values, err = nil, fmt.Errorf("%w: reading the old session panicked: %v", legacy.ErrUnreadable, problem)
		}
	}()
	values, err = s.manager.takeover.Source.Read(s.request.WithContext(s.deadline))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil // the file that held the session was deleted
	}
	return values, err
}

// fillFrom runs the function of the application. A panic counts as an error: otherwise it would
// lock out the visitor of that session.
func (l *takeover) fillFrom(s *Session, values map[any]any) (err error) {
	defer func() {
		if problem := recover(); problem != nil {
			err = fmt.Errorf("filling the session panicked: %v", problem)
		}
	}()
	return l.Fill(s.self, values)
}

// isUnreadable reports whether an error of Read is permanent.
func isUnreadable(err error) bool {
	var ofSecureCookie securecookie.Error
	return errors.Is(err, legacy.ErrUnreadable) || errors.As(err, &ofSecureCookie)
}
