package engine

import (
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/gorilla/securecookie"
	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/record"
)

// adoption is the old session of a request, of the library that the application has moved
// from. What takes over an old session hangs on the steps of a commit as hooks, which do
// nothing where there is no adoption:
//
//	adopt           after the request's own session was looked for
//	beforeStoring   of several requests with one old session, one may go on
//	fills, newID    what is created has an ID made of the old session's
//	overtaken       another request has created it
//	notStored       creating it failed
//	afterStoring    the old session is ended
//	sendDeletion    the browser is told to forget the old cookie
type adoption struct {
	takeover *takeover
	value    string    // of its cookie
	read     time.Time // when it was
	filled   bool      // the new one was filled from it; if not, the browser has one of ours, too
	claimed  bool      // this request has remembered that it was taken over
	done     bool      // it was ended, or lost
	lost     bool      // another request was faster
}

// adopt fills the session of a request that has none, from that of the library
// before. An error says that the old store could not say.
func (m *Manager) adopt(s *Session) error {
	l := m.takeover
	value, several := l.oldCookie(s.request)
	switch {
	case several:
		s.note(runtime.Event{Kind: runtime.EventNotAdopted, Field: l.Source.Cookie, Reason: "sent twice, with different values"})
		return nil
	case value == "" || !l.wellFormed(value) || !m.options.Clock().Before(l.Until):
		return nil
	case s.standing == live:
		s.adopts = &adoption{takeover: l, value: value}
		s.mayHaveChanged = true // there is something to commit
		return nil
	case s.standing != absent:
		return nil // it was ended, or renewed, a moment ago: an older one cannot be better
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
		m.raise(s.request.Context(), runtime.Event{Kind: runtime.EventStoreFailed, Field: l.Source.Cookie, Err: err})
		return fmt.Errorf("sessiongen: reading the old session: %w", err)
	case values == nil:
		return m.standAside(s, value)
	}
	switch _, err := m.store.Load(s.deadline, l.newID("taken", value)); {
	case err == nil, errors.Is(err, runtime.ErrGone):
		s.note(runtime.Event{Kind: runtime.EventNotAdopted, Field: l.Source.Cookie, Reason: "it was taken over before"})
		return m.standAside(s, value)
	case !errors.Is(err, runtime.ErrNotFound):
		m.raise(s.request.Context(), runtime.Event{Kind: runtime.EventStoreFailed, Err: err})
		return fmt.Errorf("sessiongen: asking for the old session: %w", err)
	}
	s.deadline.Stop()
	err = l.fillFrom(s, values)
	if err == nil {
		err = s.baseOnFill()
	}
	if err != nil {
		s.discardFields()
		s.note(runtime.Event{Kind: runtime.EventNotAdopted, Field: l.Source.Cookie, Reason: "the application did not take it", Err: err})
		return nil
	}
	s.adopts = &adoption{takeover: l, value: value, read: began, filled: true}
	s.mayHaveChanged = true
	return nil
}

// standAside is for a request whose old session there is no more. If another one has taken
// it over a moment ago, the browser has a better cookie by now, or soon: as after a renewal,
// this request must not replace it by that of a session which is nobody's.
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
		m.raise(s.request.Context(), runtime.Event{Kind: runtime.EventStoreFailed, ID: t.id, Err: err})
		return fmt.Errorf("sessiongen: asking what became of the old session: %w", err)
	}
	var b base
	h, err := m.readRecord(&b, rec, s.at, nil)
	if err == nil && s.at.Sub(time.UnixMilli(int64(h.Created))) < record.RenewalGrace {
		s.standing, s.token = renewed, t
		s.note(runtime.Event{Kind: runtime.EventStale})
	}
	return nil
}

// baseOnFill makes what was filled the base of the session, as if it had been loaded:
// the request has not set it, so that it goes when the principal does.
func (s *Session) baseOnFill() error {
	s.mu.Lock()
	defer s.unlock()
	s.settleAll()
	rec, err := s.encode(&record.Header{Remember: s.remember == beyondBrowser}, newRev())
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

// legacyValues are what the source reads, which decodes what may be anything.
func (s *Session) legacyValues() (values map[any]any, err error) {
	defer func() {
		if problem := recover(); problem != nil {
			values, err = nil, fmt.Errorf("%w: reading it panicked: %v", runtime.ErrUnreadable, problem)
		}
	}()
	values, err = s.manager.takeover.Source.Read(s.request.WithContext(s.deadline))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil // it was kept in a file that is gone, and will not come back
	}
	return values, err
}

// fillFrom runs the application's function. One that panics would lock out whoever has
// that session, so it counts as an error.
func (l *takeover) fillFrom(s *Session, values map[any]any) (err error) {
	defer func() {
		if problem := recover(); problem != nil {
			err = fmt.Errorf("filling the session panicked: %v", problem)
		}
	}()
	return l.Fill(s.self, values)
}

// isUnreadable says of an error of Read that it will be the same for ever.
func isUnreadable(err error) bool {
	var ofSecureCookie securecookie.Error
	return errors.Is(err, runtime.ErrUnreadable) || errors.As(err, &ofSecureCookie)
}
