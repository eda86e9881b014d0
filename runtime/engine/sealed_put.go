package engine

import (
	"context"
	"fmt"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/cookie"
	"github.com/sessiongen/sessiongen/runtime/internal/scratch"
	"github.com/sessiongen/sessiongen/runtime/record"
)

// put seals a session and records at the store what invalidates its earlier cookies. It seals
// first, so that a session too large for a cookie has no effect on the store.
func (k *sealedKeeper) put(s *Session, w write) (value string, o outcome, err error) {
	next := s.seal()
	switch {
	case w.fresh:
		next = seal{expires: s.at.Add(s.manager.schema.Lifetime)}
	case w.renewing && k.revoked != nil:
		next.session = newRev()
	}
	if good, err := k.setAllRevision(s, &next, w.fresh); err != nil {
		return "", kept, err
	} else if !good {
		return "", gone, nil
	}
	if err := k.setPrincipalRevision(s, &next); err != nil {
		return "", kept, err
	}
	if value, err = k.sealInto(s, w.rec.Data, &next); err != nil {
		return "", kept, err
	}
	good, planned := true, next
	if w.fresh {
		_, err = k.endOthersNow(s, &next) // good stays true: no other request can have ended a fresh session
	} else {
		good, err = k.invalidateEarlier(s, &next, w.renewing)
	}
	switch {
	case err != nil:
		return "", kept, err
	case !good:
		return "", gone, nil
	}
	if next != planned { // by a revision of the same size
		if value, err = k.sealInto(s, w.rec.Data, &next); err != nil {
			return "", kept, err
		}
	}
	next.holder = s.principal
	s.setSeal(next)
	return value, kept, nil
}

// setAllRevision sets the revision of the record that revokes every cookie, for a new session. A
// live one keeps its own, so that it stays ended if RevokeAll has ended it, whatever it writes.
// It reports false if this process knows that already.
func (k *sealedKeeper) setAllRevision(s *Session, next *seal, fresh bool) (good bool, err error) {
	if k.revoked == nil {
		return true, nil
	}
	err = s.call(func(ctx context.Context) error {
		if !fresh {
			standing, err := k.revoked.standingAmongAll(ctx, next.all)
			good = standing == live
			return err
		}
		all, err := k.revoked.everyone(ctx)
		if err == nil {
			next.all, good = all.revision(), true
		}
		return err
	})
	if err != nil {
		return false, fmt.Errorf("checking whether all sessions were revoked: %w", err)
	}
	return good, nil
}

// setPrincipalRevision sets the principal revision of the next cookie.
func (k *sealedKeeper) setPrincipalRevision(s *Session, next *seal) error {
	if s.principalSet {
		next.expires = s.at.Add(s.manager.schema.Lifetime)
		next.principal = runtime.Rev{}
	}
	switch {
	case s.revokeOthers && s.principal != "":
		if k.revoked == nil {
			return fmt.Errorf("revoking the other sessions: %w", errNoRevocation)
		}
		next.principal = newRev()
	case s.principalSet && s.principal != "" && k.revoked != nil:
		recordID := k.revoked.ofPrincipal(s.principal)
		err := s.call(func(ctx context.Context) (err error) {
			next.principal, err = k.revoked.revision(ctx, recordID)
			return err
		})
		if err != nil {
			return fmt.Errorf("signing in: %w", err)
		}
	}
	return nil
}

// invalidateEarlier records the changes of a live session at the store, so that earlier cookies
// open nothing. It reports false if another request has ended or renewed the session.
func (k *sealedKeeper) invalidateEarlier(s *Session, next *seal, renewing bool) (good bool, err error) {
	if k.revoked == nil {
		return true, nil
	}
	before := s.seal()
	if s.principalSet && before.holder != "" {
		// The sessions of the previous principal may have been revoked since. Such a session must not
		// get the new revision. That revision was read before this check, so nothing comes in
		// between.
		standing, err := k.recheck(s, k.revoked.ofPrincipal(before.holder), before.principal)
		if err != nil {
			return false, fmt.Errorf("checking whether the session was revoked: %w", err)
		}
		if standing != live {
			return false, nil
		}
	}
	recordID := k.revoked.ofSession(s.token.id)
	if s.revokeOthers && s.principal != "" {
		// Only a session that has not ended may end the others. Otherwise the browser would also lose
		// the cookie that another request has sent.
		switch standing, err := k.recheck(s, recordID, before.session); {
		case err != nil:
			return false, fmt.Errorf("revoking the other sessions: %w", err)
		case standing == ended:
			return false, nil
		case standing != live:
			return false, fmt.Errorf("revoking the other sessions: %w", errRaced)
		}
		if good, err := k.endOthersNow(s, next); err != nil || !good {
			return false, err
		}
	}
	if renewing {
		good, err = k.revoked.swap(s.call, recordID, before.session, next.session, record.RevocationMoved)
		if err != nil {
			err = fmt.Errorf("renewing the session: %w", err)
		}
		return good, err
	}
	standing, err := k.recheck(s, recordID, before.session)
	if err != nil {
		err = fmt.Errorf("checking whether the session was revoked: %w", err)
	}
	return standing == live, err
}

