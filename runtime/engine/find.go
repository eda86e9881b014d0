package engine

import (
	"errors"
	"slices"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/internal/header"
)

// A request may carry many values of the session cookie. These bounds limit what they cost.
const (
	maxDecrypted  = 180 // values: as many as a browser keeps for one host
	maxCandidates = 4   // different well-formed values
	maxLookups    = 2   // of these that are looked up before the handler runs
)

// find opens the session that the cookies of the request name.
func (s *Session) find() error {
	if len(s.sent) == 0 {
		return nil
	}
	var found [maxCandidates]candidate
	count, more, err := s.candidates(s.sent, &found)
	switch {
	case err != nil || count == 0 && !more:
		return err
	case count == 1 && !more:
		return s.manager.keeper.check(s, found[0])
	}
	return s.choose(found[:count], more)
}

// candidates collects the different well-formed values of the session cookie. more reports that
// there are others. Values that are known to open nothing make room for them.
func (s *Session) candidates(lines []string, found *[maxCandidates]candidate) (count int, more bool, err error) {
	first, others := "", []uint64(nil) // values that were decrypted, the others by their mark
	attempts, refused := 0, 0
	scanner := header.Scanner{Lines: lines}
	for {
		value, another := scanner.Next(s.manager.cookie.options.Name)
		if !another {
			break
		}
		s.carried = true
		if s.manager.sealed {
			// Decrypting the same value twice would only cost time.
			if attempts > 0 {
				mark := s.manager.dead.mark(value, everyone)
				if value == first || slices.Contains(others, mark) {
					continue
				}
				others = append(others, mark)
			} else {
				first = value
			}
			if attempts++; attempts > maxDecrypted {
				return count, true, nil
			}
		}
		c, err := s.manager.keeper.candidate(s, value)
		if err != nil {
			refused++
			if err := s.refuse(err, refused <= maxRefusals); err != nil {
				return 0, false, err
			}
			continue
		}
		if slices.ContainsFunc(found[:count], func(other candidate) bool { return !s.manager.sealed && other.token == c.token }) {
			continue
		}
		if count == maxCandidates {
			if count = s.removeDead(found[:count]); count == maxCandidates {
				return count, true, nil
			}
		}
		c.value = value
		found[count] = c
		count++
	}
	if count > maxLookups {
		count = s.removeDead(found[:count])
	}
	return count, false, nil
}

// refuse notes, if it is to be noted, that a value of the session cookie is not a candidate. It
// returns any other error: the keeper has failed.
func (s *Session) refuse(err error, note bool) error {
	var r *notACandidate
	if !errors.As(err, &r) {
		s.loadFailed(runtime.Event{Err: err})
		return err
	}
	if note {
		if r.reason != nil {
			s.note(s.manager.refused(s.manager.cookie, r.reason))
		} else {
			s.note(runtime.Event{Kind: r.kind, Field: s.manager.cookie.options.Name, Err: r.err})
		}
	}
	return nil
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
