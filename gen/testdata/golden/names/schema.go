// Command names has names that get in the way of those that generated code
// likes to use.
package main

import (
	sizeB "github.com/sessiongen/sessiongen/gen/testdata/golden/names/r"
	"github.com/sessiongen/sessiongen/gen/testdata/golden/names/size"
)

// Schemas that are called like locals.
type (
	value struct {
		_ struct{} `session:"idle=1h" cookie:"value"`

		Value value2             `session:"value,principal"`
		Key   map[key2]field     `session:"key"`
		Field []field            `session:"field"`
		Size  []size.Size        `session:"size"`
		R     map[string]sizeB.R `session:"r"`
		B     b                  `session:"b"`
		Ctx   ctx                `session:"ctx,index"`

		Options options `cookie:"options,default=on"`
	}
	key struct {
		_ struct{} `session:"idle=1h" cookie:"key"`

		V     v          `session:"v"`
		C     map[bool]c `session:"c"`
		N     []n        `session:"n"`
		Outer outer      `session:"outer"`
	}
	v2 struct {
		_ struct{} `session:"type=V"`

		Delta  delta  `session:"delta"`
		Change change `session:"change,flash"`
		Values values `session:"values"`
	}
	m struct {
		_ struct{} `session:"-"`

		W     w     `cookie:"w"`
		Err   err   `cookie:"err"`
		Id    id    `cookie:"id"`
		State state `cookie:"state"`
	}
)

// Types that are called like locals.
type (
	value2  int64
	key2    string
	field   struct{ Value, Key int }
	b       struct{ B []b2 }
	b2      struct{ Size, V string }
	ctx     string
	options string
	v       struct{ C map[string]c }
	c       struct{ N n }
	n       struct{ Outer outer }
	outer   struct{ I []i }
	i       struct{ I int }
	delta   float64
	change  string
	values  []delta
	w       string
	err     bool
	id      uint8
	state   string
)

const (
	store   options = "on"
	manager options = "off"
)

//lint:file-ignore U1000 they are here to be in the way

// Names that the generator prefers for what it declares itself.
type (
	valueSchema     struct{}
	keyCodec        int
	sizeField       string
	vDelta          bool
	consumeSizeSize struct{}
)

var valueOptionsCookie, vDelta_ = 1, 2

func appendOuter() {}

func valueOptions() {}
