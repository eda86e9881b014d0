package engine

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

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
	destroys, othersOf := s.destroyPending(), s.more.endsOthersOf()
	if destroys {
		if setCookie, err = s.end(unsent); err != nil {
			return "", err
		}
	}
	mayBeRefused, endsOthers, principal := s.mayBeRefused(), s.revokeOthers && othersOf == "", s.principal
	if mayBeRefused && !endsOthers {
		if err := s.findPlace(); err != nil {
			return setCookie, err
		}
	}
	signsIn := (s.principalSet || s.adopts.fills()) && s.principal != ""
	revokeOthers, whose := s.revokeOthers, s.principalsOfOthers()
	if s.more != nil {
		s.more.outlived = false
	}
	sent, err := s.store(unsent)
	if setCookie = cmp.Or(sent, setCookie); err != nil {
		return setCookie, err
	}
	if signsIn && s.standing == live && s.principal == principal {
		own, err := s.keepLimit(mayBeRefused, endsOthers, whose)
		revokeOthers = revokeOthers && !(mayBeRefused && endsOthers)
		if own {
			if err == nil {
				s.note(runtime.Event{Kind: runtime.EventDropped, Reason: "a concurrent sign-in of the principal has used up the session limit"})
			}
			s.rare().lost = runtime.ErrEnded
			s.detach(ended)
			setCookie = ""
		}
		if err != nil {
			return setCookie, err
		}
	}
	if revokeOthers && (destroys || othersOf != "" || s.standing == live || s.more.wasOutlived()) {
		err = s.endOthers(whose)
	}
	s.adopts.afterStoring(s, unsent)
	return setCookie, err
}

// principalsOfOthers returns whose other sessions RevokeOthers ends: those of a principal whose
// sign-in was discarded, of the current one, or of those that the request has signed out.
func (s *Session) principalsOfOthers() []string {
	if !s.revokeOthers {
		return nil
	}
	if whose := cmp.Or(s.more.endsOthersOf(), s.principal); whose != "" {
		return []string{whose}
	}
	return s.principalsLeft()
}

// endOthers ends the other sessions of principals.
func (s *Session) endOthers(principals []string) error {
	for i, whose := range principals {
		if whose == "" || slices.Contains(principals[:i], whose) {
			continue
		}
		if err := s.manager.keeper.endOthers(s, whose); err != nil {
			return fmt.Errorf("revoking the other sessions: %w", err)
		}
	}
	return nil
}

// store stores the changes, or extends the idle deadline if there are none.
func (s *Session) store(unsent bool) (setCookie string, err error) {
	switch {
	case !s.hasChanges():
		if s.resendDue() {
			setCookie = s.resend(unsent)
		} else {
			setCookie = s.extend(unsent)
		}
		if setCookie != "" {
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

// end ends the session for good, and those of the other session cookies of the request. It
// deletes the cookie in the browser, unless the browser may hold a newer one.
func (s *Session) end(unsent bool) (setCookie string, err error) {
	switch s.standing {
	case live, renewed, ended:
		err = s.manager.keeper.end(s, s.token.id, s.seal().session, unsent)
		if err == nil {
			s.manager.queue.Moved(s.token.id)
			s.note(runtime.Event{Kind: runtime.EventDestroyed})
		}
	}
	if err == nil {
		err = s.endRivals(unsent, runtime.Event{Kind: runtime.EventDestroyed})
	}
	if err != nil {
		s.ending = endFailed
		return "", fmt.Errorf("ending the session: %w", err)
	}
	s.ending = endConfirmed
	if unsent {
		s.noteSiteData(everything)
	}
	if s.standing == renewed || s.standing == ended || s.superseded {
		s.detach(ended)
		return "", nil
	}
	if s.mayHaveCookie(unsent) {
		setCookie = s.manager.cookie.deletion()
	}
	s.detach(destroyed)
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
// ended elsewhere, whose secret was renewed, or that has several session cookies may only sign
// in.
func (s *Session) createOrDrop(unsent bool) (setCookie string, err error) {
	signsIn := s.signsInAnew()
	switch {
	case s.standing == doubtful && !signsIn:
		s.drop("several session cookies were sent, and it is unclear which one is the browser's: Destroy and a sign-in end them")
	case s.standing == ended && !signsIn:
		s.drop(reasonEnded)
	case s.standing == renewed && !signsIn:
		s.drop(reasonRenewed)
	case !unsent:
		s.dropLate()
	case s.standing == doubtful:
		if setCookie, err = s.replaceRivals(); err != nil {
			return "", err
		}
		created, err := s.create()
		return cmp.Or(created, setCookie), err
	default:
		return s.create()
	}
	return "", nil
}

// replaceRivals ends the sessions of all session cookies of the request, before a sign-in begins
// a new one. It returns the line that deletes the cookie, in case that fails.
func (s *Session) replaceRivals() (deletion string, err error) {
	err = s.endRivals(true, runtime.Event{Kind: runtime.EventRevoked, Count: 1, Reason: "a sign-in has replaced the sessions of several session cookies"})
	if err != nil {
		return "", fmt.Errorf("ending the sessions of the session cookies: %w", err)
	}
	s.standing = destroyed
	return s.manager.cookie.deletion(), nil
}

// Reasons to drop changes.
const (
	reasonEnded   = "the session has ended, or its privilege has changed, since it was loaded"
	reasonRenewed = "another request has renewed the secret of the session"
)

// reasonStale is the reason of an event about a request with a replaced secret.
const reasonStale = "a sign-in, a change of privilege or Renew has replaced the secret a moment ago; the request is anonymous"

// drop discards the changes and notes an event. Commit tells its caller.
func (s *Session) drop(reason string) {
	s.note(runtime.Event{Kind: runtime.EventDropped, Field: s.changedFields(), Reason: reason})
	s.discard()
	s.rare().lost = runtime.ErrEnded
}

// dropLate discards changes that need a cookie after the response has started.
func (s *Session) dropLate() {
	s.note(runtime.Event{Kind: runtime.EventTooLate, Field: s.changedFields(), Reason: "needs a cookie, but the response has started"})
	s.discard()
	s.rare().lost = runtime.ErrTooLate
}

// changedFields returns the names of the fields and cookies that the request has changed and not
// committed.
func (s *Session) changedFields() string {
	return strings.Join(s.namesWhere(
		func(_ int, state fieldBits) bool { return state&changed != 0 },
		func(state cookieBits) bool { return state&cookieChanged != 0 },
	), ", ")
}

// namesWhere returns the names of the fields and cookies whose state meets a condition.
func (s *Session) namesWhere(field func(i int, state fieldBits) bool, cookie func(state cookieBits) bool) (names []string) {
	for i := range s.fields {
		if field(i, s.fields[i].state) {
			names = append(names, s.manager.nameOf(i))
		}
	}
	for i := range s.cookies {
		if cookie(s.cookies[i].state) {
			names = append(names, s.manager.nameOf(len(s.fields)+i))
		}
	}
	return names
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
