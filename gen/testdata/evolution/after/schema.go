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
}

type Name string

// Item has another order and a field more.
type Item struct {
	Color string
	Count int64
	SKU   string
	Rest  runtime.Unknown
}

type Place struct{ City string }
