// Package shop is for the runtime's tests: it is the schema on which most of them run, with one
// field of each kind that the commit protocol treats in its own way.
package shop

import "time"

//go:generate go run ../../../cmd/sessiongen

// visitor is what a shop remembers about one browser.
type visitor struct {
	_ struct{} `session:"idle=30m,lifetime=12h" cookie:"__Host-visitor,samesite=lax"`

	// UserID is the account that is signed in.
	UserID int64 `session:"user_id,principal"`
	// Role is what the account may do.
	Role     string         `session:"role,renew,default=guest"`
	Team     string         `session:"team,index"`
	Username string         `session:"username"`
	Password string         `session:"password,secret"`
	Visits   int            `session:"visits"`
	Cart     []Item         `session:"cart"`
	Prefs    map[string]int `session:"prefs"`
	Avatar   []byte         `session:"avatar"`
	Notice   string         `session:"notice,flash"`
	LastSeen time.Time      `session:"last_seen"`

	// FavoriteColor paints the page.
	FavoriteColor Color  `cookie:"favorite_color,path=/,max-age=3600"`
	Theme         string `cookie:"theme,max-age=365d,httponly=false,default=light"`
	Campaign      string `cookie:"campaign,signed,max-age=30d,was=source"`
	Ticket        int64  `cookie:"ticket,encrypted,secret"`
}

// Item is a line of the cart.
type Item struct {
	SKU   string `session:"sku"`
	Count int
}

// Color is what a page may be painted with.
type Color string

// The colors that there are.
const (
	Blue  Color = "blue"
	Green Color = "green"
)
