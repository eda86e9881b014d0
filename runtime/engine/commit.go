package engine

import (
	"context"
	"errors"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/internal/header"
)

// errPanicked is the error of a commit during which a function of the application has panicked,
// such as one given to Update. Nothing more is committed.
var errPanicked = errors.New("sessiongen: a function of the application panicked while the session was committed")

// point is the occasion of a commit.
type point uint8

const (
	midway      point = iota
	atFirstByte       // the response starts after this commit
	atReturn          // the handler has returned; nothing can be changed after this commit
)

// commit stores what the request has changed. Unless the response has started, it then adds the
// cookies to the header. Nothing is left to commit afterwards. If it fails, only Destroy is
// tried again.
func (s *Session) commit(parent context.Context, at point) (err error) {
	if err := s.lockToCommit(at); err != nil {
		return err
	}
	returned := false
	defer func() {
		if !returned {
			// Some changes may be replayed already, and others not.
			_ = s.fail(runtime.Event{Kind: runtime.EventCommitFailed, Err: errPanicked})
		}
		s.unlockAfterCommit(at)
	}()
	unsent := s.phase == handling
	err = s.commitLocked(parent, at, unsent)
	if dropped := s.takeUnreadable(at); err == nil {
		err = dropped
	}
	if err == nil && unsent && at != midway {
		s.keepFromCaches()
		s.clearSiteData() // once more, if the handler has replaced the line since
		if at == atFirstByte {
			s.watchForLook()
		}
	}
	returned = true
	return err
}

// commitLocked is commit with the lock held. It gives the lock up while it calls the store or
// the application.
func (s *Session) commitLocked(parent context.Context, at point, unsent bool) (err error) {
	if unsent {
		header.Canonicalize(s.header)
		s.varyByCookie()
	}
	if !s.mayHaveChanged && !s.touchDue() && !s.resendDue() {
		return nil // the fast path of most requests
	}
	if err := s.refuseSpeculation(unsent); err != nil {
		return err
	}
	if s.panicked() {
		s.keepEndings() // without what was changed in place since
	}
	s.settleAll()
	if at != midway && s.writer.status != 0 {
		s.keepEndingsOfError(int(s.writer.status))
	}
	if s.nothingToCommit() {
		return nil
	}
	s.startDeadline(parent, true)
	s.committing = true
	_ = s.takeLost()

	if !unsent && s.needsCookie() {
		s.dropLate()
		err = runtime.ErrTooLate
	}
	cookies, problem := s.cookieLines()
	if problem != nil {
		return s.failUnsendable(cookies, at, problem)
	}
	change := s.handover()
	token, problem := s.persist(unsent)
	if unsent {
		s.noteHandover(change)
		if token != "" && s.more != nil && s.more.refreshes && len(cookies) == 0 {
			s.keepRefreshed()
		}
	}
	s.sendToken(token, unsent)
	s.sendCookies(s.junkLines(cookies), at, problem)
	if errors.Is(problem, runtime.ErrSessionLimit) {
		// The session goes on without the sign-in, so that the handler can explain.
		s.note(runtime.Event{Kind: runtime.EventSignInRefused})
		s.discard()
		return problem
	}
	if problem != nil {
		return s.fail(runtime.Event{Kind: kindOfFailure(problem), Err: problem})
	}
	if unsent {
		s.clearSiteData()
		s.warnOfCookies()
	}
	s.discardCookies()
	if err == nil && at == midway {
		return s.takeLost()
	}
	return err
}

// failUnsendable is the end of a commit with a cookie that cannot be sent. Only the end of the
// session reaches the store.
func (s *Session) failUnsendable(cookies []cookieLine, at point, problem error) error {
	if s.destroyPending() {
		unsent := s.phase == handling
		deletion, err := s.end(unsent)
		problem = errors.Join(problem, err)
		s.sendToken(deletion, unsent)
	}
	s.sendCookies(cookies, at, problem)
	return s.fail(runtime.Event{Kind: runtime.EventCommitFailed, Err: problem})
}

func (s *Session) warnOfCookies() {
	for i := range s.cookies {
		if s.cookies[i].state&cookieChanged != 0 {
			s.warnOfPlainHTTP(s.manager.cookies[i])
		}
	}
}

// sendToken adds the line of the session cookie to the header, unless it is "".
func (s *Session) sendToken(line string, unsent bool) {
	if line != "" && unsent {
		header.SetCookie(s.header, s.manager.cookie.options.Name, line, &s.rare().lines)
		s.warnOfPlainHTTP(s.manager.cookie)
		s.acknowledged(s.manager.cookie.options.Name)
	}
}

// sendCookies adds the cookies of a commit to the header. If it has failed, only those are sent
// that delete a cookie.
func (s *Session) sendCookies(cookies []cookieLine, at point, problem error) {
	if s.phase != handling {
		return
	}
	for _, c := range cookies {
		if problem != nil && !c.cleared {
			continue
		}
		header.SetCookie(s.header, c.name, c.line, &s.rare().lines)
		if s.tellOuter(c.name); at == midway {
			s.rare().sends(c.name)
		}
	}
	if problem == nil {
		s.adopts.sendDeletion(s)
	}
}

// kindOfFailure returns the kind of event for a failed commit. The store is to blame unless the
// error says otherwise.
func kindOfFailure(err error) runtime.EventKind {
	switch {
	case errors.Is(err, runtime.ErrTooLate):
		return runtime.EventTooLate
	case isPermanent(err), errors.Is(err, errRaced), errors.Is(err, errAdopted):
		return runtime.EventCommitFailed
	}
	return runtime.EventStoreFailed
}

