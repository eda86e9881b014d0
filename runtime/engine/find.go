package engine

import (
	"errors"
	"slices"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/internal/header"
)

// A request may carry many values of the session cookie. These bounds limit what they cost.
const (
	maxAttempts   = 8 // values to decrypt
	maxCandidates = 2 // different well-formed values
)

// find opens the session that the cookies of the request name. Of two session cookies, the one
// that opens a session counts. If both do, one was planted and it is unclear which, so none
// counts.
func (s *Session) find() error {
	lines := s.request.Header["Cookie"]
	if len(lines) == 0 {
		return nil
	}
	var found [maxCandidates]candidate
	count, err := s.candidates(lines, &found)
	switch {
	case err != nil || count == 0:
		return err
	case count == 1:
		return s.manager.keeper.check(s, found[0])
	case count > maxCandidates:
		s.doubt("sent with more than two different values")
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
		s.doubt("sent twice, and both values open a session")
	case first.standing == live, s.standing == absent:
		s.opened, s.spansStale = first, true
		s.setSeal(firstSeal)
	}
	return nil
}

// candidates collects the different well-formed values of the session cookie. count is
// maxCandidates+1 if there are more than fit.
func (s *Session) candidates(lines []string, found *[maxCandidates]candidate) (count int, err error) {
	first, others := "", []string(nil) // values that were decrypted
	attempts, refused := 0, 0
	scanner := header.Scanner{Lines: lines}
	for {
		value, more := scanner.Next(s.manager.cookie.options.Name)
		if !more {
			return count, nil
		}
		s.carried = true
		if s.manager.sealed {
			// Decrypting the same value twice would only cost time.
			if attempts > 0 && (value == first || slices.Contains(others, value)) {
				continue
			}
			switch attempts++; {
			case attempts > maxAttempts:
				return maxCandidates + 1, nil
			case attempts == 1:
				first = value
			default:
				others = append(others, value)
			}
		}
		c, err := s.manager.keeper.candidate(s, value)
		if err != nil {
			refused++
			if err := s.refuse(err, refused <= maxRefusals); err != nil {
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

// refuse notes, if it is to be noted, that a value of the session cookie is not a candidate. It
// returns any other error: the keeper has failed.
func (s *Session) refuse(err error, note bool) error {
	var r *notACandidate
	if !errors.As(err, &r) {
		s.manager.raise(s.request.Context(), runtime.Event{Kind: runtime.EventStoreFailed, Err: err})
		return err
	}
	if note {
		s.note(runtime.Event{Kind: r.kind, Field: s.manager.cookie.options.Name, Reason: r.reason, Err: r.err})
	}
	return nil
}

// doubt handles session cookies of which it is unclear which one is the browser's. The request
// sees no session and changes none.
func (s *Session) doubt(reason string) {
	s.closeOpened()
	s.standing = doubtful
	s.note(runtime.Event{Kind: runtime.EventCookieRefused, Field: s.manager.cookie.options.Name, Reason: reason})
}

// closeOpened leaves the request without a session.
func (s *Session) closeOpened() {
	s.opened = opened{spansStale: true}
	s.setSeal(seal{})
}

// open makes the loaded base the session of the request.
func (s *Session) open(t token) {
	s.standing, s.token = live, t
	if principal := s.manager.principal; principal >= 0 {
		s.principal = s.wireOfBase(principal)
		s.atLoad = s.principal
	}
}
