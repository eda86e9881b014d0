package engine

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/cookie"
	"github.com/sessiongen/sessiongen/runtime/internal/scratch"
	"github.com/sessiongen/sessiongen/runtime/record"
)

// put seals a session, and has the store know of what forbids its earlier cookies. A
// session that is too large for a cookie costs nothing: it is sealed before anything is
// written.
func (k *sealedKeeper) put(s *Session, w write) (value string, o outcome, err error) {
	next := s.seal()
	switch {
	case w.fresh:
		next = seal{expires: s.at.Add(s.manager.schema.Lifetime)}
	case w.renewing && k.revoked != nil:
		next.session = newRev()
	}
	if err := k.setPrincipalRevision(s, &next); err != nil {
		return "", kept, err
	}
	if value, err = k.sealInto(s, w.rec.Data, &next); err != nil {
		return "", kept, err
	}
	good := true
	if w.fresh {
		_, err = k.endOthersNow(s, &next) // nothing that another request has ended is in it
	} else {
		good, err = k.invalidateEarlier(s, &next, w.renewing)
	}
	switch {
	case err != nil:
		return "", kept, err
	case !good:
		return "", gone, nil
	}
	next.holder = s.principal
	s.setSeal(next)
	return value, kept, nil
}

// remember gives the next cookie the revision of its principal's record.
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

// invalidateEarlier has the store know of the changes to a live session. It reports false if
// the session was ended or renewed by another request.
func (k *sealedKeeper) invalidateEarlier(s *Session, next *seal, renewing bool) (good bool, err error) {
	if k.revoked == nil {
		return true, nil
	}
	before := s.seal()
	if s.principalSet && before.holder != "" {
		// Whoever was signed in may have been revoked since, and must not pick up the
		// new revision. It was read before this, so nothing comes in between.
		standing, err := k.recheck(s, k.revoked.ofPrincipal(before.holder), before.principal)
		if err != nil {
			return false, fmt.Errorf("asking whether the session was revoked: %w", err)
		}
		if standing != live {
			return false, nil
		}
	}
	recordID := k.revoked.ofSession(s.token.id)
	if s.revokeOthers && s.principal != "" {
		// The others may be ended only by a session that is not: the browser would lose
		// the cookie that another request has sent it, too.
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
		err = fmt.Errorf("asking whether the session was revoked: %w", err)
	}
	return standing == live, err
}

// standing asks what a cookie that remembers a revision is worth, just before the next one
// goes out: another request may have ended the session, or the browser may have a newer
// cookie by now.
func (k *sealedKeeper) recheck(s *Session, recordID runtime.ID, revision runtime.Rev) (now standing, err error) {
	err = s.call(func(ctx context.Context) (err error) {
		now, err = k.revoked.check(ctx, recordID, revision)
		return err
	})
	return now, err
}

// endOthersNow ends the principal's other sessions, if that was asked for. It
// reports false if this one was among those that another request has ended.
func (k *sealedKeeper) endOthersNow(s *Session, next *seal) (good bool, err error) {
	if !s.revokeOthers || s.principal == "" {
		return true, nil
	}
	recordID, before := k.revoked.ofPrincipal(s.principal), s.seal()
	if s.principalSet && s.principal != before.holder {
		// Signing in counts as later than whatever comes in between.
		good, err = true, k.revoked.force(s.call, recordID, runtime.Rev{}, next.principal, record.RevocationMoved)
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

// endOthers is for a request that has signed out: put has done so where there is still a
// principal.
func (k *sealedKeeper) endOthers(s *Session, whose string) error {
	if s.principal != "" {
		return nil
	}
	if k.revoked == nil {
		return errNoRevocation
	}
	if err := k.revoked.force(s.call, k.revoked.ofPrincipal(whose), runtime.Rev{}, newRev(), record.RevocationMoved); err != nil {
		return err
	}
	s.noteRevokedOthers()
	return nil
}

func (s *Session) noteRevokedOthers() {
	s.note(runtime.Event{Kind: runtime.EventRevoked, Reason: "all other sealed sessions of one principal; they cannot be counted"})
}

// end forbids all cookies of the session. Without a store for that, the browser is only told
// to forget the one that it has.
func (k *sealedKeeper) end(s *Session, unsent bool) error {
	switch {
	case k.revoked != nil:
		return k.revoked.force(s.call, k.revoked.ofSession(s.token.id), s.seal().session, newRev(), record.RevocationFinished)
	case !unsent:
		return runtime.ErrTooLate
	}
	return nil
}

// extend seals what the cookie holds again, with a new idle deadline.
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

// sealInto makes the value of a cookie.
func (k *sealedKeeper) sealInto(s *Session, data string, next *seal) (string, error) {
	buffer := scratch.Pool.Get().(*[]byte)
	defer scratch.Pool.Put(buffer)
	frame := record.Frame{ID: s.token.id, Session: next.session, Principal: next.principal, Idle: s.manager.schema.Idle, Data: data}
	*buffer = frame.Append((*buffer)[:0])
	value, err := k.sealer.Seal(k.use, runtime.Sealed{Issued: s.at, Expires: next.expires, Data: *buffer})
	if err != nil {
		return "", fmt.Errorf("sealing the session: %w", err)
	}
	if size := len(k.use.Cookie) + len(value); size > cookie.MaxSize {
		return "", fmt.Errorf("%w: the sealed session %s has %d bytes with its name, and browsers ignore more than %d; %s: keep less in it, or sessions in a store",
			runtime.ErrCookie, k.use.Cookie, size, cookie.MaxSize, k.largest(s))
	}
	return value, nil
}

// largest names the fields that take the most room.
func (k *sealedKeeper) largest(s *Session) string {
	type sized struct {
		key  string
		size int
	}
	var fields []sized
	for i, f := range s.manager.schema.Fields {
		if size, err := s.fieldSize(i); err == nil && size > 0 {
			fields = append(fields, sized{f.Key, size})
		}
	}
	slices.SortStableFunc(fields, func(a, b sized) int { return b.size - a.size })
	var names []string
	for _, f := range fields[:min(3, len(fields))] {
		names = append(names, fmt.Sprintf("%s (%d)", f.key, f.size))
	}
	return "most of it is in " + strings.Join(names, ", ")
}
