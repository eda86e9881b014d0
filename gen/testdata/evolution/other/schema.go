package main

import "net/netip"

// reader is another application's schema, under the same cookie.
type reader struct {
	_ struct{} `session:"idle=30m,lifetime=12h" cookie:"__Host-visitor"`

	Account  int64               `session:"user_id,principal"`
	Articles map[string]int      `session:"articles"`
	Address  netip.Addr          `session:"address"`
	Read     uint                `session:"read"`
	Drafts   map[string][]string `session:"drafts"`
}
