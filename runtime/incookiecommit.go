package runtime

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
)

// changesNeedCookie: they are kept nowhere else.
func (k *inCookie) changesNeedCookie(*Session) bool { return true }

// update seals a live session anew, with what the request has changed.
func (k *inCookie) update(s *Session, open bool) (setCookie string, err error) {
	if !open {
		return "", k.tooLate(s)
	}
	now := s.manager.clock()
	renewing, _ := s.privileges()
	next := s.rare().seal
	h := s.base.head()
	if renewing {
		client := s.client()
		h.userAgent, h.address = client.UserAgent, client.Address
		if k.revoked != nil {
			next.session = newRev()
		}
	}
	value, rec, err := k.reseal(s, &h, &next, now)
	if err != nil {
		return "", err
	}
	good, err := k.write(s, &next, renewing)
	if err != nil {
		return "", err
	}
	if !good {
		return s.lost(open)
	}
	k.sealed(s, rec, &next, now)
	if renewing {
		s.note(Event{Kind: Renewed})
	}
	return k.line(s, value), nil
}

// write has the store know of the changes. It reports false if the session was ended
// or renewed by another request.
func (k *inCookie) write(s *Session, next *seal, renewing bool) (good bool, err error) {
	if k.revoked == nil {
		return true, nil
	}
	if s.principalSet && s.rare().seal.holder != "" {
		// Whoever was signed in may have been revoked since, and must not pick up the
		// new revision. It was read before this, so nothing comes in between.
		record, revision := k.revoked.ofPrincipal(s.rare().seal.holder), s.rare().seal.principal
		var standing standing
		err := s.call(func(ctx context.Context) (err error) {
			standing, err = k.revoked.check(ctx, record, revision)
			return err
		})
		if err != nil {
			return false, fmt.Errorf("asking whether the session was revoked: %w", err)
		}
		if standing != live {
			return false, nil
		}
	}
	if s.revokeOthers && s.principal != "" {
		// The others may be ended only by a session that is not: the browser would lose
		// the cookie that another request has sent it, too.
		switch standing, err := k.standing(s); {
		case err != nil:
			return false, fmt.Errorf("revoking the other sessions: %w", err)
		case standing == ended:
			return false, nil
		case standing != live:
			return false, fmt.Errorf("revoking the other sessions: %w", errRaced)
		}
		if good, err := k.revokeOthersNow(s, next); err != nil || !good {
			return false, err
		}
	}
	if renewing {
		good, err = k.revoked.swap(s.call, k.revoked.ofSession(s.token.id), s.rare().seal.session, next.session, moved)
		if err != nil {
			err = fmt.Errorf("renewing the session: %w", err)
		}
		return good, err
	}
	standing, err := k.standing(s)
	if err != nil {
		err = fmt.Errorf("asking whether the session was revoked: %w", err)
	}
	return standing == live, err
}

// create seals a session for a request without one, under an ID of its own.
func (k *inCookie) create(s *Session) (setCookie string, err error) {
	now := s.manager.clock()
	client := s.client()
	s.base = base{}
	was, wasSeal := s.token, s.rare().seal
	defer func() {
		if s.standing != live {
			s.token, s.rare().seal = was, wasSeal // a Destroy after this is meant for what the browser has
		}
	}()
	s.token, s.rare().seal = token{id: newID()}, seal{}
	next := seal{expires: now.Add(s.manager.schema.Lifetime)}
	h := header{created: milliseconds(now), userAgent: client.UserAgent, address: client.Address}
	value, rec, err := k.reseal(s, &h, &next, now)
	if err != nil {
		return "", err
	}
	if _, err := k.revokeOthersNow(s, &next); err != nil {
		return "", err
	}
	k.sealed(s, rec, &next, now)
	s.standing = live
	s.note(Event{Kind: Created})
	return k.line(s, value), nil
}

// touch seals what the cookie holds again, with a new idle deadline. That it did not
// work is no reason to refuse the page.
func (k *inCookie) touch(s *Session, open bool) (setCookie string) {
	if !open || !s.touchDue() {
		return ""
	}
	s.touched = true
	now := s.manager.clock()
	if standing, err := k.standing(s); err != nil {
		s.note(Event{Kind: StoreFailed, Err: fmt.Errorf("extending the session: %w", err)})
		return ""
	} else if standing != live {
		return ""
	}
	value, err := k.seal(s, s.base.data, &s.rare().seal, now)
	if err != nil {
		s.note(Event{Kind: CommitFailed, Err: fmt.Errorf("extending the session: %w", err)})
		return ""
	}
	s.base.idle, s.base.life, s.base.loaded = s.manager.schema.Idle, s.rare().seal.expires.Sub(now), now
	return k.line(s, value)
}

// standing asks once more what the session is worth, just before its cookie goes
// out: another request may have ended it, or the browser may have a newer one by now.
func (k *inCookie) standing(s *Session) (now standing, err error) {
	if k.revoked == nil {
		return live, nil
	}
	record, revision := k.revoked.ofSession(s.token.id), s.rare().seal.session
	err = s.call(func(ctx context.Context) (err error) {
		now, err = k.revoked.check(ctx, record, revision)
		return err
	})
	return now, err
}

