// Package newer is for the adversarial mix of package contest: it is a newer version of a part of
// the schema guest there, for a program that shares the sessions.
package newer

//go:generate go run ../../../../cmd/sessiongen

type guest struct {
	_ struct{} `session:"idle=2h,lifetime=12h" cookie:"__Host-guest"` //sessiongen:ignore two versions of one program share the sessions

	User string `session:"user,principal"`
	Role string `session:"role,renew"`

	Log []Entry `session:"log"`
	Sum int     `session:"sum"`
}

// Entry has one more field than its namesake.
type Entry struct{ Text, By string }
