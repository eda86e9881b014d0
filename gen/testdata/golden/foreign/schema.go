// Command foreign uses types of other packages, two of which have one name.
package main

import (
	"time"

	"github.com/sessiongen/sessiongen/gen/testdata/golden/foreign/geo"
	"github.com/sessiongen/sessiongen/gen/testdata/golden/foreign/go-shape"
	corner "github.com/sessiongen/sessiongen/gen/testdata/golden/foreign/other/geo"
)

type trip struct {
	_ struct{} `session:"lifetime=24h"`

	Start   geo.Point            `session:"start"`
	Corners []corner.Point       `session:"corners"`
	Way     geo.Track            `session:"way"`
	Marks   geo.Marks            `session:"marks"`
	Ends    geo.Pair[int]        `session:"ends"`
	Legs    []geo.Pair[Mine]     `session:"legs"`
	Stop    geo.Stop             `session:"stop"`
	Month   time.Month           `session:"month,default=3"`
	Days    map[time.Weekday]int `session:"days"`
	Place   geo.Place            `session:"place"`

	Shape  shape.Shape `cookie:"shape"`
	Height geo.Height  `cookie:"height,default=0"`
}

// Mine is of this package.
type Mine struct{ Height geo.Height }
