// Package shop has a schema, and handlers beside it.
package shop

// visitor is what the shop remembers.
type visitor struct {
	_ struct{} `session:"idle=30m"`

	UserID   int64    `session:"user_id,principal"`
	Username string   `session:"username"`
	Cart     []string `session:"cart"`
	Visits   int      `session:"visits"`

	Theme    Theme  `cookie:"theme,was=skin,default=light"`
	Campaign string `cookie:"campaign,signed,max-age=30d"`
}

// Theme is light or dark.
type Theme string

// The themes.
const (
	Light Theme = "light"
	Dark  Theme = "dark"
)
