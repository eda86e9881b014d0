package runtime

import (
	"errors"
	"fmt"
)

// sealedKeeper keeps sessions in the browser's cookie: see sealer.go.
type sealedKeeper struct {
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
	k := &sealedKeeper{
		manager: m, sealer: sealer,
		use: Use{Application: m.application, Purpose: sealedPurpose + m.schema.Name, Cookie: m.schema.Cookie.Name},
	}
	if sealer.Revokes() {
		k.revoked = &revocations{store: sealer, life: m.schema.Lifetime + 2*ClockTolerance}
		if m.principal >= 0 {
			k.revoked.prefix = label("sessiongen sealed principal", k.use.Application, k.use.Purpose, k.use.Cookie, m.schema.Fields[m.principal].Key)
		}
	}
	m.keeper, m.sealed = k, true
	return nil
}

// candidate decrypts a value.
func (k *sealedKeeper) candidate(value string) (candidate, error) {
	sealed, err := k.sealer.Open(k.use, value)
	switch {
	case errors.Is(err, ErrRefused):
		return candidate{}, errNotSealed
	case err != nil:
		return candidate{}, fmt.Errorf("sessiongen: opening the sealed session: %w", err)
	}
	c, err := parseSealed(sealed)
	if err != nil {
		return candidate{}, errFrame
	}
	return c, nil
}

var (
	errNotSealed = &notACandidate{kind: CookieRefused, reason: errNotOurs.Error()}
	errFrame     = &notACandidate{kind: RecordRefused, err: errSealed}
)

// check looks at the cookie's times, and asks whether the session was revoked.
func (k *sealedKeeper) check(s *Session, c candidate) error {
	now := s.manager.clock()
	// A lifetime that was cut down counts for older cookies, too: what is revoked is
	// remembered for no longer than that.
	if latest := c.issued.Add(s.manager.schema.Lifetime); latest.Before(c.seal.expires) {
		c.seal.expires = latest
	}
	idleUntil := c.issued.Add(c.idle)
	switch {
	case c.issued.After(now.Add(ClockTolerance)):
		s.note(Event{Kind: CookieRefused, ID: c.token.id, Field: k.use.Cookie, Reason: "issued in the future: the clocks of the servers differ"})
		return nil
	case !now.Before(idleUntil), !now.Before(c.seal.expires):
		s.note(Event{Kind: Expired, ID: c.token.id})
		return nil
	}
	if err := s.manager.walk(&s.base, new(header), c.data, s.fields); err != nil {
		s.closeOpened()
		s.note(Event{Kind: RecordRefused, ID: c.token.id, Err: err})
		return nil
	}
	s.base.idle, s.base.life, s.base.loaded = idleUntil.Sub(now), c.seal.expires.Sub(now), now
	s.spansStale = false
	s.open(c.token)
	s.setSeal(c.seal)
	s.more.seal.holder = s.principal
	if k.revoked == nil {
		return nil
	}
	standing, err := k.judge(s, &c)
	switch {
	case err != nil:
		s.closeOpened()
		s.manager.raise(s.request.Context(), Event{Kind: StoreFailed, ID: c.token.id, Err: err})
		return fmt.Errorf("sessiongen: asking whether the session was revoked: %w", err)
	case standing == live:
		return nil
	}
	token, seal := s.token, s.more.seal
	s.closeOpened()
	if standing == absent {
		s.note(Event{Kind: Expired, ID: c.token.id, Reason: "revoked"})
		return nil
	}
	s.standing, s.token, s.more.seal = standing, token, seal
	if standing == ended {
		s.note(Event{Kind: Gone})
	} else {
		s.note(Event{Kind: Stale})
	}
	return nil
}

// judge asks the store what the session in a cookie is worth.
func (k *sealedKeeper) judge(s *Session, c *candidate) (standing, error) {
	s.startDeadline(s.request.Context(), false)
	defer s.deadline.stop()
	standing, err := k.revoked.check(s.deadline, k.revoked.ofSession(c.token.id), c.seal.session)
	if err == nil && standing == live && s.principal != "" {
		standing, err = k.revoked.check(s.deadline, k.revoked.ofPrincipal(s.principal), c.seal.principal)
		if standing == renewed {
			standing = ended // by RevokeBy or RevokeOthers
		}
	}
	return standing, err
}
