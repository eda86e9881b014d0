// Package shop has schemas to be written down. Doc comments are what they should
// not be, too.
package shop

import "time"

type (
	// visitor is what the shop remembers about one browser.
	//
	// Sessions are short: the shop stands in a library, where people forget to
	// sign out. <b>Bold</b> claims | and `ticks` are no mark-up.
	//
	// 1. This is no list.
	//
	// - Nor is this.
	visitor struct {
		_ struct{} `session:"idle=15m,lifetime=12h" cookie:"__Host-visitor,samesite=strict,partitioned"`

		// UserID is the account that is signed in.
		//
		// Developers find it in the table accounts.
		UserID int64 `session:"user_id,principal"`

		// Role is what the account
		// may do.
		Role   string          `session:"role,renew,default=guest"`
		Team   string          `session:"team,index,was=group"` // Team is beside its field.
		Notice string          `session:"notice,flash"`
		PIN    string          `session:"pin,secret"`
		Cart   map[string]Item `session:"cart"`

		// Deprecated: use Cart.
		Items []Item `session:"items"`

		// Bio is <script>alert("1")</script> | a `tick`, 5 * 3 *stars*, an [anchor](javascript:alert(1)),
		// an <!-- end -->, a \| and a snake_case _word_ & more. ${7*7} {{.Title}} ~~so~~ #1
		Bio string `session:"bio,default='a|b'"`

		// Color paints the page.
		Color    Color  `cookie:"color,max-age=1h,default=blue"`
		Size     Size   `cookie:"size,httponly=false,secure=false,path=/shop"`
		Campaign string `cookie:"campaign,signed,was=source,domain=example.com,max-age=30d"`
		Ticket   Item   `cookie:"ticket,encrypted,secret,max-age=90s"`
		Odd      string "cookie:\"a|b`c\"" // Odd is the name of a cookie, and allowed.
	}

	// guest has cookies alone.
	guest struct {
		_ struct{} `session:"-"`

		// Since is when somebody was here last.
		Since time.Time `cookie:"since,max-age=1d1h"`
	}

	nobody struct {
		_ struct{} `session:""`

		Visits int `session:"visits"`
	}
)

// Item is a line of the cart.
type Item struct {
	SKU   string                 `session:"sku"`
	Extra struct{ Wrapped bool } `json:"extra"`
}

// Color is what a page may be painted with.
type Color string

// The colors that there are. One of them is empty.
const (
	None Color = ""
	Blue Color = "blue"
	Pipe Color = "a|b"
)

// Size is how large letters are.
type Size float64

// The sizes that there are.
const (
	Small Size = 0.5
	Large Size = 2
)
