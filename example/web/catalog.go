package web

import (
	"fmt"
	"slices"
)

// ink is what the shop sells.
type ink struct {
	SKU   string
	Name  string
	Words string
	Color Color
	Shape string // of the bottle: round, square or tall
	Cents int
}

var inks = []ink{
	{"harbour", "Harbour", "Deep water at six in the morning, before the boats.", Blue, "square", 1150},
	{"verdigris", "Verdigris", "A copper roof after ninety winters.", Teal, "tall", 1300},
	{"fernery", "Fernery", "The shady end of a greenhouse, just watered.", Green, "round", 1150},
	{"last-honey", "Last Honey", "The jar that October left on the sill.", Amber, "round", 1050},
	{"rosehip", "Rosehip", "Hedges in November, and cold hands.", Red, "tall", 1150},
	{"damson", "Damson", "Jam-making; the spoon, the cloth, the sleeve.", Plum, "square", 1400},
}

func findInk(sku string) (ink, bool) {
	i := slices.IndexFunc(inks, func(i ink) bool { return i.SKU == sku })
	if i < 0 {
		return ink{}, false
	}
	return inks[i], true
}

// Price is what a bottle costs.
func (i ink) Price() string { return euros(i.Cents) }

func euros(cents int) string { return fmt.Sprintf("€%d.%02d", cents/100, cents%100) }

// swatch is a color to choose from.
type swatch struct {
	Color Color
	Name  string
}

var swatches = []swatch{
	{Blue, "Blue"}, {Teal, "Teal"}, {Green, "Green"}, {Amber, "Amber"}, {Red, "Red"}, {Plum, "Plum"},
}

// user is an account. A real site has a table of them, with password hashes or passkeys.
type user struct {
	ID    int64
	Name  string // john_doe
	Title string // John Doe
	Words string
}

var users = []user{
	{1, "john_doe", "John Doe", "writes letters, mostly in blue"},
	{2, "jane_roe", "Jane Roe", "draws maps of places that are not there"},
}

func findUser(name string) (user, bool) {
	i := slices.IndexFunc(users, func(u user) bool { return u.Name == name })
	if i < 0 {
		return user{}, false
	}
	return users[i], true
}
