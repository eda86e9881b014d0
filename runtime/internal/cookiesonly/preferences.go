// Package cookiesonly is for the runtime's tests: it is a schema without a session. It needs no
// store, and keeps all its values in cookies of their own.
package cookiesonly

//go:generate go run ../../../cmd/sessiongen

// preferences is what a reader has chosen.
type preferences struct {
	_ struct{} `session:"-"`

	// Theme paints the page.
	Theme Theme `cookie:"theme,max-age=365d,was=colors"`
	// Zoom is the size of the text, in per cent.
	Zoom int `cookie:"zoom,default=100"`
	// Campaign is the letter that led here.
	Campaign string `cookie:"campaign,signed,max-age=30d"`
	// Draft is a comment that was not sent yet.
	Draft string `cookie:"draft,encrypted"`
	// Ticket lets its holder in.
	Ticket int64 `cookie:"ticket,encrypted,secret"`
}

// Theme is a set of colours.
type Theme string

// The themes that there are.
const (
	Light Theme = "light"
	Dark  Theme = "dark"
)
