// Package shop is for the tests of package gen: it is the schema on which they inspect records.
package shop

//go:generate go run ../../../cmd/sessiongen

// visitor is what a shop remembers about one browser.
type visitor struct {
	_ struct{} `session:"idle=30m,lifetime=12h" cookie:"__Host-visitor,samesite=lax"`

	// UserID is the account that is signed in.
	UserID   int64             `session:"user_id,principal"`
	Username string            `session:"username"`
	Cart     []Item            `session:"cart"`
	Wishes   map[string]string `session:"wishes"`
	Visits   int               `session:"visits"`
	Notice   string            `session:"notice,flash"`
}

// Item is a line of the cart.
type Item struct {
	SKU     string `session:"sku"`
	Wrapped bool   `session:"wrapped"`
}
