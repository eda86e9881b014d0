package runtime

import (
	"context"
	"encoding/base64"
	"errors"
	"time"
)

// ID names a session from its creation to its end. It is not a secret: stores, log lines, errors
// and [Info] contain it, and it opens nothing without the secret in the token.
type ID [16]byte

// String returns the ID in 22 characters of base64url.
func (id ID) String() string { return base64.RawURLEncoding.EncodeToString(id[:]) }

// MarshalText returns the text of [ID.String], for forms, JSON and logs.
func (id ID) MarshalText() ([]byte, error) { return []byte(id.String()), nil }

// UnmarshalText parses the text of [ID.MarshalText] and refuses every other text.
func (id *ID) UnmarshalText(text []byte) error {
	parsed, err := ParseID(string(text))
	if err != nil {
		return err
	}
	*id = parsed
	return nil
}

// ParseID parses the text of [ID.String]. The ID may come from an attacker: before revoking the
// session, check that the ID is among the sessions of the signed-in user.
func ParseID(text string) (ID, error) {
	var id ID
	decoded, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil || len(decoded) != len(id) || len(text) != base64.RawURLEncoding.EncodedLen(len(id)) {
		return ID{}, errors.New("sessiongen: not a session ID: want 22 characters of base64url")
	}
	copy(id[:], decoded)
	return id, nil
}

// Rev is the revision of a record. It is drawn at random for each attempt to write, so that a
// writer recognises its own write after an unclear answer.
type Rev [8]byte

// Term is an index term: the SHA-256 of whose session it is, a field's key and its encoded value.
// [Indexer] finds sessions by it, and the store does not learn the value.
type Term [32]byte

// Record is what a store keeps of a session. A store must not change the Terms that it is given,
// and must copy them to keep them beyond the call. Callers must not change the Terms of a Record
// that Load returned.
type Record struct {
	Rev   Rev
	Terms []Term // List and Revoke find the record by these
	Data  string // opaque

	// Idle is the time until the record expires for lack of use, and Life the time until it
	// expires in any case. Load and List set them. Create and Update ignore them and use their
	// TTL instead.
	Idle, Life time.Duration
}

// TTL has the times until a record expires, as in [Record]. The store adds them to its own
// clock, which alone decides when a record expires. In an Update, a Life of 0 keeps the absolute
// deadline.
type TTL struct{ Idle, Life time.Duration }

// Errors of a store, which may wrap them. Every other error is unclear: the call may or may not
// have taken effect, and is repeated unchanged, a few times within half a second.
var (
	// ErrNotFound reports that there is no such record: it has expired or never existed.
	ErrNotFound = errors.New("sessiongen: no such session")
	// ErrGone reports that the record was deleted and has left a tombstone.
	ErrGone = errors.New("sessiongen: session has ended")
	// ErrExists reports that Create found another record under the same ID.
	ErrExists = errors.New("sessiongen: session ID is taken")
	// ErrConflict reports that Update found another revision than the one to be replaced.
	ErrConflict = errors.New("sessiongen: session was changed by another request")
	// ErrRefused reports that the store has refused the call, that the call had no effect, and
	// that a repetition within seconds would be refused as well: the account lacks a privilege,
	// the server is read-only, its disk is full. [Refused] makes such an error. The call is not
	// repeated, and the visitor gets the error page with the status 503.
	ErrRefused = errors.New("sessiongen: the store has refused the call")
	// ErrTooLarge reports that a session has more bytes than [WithMaxSize] allows, or that a
	// record has more than its store can take. Nothing was written. The call is not repeated, and
	// the visitor gets the error page with the status 500.
	ErrTooLarge = errors.New("sessiongen: session is too large")
)

// Refused returns an error that wraps both err and [ErrRefused], with the text of err. A store
// calls it where it knows that repeating the call is pointless. Refused(nil) is nil.
func Refused(err error) error {
	if err == nil {
		return nil
	}
	return &refused{err}
}

type refused struct{ err error }

func (r *refused) Error() string   { return r.err.Error() }
func (r *refused) Unwrap() []error { return []error{ErrRefused, r.err} }

