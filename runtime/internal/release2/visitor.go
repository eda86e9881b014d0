// Package release2 is for the runtime's tests: it is the second release of the program in package
// release1. It has one more field, one under another name, and one less.
package release2

//go:generate go run ../../../cmd/sessiongen

// visitor is what the program remembers about one browser.
type visitor struct {
	_ struct{} `session:"idle=30m,lifetime=12h" cookie:"__Host-visitor,samesite=lax"`

	// UserID is the account that is signed in.
	UserID int64  `session:"account,principal,was=user_id"`
	Name   string `session:"name,was=username"`
	Visits int    `session:"visits"`
	// Points are not known to the first release.
	Points int      `session:"points"`
	Cart   []string `session:"cart"`
	Notice string   `session:"notice,flash"`
}
