// Package visitor is what the recipes of every framework remember about a browser.
package visitor

//go:generate go tool sessiongen

// visitor is what the site remembers about one browser.
type visitor struct {
	_ struct{} `session:"idle=30m,lifetime=12h" cookie:"__Host-visitor,samesite=lax"`

	// UserID is the account that is signed in.
	UserID int64 `session:"user_id,principal"`
	// Visits counts the pages that were shown.
	Visits int `session:"visits"`
	// Notice is shown once.
	Notice string `session:"notice,flash"`

	// Theme is how the pages look.
	Theme string `cookie:"theme,max-age=365d"`
}
