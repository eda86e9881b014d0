package runtime

import (
	"errors"
	"fmt"
	"slices"
)

// inCookie keeps sessions in the browser's cookie: see sealer.go.
type inCookie struct {
	manager *Manager
	sealer  Sealer
	use     Use
	revoked *revocations // nil if replay is accepted
}

// keepInCookie refuses what sealed sessions cannot do.
func (m *Manager) keepInCookie(sealer Sealer) error {
	for _, f := range m.schema.Fields {
		if f.Traits&Index != 0 {
			return fmt.Errorf("sealed sessions are kept in the browsers and cannot be found by the index field %s: "+
				"take the option index from its tag, or use a store that is a runtime.Indexer", f.Key)
		}
	}
	if m.schema.Idle <= 0 || m.schema.Lifetime <= 0 {
		return errors.New("sealed sessions need an idle timeout and a lifetime above zero")
	}
	// Nothing is replayed and nothing is listed, so no mark and no term is needed.
	m.flashes, m.indexed = nil, nil
	k := &inCookie{
		manager: m, sealer: sealer,
		use: Use{Application: m.application, Purpose: sealedPurpose + m.schema.Name, Cookie: m.schema.Cookie.Name},
	}
	if sealer.Revokes() {
		k.revoked = &revocations{store: sealer, life: m.schema.Lifetime + 2*ClockTolerance}
		if m.principal >= 0 {
			k.revoked.prefix = label("sessiongen sealed principal", k.use.Application, k.use.Purpose, k.use.Cookie, m.schema.Fields[m.principal].Key)
		}
	}
	m.keeper = k
	return nil
}

// A request is asked for no more cookies of one name than these: so many attempts to
// open one, and so many different sessions that open.
const (
	maxAttempts = 8
	maxOpened   = 2
)

// unseal opens the different values of the request's session cookies. count is one
// more than fit if there are too many.
func (k *inCookie) unseal(s *Session, found *[maxOpened]opened) (count int, err error) {
	name := k.use.Cookie
	var tried [maxAttempts]string
	attempts, refused := 0, 0
	refuse := func(kind EventKind, err error) {
		if refused++; refused <= maxRefusals {
			e := Event{Kind: kind, Field: name, Err: err}
			if kind == CookieRefused {
				e.Reason, e.Err = err.Error(), nil
			}
			s.note(e)
		}
	}
	scanner := cookieScanner{lines: s.request.Header["Cookie"]}
	for {
		value, more := scanner.next(name)
		if !more {
			return count, nil
		}
		s.carried = true
		if slices.Contains(tried[:attempts], value) {
			continue
		}
		if attempts == maxAttempts {
			return maxOpened + 1, nil
		}
		tried[attempts] = value
		attempts++
		sealed, err := k.sealer.Open(k.use, value)
		switch {
		case errors.Is(err, ErrRefused):
			refuse(CookieRefused, errNotOurs)
			continue
		case err != nil:
			s.manager.raise(s.request.Context(), Event{Kind: StoreFailed, Err: err})
			return 0, fmt.Errorf("sessiongen: opening the sealed session: %w", err)
		}
		o, err := parseOpened(sealed)
		if err != nil {
			refuse(RecordRefused, err)
			continue
		}
		if count == maxOpened {
			return maxOpened + 1, nil
		}
		found[count] = o
		count++
	}
}

// find uses the cookie that opens, or the one of two that is good.
func (k *inCookie) find(s *Session) error {
	var found [maxOpened]opened
	count, err := k.unseal(s, &found)
	switch {
	case count == 0:
		return err
	case count == 1:
		return k.examine(s, &found[0])
	case count > maxOpened:
		s.standing = doubtful
		s.note(Event{Kind: CookieRefused, Field: k.use.Cookie, Reason: "sent more than twice"})
		return nil
	}
	if err := k.examine(s, &found[0]); err != nil {
		return err
	}
	first, token, seal, base := s.standing, s.token, s.rare().seal, s.base
	s.reset()
	if err := k.examine(s, &found[1]); err != nil {
		return err
	}
	switch {
	case first == live && s.standing == live:
		s.reset()
		s.standing = doubtful
		s.note(Event{Kind: CookieRefused, Field: k.use.Cookie, Reason: "sent twice, and both open a session"})
	case first == live:
		s.reset()
		s.base = base
		k.adopt(s, &found[0])
	case s.standing == absent:
		s.standing, s.token, s.rare().seal = first, token, seal
	}
	return nil
}

// examine finds out what a cookie is worth, which becomes the session's standing; an
// error means that the store could not say.
func (k *inCookie) examine(s *Session, o *opened) error {
	now := s.manager.clock()
	// A lifetime that was cut down counts for older cookies, too: what is revoked is
	// remembered for no longer than that.
	if latest := o.issued.Add(s.manager.schema.Lifetime); latest.Before(o.seal.expires) {
		o.seal.expires = latest
	}
	idleUntil := o.issued.Add(o.idle)
	switch {
	case o.issued.After(now.Add(ClockTolerance)):
		s.note(Event{Kind: CookieRefused, ID: o.id, Field: k.use.Cookie, Reason: "issued in the future: the clocks of the servers differ"})
		return nil
	case !now.Before(idleUntil), !now.Before(o.seal.expires):
		s.note(Event{Kind: Expired, ID: o.id})
		return nil
	}
	if err := s.manager.walk(&s.base, new(header), o.data, s.fields); err != nil {
		s.reset()
		s.note(Event{Kind: RecordRefused, ID: o.id, Err: err})
		return nil
	}
	s.base.idle, s.base.life, s.base.loaded = idleUntil.Sub(now), o.seal.expires.Sub(now), now
	s.spansStale = false
	k.adopt(s, o)
	if k.revoked == nil {
		return nil
	}
	s.startDeadline(s.request.Context(), false)
	defer s.deadline.stop()
	standing, err := k.revoked.check(s.deadline, k.revoked.ofSession(o.id), o.seal.session)
	if err == nil && standing == live && s.principal != "" {
		standing, err = k.revoked.check(s.deadline, k.revoked.ofPrincipal(s.principal), o.seal.principal)
		if standing == renewed {
			standing = ended // by RevokeBy or RevokeOthers
		}
	}
	if err != nil {
		s.reset()
		s.manager.raise(s.request.Context(), Event{Kind: StoreFailed, ID: o.id, Err: err})
		return fmt.Errorf("sessiongen: asking whether the session was revoked: %w", err)
	}
	if standing == live {
		return nil
	}
	token, seal := s.token, s.rare().seal
	s.reset()
	switch standing {
	case ended:
		s.standing, s.token, s.rare().seal = ended, token, seal
		s.note(Event{Kind: Gone})
	case renewed:
		s.standing, s.token, s.rare().seal = renewed, token, seal
		s.note(Event{Kind: Stale})
	default:
		s.note(Event{Kind: Expired, ID: o.id, Reason: "revoked"})
	}
	return nil
}

// adopt makes what a cookie holds, and the base has, the session's.
func (k *inCookie) adopt(s *Session, o *opened) {
	s.standing, s.token, s.rare().seal = live, token{id: o.id}, o.seal
	if principal := s.manager.principal; principal >= 0 {
		s.principal = s.wireOfBase(principal)
		s.rare().seal.holder = s.principal
		s.atLoad = s.principal
	}
}
