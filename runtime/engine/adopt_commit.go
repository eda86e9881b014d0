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

// fills reports whether the session that is created next takes over the old one.
func (a *adoption) fills() bool { return a != nil && a.filled && !a.done }

// fillsSomething reports whether the filled values contain anything to store.
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

// newID is the ID of the session that takes over. It is derived from the old session, so only
// one session can.
func (a *adoption) newID() runtime.ID { return a.takeover.newID("session", a.value) }

// claim records that an old session which cannot be ended was taken over, before it is used. It
// reports false if another request has done so.
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
		return false, fmt.Errorf("recording that the old session was taken over: %w", err)
	}
	return true, nil
}

// beforeStoring runs before the new session is stored. Of several requests with the same old
// session, it lets one go on. If the old session ends without a successor, it is ended here, or
// the commit fails.
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
		// Another request may have taken the old session over. The session that it made may have
		// ended so long ago that the store has dropped the tombstone.
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
		// Another request may be about to take over the old session that this one ends.
		id := a.newID()
		if err := s.call(func(ctx context.Context) error { return m.store.Delete(ctx, id) }); err != nil {
			return fmt.Errorf("ending the session that takes over the old one: %w", err)
		}
	}
	return a.end(s)
}

// isThere reports whether the old session has not been ended yet.
func (a *adoption) isThere(s *Session) (there bool, err error) {
	id := a.takeover.newID("taken", a.value) // exists if ending the old session has failed
	err = s.call(func(ctx context.Context) error {
		_, err := s.manager.store.Load(ctx, id)
		return err
	})
	if err == nil || errors.Is(err, runtime.ErrGone) {
		return false, nil
	}
	if !errors.Is(err, runtime.ErrNotFound) {
		return false, fmt.Errorf("checking whether the old session was taken over: %w", err)
	}
	var values map[any]any
	s.unlocked(func() { values, err = s.legacyValues() })
	if err != nil && !isUnreadable(err) {
		return false, fmt.Errorf("reading the old session again: %w", err)
	}
	return values != nil, nil
}

// overtaken handles a request that was slower than another one with the same old session. The
// changes of its handler cannot be kept, so it fails if there are any.
func (a *adoption) overtaken(s *Session) error {
	a.done, a.lost = true, true
	for i := range s.fields {
		if s.fields[i].state&changed != 0 {
			return errAdopted
		}
	}
	s.note(runtime.Event{Kind: runtime.EventDropped, Reason: "another request has taken over the old session"})
	s.discard()
	return nil
}

// notStored takes the claim back after the new session could not be stored. The visitor can try
// again once the tombstone of the claim has expired.
func (a *adoption) notStored(s *Session) {
	if a == nil || !a.claimed || a.lost {
		return
	}
	id := a.takeover.newID("taken", a.value)
	if err := s.call(func(ctx context.Context) error { return s.manager.store.Delete(ctx, id) }); err != nil {
		s.note(runtime.Event{Kind: runtime.EventStoreFailed, Field: a.takeover.Source.Cookie, Err: fmt.Errorf("taking back the claim to the old session: %w", err)})
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
				err = fmt.Errorf("the source panicked: %v", problem)
			}
		}()
		err = end(&discarded{}, s.request.WithContext(s.deadline))
	})
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("ending the old session: %w", err)
	}
	return nil
}

// afterStoring runs after the new session was stored. A failure to end the old session no
// longer refuses the page, as long as the session cannot be taken over again.
func (a *adoption) afterStoring(s *Session, unsent bool) {
	if a == nil || a.done || a.filled && !unsent || s.standing == doubtful {
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

// sendDeletion deletes the old cookie in the browser, once the old session has ended.
func (a *adoption) sendDeletion(s *Session) {
	if a == nil || s.standing == doubtful {
		return
	}
	if a.done && !a.lost {
		c := a.takeover.cookie
		header.SetCookie(s.header, c.options.Name, c.deletion(), &s.rare().lines)
	}
	s.adopts = nil
}

// discarded is a response writer that discards the response.
type discarded struct{ header http.Header }

func (d *discarded) Header() http.Header {
	if d.header == nil {
		d.header = http.Header{}
	}
	return d.header
}
func (*discarded) Write(b []byte) (int, error) { return len(b), nil }
func (*discarded) WriteHeader(int)             {}
