package engine

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/sessiongen/sessiongen/runtime"
)

// Reload loads the changes that other requests have stored since the session was loaded. It is
// for a handler that runs for long, such as one that streams. Uncommitted changes of this
// request are kept: relative changes are applied again to the newest value, and assigned values
// stay. A slice or map that a getter has returned before is no longer the live one.
//
// Reload does not extend the idle timeout; the next Commit does. A handler that calls both for
// each message keeps a session alive that only messages use.
//
// The error is [runtime.ErrEnded] if the session has ended, or another request has changed its
// principal or a renew field. The request then has no session, and uncommitted changes are
// dropped with an event, unless this request signs in. After another error, of the store or of
// ctx, the session is as it was. For a sealed session, Reload only learns whether it was
// revoked.
func (s *Session) Reload(ctx context.Context) (err error) {
	if err := s.lockToCommit(midway); err != nil {
		return err
	}
	returned := false
	defer func() {
		if !returned {
			_ = s.fail(runtime.Event{Kind: runtime.EventCommitFailed, Err: errPanicked}) // a function given to Update has panicked
		}
		s.unlockAfterCommit(midway)
	}()
	err = s.reloadLocked(ctx)
	returned = true
	return err
}

func (s *Session) reloadLocked(ctx context.Context) error {
	s.accessed = true
	switch {
	case s.manager.keeper == nil || s.standing == absent || s.destroyPending():
		return nil // there is no record to load
	case s.standing != live:
		return runtime.ErrEnded
	}
	s.settleAll()
	s.committing = true // makes other goroutines wait before they change something
	s.startDeadline(ctx, false)
	before := s.known()
	newest, found, err := s.manager.keeper.newest(before, s.call)
	if theirs := newest.head(); found && (theirs.Epoch != before.epoch || newest.barred || !s.isClient(theirs.Client)) {
		err = runtime.ErrEnded
	}
	switch {
	case errors.Is(err, runtime.ErrEnded):
		s.detach(ended)
		if s.hasChanges() && !s.signsInAnew() {
			s.note(runtime.Event{Kind: runtime.EventDropped, Field: s.changedFields(), Reason: reasonEnded})
			s.discardFields()
		}
		return runtime.ErrEnded
	case err != nil:
		return fmt.Errorf("sessiongen: loading the session again: %w", err)
	case !found:
		return nil
	}
	if theirs := newest.head(); !s.manager.opens(&s.token, &theirs) {
		s.superseded = true
	}
	s.replayOn(newest)
	s.extended = false // the time left is new as well, so Commit extends it when that is due
	if err := s.locate(); err != nil {
		return fmt.Errorf("sessiongen: loading the session again: %w", err)
	}
	return nil
}

// known identifies a session and the state in which it was last seen.
type known struct {
	token token
	rev   runtime.Rev
	epoch uint64
	seal  seal
	until time.Time // when a sealed session expires without another request
}

func (s *Session) known() known {
	return known{
		token: s.token, rev: s.base.rev, epoch: s.base.head().Epoch, seal: s.seal(),
		until: s.base.loaded.Add(min(s.base.idle, s.base.life)),
	}
}
