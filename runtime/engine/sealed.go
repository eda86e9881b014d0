package engine

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"time"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/keyring"
	"github.com/sessiongen/sessiongen/runtime/record"
)

// sealedKeeper keeps sessions in the browser's cookie, encrypted. The server keeps only what
// revokes cookies that have been sent already, and only if the sealer has a store for it.
//
// A cookie holds the session's ID, which stays from its creation to its end; when it was issued;
// the idle and the absolute deadline; the fields; and the revisions of the two records that can
// revoke it. There is one such record per session and one per principal, and none as long as
// there is nothing to revoke. A cookie is good as long as each of its two records is missing or
// has the revision that the cookie remembers:
//
//	renewal       gives the session's record a new revision, and remembers it
//	Destroy       marks the session's record as ended, whatever its revision is
//	RevokeBy      gives the principal's record a new revision
//	RevokeOthers  does the same, and remembers the new revision
//	signing in    remembers the revision that the principal's record has
//
// Records are changed by compare-and-swap alone. Of two requests that renew one session, or of
// one that renews it and one that ends it, the loser therefore notices. Records live longer than
// any cookie that they revoke: for the lifetime of the schema and the tolerance for clocks. An
// expired record therefore revokes nothing any more, and only the store's clock is needed to
// order a sign-in and a revocation. A sign-in in progress during RevokeBy may count as earlier or
// as later; the next RevokeBy reaches it in any case.
//
// A request:
//
//  1. The store is not asked for a missing cookie, for one that does not open, for an expired one
//     and for one from the future. Otherwise it takes one Load of the session's record, and one
//     of the principal's for a signed-in visitor. A store that fails is a 503. If the cookie is
//     no longer good, the session has the standing "ended" or "renewed" for as long as a stored
//     one has, in which writes are dropped and only signing in is possible. After that it counts
//     as absent.
//  2. The handler runs on what the cookie holds.
//  3. If something has changed, the session is sealed anew, and its size is checked before
//     anything is written. Then the records above are written, the principal's first. Before
//     that, and if there is nothing to write, the session's record is loaded once more, so that
//     a slow response does not put a dead cookie in place of one that another request has
//     renewed. Then the cookie is sent. Changes of another request with the same cookie are lost:
//     the last response wins.
//  4. If nothing has changed, the same session gets a new deadline once per tenth of the idle
//     timeout.
//  5. After the first byte, only the end of the session can be kept.
type sealedKeeper struct {
	manager *Manager
	sealer  runtime.Sealer
	use     keyring.Use
	revoked *revocations // nil if the application accepts replay
}

// keepInCookie sets up sealed sessions. It refuses a schema that they cannot serve.
func (m *Manager) keepInCookie(sealer runtime.Sealer) error {
	for _, f := range m.schema.Fields {
		if f.Traits&Index != 0 {
			return fmt.Errorf("sealed sessions are kept in browsers and cannot be found by the index field %s: "+
				"remove the option index from its tag, or use a store that is a runtime.Indexer", f.Key)
		}
	}
	if len(m.applications()) > 1 {
		return errors.New("sealed sessions are bound to the application's name, and cannot be opened under an earlier one: remove the earlier names from WithApplication")
	}
	if m.schema.Idle <= 0 || m.schema.Lifetime <= 0 {
		return errors.New("sealed sessions need an idle timeout and a lifetime above zero")
	}
	// Sealed sessions are not replayed or listed, so they need no flash marks and no terms.
	m.flashes, m.indexed = nil, nil
	k := &sealedKeeper{
		manager: m, sealer: sealer,
		use: record.SealedUse(m.options.Application, m.schema.Name, m.schema.Cookie.Name),
	}
	if sealer.Revokes() {
		k.revoked = &revocations{
			store: sealer, life: m.schema.Lifetime + 2*keyring.ClockTolerance,
			session: keyring.Label("sessiongen sealed session", k.use.Application, k.use.Purpose, k.use.Cookie),
		}
		all := sha256.Sum256(keyring.Label("sessiongen sealed everyone", k.use.Application, k.use.Purpose, k.use.Cookie))
		k.revoked.all.id = runtime.ID(all[:])
		if m.principal >= 0 {
			k.revoked.principal = keyring.Label("sessiongen sealed principal", k.use.Application, k.use.Purpose, k.use.Cookie, m.schema.Fields[m.principal].firstKey())
		}
	}
	m.keeper, m.sealed = k, true
	return nil
}

// rareWithFrame lets a sealed session and the frame of its cookie cost one allocation.
type rareWithFrame struct {
	rare  rare
	frame record.Frame
}

// frame returns room for a frame.
func (s *Session) frame() *record.Frame {
	if s.more != nil {
		return new(record.Frame)
	}
	room := new(rareWithFrame)
	s.more = &room.rare
	return &room.frame
}

// candidate decrypts a value.
func (k *sealedKeeper) candidate(s *Session, value string) (candidate, error) {
	sealed, err := k.sealer.Open(k.use, value)
	switch {
	case errors.Is(err, keyring.ErrRefused):
		return candidate{}, &notACandidate{kind: runtime.EventCookieRefused, reason: refusalOf(k.lacksKey(value))}
	case err != nil:
		return candidate{}, fmt.Errorf("sessiongen: opening the sealed session: %w", err)
	}
	frame, err := record.ParseFrame(sealed)
	if err != nil {
		return candidate{}, errFrame
	}
	kept := s.frame()
	*kept = frame
	return candidate{sealed: kept}, nil
}

