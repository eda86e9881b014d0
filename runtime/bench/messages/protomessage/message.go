// Package protomessage is the content as a message of google.golang.org/protobuf.
package protomessage

import (
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/sessiongen/sessiongen/runtime/bench/content"
)

// It needs protoc, and protoc-gen-go of the version in go.mod:
// go install google.golang.org/protobuf/cmd/protoc-gen-go@v1.36.12
//
//go:generate protoc --go_out=. --go_opt=paths=source_relative message.proto

// Of makes a message of a content.
func Of(c content.Content) *Message {
	m := &Message{
		UserId: c.UserID, Username: c.Username, LoggedIn: c.LoggedIn, LastSeen: timestamppb.New(c.LastSeen),
		Roles: c.Roles, Theme: c.Theme,
	}
	for _, line := range c.Cart {
		m.Cart = append(m.Cart, &Line{Sku: line.SKU, Qty: int64(line.Qty), Price: line.Price})
	}
	return m
}

// Content is the reverse of [Of].
func (x *Message) Content() content.Content {
	c := content.Content{
		UserID: x.UserId, Username: x.Username, LoggedIn: x.LoggedIn, LastSeen: x.LastSeen.AsTime(),
		Roles: x.Roles, Theme: x.Theme,
	}
	for _, line := range x.Cart {
		c.Cart = append(c.Cart, content.Line{SKU: line.Sku, Qty: int(line.Qty), Price: line.Price})
	}
	return c
}
