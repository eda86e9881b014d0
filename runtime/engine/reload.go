package engine

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/sessiongen/sessiongen/runtime"
)

// Reload reads what other requests have stored since the session was loaded, for a handler
// that goes on for long, such as one that streams. What this request has changed and not
// committed is kept: relative changes are made again on the newest value, others stand. A
// slice or map that a getter returned before is no longer the live one. The idle timeout is
// extended by the next Commit: who waits for messages calls both for each, and a session that
// only messages use stays.
//
// The error is [runtime.ErrEnded] when the session was ended elsewhere, or its principal or a renew
// field changed: the session is then nobody's, and what was not committed is dropped, with
// an event, unless this request signs in. With another error, the store's or that of
// ctx, the session is as it was. For what is kept in the browser, the newest that
// there is to read is whether it was revoked.
func (s *Session) Reload(ctx context.Context) (err error) {
	if err := s.lockToCommit(midway); err != nil {
		return err
	}
	returned := false
	defer func() {
		if !returned {
			_ = s.fail(runtime.Event{Kind: runtime.EventCommitFailed, Err: errPanicked}) // by a function given to Update
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
		return nil // there is nothing elsewhere
	case s.standing != live:
		return runtime.ErrEnded
	}
	s.settleAll()
	s.committing = true // others wait before they change something
	s.startDeadline(ctx, false)
	before := s.known()
	newest, found, err := s.manager.keeper.newest(before, s.call)
	if found && newest.head().Epoch != before.epoch {
		err = runtime.ErrEnded
	}
	switch {
	case errors.Is(err, runtime.ErrEnded):
		s.detach(ended)
		if s.hasChanges() && !s.signsInAnew() {
			s.note(runtime.Event{Kind: runtime.EventDropped, Reason: reasonEnded})
			s.discardFields()
		}
		return runtime.ErrEnded
	case err != nil:
		return fmt.Errorf("sessiongen: loading the session again: %w", err)
	case !found:
		return nil
	}
	if newest.head().Key != s.base.head().Key {
		s.superseded = true
	}
	s.replayOn(newest)
	s.extended = false // the time that is left is the newest, too: if it is due again, Commit extends it
	if err := s.locate(); err != nil {
		return fmt.Errorf("sessiongen: loading the session again: %w", err)
	}
	return nil
}

// known is what a session is recognised by when it is looked at again.
type known struct {
	token token
	rev   runtime.Rev
	epoch uint64
	seal  seal
	until time.Time // what a sealed session lasts for without a request
}

func (s *Session) known() known {
	return known{
		token: s.token, rev: s.base.rev, epoch: s.base.head().Epoch, seal: s.seal(),
		until: s.base.loaded.Add(min(s.base.idle, s.base.life)),
	}
}
