// Package msgpmessage is the content as a message of github.com/tinylib/msgp.
package msgpmessage

import (
	"time"

	"github.com/sessiongen/sessiongen/runtime/bench/content"
)

//go:generate go run github.com/tinylib/msgp@v1.6.5 -tests=false -io=false

// Message has the content's fields.
type Message struct {
	UserID   int64     `msg:"user_id"`
	Username string    `msg:"username"`
	LoggedIn bool      `msg:"logged_in"`
	LastSeen time.Time `msg:"last_seen"`
	Roles    []string  `msg:"roles"`
	Cart     []Line    `msg:"cart"`
	Theme    string    `msg:"theme"`
}

// Line has the fields of a content's line.
type Line struct {
	SKU   string `msg:"sku"`
	Qty   int    `msg:"qty"`
	Price int64  `msg:"price"`
}

// Of makes a message of a content.
func Of(c content.Content) *Message {
	m := &Message{
		UserID: c.UserID, Username: c.Username, LoggedIn: c.LoggedIn, LastSeen: c.LastSeen,
		Roles: c.Roles, Theme: c.Theme,
	}
	for _, line := range c.Cart {
		m.Cart = append(m.Cart, Line(line))
	}
	return m
}

// Content is the reverse of [Of].
func (z *Message) Content() content.Content {
	c := content.Content{
		UserID: z.UserID, Username: z.Username, LoggedIn: z.LoggedIn, LastSeen: z.LastSeen,
		Roles: z.Roles, Theme: z.Theme,
	}
	for _, line := range z.Cart {
		c.Cart = append(c.Cart, content.Line(line))
	}
	return c
}