// isPermanent reports whether trying again is pointless.
func isPermanent(err error) bool {
	return errors.Is(err, runtime.ErrEncoding) || errors.Is(err, runtime.ErrCookie) || errors.Is(err, runtime.ErrTooLarge) ||
		errors.Is(err, errors.ErrUnsupported)
}

// lockToCommit waits for a commit of another goroutine and takes the lock, which the commit
// holds except during calls. It returns an error, without the lock, if an earlier commit has
// failed or it is too late.
func (s *Session) lockToCommit(at point) (err error) {
	s.mu.Lock()
	for s.committing {
		if !s.await() {
			err = runtime.ErrTooLate
			break
		}
	}
	switch {
	case err != nil:
	case s.phase == returned && s.ending != endWanted:
		err = runtime.ErrTooLate
	case s.failure() != nil && s.ending != endWanted:
		err = s.failure()
	}
	if err != nil {
		if at == atReturn {
			s.phase = returned
		}
		s.stopWatchingAtReturn()
		s.unlock()
	}
	return err
}

// unlockAfterCommit gives the lock back. After the last commit no change is accepted: one made
// in between, for example by an event hook, would be lost silently.
func (s *Session) unlockAfterCommit(at point) {
	s.advance(at)
	s.stopWatchingAtReturn()
	if s.committing {
		s.deadline.Stop()
		s.committing = false
		s.wakeWaiters()
	}
	late := false
	if s.takeEndsAfter() {
		s.destroyLocked()
		late = s.phase == returned
	}
	s.unlock()
	if late {
		_ = s.commit(s.request.Context(), atReturn)
	}
}

// advance records how far the request has come.
func (s *Session) advance(at point) {
	switch {
	case at == atReturn:
		s.phase = returned
	case at == atFirstByte && s.phase == handling:
		s.phase = begun
	}
}

func (s *Session) nothingToCommit() bool {
	for i := range s.cookies {
		if s.cookies[i].state&cookieChanged != 0 {
			return false
		}
	}
	if s.phase == handling && s.more != nil && s.more.junk != nil {
		return false
	}
	return s.adopts == nil && !s.destroyPending() && !s.revokeOthers && !s.hasChanges() && !s.touchDue() && !s.resendDue()
}

func (s *Session) fail(e runtime.Event) error {
	s.note(e)
	s.rare().failed = e.Err
	s.forgetSetCookies()
	s.discard()
	return e.Err
}

// isChange reports whether there is a change of a field to store. Without a record, only a value
// that is set counts.
func (s *Session) isChange(state fieldBits) bool {
	return state&changed != 0 && (s.standing == live || state&present != 0)
}

// hasChanges reports whether there is something to store.
func (s *Session) hasChanges() bool {
	for i := range s.fields {
		if s.isChange(s.fields[i].state) {
			return true
		}
	}
	return s.standing == live && (s.renew || s.rememberChanged()) || s.adopts.fillsSomething(s)
}

// needsCookie reports whether the commit has to send a cookie. Destroy does not: the record is
// gone, and the token in the browser opens nothing.
func (s *Session) needsCookie() bool {
	for i := range s.cookies {
		if s.cookies[i].state&cookieChanged != 0 {
			return true
		}
	}
	if !s.hasChanges() {
		return false
	}
	// A sealed session is in the cookie. A stored one needs the cookie if it is created or its
	// token changes.
	renewing, _ := s.privileges()
	return s.manager.sealed || s.standing != live || renewing || s.rememberChanged()
}

// discard discards all uncommitted changes except Destroy.
func (s *Session) discard() {
	s.discardCookies()
	s.discardFields()
}

// discardFields discards all changes of the session, but not those of cookie fields.
func (s *Session) discardFields() {
	s.markCommitted()
	for i := range s.fields {
		s.fields[i].state = 0
		s.fields[i].version++
	}
	s.spansStale = true
	s.principal = s.wireOfBase(s.manager.principal)
}

// markCommitted records that no changes are left to commit.
func (s *Session) markCommitted() {
	for i := range s.fields {
		s.fields[i].state &^= changed | edited
	}
	s.more.clearLog()
	s.more.clearOthersOf()
	s.principalSet, s.renew, s.remember, s.revokeOthers = false, false, asBefore, false
	if s.left && !s.destroyPending() {
		s.left, s.spansStale = false, true
	}
}

// Commit commits the changes made so far and adds the cookies to the header of the response.
// Only code that uses Load has to call it. It continues when ctx ends, bounded by its own
// deadline.
//
// The error is [runtime.ErrEnded], [runtime.ErrTooLate], [runtime.ErrSessionLimit],
// [runtime.ErrUncertain], [runtime.ErrCookie], [runtime.ErrEncoding], [runtime.ErrTooLarge] or an
// error of the store. ErrEnded reports that changes were dropped, because the session has ended
// or another request has changed its privilege or its secret, and [runtime.ErrUnreadable] that
// changes of a field were dropped which cannot be read. After them, after ErrTooLate where
// only a cookie was too late, and after ErrSessionLimit, the request goes on; after another error
// nothing more is committed.
//
// What is committed here stays committed, whatever the response will be.
func (s *Session) Commit(ctx context.Context) error {
	return s.commit(ctx, midway)
}
