// Package content is what every session holds here, whichever library keeps it: the
// figures of two libraries can only be compared if both carry the same.
package content

import (
	"slices"
	"time"
)

// Content is a session of a shop.
type Content struct {
	UserID   int64
	Username string
	LoggedIn bool
	LastSeen time.Time
	Roles    []string
	Cart     []Line
	Theme    string
}

// Line is one of the articles in the cart.
type Line struct {
	SKU   string
	Qty   int
	Price int64
}

// Sample is the content that all sessions begin with. Each call makes a new one, so
// that nobody changes another's.
func Sample() Content {
	return Content{
		UserID:   1234567,
		Username: "john_doe_123",
		LoggedIn: true,
		LastSeen: time.Date(2026, 3, 14, 15, 9, 26, 535_897_932, time.UTC),
		Roles:    []string{"customer", "editor", "reviewer"},
		Cart: []Line{
			{"tea-green-100", 2, 1250},
			{"tea-black-250", 1, 2400},
			{"cup-white-030", 6, 890},
			{"pot-glass-120", 1, 5900},
			{"honey-lime-50", 3, 760},
		},
		Theme: Themes[0],
	}
}

// Themes are what the requests that write a field write in turn, so that every write
// is a change. Both have the same length.
var Themes = [2]string{"light", "night"}

// Equal says whether two contents are the same. Times are compared as moments: some
// codecs return another location.
func (c *Content) Equal(other *Content) bool {
	return c.UserID == other.UserID && c.Username == other.Username && c.LoggedIn == other.LoggedIn &&
		c.LastSeen.Equal(other.LastSeen) && slices.Equal(c.Roles, other.Roles) &&
		slices.Equal(c.Cart, other.Cart) && c.Theme == other.Theme
}
