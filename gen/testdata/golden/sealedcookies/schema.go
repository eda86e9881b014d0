// Command sealedcookies keeps in cookies what a session can hold: texts in plain
// ones, anything in those that are signed or encrypted.
package main

import (
	"encoding/json"
	"math/big"
	"net"
	"net/netip"
	"net/url"
	"time"
)

type guest struct {
	_ struct{} `session:"-"`

	Addr   netip.Addr `cookie:"addr"`
	IP     net.IP     `cookie:"ip"`
	Amount big.Int    `cookie:"amount"`
	Limit  big.Int    `cookie:"limit,signed"`

	Cart    []Item                    `cookie:"cart,signed"`
	Draft   *Draft                    `cookie:"draft,encrypted"`
	Tree    Tree                      `cookie:"tree,encrypted"`
	Answers map[string][]string       `cookie:"answers,encrypted"`
	Board   [3][3]int8                `cookie:"board,signed"`
	Hash    [4]byte                   `cookie:"hash,signed"`
	Data    []byte                    `cookie:"data,encrypted"`
	Site    url.URL                   `cookie:"site,signed"`
	Raw     json.RawMessage           `cookie:"raw,signed"`
	Point   complex128                `cookie:"point,signed"`
	Scores  []int                     `cookie:"scores,signed"`
	ByAddr  map[netip.Addr]*time.Time `cookie:"by_addr,encrypted"`
	Name    *string                   `cookie:"name,signed"`
	Nested  *map[string]map[int]*Item `cookie:"nested,encrypted"`
}

// Item is a line of the cart.
type Item struct {
	SKU   string
	Count int
}

// Draft is not sent yet.
type Draft struct {
	Text  string
	Saved *time.Time
	Items []*Item
}

// Tree may be deep.
type Tree struct {
	Name  string
	Trees []*Tree
}
