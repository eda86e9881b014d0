// Package web is a small shop for ink that shows what sessiongen generates.
//
// Begin with visitor, below: it is all that the site remembers about one browser.
// Everything in session_gen.go was written from it. The handlers use it in
// account.go, cart.go, cookies.go and devices.go.
package web

//go:generate go tool sessiongen
//go:generate go tool sessiongen doc -limit 0 -require-purpose -o COOKIES.md

// visitor is what the shop remembers about one browser.
type visitor struct {
	_ struct{} `session:"idle=30m,lifetime=12h" cookie:"__Host-visitor,samesite=lax"`

	// UserID is the account that is signed in.
	UserID int64 `session:"user_id,principal"`
	// Username is what the account is called.
	Username string `session:"username"`
	// LoggedIn says that somebody is signed in.
	LoggedIn bool `session:"logged_in"`
	// Staff opens the back room. Changing it renews the session's secret.
	Staff bool `session:"staff,renew"`

	// Cart has one item for each bottle.
	Cart []Item `session:"cart"`
	// Wishes are inks to come back for, each with a note.
	Wishes map[string]string `session:"wishes"`
	// Visits counts the pages that were looked at.
	Visits int `session:"visits"`
	// Notice is shown on the next page, once.
	Notice string `session:"notice,flash"`
	// SealBefore is the fingerprint of the token that the browser had before its
	// secret was last renewed.
	SealBefore string `session:"seal_before"`

	// FavoriteColor paints the page.
	FavoriteColor Color `cookie:"favorite_color,path=/,max-age=3600"`
	// Theme may be read and written by the page's script.
	Theme Theme `cookie:"theme,max-age=365d,httponly=false,default=light"`
	// Campaign is the link that the visitor came by.
	Campaign string `cookie:"campaign,signed,max-age=30d"`
	// Doorstep is where a parcel may be left: nobody else's business.
	Doorstep string `cookie:"doorstep,encrypted,secret,max-age=30d"`
}

// Item is a bottle of ink in the cart.
type Item struct {
	SKU     string `session:"sku"`
	Wrapped bool   `session:"wrapped"`
}

// Color is what a page may be painted with.
type Color string

// The colors that there are. A cookie with another one counts as absent.
const (
	Blue  Color = "blue"
	Teal  Color = "teal"
	Green Color = "green"
	Amber Color = "amber"
	Red   Color = "red"
	Plum  Color = "plum"
)

// Theme is whether the page is light or dark.
type Theme string

// The themes that there are.
const (
	Light Theme = "light"
	Dark  Theme = "dark"
)
