package engine

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/internal/header"
	"github.com/sessiongen/sessiongen/runtime/keyring"
	"github.com/sessiongen/sessiongen/runtime/record"
)

// fills reports whether a session that is created now is that of the old one.
func (a *adoption) fills() bool { return a != nil && a.filled && !a.done }

// fillsSomething reports whether there is anything to store of what was filled.
func (a *adoption) fillsSomething(s *Session) bool {
	if !a.fills() {
		return false
	}
	for i := range s.fields {
		if s.span(i) != "" {
			return true
		}
	}
	return false
}

// newID is the ID of the session that takes over: one ID, so that only one can.
func (a *adoption) newID() runtime.ID { return a.takeover.newID("session", a.value) }

// claim remembers an old session that cannot be ended, before anything is made of
// it. It reports false if another request has done so.
func (a *adoption) claim(s *Session) (claimed bool, err error) {
	m := s.manager
	id, rec := a.takeover.newID("taken", a.value), runtime.Record{Rev: newRev()}
	left := a.takeover.Until.Sub(m.options.Clock()) + keyring.ClockTolerance
	err = s.call(func(ctx context.Context) error {
		return m.store.Create(ctx, id, rec, runtime.TTL{Idle: left, Life: left})
	})
	switch {
	case errors.Is(err, runtime.ErrExists), errors.Is(err, runtime.ErrGone):
		return false, nil
	case err != nil:
		return false, fmt.Errorf("remembering the old session: %w", err)
	}
	return true, nil
}

// beforeStoring is the part of a commit that comes before the new session is stored: of
// several requests with the same old session one may do that. Where the old one is to end
// without another, it ends now or the commit fails.
func (a *adoption) beforeStoring(s *Session, unsent bool) error {
	if a == nil {
		return nil
	}
	m := s.manager
	ends := s.destroyPending() || a.filled && !s.hasChanges()
	if !ends && (!a.filled || !unsent) {
		return nil
	}
	if a.takeover.Source.End == nil {
		claimed, err := a.claim(s)
		switch {
		case err != nil:
			return err
		case !claimed && !ends:
			return a.overtaken(s)
		}
		a.claimed = claimed
	} else if !ends && s.at.Sub(a.read) > record.RenewalGrace/2 {
		// Another request may have taken it over, and what that made of it may have ended for so
		// long that the store remembers it no more.
		if there, err := a.isThere(s); err != nil {
			return err
		} else if !there {
			return a.overtaken(s)
		}
	}
	if !ends {
		return nil
	}
	if a.filled {
		// Another request may be about to take over what this one has ended.
		id := a.newID()
		if err := s.call(func(ctx context.Context) error { return m.store.Delete(ctx, id) }); err != nil {
			return fmt.Errorf("ending what is made of the old session: %w", err)
		}
	}
	return a.end(s)
}

// isThere reports whether an old session that can be ended still was not.
func (a *adoption) isThere(s *Session) (there bool, err error) {
	id := a.takeover.newID("taken", a.value) // if it was not ended because that failed
	err = s.call(func(ctx context.Context) error {
		_, err := s.manager.store.Load(ctx, id)
		return err
	})
	if err == nil || errors.Is(err, runtime.ErrGone) {
		return false, nil
	}
	if !errors.Is(err, runtime.ErrNotFound) {
		return false, fmt.Errorf("asking for the old session: %w", err)
	}
	var values map[any]any
	s.unlocked(func() { values, err = s.legacyValues() })
	if err != nil && !isUnreadable(err) {
		return false, fmt.Errorf("reading the old session again: %w", err)
	}
	return values != nil, nil
}

// overtaken is for a request that was slower than another one with the same old
// session. What it has changed itself cannot be kept, and it must not seem so.
func (a *adoption) overtaken(s *Session) error {
	a.done, a.lost = true, true
	for i := range s.fields {
		if s.fields[i].state&changed != 0 {
			return errAdopted
		}
	}
	s.drop("another request has taken over the old session")
	return nil
}

// notStored gives a visitor whose new session could not be stored another chance,
// after the minute that a store remembers what was deleted.
func (a *adoption) notStored(s *Session) {
	if a == nil || !a.claimed || a.lost {
		return
	}
	id := a.takeover.newID("taken", a.value)
	if err := s.call(func(ctx context.Context) error { return s.manager.store.Delete(ctx, id) }); err != nil {
		s.note(runtime.Event{Kind: runtime.EventStoreFailed, Field: a.takeover.Source.Cookie, Err: fmt.Errorf("forgetting that the old session was taken over: %w", err)})
	}
}

// end ends the old session in its own store.
func (a *adoption) end(s *Session) (err error) {
	a.done = true
	end := a.takeover.Source.End
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

// afterStoring comes after the new session was stored: from here on, failing to end
// the old one is no reason to refuse the page, as long as it is not taken over again.
func (a *adoption) afterStoring(s *Session, unsent bool) {
	if a == nil || a.done || a.filled && !unsent {
		return
	}
	if a.filled && s.standing == live {
		s.note(runtime.Event{Kind: runtime.EventAdopted, Field: a.takeover.Source.Cookie})
	}
	err := a.end(s)
	if err != nil || !a.claimed && a.takeover.Source.End == nil {
		if _, unclaimed := a.claim(s); unclaimed != nil {
			err = errors.Join(err, unclaimed)
		}
	}
	if err != nil {
		s.note(runtime.Event{Kind: runtime.EventStoreFailed, Field: a.takeover.Source.Cookie, Err: err})
	}
}

// sendDeletion tells the browser to forget the old cookie, now that it is worth nothing.
func (a *adoption) sendDeletion(s *Session) {
	if a == nil {
		return
	}
	if a.done && !a.lost {
		c := a.takeover.cookie
		header.SetCookie(s.header, c.options.Name, c.deletion(), &s.rare().lines)
	}
	s.adopts = nil
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
