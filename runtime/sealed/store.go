// Package sealed keeps sessions in the browser: the session cookie carries them,
// encrypted and authenticated, and no server has to remember them.
//
//	revocations, err := sqlstore.Postgres(db) // or any other runtime.Store
//	store, err := sealed.New(keys, sealed.WithRevocations(revocations))
//	visitors, err := web.NewVisitorManager(store, runtime.WithKeys(keys), runtime.WithApplication("shop"))
//
// # What is different from a session in a store
//
// The last response wins. Two requests at the same time each begin with what the
// cookie held and each send it back with their own changes; what the browser received
// first is lost. Nothing is merged, whatever the method: AddVisits, AppendCart and UpdateCart as well.
// Once per tenth of the idle timeout a request that changes nothing sends the session
// back, too, to extend it.
//
// The visitor holds the session, and can put an earlier one in its place: every cookie
// since the last renewal is good while the session lasts. So a sealed session is no
// place for what the visitor must not turn back, such as a count of attempts or a
// voucher that is used up. Signing in or out and a change of a renew field renew the
// session: with a store for revocations, no cookie from before is good then.
//
// A browser keeps 4096 bytes of a cookie with its name: see the errors below. Nobody can
// list the sessions: fields with the option index are refused when the manager is
// made, and the ListBy method of a principal returns errors.ErrUnsupported. RevokeBy
// ends sessions but cannot count them, and returns 0.
//
// # The end of a session
//
// What was sent once can be sent again. A cookie that was copied before the
// visitor signed out is as good afterwards, unless somebody remembers that it is not.
// So [New] wants to be told: [WithRevocations] gives it a store for what was revoked,
// and [AcceptReplay] accepts that signing out only makes the visitor's own browser
// forget the cookie, that a role taken away lasts until the cookie expires, and that
// Revoke, RevokeBy and RevokeOthers return errors.ErrUnsupported.
//
// With a store for revocations, a request with a session costs one Load, and one more
// if somebody is signed in; a change costs one more Load, and one more again if it sets
// the principal of a session that has one. RevokeOthers that fails halfway ends the
// visitor's own session as well. Signing in costs a Load and,
// if there was a session before, a write. Destroy costs one write; Revoke and RevokeBy
// one, or three calls where there is a record already; RevokeOthers a Load and two
// writes. A write leaves a record of about 100 bytes for
// the lifetime of the schema and 20 minutes: one per session that was ended or
// renewed, one per principal whose sessions were revoked. The records' IDs are hashes of
// their own, so the store may hold other sessions, too. It has to keep what it
// was told: where memstore forgets at a restart, signed-out cookies are good again. And a tag's
// lifetime is made longer only when no program with the shorter one runs any more.
// A store that does not answer costs an error page with status 503, to visitors with a
// session: nobody is let in, and nobody is taken for nobody.
//
// # Keys
//
// Whoever knows a secret of the ring can make a session of anybody, unlike somebody who
// has read a store. Taking a secret out of the ring ends all sessions that were sealed with
// it; a new one in front of it takes over as sessions are sealed anew.
//
// # Clocks
//
// The servers' own clocks decide when a sealed session expires. They should agree to
// well within the idle timeout. A cookie that was issued more than
// [keyring.ClockTolerance] in the future is refused, so that none is accepted for
// longer than until its deadline and this. The order of sign-ins and revocations does not
// depend on any clock. Browsers are told to forget a cookie in time, but nobody relies on
// it.
//
// # Errors
//
// A session that is too large fails the commit with [runtime.ErrCookie], and the
// response is the error page, with status 500: nothing is cut off, and nothing is
// sent. A change after the first byte of the response fails with [runtime.ErrTooLate]: there is
// no way to send it. Only Destroy still ends the session then, if there is a store
// for revocations.
package sealed

import (
	"context"
	"errors"
	"fmt"
	"io"
	"reflect"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/keyring"
)

// Store seals sessions. It implements [runtime.Sealer], and is given to a generated
// manager's constructor like any other store. It is safe for several goroutines, and
// several managers may share one.
type Store struct {
	keys        *keyring.Keys
	revocations runtime.Store // nil if replay is accepted
	replay      bool
	deflate     int // compress what is longer; 0: nothing

	mu      sync.Mutex // held to replace ciphers
	ciphers atomic.Pointer[map[keyring.Use]*keyring.Cipher]
}

var (
	_ runtime.Sealer  = (*Store)(nil)
	_ runtime.Watcher = (*Store)(nil)
)

// Option says how [New] makes a store.
type Option func(*Store) error

// WithRevocations gives the store that remembers which sessions have ended before
// their cookies expire. It may hold other sessions, too.
func WithRevocations(store runtime.Store) Option {
	return func(s *Store) error {
		if store == nil || reflect.ValueOf(store).Kind() == reflect.Pointer && reflect.ValueOf(store).IsNil() {
			return errors.New("sealed: the store for revocations is nil: give it one, such as memstore.New()")
		}
		if _, sealer := store.(runtime.Sealer); sealer {
			return errors.New("sealed: revocations cannot be sealed themselves: give WithRevocations a store that keeps them, such as memstore.New()")
		}
		s.revocations = store
		return nil
	}
}

// AcceptReplay does without a store for revocations, and accepts what that means:
// whoever has got hold of a cookie can use it until it expires, after the visitor has
// signed out as well. See the package documentation.
func AcceptReplay() Option {
	return func(s *Store) error {
		s.replay = true
		return nil
	}
}

