// Command reserved has packages and types that are called as the packages that
// generated files import.
package main

import (
	"github.com/sessiongen/sessiongen/gen/testdata/golden/reserved/engine"
	"github.com/sessiongen/sessiongen/gen/testdata/golden/reserved/runtime"
	frames "github.com/sessiongen/sessiongen/gen/testdata/golden/reserved/wire"
)

type visitor struct {
	_ struct{} `session:"idle=1h" cookie:"visitor"`

	Engine  engine.Engine          `session:"engine"`
	Runtime []runtime.Runtime      `session:"runtime"`
	Frames  map[string]frames.Wire `session:"frames"`
	Wire    wire                   `session:"wire"`
	Slot    engine.Slot            `cookie:"slot"`
	Cookie  cookie                 `cookie:"cookie,default=plain"`
}

type (
	wire   struct{ Cookie cookie }
	cookie string
)
