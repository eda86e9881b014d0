package runtime

import (
	"context"
	"errors"
	"fmt"
	"net/http"
)

// legacySession is the old session of a request.
type legacySession struct {
	value   string // of its cookie
	filled  bool   // the new one was filled from it; if not, the browser has one of ours, too
	claimed bool   // this request has remembered that it was taken over
	done    bool   // it was ended, or lost
	lost    bool   // another request was faster
}

// readLegacy fills the session of a request that has none, from that of the library
// before. An error says that the old store could not say.
func (m *Manager) readLegacy(s *Session) error {
	l := m.adopts
	value, several := l.oldCookie(s.request)
	switch {
	case several:
		s.note(Event{Kind: NotAdopted, Field: l.source.Cookie, Reason: "sent twice, with different values"})
		return nil
	case value == "" || !l.wellFormed(value) || !m.clock().Before(l.until):
		return nil
	case s.standing == live:
		s.old = &legacySession{value: value}
		s.mayHaveChanged = true // there is something to commit
		return nil
	case s.standing != absent:
		return nil // it was ended, or renewed, a moment ago: an older one cannot be better
	}
	values, err := s.legacyValues()
	switch {
	case isUnreadable(err):
		s.note(Event{Kind: NotAdopted, Field: l.source.Cookie, Err: err})
		return nil
	case err != nil:
		m.raise(s.request.Context(), Event{Kind: StoreFailed, Field: l.source.Cookie, Err: err})
		return fmt.Errorf("sessiongen: reading the old session: %w", err)
	case values == nil:
		return nil
	}
	if taken, err := s.legacyTaken(value); taken || err != nil {
		return err
	}
	err = l.fillFrom(s, values)
	if err == nil {
		err = s.baseOnFill()
	}
	if err != nil {
		s.forgetFields()
		s.note(Event{Kind: NotAdopted, Field: l.source.Cookie, Reason: "the application did not take it", Err: err})
		return nil
	}
	s.old = &legacySession{value: value, filled: true}
	s.mayHaveChanged = true
	return nil
}

// baseOnFill makes what was filled the base of the session, as if it had been loaded:
// the request has not set it, so that it goes when the principal does.
func (s *Session) baseOnFill() error {
	s.mu.Lock()
	defer s.unlock()
	s.settleAll()
	rec, err := s.encode(&header{}, newRev())
	if err != nil {
		return err
	}
	remember := s.rememberSet && s.remember
	s.clean()
	s.base = base{data: rec.Data, terms: rec.Terms}
	s.base.header, err = readOwn(rec.Data)
	s.base.remember = remember
	s.spansStale = true
	s.principal = s.wireOfBase(s.manager.principal)
	s.atLoad = s.principal
	return err
}

// legacyValues are what the source reads, which decodes what may be anything.
func (s *Session) legacyValues() (values map[any]any, err error) {
	s.startDeadline(s.request.Context(), false)
	defer func() {
		s.deadline.stop()
		if problem := recover(); problem != nil {
			values, err = nil, fmt.Errorf("%w: reading it panicked: %v", ErrUnreadable, problem)
		}
	}()
	return s.manager.adopts.source.Read(s.request.WithContext(s.deadline))
}

// fillFrom runs the application's function. One that panics would lock out whoever has
// that session, so it counts as an error.
func (l *legacy) fillFrom(s *Session, values map[any]any) (err error) {
	defer func() {
		if problem := recover(); problem != nil {
			err = fmt.Errorf("filling the session panicked: %v", problem)
		}
	}()
	return l.fill(s, values)
}

// legacyTaken says whether an old session that could not be ended was taken over before.
func (s *Session) legacyTaken(value string) (taken bool, err error) {
	m := s.manager
	s.startDeadline(s.request.Context(), false)
	defer s.deadline.stop()
	_, err = m.store.Load(s.deadline, m.adopts.newID("taken", value))
	switch {
	case errors.Is(err, ErrNotFound):
		return false, nil
	case err == nil, errors.Is(err, ErrGone):
		s.note(Event{Kind: NotAdopted, Field: m.adopts.source.Cookie, Reason: "it was taken over before"})
		return true, nil
	}
	m.raise(s.request.Context(), Event{Kind: StoreFailed, Err: err})
	return false, fmt.Errorf("sessiongen: asking for the old session: %w", err)
}

// claimLegacy remembers an old session that cannot be ended, before anything is made of
// it. It reports false if another request has done so.
func (s *Session) claimLegacy() (claimed bool, err error) {
	m := s.manager
	id, rec := m.adopts.newID("taken", s.old.value), Record{Rev: newRev()}
	left := m.adopts.until.Sub(m.clock()) + ClockTolerance
	err = s.call(func(ctx context.Context) error { return m.store.Create(ctx, id, rec, TTL{Idle: left, Life: left}) })
	switch {
	case errors.Is(err, ErrExists), errors.Is(err, ErrGone):
		return false, nil
	case err != nil:
		return false, fmt.Errorf("remembering the old session: %w", err)
	}
	return true, nil
}

