package runtime

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
)

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
	} else if !ends && s.at.Sub(s.old.read) > renewalGrace/2 {
		// Another request may have taken it over, and what that made of it may have ended for so
		// long that the store remembers it no more.
		if there, err := s.legacyIsThere(); err != nil {
			return err
		} else if !there {
			return s.loseLegacy()
		}
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
	if !s.takesOver() {
		return false
	}
	for i := range s.fields {
		if s.span(i) != "" {
			return true
		}
	}
	return false
}

// legacyIsThere says whether an old session that can be ended still was not.
func (s *Session) legacyIsThere() (there bool, err error) {
	m := s.manager
	id := m.adopts.newID("taken", s.old.value) // if it was not ended because that failed
	err = s.call(func(ctx context.Context) error {
		_, err := m.store.Load(ctx, id)
		return err
	})
	if err == nil || errors.Is(err, ErrGone) {
		return false, nil
	}
	if !errors.Is(err, ErrNotFound) {
		return false, fmt.Errorf("asking for the old session: %w", err)
	}
	var values map[any]any
	s.unlocked(func() { values, err = s.legacyValues() })
	if err != nil && !isUnreadable(err) {
		return false, fmt.Errorf("reading the old session again: %w", err)
	}
	return values != nil, nil
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
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
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
		setCookie(s.header, c.options.Name, c.deletion(), &s.rare().lines)
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
