package runtime

import (
	"time"

	"github.com/sessiongen/sessiongen/runtime/keyring"
)

// # Sealed sessions
//
// A sealed session is kept in the browser: its cookie carries, encrypted, what would
// otherwise be a record. The server keeps only what forbids cookies that are out
// already, and only if it is given a store for that.
//
// A cookie holds the session's ID, which stays from its creation to its end; when
// it was issued; the idle and the absolute deadline; the fields; and two revisions,
// of the two records that can forbid it. There is one such record per session and one
// per principal, and none as long as there is nothing to forbid. A cookie is
// good while each of its two records either is not there or has the revision that
// the cookie remembers:
//
//	renewal       gives the session's record a new revision, and remembers it
//	Destroy       marks the session's record as ended, whatever its revision is
//	RevokeBy      gives the principal's record a new revision
//	RevokeOthers  does so as well, and remembers it
//	signing in    remembers the revision that the principal's record has
//
// Records are changed by compare-and-swap alone, so that of two requests that renew
// one session, or one that renews it and one that ends it, the loser knows. They
// live for longer than any cookie that they forbid: the lifetime of the schema and
// the tolerance for clocks. So a record that has expired forbids nothing any more, and
// no clock but the store's is needed to order a sign-in and a revocation: a sign-in
// in flight during RevokeBy may count as earlier or as later, but no later RevokeBy
// spares it.
//
// A request:
//
//  1. Nothing is asked of the store for no cookie, one that does not open, one that
//     has expired, and one from the future. Otherwise one Load of the session's record,
//     and one of the principal's if somebody is signed in. A store that fails: 503.
//     Not good any more: the standing "ended" (or "renewed"), in which writes are
//     dropped and only signing in is possible, for as long as for stored sessions; after
//     that the session counts as absent.
//  2. The handler runs on what the cookie holds.
//  3. Changed: sealed anew and checked for its size, before anything is written. Then
//     the writes above, in the order principal, session. Before the principal's record
//     is written, and where there is nothing to write, one more Load of the session's
//     record: the response of a slow request must not put a dead cookie in place of
//     the one that another request has renewed. Then Set-Cookie. What another
//     request with the same cookie has sent meanwhile is lost: the last response
//     wins.
//  4. Unchanged: nothing, but once per tenth of the idle timeout the same session with
//     a new deadline.
//  5. After the first byte nothing can be kept but the end of the session.

// Sealer is a [Store] for a manager that keeps its sessions in the browser's
// cookie. The methods of Store are used for records of what was revoked, and only if
// Revokes reports true. [github.com/sessiongen/sessiongen/runtime/sealed] is one.
type Sealer interface {
	Store
	// Seal encrypts and authenticates a session for one use and returns it in
	// characters that a cookie's value may have. It must not keep s.Data.
	Seal(use keyring.Use, s Sealed) (string, error)
	// Open returns what Seal was given, the times to the millisecond. The error is
	// [keyring.ErrRefused] for everything that Seal has not made for the same use with a key
	// that counts, and the visitor is nobody. Any other error says that the sealer could
	// not tell, and the request is refused. Whether the times are in order is for the manager to say. The memory
	// that it takes must be bounded, whatever a browser sends. s.Data belongs to the
	// caller.
	Open(use keyring.Use, value string) (s Sealed, err error)
	// Revokes says whether sessions can be ended on the server. If it reports false,
	// somebody has accepted that every cookie can be used until it expires.
	Revokes() bool
}

// Sealed is what a cookie with a sealed session carries.
type Sealed struct {
	Issued, Expires time.Time
	Data            []byte // opaque
}