// leaveLegacy is the part of a commit that comes before the new session is stored: of
// several requests with the same old session one may do that. Where the old one is to end
// without another, it ends now or the commit fails.
func (s *Session) leaveLegacy(open bool) error {
	m := s.manager
	ends := s.destroyPending() || s.old.filled && !s.hasChanges()
	if !ends && (!s.old.filled || !open) {
		return nil
	}
	if m.adopts.source.End == nil {
		claimed, err := s.claimLegacy()
		switch {
		case err != nil:
			return err
		case !claimed && !ends:
			return s.loseLegacy()
		}
		s.old.claimed = claimed
	}
	if !ends {
		return nil
	}
	if s.old.filled {
		// Another request may be about to take over what this one has ended.
		id := m.adopts.newID("session", s.old.value)
		if err := s.call(func(ctx context.Context) error { return m.store.Delete(ctx, id) }); err != nil {
			return fmt.Errorf("ending what is made of the old session: %w", err)
		}
	}
	return s.endLegacy()
}

// wasFilled says whether there is anything to store of what was filled.
func (s *Session) wasFilled() bool {
	if !s.takesOver() || s.left {
		return false
	}
	for i := range s.fields {
		if s.span(i) != "" {
			return true
		}
	}
	return false
}

// takesOver says whether a session that is stored now is that of the old one.
func (s *Session) takesOver() bool { return s.old != nil && s.old.filled && !s.old.done }

// loseLegacy is for a request that was slower than another one with the same old
// session. What it has changed itself cannot be kept, and it must not seem so.
func (s *Session) loseLegacy() error {
	s.old.done, s.old.lost = true, true
	for i := range s.fields {
		if s.fields[i].state&changed != 0 {
			return errAdopted
		}
	}
	return s.drop("another request has taken over the old session")
}

// unclaimLegacy gives a visitor whose new session could not be stored another chance,
// after the minute that a store remembers what was deleted.
func (s *Session) unclaimLegacy() {
	if s.old == nil || !s.old.claimed || s.old.lost {
		return
	}
	id := s.manager.adopts.newID("taken", s.old.value)
	if err := s.call(func(ctx context.Context) error { return s.manager.store.Delete(ctx, id) }); err != nil {
		s.note(Event{Kind: StoreFailed, Field: s.manager.adopts.source.Cookie, Err: fmt.Errorf("forgetting that the old session was taken over: %w", err)})
	}
}

// endLegacy ends the old session in its own store.
func (s *Session) endLegacy() (err error) {
	s.old.done = true
	end := s.manager.adopts.source.End
	if end == nil {
		return nil
	}
	s.unlocked(func() {
		defer func() {
			if problem := recover(); problem != nil {
				err = fmt.Errorf("it panicked: %v", problem)
			}
		}()
		err = end(&discarded{}, s.request.WithContext(s.deadline))
	})
	if err != nil {
		return fmt.Errorf("ending the old session: %w", err)
	}
	return nil
}

// retireLegacy comes after the new session was stored: from here on, failing to end
// the old one is no reason to refuse the page, as long as it is not taken over again.
func (s *Session) retireLegacy(open bool) {
	if s.old.done || s.old.filled && !open {
		return
	}
	if s.old.filled && s.standing == live {
		s.note(Event{Kind: Adopted, Field: s.manager.adopts.source.Cookie})
	}
	err := s.endLegacy()
	if err != nil || !s.old.claimed && s.manager.adopts.source.End == nil {
		if _, unclaimed := s.claimLegacy(); unclaimed != nil {
			err = errors.Join(err, unclaimed)
		}
	}
	if err != nil {
		s.note(Event{Kind: StoreFailed, Field: s.manager.adopts.source.Cookie, Err: err})
	}
}

// forgetLegacy tells the browser to forget the old cookie, now that it is worth nothing.
func (s *Session) forgetLegacy() {
	if s.old == nil {
		return
	}
	if s.old.done && !s.old.lost {
		c := s.manager.adopts.cookie
		setCookie(s.header, c.options.Name, c.deletion(), &s.lines)
	}
	s.old = nil
}

// discarded is a response that nobody gets.
type discarded struct{ header http.Header }

func (d *discarded) Header() http.Header {
	if d.header == nil {
		d.header = http.Header{}
	}
	return d.header
}
func (*discarded) Write(b []byte) (int, error) { return len(b), nil }
func (*discarded) WriteHeader(int)             {}
