package runtime

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// ErrEnded says that a session has ended, or that its privilege has changed, since this
// request loaded it.
var ErrEnded = errors.New("sessiongen: " + reasonEnded)

// Reload reads what other requests have stored since the session was loaded, for a handler
// that goes on for long, such as one that streams. What this request has changed and not
// committed is kept: relative changes are made again on the newest value, others stand. A
// slice or map that a getter returned before is no longer the live one. The idle timeout is
// extended by the next Commit: who waits for messages calls both for each, and a session that
// only messages use stays.
//
// The error is [ErrEnded] when the session was ended elsewhere, or its principal or a renew
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
			_ = s.fail(Event{Kind: CommitFailed, Err: errPanicked}) // by a function given to Update
		}
		s.endCommit(midway)
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
		return ErrEnded
	}
	s.settleAll()
	s.committing = true // others wait before they change something
	s.startDeadline(ctx, false)
	newest, err := s.manager.keeper.newest(s.known(), s.call)
	switch {
	case errors.Is(err, ErrEnded):
		s.lose(ended)
		if signsIn := s.atLoad == "" && s.principalSet && s.principal != ""; s.hasChanges() && !signsIn {
			s.note(Event{Kind: Dropped, Reason: reasonEnded})
			s.forgetFields()
		}
		return ErrEnded
	case err != nil:
		return fmt.Errorf("sessiongen: loading the session again: %w", err)
	case newest == nil:
		return nil
	}
	if newest.head().key != s.base.head().key {
		s.withoutCookie = true
	}
	s.use(*newest)
	s.touched = false // the time that is left is the newest, too: if it is due again, Commit extends it
	if err := s.locate(); err != nil {
		return fmt.Errorf("sessiongen: loading the session again: %w", err)
	}
	return nil
}

// known is what a session is recognised by when it is looked at again.
type known struct {
	token token
	rev   Rev
	epoch uint64
	seal  seal
	until time.Time // what a sealed session lasts for without a request
}

func (s *Session) known() known {
	k := known{token: s.token, rev: s.base.rev, epoch: s.base.head().epoch, until: s.base.loaded.Add(min(s.base.idle, s.base.life))}
	if s.more != nil {
		k.seal = s.more.seal
	}
	return k
}

func (inStore) records(of known) []ID { return []ID{of.token.id} }

// newest loads the session's record.
func (k inStore) newest(of known, call caller) (*base, error) {
	id := of.token.id
	generation := k.manager.queue.generation(id)
	at := k.manager.clock()
	var rec Record
	err := call(func(ctx context.Context) (err error) {
		rec, err = k.manager.store.Load(ctx, id)
		return err
	})
	switch {
	case errors.Is(err, ErrGone), errors.Is(err, ErrNotFound):
		return nil, ErrEnded
	case err != nil:
		return nil, err
	}
	var b base
	h, err := k.manager.understand(&b, rec, at, nil)
	switch {
	case err != nil:
		return nil, err
	case h.epoch != of.epoch:
		return nil, ErrEnded
	}
	b.generation = generation
	return &b, nil
}

func (k *inCookie) records(of known) []ID {
	switch {
	case k.revoked == nil:
		return nil
	case of.seal.holder == "":
		return []ID{k.revoked.ofSession(of.token.id)}
	}
	return []ID{k.revoked.ofSession(of.token.id), k.revoked.ofPrincipal(of.seal.holder)}
}

// newest finds out whether a sealed session was revoked. What it holds is in the cookie.
func (k *inCookie) newest(of known, call caller) (*base, error) {
	if !k.manager.clock().Before(of.until) {
		return nil, ErrEnded
	}
	if k.revoked == nil {
		return nil, nil
	}
	standing := live
	err := call(func(ctx context.Context) (err error) {
		standing, err = k.revoked.check(ctx, k.revoked.ofSession(of.token.id), of.seal.session)
		if err == nil && standing == live && of.seal.holder != "" {
			standing, err = k.revoked.check(ctx, k.revoked.ofPrincipal(of.seal.holder), of.seal.principal)
		}
		return err
	})
	if err == nil && standing != live {
		err = ErrEnded
	}
	return nil, err
}