// recheck looks up the standing of a cookie again, just before the next one is sent. Another
// request may have ended the session, or the browser may have a newer cookie by now.
func (k *sealedKeeper) recheck(s *Session, recordID runtime.ID, revision runtime.Rev) (now standing, err error) {
	err = s.call(func(ctx context.Context) (err error) {
		now, err = k.revoked.check(ctx, recordID, revision)
		return err
	})
	return now, err
}

// endOthersNow ends the other sessions of the principal, if the request wants that. It reports
// false if another request has ended this session in the same way.
func (k *sealedKeeper) endOthersNow(s *Session, next *seal) (good bool, err error) {
	if !s.revokeOthers || s.principal == "" {
		return true, nil
	}
	recordID, before := k.revoked.ofPrincipal(s.principal), s.seal()
	if s.principalSet && s.principal != before.holder {
		// A sign-in counts as later than any concurrent revocation.
		good = true
		next.principal, err = k.revoked.force(s.call, recordID, runtime.Rev{}, next.principal, record.RevocationMoved)
	} else {
		good, err = k.revoked.swap(s.call, recordID, before.principal, next.principal, record.RevocationMoved)
	}
	if err != nil {
		return false, fmt.Errorf("revoking the other sessions: %w", err)
	}
	if good {
		s.noteRevokedOthers()
	}
	return good, nil
}

// endOthers handles a request that has signed out. Otherwise put has ended the other sessions.
func (k *sealedKeeper) endOthers(s *Session, whose string) error {
	if s.principal != "" {
		return nil
	}
	if k.revoked == nil {
		return errNoRevocation
	}
	if _, err := k.revoked.force(s.call, k.revoked.ofPrincipal(whose), runtime.Rev{}, newRev(), record.RevocationMoved); err != nil {
		return err
	}
	s.noteRevokedOthers()
	return nil
}

func (s *Session) noteRevokedOthers() {
	s.note(runtime.Event{Kind: runtime.EventRevoked, Reason: "all other sealed sessions of one principal; they cannot be counted"})
}

// end invalidates all cookies of a session. Without revocations, only the cookie in this browser
// is deleted.
func (k *sealedKeeper) end(s *Session, id runtime.ID, revision runtime.Rev, unsent bool) error {
	switch {
	case k.revoked != nil:
		_, err := k.revoked.force(s.call, k.revoked.ofSession(id), revision, newRev(), record.RevocationFinished)
		return err
	case !unsent:
		return runtime.ErrTooLate
	}
	return nil
}

// extend seals the contents of the cookie again, with a new idle deadline.
func (k *sealedKeeper) extend(s *Session) (value string, err error) {
	now := s.seal()
	if k.revoked != nil {
		standing, err := k.recheck(s, k.revoked.ofSession(s.token.id), now.session)
		if err != nil || standing != live {
			return "", err
		}
	}
	if value, err = k.sealInto(s, s.base.data, &now); err != nil {
		return "", err
	}
	s.base.idle, s.base.life, s.base.loaded = s.manager.schema.Idle, now.expires.Sub(s.at), s.at
	return value, nil
}

// sealInto returns the value of the cookie.
func (k *sealedKeeper) sealInto(s *Session, data string, next *seal) (string, error) {
	buffer := scratch.Pool.Get().(*[]byte)
	defer scratch.Pool.Put(buffer)
	frame := record.Frame{ID: s.token.id, Session: next.session, Principal: next.principal, All: next.all, Idle: s.manager.schema.Idle, Data: data}
	*buffer = frame.Append((*buffer)[:0])
	value, err := k.sealer.Seal(k.use, runtime.Sealed{Issued: s.at, Expires: next.expires, Data: *buffer})
	if err != nil {
		return "", fmt.Errorf("sealing the session: %w", err)
	}
	if size := len(k.use.Cookie) + len(value); size > cookie.MaxSize {
		return "", fmt.Errorf("%w: the sealed session %s has %d bytes with its name, and browsers ignore more than %d; %s: store less in it, or use a store",
			runtime.ErrCookie, k.use.Cookie, size, cookie.MaxSize, s.largest())
	}
	return value, nil
}
