// Package visitor is the content of this module's sessions as a schema of ours. The
// generated file is what sessiongen writes for it, as for any user.
package visitor

import (
	"time"

	"github.com/sessiongen/sessiongen/runtime/bench/content"
)

//go:generate go tool sessiongen

// visitor has no principal: to list and revoke sessions by one is work that no other
// library here does.
type visitor struct {
	_ struct{} `session:"idle=30m,lifetime=24h" cookie:"session,samesite=lax"`

	UserID   int64          `session:"user_id"`
	Username string         `session:"username"`
	LoggedIn bool           `session:"logged_in"`
	LastSeen time.Time      `session:"last_seen"`
	Roles    []string       `session:"roles"`
	Cart     []content.Line `session:"cart"`
	Theme    string         `session:"theme"`
}

// member is the same as applications will have it, with a principal, under a name of the
// same length.
type member struct {
	_ struct{} `session:"idle=30m,lifetime=24h" cookie:"account,samesite=lax"`

	UserID   int64          `session:"user_id,principal"`
	Username string         `session:"username"`
	LoggedIn bool           `session:"logged_in"`
	LastSeen time.Time      `session:"last_seen"`
	Roles    []string       `session:"roles"`
	Cart     []content.Line `session:"cart"`
	Theme    string         `session:"theme"`
}

// basket has the same content in cookies of its own.
type basket struct {
	_ struct{} `session:"-"`

	Signed content.Content `cookie:"basket_s,signed"`
	Sealed content.Content `cookie:"basket_e,encrypted"`
}

// whole has it in one field, whose codec is then one of the whole content.
type whole struct {
	_ struct{} `session:"idle=30m,lifetime=24h"`

	Content content.Content `session:"content"`
}
