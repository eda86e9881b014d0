// Package shop is for the tests of the command: it is the schema on which they inspect cookies.
package shop

//go:generate go run ../..

// visitor is what a shop remembers about one browser.
type visitor struct {
	_ struct{} `session:"idle=30m,lifetime=12h" cookie:"__Host-visitor,samesite=lax"`

	Username string `session:"username"`
}