// reseal makes the cookie's next value, with nothing written so far, so that one that
// is too large costs nothing.
func (k *inCookie) reseal(s *Session, h *header, next *seal, now time.Time) (value string, rec Record, err error) {
	if s.principalSet {
		next.expires = now.Add(s.manager.schema.Lifetime)
		next.principal = Rev{}
	}
	if s.revokeOthers && s.principal != "" {
		if k.revoked == nil {
			return "", rec, fmt.Errorf("revoking the other sessions: %w", errNoRevocation)
		}
		next.principal = newRev()
	} else if s.principalSet && s.principal != "" && k.revoked != nil {
		record := k.revoked.ofPrincipal(s.principal)
		err := s.call(func(ctx context.Context) (err error) {
			next.principal, err = k.revoked.revision(ctx, record)
			return err
		})
		if err != nil {
			return "", rec, fmt.Errorf("signing in: %w", err)
		}
	}
	s.stamp(h)
	h.written = 0 // the seal says it
	if rec, err = s.encode(h, Rev{}); err != nil {
		return "", rec, err
	}
	value, err = k.seal(s, rec.Data, next, now)
	return value, rec, err
}

// seal makes the value of a cookie.
func (k *inCookie) seal(s *Session, data string, next *seal, now time.Time) (string, error) {
	buffer := scratch.Get().(*[]byte)
	defer scratch.Put(buffer)
	o := opened{id: s.token.id, seal: *next, idle: s.manager.schema.Idle, data: data}
	*buffer = o.append((*buffer)[:0])
	value, err := k.sealer.Seal(k.use, Sealed{Issued: now, Expires: next.expires, Data: *buffer})
	if err != nil {
		return "", fmt.Errorf("sealing the session: %w", err)
	}
	if size := len(k.use.Cookie) + len(value); size > maxCookie {
		return "", fmt.Errorf("%w: the sealed session %s has %d bytes with its name, and browsers ignore more than %d; %s: keep less in it, or sessions in a store",
			ErrCookie, k.use.Cookie, size, maxCookie, k.largest(s))
	}
	return value, nil
}

// largest names the fields that take the most room.
func (k *inCookie) largest(s *Session) string {
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

// revokeOthersNow ends the principal's other sessions, if that was asked for. It
// reports false if this one was among those that another request has ended.
func (k *inCookie) revokeOthersNow(s *Session, next *seal) (good bool, err error) {
	if !s.revokeOthers || s.principal == "" {
		return true, nil
	}
	record := k.revoked.ofPrincipal(s.principal)
	if s.principalSet && s.principal != s.rare().seal.holder {
		// Signing in counts as later than whatever comes in between.
		good, err = true, k.revoked.force(s.call, record, Rev{}, next.principal, moved)
	} else {
		good, err = k.revoked.swap(s.call, record, s.rare().seal.principal, next.principal, moved)
	}
	if err != nil {
		return false, fmt.Errorf("revoking the other sessions: %w", err)
	}
	if good {
		s.noteRevokedOthers()
	}
	return good, nil
}

// sealed takes what was sealed as the new base.
func (k *inCookie) sealed(s *Session, rec Record, next *seal, now time.Time) {
	s.rare().seal = *next
	s.rare().seal.holder = s.principal
	s.base = base{data: rec.Data, idle: s.manager.schema.Idle, life: next.expires.Sub(now), loaded: now}
	s.clean()
	s.spansStale = true
}

func (k *inCookie) line(s *Session, value string) string {
	maxAge := 0
	if s.base.head().remember {
		maxAge = keptFor(s.base.life)
	}
	return s.manager.cookie.line(value, maxAge)
}

func (k *inCookie) tooLate(s *Session) error {
	s.forget()
	s.note(Event{Kind: TooLate, Reason: "needs a cookie after the response has begun", Err: ErrTooLate})
	return nil
}

// destroy ends the session on the server, and has the browser forget it.
func (k *inCookie) destroy(s *Session, open bool) (setCookie string, err error) {
	if s.standing != absent && s.standing != doubtful {
		switch {
		case k.revoked != nil:
			record, from := k.revoked.ofSession(s.token.id), s.rare().seal.session
			if err := k.revoked.force(s.call, record, from, newRev(), finished); err != nil {
				s.undeleted = true
				return "", fmt.Errorf("ending the session: %w", err)
			}
		case !open:
			s.undeleted = true
			return "", fmt.Errorf("ending the session: %w", ErrTooLate)
		}
		s.note(Event{Kind: Destroyed})
	}
	s.destroyed = true
	// An earlier commit of this request may have put a cookie into the header.
	has := s.carried || open && slices.Contains(s.sentTokens(), k.use.Cookie)
	if has && (s.standing == live || s.standing == absent) {
		setCookie = s.manager.cookie.deletion()
	}
	if s.standing != doubtful {
		s.lose(ended)
	}
	return setCookie, nil
}

// revokeOthers: update and create have done so where somebody is still signed in.
func (k *inCookie) revokeOthers(s *Session, whose string) error {
	if s.principal != "" {
		return nil
	}
	if k.revoked == nil {
		return fmt.Errorf("revoking the other sessions: %w", errNoRevocation)
	}
	if err := k.revoked.force(s.call, k.revoked.ofPrincipal(whose), Rev{}, newRev(), moved); err != nil {
		return fmt.Errorf("revoking the other sessions: %w", err)
	}
	s.noteRevokedOthers()
	return nil
}

func (s *Session) noteRevokedOthers() {
	s.note(Event{Kind: Revoked, Reason: "all other sealed sessions of one principal; they cannot be counted"})
}
