// Command imports declares what generated files import, and some of what Go
// declares itself.
package main

import moments "time"

type runtime struct {
	_ struct{} `session:"idle=1h" cookie:"runtime"`

	Since   moments.Time     `session:"since,default=2026-03-01T00:00:00Z"`
	Wait    moments.Duration `session:"wait,default=5m"`
	Context context          `session:"context"`
	Strings []string         `session:"strings"`
	Fmt     fmt              `session:"fmt"`
	True    rune8            `session:"true"`
	Theme   http             `cookie:"theme,max-age=1h"`
}

type (
	context struct{ Slog []slog }
	slog    struct{ Time time }
	time    int64
	fmt     map[uint8]string
	http    string
	string  float64 // not what it seems to be
	uint8   int
	rune8   = int32
)

func copy() {}

var max, print, recover = 1, 2, 3
