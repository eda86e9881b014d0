package runtime

import (
	"context"
	"encoding/base64"
	"errors"
	"time"
)

// ID names a session from Create to Delete. It is no secret: stores, log lines,
// errors and [Info] see it, and it opens nothing without the secret in the token.
type ID [16]byte

// String is the ID in 22 characters of base64url.
func (id ID) String() string { return base64.RawURLEncoding.EncodeToString(id[:]) }

// MarshalText makes an ID readable in forms, JSON and logs.
func (id ID) MarshalText() ([]byte, error) { return []byte(id.String()), nil }

// UnmarshalText reads what [ID.MarshalText] wrote and refuses everything else.
func (id *ID) UnmarshalText(text []byte) error {
	parsed, err := ParseID(string(text))
	if err != nil {
		return err
	}
	*id = parsed
	return nil
}

// ParseID reads an ID as [ID.String] writes it. The ID may come from a stranger:
// before revoking a session by it, check that it is in the list of the signed-in
// principal's sessions.
func ParseID(text string) (ID, error) {
	var id ID
	decoded, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil || len(decoded) != len(id) || len(text) != base64.RawURLEncoding.EncodedLen(len(id)) {
		return ID{}, errors.New("sessiongen: not a session ID: want 22 characters of base64url")
	}
	copy(id[:], decoded)
	return id, nil
}

// Rev is drawn at random for each attempt to write a record, so that a writer
// recognises its own write after an unclear answer.
type Rev [8]byte

// Term is the SHA-256 of a field's key and its value on the wire: what List and
// Revoke find a session by, without the store learning the value.
type Term [32]byte

// Record is what a store keeps of a session. Stores must neither change nor keep
// a reference to the Terms that they are given beyond the call unless they copy
// them, and callers must not change the Terms of a Record that Load returned.
type Record struct {
	Rev   Rev
	Terms []Term // what List and Revoke find it by
	Data  string // opaque

	// Idle and Life are what is left until the record expires for lack of use,
	// and until it expires whatever happens. Load and List set them; Create and
	// Update ignore them and go by their TTL.
	Idle, Life time.Duration
}

// TTL is added to the store's own clock, which is the only one that decides
// when a record expires. Life 0 keeps the absolute deadline as it is.
type TTL struct{ Idle, Life time.Duration }

// What a store's methods return, as it is or wrapped. Every other error is
// unclear: the call may or may not have taken effect, and is repeated unchanged.
var (
	// ErrNotFound says that there is no such record: expired, or never known.
	ErrNotFound = errors.New("sessiongen: no such session")
	// ErrGone says that the record was deleted and has left a tombstone.
	ErrGone = errors.New("sessiongen: session has ended")
	// ErrExists says that Create met another record under the same ID.
	ErrExists = errors.New("sessiongen: session ID is taken")
	// ErrConflict says that Update met another revision than the one that it was to replace.
	ErrConflict = errors.New("sessiongen: session was changed by another request")
)

// Store keeps records. Every call may be repeated unchanged after an unclear
// error, and there is no upsert: a record that was deleted never comes back.
// All methods are safe for several goroutines and return when ctx ends.
// [github.com/sessiongen/sessiongen/runtime/storetest] checks every rule below.
type Store interface {
	// Create stores a new record. It also returns nil if the record is there
	// already with the same Rev. ErrGone if there is a tombstone, else ErrExists
	// if there is another record. An expired record counts as none. A TTL
	// without Idle or Life is an error.
	Create(ctx context.Context, id ID, rec Record, ttl TTL) error

	// Load returns the record as last written; it never reads a lagging replica.
	// ErrGone if there is a tombstone, ErrNotFound if it is expired or unknown. At
	// the very moment of a deadline a record has expired.
	Load(ctx context.Context, id ID) (Record, error)

	// Update replaces a live record if its revision is old, and also returns nil
	// if it has rec.Rev already. It never creates. ErrConflict if the revision is
	// another one, ErrGone, ErrNotFound. A TTL without Idle, or with a negative
	// Life, is an error.
	Update(ctx context.Context, id ID, old Rev, rec Record, ttl TTL) error

	// Touch extends the idle deadline to idle from now, never backwards and never
	// past the absolute deadline. The revision stays. ErrGone, ErrNotFound.
	Touch(ctx context.Context, id ID, idle time.Duration) error

	// Delete removes the record and leaves a tombstone for 60 seconds or more,
	// also where there was no record, and from now on where there was a tombstone.
	Delete(ctx context.Context, id ID) error
}

// Indexer is the part of a store that serves principal and index fields. Index
// entries are hints: a session is listed or revoked only if its record carries
// the term.
type Indexer interface {
	// List returns up to max live sessions that carry t, ordered by ID, beginning
	// behind after. The zero ID begins at the start. Fewer than max: no more. A
	// session that was given the term twice is listed once.
	List(ctx context.Context, t Term, after ID, max int) ([]ID, []Record, error)

	// Revoke deletes, as Delete does, all sessions but keep that have carried t
	// since before the call, even if they are updated or renewed meanwhile, and
	// returns how many; expired ones do not count. The zero ID keeps none. After a partial failure it
	// returns the count so far and an error.
	Revoke(ctx context.Context, t Term, keep ID) (int, error)
}

// SendsOnce is implemented by stores that can promise to send each call at most
// once: neither they nor their clients repeat one by themselves. When SendsOnce
// reports true, an ErrConflict says for certain that nothing was written. From other
// stores it may also be the answer to a repetition, so that a writer first looks for
// its own revision among the last ones that the record remembers.
type SendsOnce interface {
	SendsOnce() bool
}

// Caveat is implemented by stores that keep the rules of [Store] only under some
// condition which they cannot see to themselves. A manager that is given one tells
// its hook so when it is built, with an event of the kind [EventStoreCaveat]; an empty
// text is none.
type Caveat interface {
	Caveat() string
}
