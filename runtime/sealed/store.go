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

// Store seals sessions. It implements [runtime.Sealer] and [runtime.Watcher]. The constructor
// of a generated manager accepts it like any other store. A Store is safe for use by several
// goroutines, and several managers may share one.
type Store struct {
	keys        *keyring.Keys
	revocations runtime.Store // nil if replay is accepted
	replay      bool
	deflate     int // the length in bytes above which sessions are compressed; 0: never

	mu      sync.Mutex // held to replace ciphers
	ciphers atomic.Pointer[map[keyring.Use]*keyring.Cipher]
}

var (
	_ runtime.Sealer  = (*Store)(nil)
	_ runtime.Watcher = (*Store)(nil)
)

// Option configures a store that [New] returns. New returns the error of an option.
type Option func(*Store) error

// WithRevocations sets the store that remembers which sessions have ended before their
// cookies expire. The store may also hold other sessions. A nil store and a
// [runtime.Sealer] are errors.
func WithRevocations(store runtime.Store) Option {
	return func(s *Store) error {
		if store == nil || reflect.ValueOf(store).Kind() == reflect.Pointer && reflect.ValueOf(store).IsNil() {
			return errors.New("sealed: the store for revocations is nil: give WithRevocations a store, such as memstore.New()")
		}
		if _, sealer := store.(runtime.Sealer); sealer {
			return errors.New("sealed: the store for revocations is itself a Sealer, which keeps no records: give WithRevocations another store, such as memstore.New()")
		}
		s.revocations = store
		return nil
	}
}

// AcceptReplay omits the store for revocations and accepts the consequence: a copy of a
// cookie can be used until the cookie expires, also after the visitor has signed out. See
// the package documentation.
func AcceptReplay() Option {
	return func(s *Store) error {
		s.replay = true
		return nil
	}
}

// New returns a store that seals with the newest secret of keys and opens with all of them.
// It returns an error for nil keys, and unless it is given exactly one of [WithRevocations]
// and [AcceptReplay]. Nil options are ignored.
func New(keys *runtime.Keys, options ...Option) (*Store, error) {
	if keys == nil {
		return nil, errors.New("sealed: the keys are nil: give New the keys that runtime.NewKeys returns")
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
		return nil, errors.New("sealed: WithRevocations and AcceptReplay exclude each other: give one of them")
	case !s.replay && s.revocations == nil:
		return nil, errors.New("sealed: a copied cookie would be valid after its session has ended: " +
			"give WithRevocations a store that remembers ended sessions, or AcceptReplay if that is acceptable")
	}
	s.ciphers.Store(&map[keyring.Use]*keyring.Cipher{})
	return s, nil
}

// Revokes implements [runtime.Sealer]. It reports whether sessions can be revoked, which is
// false with [AcceptReplay].
func (s *Store) Revokes() bool { return s.revocations != nil }

// Caveat implements [runtime.Caveat]. It returns the caveat of the store for revocations, or
// "" if that store has none.
func (s *Store) Caveat() string {
	if store, ok := s.revocations.(runtime.Caveat); ok {
		return store.Caveat()
	}
	return ""
}

// Seal implements [runtime.Sealer]. It returns an error for an invalid use.
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

// Open implements [runtime.Sealer]. It takes less than 64 KiB of memory, and returns
// [keyring.ErrRefused] for a value that was not sealed for the same use.
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

// LacksKey implements [runtime.KeyChecker].
func (s *Store) LacksKey(use keyring.Use, value string) bool {
	cipher, err := s.cipher(use)
	return err == nil && cipher.LacksKey(value)
}

// cipher returns the cipher for a use, whose keys it derives once.
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

// errNoStore is the error of the methods of runtime.Store with AcceptReplay.
type errNoStore struct{}

func (errNoStore) Error() string {
	return "sealed: AcceptReplay was given, so there is no store for revocations: give New WithRevocations instead"
}
func (errNoStore) Is(target error) bool { return target == errors.ErrUnsupported }

// Create stores a revocation record in the store for revocations. With [AcceptReplay],
// Create and the other methods of [runtime.Store] return errors.ErrUnsupported.
func (s *Store) Create(ctx context.Context, id runtime.ID, rec runtime.Record, ttl runtime.TTL) error {
	if s.revocations == nil {
		return errNoStore{}
	}
	return s.revocations.Create(ctx, id, rec, ttl)
}

// Load loads a revocation record.
func (s *Store) Load(ctx context.Context, id runtime.ID) (runtime.Record, error) {
	if s.revocations == nil {
		return runtime.Record{}, errNoStore{}
	}
	return s.revocations.Load(ctx, id)
}

// Update replaces a revocation record.
func (s *Store) Update(ctx context.Context, id runtime.ID, old runtime.Rev, rec runtime.Record, ttl runtime.TTL) error {
	if s.revocations == nil {
		return errNoStore{}
	}
	return s.revocations.Update(ctx, id, old, rec, ttl)
}

// Touch extends the idle deadline of a revocation record.
func (s *Store) Touch(ctx context.Context, id runtime.ID, idle time.Duration) error {
	if s.revocations == nil {
		return errNoStore{}
	}
	return s.revocations.Touch(ctx, id, idle)
}

// Delete always returns errors.ErrUnsupported: without its revocation record, a revoked
// session would be valid again. To end a session, call its manager's Revoke.
func (s *Store) Delete(context.Context, runtime.ID) error {
	if s.revocations == nil {
		return errNoStore{}
	}
	return fmt.Errorf("sealed: revocation records are not deleted, they expire: end sessions by their manager's Revoke: %w", errors.ErrUnsupported)
}

// Watch implements [runtime.Watcher]. Without a store for revocations that implements it,
// Watch returns a nil channel, which never reports a change.
func (s *Store) Watch(ids ...runtime.ID) (changed <-chan struct{}, stop func()) {
	if store, ok := s.revocations.(runtime.Watcher); ok {
		return store.Watch(ids...)
	}
	return nil, func() {}
}

// Close closes the store for revocations if it has a Close method, and returns the error of
// that. If other parts of the program use the store for revocations, do not call Close, but
// close that store when the last of them is done.
func (s *Store) Close() error {
	if closer, ok := s.revocations.(io.Closer); ok {
		return closer.Close()
	}
	return nil
}
