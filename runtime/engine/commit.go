package engine

import (
	"context"
	"errors"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/internal/header"
)

// errPanicked is why nothing is committed after a function of the application, such as
// one given to Update, has panicked during a commit.
var errPanicked = errors.New("sessiongen: a function of the application panicked while the session was committed")

// point is when in a request a commit is made.
type point uint8

const (
	midway      point = iota
	atFirstByte       // the response begins after this
	atReturn          // the handler has returned: it begins if it has not, and nothing is changed after this
)

// commit persists what the request has changed and then, unless the response has
// begun, puts the cookies into its header. Nothing is left to commit afterwards; if it fails,
// nothing will be tried again but Destroy.
func (s *Session) commit(parent context.Context, at point) (err error) {
	if err := s.lockToCommit(at); err != nil {
		return err
	}
	returned := false
	defer func() {
		if !returned {
			// The changes may be half replayed by now.
			_ = s.fail(runtime.Event{Kind: runtime.EventCommitFailed, Err: errPanicked})
		}
		s.unlockAfterCommit(at)
	}()
	err = s.commitLocked(parent)
	returned = true
	return err
}

// commitLocked is commit with the lock held, which it gives up for a moment while the
// store or the application has its turn.
func (s *Session) commitLocked(parent context.Context) (err error) {
	unsent := s.phase == handling
	if unsent && (s.accessed || s.asked.Load()) {
		header.VaryByCookie(s.header, &s.varyLine)
	}
	if !s.mayHaveChanged && !s.touchDue() {
		return nil // what most requests find, and it costs them nothing more
	}
	s.settleAll()
	if s.nothingToCommit() {
		return nil
	}
	s.startDeadline(parent, true)
	s.committing = true

	if !unsent && s.needsCookie() {
		s.dropLate()
		err = runtime.ErrTooLate
	}
	cookies, problem := s.cookieLines()
	if problem != nil {
		if s.destroyPending() {
			_, err := s.end(unsent)
			problem = errors.Join(problem, err)
		}
		return s.fail(runtime.Event{Kind: runtime.EventCommitFailed, Err: problem})
	}
	token, problem := s.persist(unsent)
	if unsent {
		if token != "" {
			header.SetCookie(s.header, s.manager.cookie.options.Name, token, &s.rare().lines)
			s.acknowledged(s.manager.cookie.options.Name)
		}
		if problem == nil {
			for _, c := range cookies {
				header.SetCookie(s.header, c.name, c.line, &s.rare().lines)
			}
			s.adopts.sendDeletion(s)
		}
	}
	if problem != nil {
		return s.fail(runtime.Event{Kind: kindOfFailure(problem), Err: problem})
	}
	if unsent && s.ending == endConfirmed && s.manager.options.ClearSiteData != nil {
		s.clearSiteData()
	}
	s.discardCookies()
	return err
}

// kindOfFailure tells what the store is to blame for from what it is not.
func kindOfFailure(err error) runtime.EventKind {
	switch {
	case errors.Is(err, runtime.ErrTooLate):
		return runtime.EventTooLate
	case isPermanent(err), errors.Is(err, errRaced), errors.Is(err, errAdopted):
		return runtime.EventCommitFailed
	}
	return runtime.EventStoreFailed
}

// isPermanent says that trying again will not help.
func isPermanent(err error) bool {
	return errors.Is(err, runtime.ErrEncoding) || errors.Is(err, runtime.ErrCookie) || errors.Is(err, errors.ErrUnsupported)
}

// lockToCommit takes the lock, which all of commit holds but for the calls to the
// store, after a commit by another goroutine. It holds no lock if it returns an
// error: an earlier commit has failed, or it is too late.
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
	case s.phase == returned:
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

// unlockAfterCommit gives the lock back. From the last commit on, it is too late for changes:
// one that comes in between, be it from an event hook, would be lost without a word.
func (s *Session) unlockAfterCommit(at point) {
	s.advance(at)
	s.stopWatchingAtReturn()
	if s.committing {
		s.deadline.Stop()
		s.committing = false
		s.wakeWaiters()
	}
	s.unlock()
}

// advance notes how far the request has come with a commit.
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
	return s.adopts == nil && !s.destroyPending() && !s.revokeOthers && !s.hasChanges() && !s.touchDue()
}

func (s *Session) fail(e runtime.Event) error {
	s.note(e)
	s.rare().failed = e.Err
	s.discard()
	return e.Err
}

// hasChanges says whether there is something to persist. Where there is no record
// yet, what counts is what the new one would hold.
func (s *Session) hasChanges() bool {
	for i := range s.fields {
		if state := s.fields[i].state; state&changed != 0 && (s.standing == live || state&present != 0) {
			return true
		}
	}
	return s.standing == live && (s.renew || s.rememberChanged()) || s.adopts.fillsSomething(s)
}

// needsCookie says whether committing would have to send a cookie. Destroy does
// not: the record is gone, and the token that the browser keeps opens nothing.
func (s *Session) needsCookie() bool {
	for i := range s.cookies {
		if s.cookies[i].state&cookieChanged != 0 {
			return true
		}
	}
	if !s.hasChanges() {
		return false
	}
	// The token stays unless there is none, or it is renewed; what is in the cookie is nowhere else.
	renewing, _ := s.privileges()
	return s.manager.sealed || s.standing != live || renewing || s.rememberChanged()
}

// discard drops all changes that have not been committed, Destroy excepted.
func (s *Session) discard() {
	s.discardCookies()
	s.discardFields()
}

// discardFields drops all changes of the session, but not of other cookies.
func (s *Session) discardFields() {
	s.markCommitted()
	for i := range s.fields {
		s.fields[i].state = 0
		s.fields[i].version++
	}
	s.spansStale = true
	s.principal = s.wireOfBase(s.manager.principal)
}

// markCommitted notes that there are no changes left to commit.
func (s *Session) markCommitted() {
	for i := range s.fields {
		s.fields[i].state &^= changed
	}
	s.more.clearLog()
	s.principalSet, s.renew, s.remember, s.revokeOthers = false, false, asBefore, false
	if s.left && !s.destroyPending() {
		s.left, s.spansStale = false, true
	}
}

// Commit commits the changes made so far and puts the cookies into the response's
// header. Only code that uses Load has to call it. It goes on when ctx ends: its
// own deadline bounds it. The error is [runtime.ErrTooLate], [runtime.ErrUncertain], [runtime.ErrCookie] or
// the store's; after one, nothing will be committed any more, unless a cookie was all
// that it was too late for. No error but an event says that changes were dropped
// because the session had ended.
func (s *Session) Commit(ctx context.Context) error {
	return s.commit(ctx, midway)
}
