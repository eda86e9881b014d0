// Package release1 is for the runtime's tests: it is the first release of a program whose second
// one is package release2. They share a store, and read and write the same sessions.
package release1

//go:generate go run ../../../cmd/sessiongen

// visitor is what the program remembers about one browser.
type visitor struct {
	_ struct{} `session:"idle=30m,lifetime=12h" cookie:"__Host-visitor,samesite=lax"`

	// UserID is the account that is signed in.
	UserID   int64  `session:"user_id,principal"`
	Username string `session:"username"`
	// Color is no longer known to the second release.
	Color  string   `session:"color"`
	Visits int      `session:"visits"`
	Cart   []string `session:"cart"`
	Notice string   `session:"notice,flash"`
}