// New makes a store that seals with the newest secret of keys and opens with all of
// them. It wants exactly one of [WithRevocations] and [AcceptReplay].
func New(keys *keyring.Keys, options ...Option) (*Store, error) {
	if keys == nil {
		return nil, errors.New("sealed: the keys are nil: make some with runtime.NewKeys")
	}
	s := &Store{keys: keys}
	for _, option := range options {
		if option == nil {
			continue
		}
		if err := option(s); err != nil {
			return nil, err
		}
	}
	switch {
	case s.replay && s.revocations != nil:
		return nil, errors.New("sealed: sessions that can be revoked need no acceptance of replay: give either WithRevocations or AcceptReplay")
	case !s.replay && s.revocations == nil:
		return nil, errors.New("sealed: a copied cookie would be good after its session has ended: " +
			"give WithRevocations a store that remembers what has ended, or say AcceptReplay if that is acceptable")
	}
	s.ciphers.Store(&map[keyring.Use]*keyring.Cipher{})
	return s, nil
}

// Revokes implements [runtime.Sealer]: it is false with [AcceptReplay].
func (s *Store) Revokes() bool { return s.revocations != nil }

// Caveat implements [runtime.Caveat] for the store for revocations.
func (s *Store) Caveat() string {
	if store, ok := s.revocations.(runtime.Caveat); ok {
		return store.Caveat()
	}
	return ""
}

// Seal implements [runtime.Sealer].
func (s *Store) Seal(use keyring.Use, session runtime.Sealed) (string, error) {
	cipher, err := s.cipher(use)
	if err != nil {
		return "", err
	}
	buffer := scratch.Get().(*[]byte)
	defer scratch.Put(buffer)
	*buffer = s.pack((*buffer)[:0], session.Data)
	return cipher.Seal(session.Issued, session.Expires, *buffer), nil
}

// Open implements [runtime.Sealer]. It takes less than 64 KiB of memory.
func (s *Store) Open(use keyring.Use, value string) (session runtime.Sealed, err error) {
	cipher, err := s.cipher(use)
	if err != nil {
		return session, err
	}
	issued, expires, packed, err := cipher.Open(value)
	if err != nil {
		return session, err
	}
	data, err := unpack(packed)
	if err != nil {
		return session, err
	}
	return runtime.Sealed{Issued: issued, Expires: expires, Data: data}, nil
}

// cipher derives the keys for a use once.
func (s *Store) cipher(use keyring.Use) (*keyring.Cipher, error) {
	if known := (*s.ciphers.Load())[use]; known != nil {
		return known, nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	made, err := keyring.NewCipher(s.keys, use, 0)
	if err != nil {
		return nil, err
	}
	more := map[keyring.Use]*keyring.Cipher{use: made}
	for other, cipher := range *s.ciphers.Load() {
		more[other] = cipher
	}
	s.ciphers.Store(&more)
	return made, nil
}

// errNoStore is what the methods of runtime.Store return with AcceptReplay.
type errNoStore struct{}

func (errNoStore) Error() string {
	return "sealed: replay was accepted, so there is no store for revocations: give New WithRevocations instead of AcceptReplay"
}
func (errNoStore) Is(target error) bool { return target == errors.ErrUnsupported }

// Create stores a record of what was revoked. With [AcceptReplay] it and the
// other methods of [runtime.Store] return errors.ErrUnsupported.
func (s *Store) Create(ctx context.Context, id runtime.ID, rec runtime.Record, ttl runtime.TTL) error {
	if s.revocations == nil {
		return errNoStore{}
	}
	return s.revocations.Create(ctx, id, rec, ttl)
}

// Load loads a record of what was revoked.
func (s *Store) Load(ctx context.Context, id runtime.ID) (runtime.Record, error) {
	if s.revocations == nil {
		return runtime.Record{}, errNoStore{}
	}
	return s.revocations.Load(ctx, id)
}

// Update replaces a record of what was revoked.
func (s *Store) Update(ctx context.Context, id runtime.ID, old runtime.Rev, rec runtime.Record, ttl runtime.TTL) error {
	if s.revocations == nil {
		return errNoStore{}
	}
	return s.revocations.Update(ctx, id, old, rec, ttl)
}

// Touch extends the idle deadline of a record of what was revoked.
func (s *Store) Touch(ctx context.Context, id runtime.ID, idle time.Duration) error {
	if s.revocations == nil {
		return errNoStore{}
	}
	return s.revocations.Touch(ctx, id, idle)
}

// Delete refuses, with errors.ErrUnsupported: a record of what was revoked that is
// deleted would let in again whom it keeps out. To end a session, call its manager's
// Revoke.
func (s *Store) Delete(context.Context, runtime.ID) error {
	if s.revocations == nil {
		return errNoStore{}
	}
	return fmt.Errorf("sealed: records of what was revoked are not deleted, they expire: end sessions by their manager's Revoke: %w", errors.ErrUnsupported)
}

// Watch implements [runtime.Watcher], if the store for revocations does.
func (s *Store) Watch(ids ...runtime.ID) (changed <-chan struct{}, stop func()) {
	if store, ok := s.revocations.(runtime.Watcher); ok {
		return store.Watch(ids...)
	}
	return nil, func() {}
}

// Close closes the store for revocations, if it has a Close method. Where something
// else uses that store as well, close it itself when the last is done.
func (s *Store) Close() error {
	if closer, ok := s.revocations.(io.Closer); ok {
		return closer.Close()
	}
	return nil
}
