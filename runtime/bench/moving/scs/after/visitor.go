package shelf

import (
	"time"

	"github.com/sessiongen/sessiongen/runtime/bench/moving/scs/loan"
)

//go:generate go tool sessiongen -type visitor

// visitor is what the site remembers about one browser. It was written by
// sessiongen init -from scs, and is yours from now on.
//
// The old cookie outlived the browser (Cookie.Persist). The new one does where v.Remember(true) is
// called, best at sign-in.
type visitor struct {
	// The cookie was called shelf_session. The new one has another name, so that old and new are told
	// apart; it is always Secure and HttpOnly.
	_ struct{} `session:"idle=20m,lifetime=12h" cookie:"__Host-visitor,samesite=lax"`

	// Pages is put at handlers.go:14:2.
	// It is read at handlers.go:14:39, handlers.go:20:13.
	Pages int `session:"pages"`

	// Loans is put at handlers.go:65:2.
	// It is read at handlers.go:15:14, handlers.go:63:14.
	Loans []loan.Loan `session:"loans"`

	// Notice is put at handlers.go:28:3, handlers.go:39:2, handlers.go:71:2.
	// It is read at handlers.go:17:13.
	Notice string `session:"notice,flash"`

	// Email is put at handlers.go:37:2.
	// It is read at handlers.go:18:13.
	Email string `session:"email"`

	// UserID is put at handlers.go:36:2.
	// It is read at handlers.go:54:7.
	// It is a guess that this says who is signed in, because it is put beside s.sessions.RenewToken,
	// at handlers.go:32:12.
	UserID int64 `session:"userID,principal"`

	// SignedInAt is put at handlers.go:38:2.
	SignedInAt time.Time `session:"signed_in_at"`
}