// Store keeps records. Every call may be repeated unchanged after an unclear error. There is no
// upsert: a record that was deleted never comes back. All methods are safe for several
// goroutines and return when ctx ends. Package
// [github.com/sessiongen/sessiongen/runtime/storetest] checks every rule below.
type Store interface {
	// Create stores a new record. It also returns nil if the record is already there with the
	// same Rev. It returns ErrGone if there is a tombstone, and ErrExists if there is another
	// record that has not expired. It refuses what [TTL.CheckCreate] refuses.
	Create(ctx context.Context, id ID, rec Record, ttl TTL) error

	// Load returns the record as last written. It must not read from a lagging replica. It
	// returns ErrGone if there is a tombstone, and ErrNotFound if the record has expired or
	// never existed. At the very moment of a deadline a record has expired.
	Load(ctx context.Context, id ID) (Record, error)

	// Update replaces a live record if its revision is old. It also returns nil if the record
	// already has rec.Rev. It returns ErrConflict if the revision is another one, and ErrGone
	// and ErrNotFound as Load does. It never creates a record. It refuses what
	// [TTL.CheckUpdate] refuses.
	Update(ctx context.Context, id ID, old Rev, rec Record, ttl TTL) error

	// Touch extends the idle deadline to idle from now, never backwards and never past the
	// absolute deadline. The revision stays. It returns ErrGone and ErrNotFound as Load does.
	Touch(ctx context.Context, id ID, idle time.Duration) error

	// Delete removes the record and leaves a tombstone for at least 60 seconds, even if
	// there was no record. If there was a tombstone, its time begins anew.
	Delete(ctx context.Context, id ID) error
}

// Indexer is the part of a store that serves index fields and the principal, the field that
// holds the signed-in user. Index entries are hints: a session is listed or revoked only if its
// record has the term.
type Indexer interface {
	// List returns up to max live sessions that have the term t, ordered by ID, beginning
	// behind after. The zero ID begins at the start. A short page is the last one. A session
	// that was given the term twice is listed once.
	List(ctx context.Context, t Term, after ID, max int) ([]ID, []Record, error)

	// Revoke deletes, as Delete does, all sessions except keep that have had the term t since
	// before the call, even if they are updated or renewed meanwhile. The zero ID keeps none. It
	// returns the number of deleted sessions, without expired ones. After a partial failure it
	// returns the count so far and an error.
	Revoke(ctx context.Context, t Term, keep ID) (int, error)
}

// Revoker is the part of a store that ends all sessions of an application (ASVS 5.0 7.4.5).
type Revoker interface {
	// RevokeAll deletes, as Delete does, all sessions whose Data has begun with prefix since before
	// the call, even if they are updated or renewed meanwhile. A session that is created during the
	// call may or may not be deleted. RevokeAll works in batches, so that other calls need not wait
	// for it. It returns the number of deleted sessions, without expired ones. After a partial
	// failure it returns the count so far and an error; the call may then be repeated. A store that
	// cannot find its sessions returns errors.ErrUnsupported.
	RevokeAll(ctx context.Context, prefix string) (int, error)
}

// Watcher is implemented by stores that can report at once that a record was changed. Sessions
// whose Done channel is in use are also polled, see [WithPolling].
type Watcher interface {
	// Watch returns a channel that receives a value after a record under one of the IDs was
	// created, updated, revoked or deleted, by any process, later than the call. One value may
	// stand for several changes, or for none. The channel is nil if the store finds that it
	// cannot watch. stop must be called once in the end. Watch is safe for several goroutines.
	Watch(ids ...ID) (changed <-chan struct{}, stop func())
}

// SendsOnce is implemented by stores that can promise to send each call at most once: neither
// they nor their clients repeat a call by themselves. If SendsOnce reports true, an ErrConflict
// proves that nothing was written. From other stores it may also be the answer to a repetition,
// so that a writer first looks for its own revision among the last ones that the record
// remembers.
type SendsOnce interface {
	SendsOnce() bool
}

// Caveat is implemented by stores that obey the rules of [Store] only under a condition that they
// cannot enforce. Building a manager on such a store raises an event of the kind
// [EventStoreCaveat] with the text. An empty text stands for no condition.
type Caveat interface {
	Caveat() string
}
