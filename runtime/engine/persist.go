package engine

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/internal/header"
	"github.com/sessiongen/sessiongen/runtime/internal/retry"
)

// persist brings the store to the state that the request wants and returns the
// session cookie to send, "" for none; there may be one together with an error.
func (s *Session) persist(unsent bool) (setCookie string, err error) {
	if s.manager.keeper == nil {
		return "", nil
	}
	if err := s.adopts.beforeStoring(s, unsent); err != nil {
		return "", err
	}
	destroys := s.destroyPending()
	if destroys {
		if setCookie, err = s.end(unsent); err != nil {
			return "", err
		}
	}
	revokeOthers, signsIn := s.revokeOthers, (s.principalSet || s.adopts.fills()) && s.principal != ""
	if sent, err := s.store(unsent); err != nil {
		return setCookie, err
	} else if sent != "" {
		setCookie = sent
	}
	if signsIn && s.standing == live {
		own, err := s.limitSessions()
		if own {
			s.note(runtime.Event{Kind: runtime.EventDropped, Reason: "the principal signed in once more at the same time, and may have no more sessions"})
			s.detach(ended)
			setCookie = ""
		}
		if err != nil {
			return setCookie, err
		}
	}
	if whose := cmp.Or(s.principal, s.more.principalBefore()); revokeOthers && whose != "" && (destroys || s.standing == live) {
		if err = s.manager.keeper.endOthers(s, whose); err != nil {
			err = fmt.Errorf("revoking the other sessions: %w", err)
		}
	}
	s.adopts.afterStoring(s, unsent)
	return setCookie, err
}

// store stores what has changed, or extends the idle deadline if nothing has.
func (s *Session) store(unsent bool) (setCookie string, err error) {
	switch {
	case !s.hasChanges():
		setCookie = s.extend(unsent)
		s.markCommitted()
		return setCookie, nil
	case s.standing == live:
		return s.update(unsent)
	}
	if setCookie, err = s.createOrDrop(unsent); err != nil {
		s.adopts.notStored(s)
	}
	return setCookie, err
}

// call makes one call to the store, without the lock, and repeats it unchanged
// while its outcome is unclear: every call may be repeated.
func (s *Session) call(do func(ctx context.Context) error) error {
	_, err := s.repeat(do)
	return err
}

// repeat is call where it matters whether the call was repeated.
func (s *Session) repeat(do func(ctx context.Context) error) (repeated bool, err error) {
	s.mu.Unlock()
	defer s.mu.Lock()
	return retry.Do(s.deadline, do)
}

// end ends the session for good. A browser whose secret is known to be the
// newest is told to forget the cookie.
func (s *Session) end(unsent bool) (setCookie string, err error) {
	if s.standing != absent && s.standing != doubtful {
		if err := s.manager.keeper.end(s, unsent); err != nil {
			s.ending = endFailed
			return "", fmt.Errorf("ending the session: %w", err)
		}
		s.manager.queue.Moved(s.token.id)
		s.note(runtime.Event{Kind: runtime.EventDestroyed})
	}
	s.ending = endConfirmed
	if s.mayHaveCookie(unsent) && (s.standing == live || s.standing == absent) && !s.superseded {
		setCookie = s.manager.cookie.deletion()
	}
	if s.standing != doubtful {
		s.detach(ended)
	}
	return setCookie, nil
}

// mayHaveCookie reports whether the browser has the session cookie, or is about to get it: one
// that this request has sent can be taken back only if it is known by its token.
func (s *Session) mayHaveCookie(unsent bool) bool {
	return s.carried || s.manager.sealed && unsent && slices.Contains(s.sentTokens(), s.manager.cookie.options.Name)
}

// detach makes the request one without a record: its session was ended or belongs
// to another principal now.
func (s *Session) detach(to standing) {
	s.standing = to
	if s.phase == handling && s.sentTokens() != nil {
		// Of an earlier commit: the browser may have a better one by now.
		text := s.token.text()
		header.RemoveCookie(s.header, s.manager.cookie.options.Name+"="+string(text[:])+";")
	}
	s.leave()
	s.base = base{}
	s.closeDone()
}

// signsInAnew reports whether the request signs in where nobody was signed in.
func (s *Session) signsInAnew() bool {
	return s.atLoad == "" && s.principalSet && s.principal != ""
}

// createOrDrop is for requests without a record. One whose session has ended, or
// whose secret was renewed, may sign in, and that is all it may do.
func (s *Session) createOrDrop(unsent bool) (setCookie string, err error) {
	signsIn := s.signsInAnew()
	switch {
	case s.standing == doubtful:
		s.drop("several session cookies were sent, and there is no telling which is the browser's")
	case s.standing == ended && !signsIn:
		s.drop(reasonEnded)
	case s.standing == renewed && !signsIn:
		s.drop(reasonRenewed)
	case !unsent:
		s.dropLate()
	default:
		return s.create()
	}
	return "", nil
}

// Why changes are dropped.
const (
	reasonEnded   = "the session has ended, or its privilege has changed, since it was loaded"
	reasonRenewed = "the session's secret was renewed by another request"
)

// drop discards the changes, with an event.
func (s *Session) drop(reason string) {
	s.note(runtime.Event{Kind: runtime.EventDropped, Reason: reason})
	s.discard()
}

// dropLate discards changes that need a cookie after the response has begun.
func (s *Session) dropLate() {
	s.discard()
	s.note(runtime.Event{Kind: runtime.EventTooLate, Reason: "needs a cookie after the response has begun", Err: runtime.ErrTooLate})
}

// touchDue reports whether a tenth of the idle timeout has passed since the record
// was last written or touched, and whether the lifetime leaves as much to gain.
func (s *Session) touchDue() bool {
	idle := s.manager.schema.Idle
	return s.standing == live && !s.extended && min(idle, s.base.life)-s.base.idle >= idle/10
}

// extend extends the idle deadline, if that is due. That it did not work is no reason to
// refuse the page.
func (s *Session) extend(unsent bool) (setCookie string) {
	if !s.touchDue() || s.manager.sealed && !unsent {
		return ""
	}
	s.extended = true
	value, err := s.manager.keeper.extend(s)
	switch {
	case err != nil:
		s.note(runtime.Event{Kind: kindOfFailure(err), Err: fmt.Errorf("extending the session: %w", err)})
		return ""
	case value == "":
		return ""
	}
	return s.cookieLine(value)
}
