package main

import "github.com/sessiongen/sessiongen/runtime"

type visitor struct {
	_ struct{} `session:"idle=30m,lifetime=12h"`

	Notes  map[string]string `session:"notes"`
	Tags   []string          `session:"tags"` // added
	Visits int64             `session:"visits"`
	UserID int64             `session:"user_id,principal"`
	Login  string            `session:"login,was=username"`
	Name   Name              `session:"name"`
	Cart   []Item            `session:"cart"`
	Mood   int               `session:"mood"` // cannot be read as it was kept
	New    int               `session:"new"`  // added
	Home   *Place            `session:"home"` // added
	Orders []Order           `session:"orders"`
	Places map[string]Place  `session:"places"`
}

type Name string

// Item has another order and a field more.
type Item struct {
	Color string
	Count int64
	SKU   string
	Rest  runtime.Unknown
}

// Order and Place have a field more, and keep nothing that later versions write into them.
type (
	Order struct{ SKU, Color string }
	Place struct{ City, Street string }
)