// lacksKey reports whether a value was sealed with a secret that the sealer lacks, if the sealer
// can tell.
func (k *sealedKeeper) lacksKey(value string) bool {
	sealer, ok := k.sealer.(runtime.KeyChecker)
	return ok && sealer.LacksKey(k.use, value)
}

var errFrame = &notACandidate{kind: runtime.EventRecordRefused, err: record.ErrFrame}

// check compares the times in the cookie with the clock, and checks whether the session was
// revoked.
func (k *sealedKeeper) check(s *Session, c candidate) error {
	now := s.manager.options.Clock()
	// A shortened lifetime applies to older cookies, too: the records of revocations last no
	// longer than it.
	if latest := c.sealed.Issued.Add(s.manager.schema.Lifetime); latest.Before(c.sealed.Expires) {
		c.sealed.Expires = latest
	}
	idleUntil := c.sealed.Issued.Add(c.sealed.Idle)
	switch {
	case c.sealed.Issued.After(now.Add(keyring.ClockTolerance)):
		s.note(runtime.Event{Kind: runtime.EventCookieRefused, ID: c.sealed.ID, Field: k.use.Cookie, Reason: "issued in the future: the clocks of the servers differ"})
		return nil
	case !now.Before(idleUntil), !now.Before(c.sealed.Expires):
		s.note(runtime.Event{Kind: runtime.EventExpired, ID: c.sealed.ID})
		return nil
	}
	h := new(record.Header)
	if err := s.manager.walk(&s.base, h, c.sealed.Data, s.fields); err != nil {
		s.closeOpened()
		s.note(runtime.Event{Kind: runtime.EventRecordRefused, ID: c.sealed.ID, Err: err})
		return nil
	}
	s.base.idle, s.base.life, s.base.loaded = idleUntil.Sub(now), c.sealed.Expires.Sub(now), now
	s.spansStale = false
	s.open(token{id: c.sealed.ID})
	s.setSeal(seal{session: c.sealed.Session, principal: c.sealed.Principal, all: c.sealed.All, expires: c.sealed.Expires, holder: s.principal})
	if err := s.checkPrivileges(); err != nil {
		s.closeOpened()
		s.note(runtime.Event{Kind: runtime.EventRecordRefused, ID: c.sealed.ID, Err: err})
		return nil
	}
	if !s.isClient(h.Client) {
		s.refuseClient()
		return nil
	}
	if k.revoked == nil {
		return nil
	}
	standing, err := k.checkRevoked(s, &c)
	switch {
	case err != nil:
		s.closeOpened()
		s.loadFailed(runtime.Event{ID: c.sealed.ID, Err: err})
		return fmt.Errorf("sessiongen: checking whether the session was revoked: %w", err)
	case standing == live:
		return nil
	}
	token, seal := s.token, s.more.seal
	s.closeOpened()
	if standing == absent {
		s.note(runtime.Event{Kind: runtime.EventExpired, ID: c.sealed.ID, Reason: "revoked"})
		return nil
	}
	s.standing, s.token, s.more.seal = standing, token, seal
	if standing == ended {
		s.note(runtime.Event{Kind: runtime.EventGone})
	} else {
		s.note(runtime.Event{Kind: runtime.EventStale, Reason: reasonStale})
	}
	return nil
}

// checkRevoked looks up the standing of the session in a cookie.
func (k *sealedKeeper) checkRevoked(s *Session, c *candidate) (standing, error) {
	s.startDeadline(s.request.Context(), false)
	defer s.deadline.Stop()
	standing, err := k.revoked.standingAmongAll(s.deadline, c.sealed.All)
	if err != nil || standing != live {
		return standing, err
	}
	standing, err = k.revoked.check(s.deadline, k.revoked.ofSession(c.sealed.ID), c.sealed.Session)
	if err == nil && standing == live && s.principal != "" {
		standing, err = k.revoked.check(s.deadline, k.revoked.ofPrincipal(s.principal), c.sealed.Principal)
		if standing == renewed {
			standing = ended // by RevokeBy or RevokeOthers
		}
	}
	return standing, err
}

// seal is the state of a sealed session that is in its cookie but not in a record.
type seal struct {
	session, principal, all runtime.Rev // revisions of the revocation records; zero if there was no record
	expires                 time.Time   // the absolute deadline
	holder                  string      // the principal that the revision belongs to; not in the frame of the cookie
}

var (
	errNoRevocation = unsupported("sealed sessions with accepted replay cannot be revoked: give sealed.New the option sealed.WithRevocations instead")
	errNoList       = unsupported("sealed sessions are kept in browsers and cannot be listed: use a store that is a runtime.Indexer")
	errRaced        = errors.New("another request has renewed the session meanwhile: try again")
	errRestless     = errors.New("other requests keep changing the record of revocations: try again")
)

// unsupported is an error for which repetition is pointless.
type unsupported string

func (u unsupported) Error() string { return string(u) }

func (u unsupported) Is(target error) bool { return target == errors.ErrUnsupported }

// seal returns the seal of a sealed session.
func (s *Session) seal() seal {
	if s.more == nil {
		return seal{}
	}
	return s.more.seal
}

func (s *Session) setSeal(to seal) {
	if s.more != nil || to != (seal{}) {
		s.rare().seal = to
	}
}
