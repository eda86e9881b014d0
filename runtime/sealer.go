package runtime

import (
	"time"

	"github.com/sessiongen/sessiongen/runtime/keyring"
)

// Sealer is a [Store] for a manager that keeps its sessions in the browser's cookie,
// encrypted. The methods of Store are used for revocations alone, and only if Revokes reports
// true. Package [github.com/sessiongen/sessiongen/runtime/sealed] has one.
//
// A cookie remembers the revisions of two records that can revoke it, one per session and one
// per principal. A record is written when there is something to revoke. A cookie is good as
// long as each of its two records is missing or has the revision that the cookie remembers.
// Records are changed by compare-and-swap alone, and outlive every cookie that they revoke.
type Sealer interface {
	Store
	// Seal encrypts and authenticates a session for one use and returns it in characters that
	// a cookie's value may have. It must not keep s.Data.
	Seal(use keyring.Use, s Sealed) (string, error)
	// Open returns what Seal was given, the times to the millisecond. The error is
	// [keyring.ErrRefused] for every value that was not sealed for the same use with a current
	// key: the visitor is anonymous. Any other error reports that the sealer cannot tell, and
	// the request is refused. The manager checks the times. Open must bound the memory that it
	// uses, whatever a browser sends. s.Data belongs to the caller.
	Open(use keyring.Use, value string) (s Sealed, err error)
	// Revokes reports whether sessions can be ended on the server. If not, the application has
	// accepted that a copied cookie can be used until it expires.
	Revokes() bool
}

// KeyChecker is implemented by sealers that can tell a value of a replica with other keys from a
// forgery, for the event of a cookie that was refused.
type KeyChecker interface {
	// LacksKey reports whether a value that Open has refused names a key that the sealer does
	// not have. It is safe for several goroutines.
	LacksKey(use keyring.Use, value string) bool
}

// Sealed is what a cookie with a sealed session carries.
type Sealed struct {
	Issued, Expires time.Time
	Data            []byte // opaque
}
