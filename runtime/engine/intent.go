package engine

import (
	"cmp"

	"github.com/sessiongen/sessiongen/runtime"
)

// intent is what a request wants besides the values of fields. A commit fulfils it.
type intent struct {
	ending       ending
	remember     remembrance
	principalSet bool // set by this request, be it to the same value
	left         bool // the principal was left: nothing in base counts any more
	renew        bool
	revokeOthers bool
}

// ending is how far Destroy has come.
type ending uint8

const (
	notEnding    ending = iota
	endWanted           // the next commit ends the session
	endFailed           // the store was asked, and failed
	endConfirmed        // the store has acknowledged it
)

// remembrance is what was said about the session cookie's outliving the browser.
type remembrance uint8

const (
	asBefore remembrance = iota
	untilBrowserCloses
	beyondBrowser
)

// Renew replaces the session's secret at commit, without a change of privilege. Of
// a sealed session it replaces the cookie: earlier ones open nothing any more.
func (s *Session) Renew() {
	if s.lockToChange() {
		s.renew = s.standing == live
		s.unlock()
	}
}

// Remember says whether the session cookie outlives the browser; it still ends
// when the session does.
func (s *Session) Remember(remember bool) {
	if s.lockToChange() {
		s.remember = untilBrowserCloses
		if remember {
			s.remember = beyondBrowser
		}
		s.unlock()
	}
}

// RevokeOthers ends, at commit, the other sessions of the principal who is signed in
// then, or of the one whom this request signs out, by Destroy too. A sealed session is
// renewed with it.
func (s *Session) RevokeOthers() {
	if s.lockToChange() {
		s.revokeOthers = true
		if s.manager.sealed {
			s.renew = s.standing == live // or an older response could bring an older cookie back
		}
		s.unlock()
	}
}

// Destroy ends the session: at commit its record is deleted for good. What was set
// before is dropped; a principal that is set afterwards begins a new session.
func (s *Session) Destroy() {
	s.mu.Lock()
	defer s.unlock()
	for s.committing {
		if !s.await() {
			s.note(runtime.Event{Kind: runtime.EventTooLate, Reason: "destroyed while a commit was under way that did not end", Err: runtime.ErrTooLate})
			return
		}
	}
	if s.phase == returned {
		s.note(runtime.Event{Kind: runtime.EventTooLate, Reason: "destroyed after the handler returned", Err: runtime.ErrTooLate})
		return
	}
	s.accessed, s.mayHaveChanged = true, true
	s.ending = endWanted
	s.left = true
	s.rare().before = cmp.Or(s.principal, s.more.principalBefore())
	others := s.revokeOthers
	s.discardFields()
	s.revokeOthers = others // what is asked for about other sessions goes on
	s.atLoad = ""
}

// destroyPending reports whether the store has not acknowledged yet that the session is to end.
func (s *Session) destroyPending() bool { return s.ending == endWanted || s.ending == endFailed }

func (s *Session) rememberChanged() bool {
	return s.remember != asBefore && (s.remember == beyondBrowser) != s.base.head().Remember
}
