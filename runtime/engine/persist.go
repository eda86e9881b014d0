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

// persist carries out at the store what the request wants. It returns the line of the session
// cookie to send, or "". There may be both a line and an error.
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
			s.note(runtime.Event{Kind: runtime.EventDropped, Reason: "a concurrent sign-in of the principal has used up the session limit"})
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

// store stores the changes, or extends the idle deadline if there are none.
func (s *Session) store(unsent bool) (setCookie string, err error) {
	switch {
	case !s.hasChanges():
		if setCookie = s.extend(unsent); setCookie != "" {
			s.rare().refreshes = true
		}
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

// call makes one call to the store, without the lock. While the outcome is unclear it repeats
// the call unchanged, which every store allows.
func (s *Session) call(do func(ctx context.Context) error) error {
	_, err := s.repeat(do)
	return err
}

// repeat is call for callers that need to know whether the call was repeated.
func (s *Session) repeat(do func(ctx context.Context) error) (repeated bool, err error) {
	s.mu.Unlock()
	defer s.mu.Lock()
	return retry.Do(s.deadline, do)
}

// end ends the session for good. It deletes the cookie in the browser, unless the browser may
// hold a newer one.
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
	if unsent {
		s.noteSiteData(everything)
	}
	if s.mayHaveCookie(unsent) && (s.standing == live || s.standing == absent) && !s.superseded {
		setCookie = s.manager.cookie.deletion()
	}
	if s.standing != doubtful {
		s.detach(ended)
	}
	return setCookie, nil
}

// mayHaveCookie reports whether the browser has the session cookie or is about to get it. A
// cookie that this request has sent is taken back by its token, except that of a sealed
// session, which is overwritten.
func (s *Session) mayHaveCookie(unsent bool) bool {
	return s.carried || s.manager.sealed && unsent && slices.Contains(s.sentTokens(), s.manager.cookie.options.Name)
}

// detach leaves the request without a record: the session was ended, or belongs to another
// principal now.
func (s *Session) detach(to standing) {
	s.standing = to
	if s.phase == handling && s.sentTokens() != nil {
		// An earlier commit has added the cookie. The browser may have a newer one by now.
		text := s.token.text()
		header.RemoveCookie(s.header, s.manager.cookie.options.Name+"="+string(text[:])+";")
	}
	s.leave()
	s.base = base{}
	s.closeDone()
}

// signsInAnew reports whether the request signs in where no principal was signed in.
func (s *Session) signsInAnew() bool {
	return s.atLoad == "" && s.principalSet && s.principal != ""
}

// createOrDrop handles the changes of a request without a record. A request whose session has
// ended, or whose secret was renewed, may only sign in.
func (s *Session) createOrDrop(unsent bool) (setCookie string, err error) {
	signsIn := s.signsInAnew()
	switch {
	case s.standing == doubtful:
		s.drop("several session cookies were sent, and it is unclear which one is the browser's")
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

// Reasons to drop changes.
const (
	reasonEnded   = "the session has ended, or its privilege has changed, since it was loaded"
	reasonRenewed = "another request has renewed the secret of the session"
)

// drop discards the changes and notes an event.
func (s *Session) drop(reason string) {
	s.note(runtime.Event{Kind: runtime.EventDropped, Reason: reason})
	s.discard()
}

// dropLate discards changes that need a cookie after the response has started.
func (s *Session) dropLate() {
	s.discard()
	s.note(runtime.Event{Kind: runtime.EventTooLate, Reason: "needs a cookie, but the response has started", Err: runtime.ErrTooLate})
}

// touchDue reports whether a tenth of the idle timeout has passed since the record was last
// written or touched, and the lifetime leaves that much to gain.
func (s *Session) touchDue() bool {
	idle := s.manager.schema.Idle
	return s.standing == live && !s.extended && min(idle, s.base.life)-s.base.idle >= idle/10
}

// extend extends the idle deadline, if that is due. A failure does not refuse the page.
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
