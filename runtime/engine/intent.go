package engine

import "cmp"

// intent is what a request wants besides the values of fields. The next commit fulfils it.
type intent struct {
	ending       ending
	remember     remembrance
	principalSet bool // set by this request, even to the same value
	left         bool // the request has left the principal, so nothing in base counts
	renew        bool
	revokeOthers bool
}

// ending is the progress of Destroy.
type ending uint8

const (
	notEnding    ending = iota
	endWanted           // the next commit ends the session
	endFailed           // the store has failed to end it
	endConfirmed        // the store has acknowledged it
)

// remembrance is whether the session cookie outlives the browser.
type remembrance uint8

const (
	asBefore remembrance = iota
	untilBrowserCloses
	beyondBrowser
)

// Renew replaces the secret of the session at commit. It is for a change of privilege that no
// field shows; setting the principal (the signed-in user) or changing a renew field renews the
// session by itself. For a sealed session, Renew replaces the cookie, and earlier cookies open
// nothing.
//
// The old secret opens nothing from then on. Requests that the same page has sent before it got
// the new cookie, such as for parts of the page, are anonymous, and only a sign-in of theirs is
// kept; each raises the event EventStale. So do not call Renew on a schedule in order to rotate
// secrets.
func (s *Session) Renew() {
	if s.lockToChange(noField) {
		s.renew = s.standing == live
		s.unlock()
	}
}

// Remember sets whether the session cookie outlives the browser. The cookie still ends with the
// session.
func (s *Session) Remember(remember bool) {
	if s.lockToChange(noField) {
		s.remember = untilBrowserCloses
		if remember {
			s.remember = beyondBrowser
		}
		s.unlock()
	}
}

// RevokeOthers ends the other sessions of the principal at commit. If the request signs the
// principal out, also by Destroy, it ends the sessions of that principal. It renews a sealed
// session.
func (s *Session) RevokeOthers() {
	if s.lockToChange(noField) {
		s.revokeOthers = true
		if s.manager.sealed {
			s.renew = s.standing == live // so that a slower response cannot restore an older cookie
		}
		s.unlock()
	}
}

// Destroy ends the session: the next commit deletes its record for good, and the sessions of
// other session cookies in the request. Changes made before are discarded. What is set
// afterwards begins a new session. If the secret was renewed, or the session had ended, before
// this request, only a sign-in does that: the browser may have a newer cookie by now.
//
// After the handler has returned, as in a handler that http.TimeoutHandler has given up on,
// Destroy itself deletes the record. A failure is an event then.
//
// To sign a user out everywhere, call RevokeOthers as well.
func (s *Session) Destroy() {
	s.mu.Lock()
	for s.committing {
		if !s.await() {
			s.rare().endsAfter = true // the end of that commit
			s.unlock()
			return
		}
	}
	s.destroyLocked()
	late := s.phase == returned
	s.unlock()
	if late {
		_ = s.commit(s.request.Context(), atReturn)
	}
}

// destroyLocked is Destroy with the lock held: the next commit ends the session.
func (s *Session) destroyLocked() {
	s.accessed, s.mayHaveChanged = true, true
	s.ending = endWanted
	s.left = true
	s.rare().before = cmp.Or(s.principal, s.more.principalBefore())
	others := s.revokeOthers
	s.discardFields()
	s.revokeOthers = others // Destroy does not withdraw it
	s.atLoad = ""
}

// destroyPending reports whether the session is to end and the store has not confirmed that
// yet.
func (s *Session) destroyPending() bool { return s.ending == endWanted || s.ending == endFailed }

func (s *Session) rememberChanged() bool {
	return s.remember != asBefore && (s.remember == beyondBrowser) != (s.base.head().Remember != 0)
}
