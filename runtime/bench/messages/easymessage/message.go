// Package easymessage is the content as a message of github.com/mailru/easyjson.
package easymessage

import (
	"time"

	"github.com/sessiongen/sessiongen/runtime/bench/content"
)

//go:generate go run github.com/mailru/easyjson/easyjson@v0.9.2 -no_std_marshalers message.go

// Message has the content's fields.
//
//easyjson:json
type Message struct {
	UserID   int64     `json:"user_id"`
	Username string    `json:"username"`
	LoggedIn bool      `json:"logged_in"`
	LastSeen time.Time `json:"last_seen"`
	Roles    []string  `json:"roles"`
	Cart     []Line    `json:"cart"`
	Theme    string    `json:"theme"`
}

// Line has the fields of a content's line.
type Line struct {
	SKU   string `json:"sku"`
	Qty   int    `json:"qty"`
	Price int64  `json:"price"`
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
func (m *Message) Content() content.Content {
	c := content.Content{
		UserID: m.UserID, Username: m.Username, LoggedIn: m.LoggedIn, LastSeen: m.LastSeen,
		Roles: m.Roles, Theme: m.Theme,
	}
	for _, line := range m.Cart {
		c.Cart = append(c.Cart, content.Line(line))
	}
	return c
}
