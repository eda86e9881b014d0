package main

import (
	"time"

	"github.com/sessiongen/sessiongen/runtime"
)

type visitor struct {
	_ struct{} `session:"idle=30m,lifetime=12h"`

	UserID   int64             `session:"user_id,principal"`
	Username string            `session:"username"`
	Name     string            `session:"name"`
	Visits   int32             `session:"visits"`
	Cart     []Item            `session:"cart"`
	Notes    map[string]string `session:"notes"`
	Mood     string            `session:"mood"`
	Removed  time.Time         `session:"removed"`
	Old      int               `session:"old"`
	Orders   []Order           `session:"orders"`
	Places   map[string]Place  `session:"places"`
}

// Order and Place keep nothing that later versions write into them: only a Put that replaces an
// entry may erase that.
type (
	Order struct{ SKU string }
	Place struct{ City string }
)

// Item keeps what later versions write into it.
type Item struct {
	SKU   string
	Count int
	Rest  runtime.Unknown
}
