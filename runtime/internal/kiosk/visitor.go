// Package kiosk is for the tests of sealed sessions: it is a schema with a field of each kind that
// they can have, which is every kind but an index.
package kiosk

import "time"

//go:generate go run ../../../cmd/sessiongen

// visitor is what a kiosk remembers about one browser.
type visitor struct {
	_ struct{} `session:"idle=30m,lifetime=12h" cookie:"__Host-visitor,samesite=lax"`

	// UserID is the account that is signed in.
	UserID int64 `session:"user_id,principal"`
	// Role is what the account may do.
	Role     string         `session:"role,renew,default=guest"`
	Username string         `session:"username"`
	Password string         `session:"password,secret"`
	Visits   int            `session:"visits"`
	Cart     []Item         `session:"cart"`
	Prefs    map[string]int `session:"prefs"`
	Notice   string         `session:"notice,flash"`
	LoggedIn bool           `session:"logged_in"`
	LastSeen time.Time      `session:"last_seen"`
	Roles    []string       `session:"roles"`
	Theme    string         `session:"theme"`

	// Ticket is for the cloakroom.
	Ticket int64 `cookie:"ticket,encrypted,secret"`
}

// Item is a line of the cart.
type Item struct {
	SKU   string `session:"sku"`
	Qty   int    `session:"qty"`
	Price int64  `session:"price"`
}

// guest is what another part of the same program remembers, without an account and
// under a cookie of its own.
type guest struct {
	_ struct{} `session:"idle=10m,lifetime=1h"`

	Note string `session:"note"`
}
