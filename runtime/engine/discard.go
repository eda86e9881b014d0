package engine

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/sessiongen/sessiongen/runtime"
)

// hasPanicked stands for the status of a response whose handler has panicked.
const hasPanicked = -1

// isError reports whether a response with this status commits only what ends something. The
// changes of a handler that has failed are half of what was to be done.
func (m *Manager) isError(status int) bool {
	return status == hasPanicked || status >= http.StatusInternalServerError && !m.options.CommitOnError
}

// Discard discards the changes of this request that are not committed, except what ends
// something: Destroy, a principal (the signed-in user) that was left, RevokeOthers, and the
// deletion of cookies. Later changes count as usual.
//
// Code that recovers from a panic of a handler, and answers with a status below 500, calls
// Discard: the handler may have made only half of its changes. A status of 500 or above, or a
// panic that the manager's middleware sees, has the same effect by itself.
func (s *Session) Discard() {
	s.mu.Lock()
	defer s.unlock()
	if s.awaitCommit(noField, "discarded") && s.phase != returned {
		s.keepEndings()
	}
}

// keepEndings discards the uncommitted changes except what ends something.
func (s *Session) keepEndings() {
	s.forgetSetCookies()
	left, others, whose := s.left && !s.destroyPending(), s.revokeOthers, s.principal
	s.discardFields()
	if left && s.principal != "" {
		s.codec.Reset(s.manager.principal)
		s.assign(s.manager.principal, 0)
	}
	if !others {
		return
	}
	s.revokeOthers = true
	s.renew = s.manager.sealed && s.standing == live // as RevokeOthers does
	if whose != "" && whose != s.principal {
		s.rare().othersOf = whose // the sign-in was discarded
	}
}

// keepEndingsOfError handles the changes of a request whose response is an error.
func (s *Session) keepEndingsOfError(status int) {
	discarded := s.changedNames()
	if !s.destroyPending() && !s.left {
		s.adopts = nil // the next request takes the old session over
	}
	s.keepEndings()
	if len(discarded) == 0 {
		return
	}
	reason := "the handler has panicked"
	if status != hasPanicked {
		reason = fmt.Sprintf("the status of the response is %d", status)
	}
	s.note(runtime.Event{Kind: runtime.EventDiscarded, Field: strings.Join(discarded, ", "), Reason: reason})
}

// changedNames names the fields and cookies with changes that an error discards. Renew and
// Remember count as fields.
func (s *Session) changedNames() (names []string) {
	names = s.namesWhere(
		func(i int, state fieldBits) bool {
			ends := i == s.manager.principal && state&present == 0
			return s.isChange(state) && !ends
		},
		func(state cookieBits) bool {
			return state&(cookieChanged|cookiePresent) == cookieChanged|cookiePresent
		},
	)
	if s.renew && !s.revokeOthers {
		names = append(names, "Renew")
	}
	if s.standing == live && s.rememberChanged() {
		names = append(names, "Remember")
	}
	return names
}
