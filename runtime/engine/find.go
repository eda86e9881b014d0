package engine

import (
	"errors"
	"slices"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/internal/header"
)

// A request is asked for no more session cookies than these.
const (
	maxAttempts   = 8 // that are decrypted
	maxCandidates = 2 // different ones that are well-formed
)

// find opens the session that the request's cookies name: the only one, or that of two
// which opens one. If both do, one of them was planted, and there is no telling which.
func (s *Session) find() error {
	var found [maxCandidates]candidate
	count, err := s.candidates(&found)
	switch {
	case err != nil || count == 0:
		return err
	case count == 1:
		return s.manager.keeper.check(s, found[0])
	case count > maxCandidates:
		s.doubt("sent more than twice")
		return nil
	}
	if err := s.manager.keeper.check(s, found[0]); err != nil {
		return err
	}
	first, firstSeal := s.opened, s.seal()
	s.closeOpened()
	if err := s.manager.keeper.check(s, found[1]); err != nil {
		return err
	}
	switch {
	case first.standing == live && s.standing == live:
		s.doubt("sent twice, and both open a session")
	case first.standing == live, s.standing == absent:
		s.opened, s.spansStale = first, true
		s.setSeal(firstSeal)
	}
	return nil
}

// candidates finds the well-formed session cookies of the request, different ones only. count
// is one more than fit if there are too many.
func (s *Session) candidates(found *[maxCandidates]candidate) (count int, err error) {
	var tried [maxAttempts]string
	attempts, refused := 0, 0
	scanner := header.Scanner{Lines: s.request.Header["Cookie"]}
	for {
		value, more := scanner.Next(s.manager.cookie.options.Name)
		if !more {
			return count, nil
		}
		s.carried = true
		if s.manager.sealed {
			// Each one has to be decrypted.
			if slices.Contains(tried[:attempts], value) {
				continue
			}
			if attempts == maxAttempts {
				return maxCandidates + 1, nil
			}
			tried[attempts] = value
			attempts++
		}
		c, err := s.manager.keeper.candidate(value)
		if err != nil {
			if refused++; refused > maxRefusals {
				continue
			}
			if err := s.refuse(err); err != nil {
				return 0, err
			}
			continue
		}
		if !s.manager.sealed && (count > 0 && c.token == found[0].token || count > 1 && c.token == found[1].token) {
			continue
		}
		if count == maxCandidates {
			return maxCandidates + 1, nil
		}
		found[count] = c
		count++
	}
}

// refuse notes that a value of the session cookie is none. An error that is no refusal is
// returned: the keeper could not tell.
func (s *Session) refuse(err error) error {
	var r *notACandidate
	if !errors.As(err, &r) {
		s.manager.raise(s.request.Context(), runtime.Event{Kind: runtime.EventStoreFailed, Err: err})
		return err
	}
	s.note(runtime.Event{Kind: r.kind, Field: s.manager.cookie.options.Name, Reason: r.reason, Err: r.err})
	return nil
}

// doubt is for a request whose session cookies leave open which one is the browser's: it
// sees no session, and changes none.
func (s *Session) doubt(reason string) {
	s.closeOpened()
	s.standing = doubtful
	s.note(runtime.Event{Kind: runtime.EventCookieRefused, Field: s.manager.cookie.options.Name, Reason: reason})
}

// closeOpened makes the request one without a session.
func (s *Session) closeOpened() {
	s.opened = opened{spansStale: true}
	s.setSeal(seal{})
}

// open makes what is in the base the request's session.
func (s *Session) open(t token) {
	s.standing, s.token = live, t
	if principal := s.manager.principal; principal >= 0 {
		s.principal = s.wireOfBase(principal)
		s.atLoad = s.principal
	}
}
