// Command cookies keeps everything in cookies of their own: there is no session
// and no store.
package main

import "time"

type preferences struct {
	_ struct{} `session:"-"`

	// Theme paints the page.
	Theme Theme `cookie:"theme,max-age=365d,httponly=false,default=light"`

	Font     string        `cookie:"font,was=typeface"`
	Free     Theme         `cookie:"free,open,max-age=90m"`
	Tracked  bool          `cookie:"tracked,samesite=strict,default=true"`
	Zoom     int           `cookie:"zoom,default=-100"`
	Level    Level         `cookie:"level,default=7"`
	Ratio    float64       `cookie:"ratio,default=0.1"`
	Half     Half          `cookie:"half,default=1e-7"`
	Seen     time.Time     `cookie:"seen,default=2026-03-01T12:30:00.5Z"`
	Bought   Moment        `cookie:"bought,default=2026-03-01T12:30:00+02:00"`
	Timeout  time.Duration `cookie:"timeout,default=90m"`
	Campaign string        `cookie:"campaign,signed,max-age=30d,was=source"`
	Ticket   Ticket        `cookie:"ticket,encrypted,secret,path=/tickets"`
	Widget   uint64        `cookie:"__Secure-widget,samesite=none,partitioned,domain=golden.example,default=18446744073709551615"`
	Plain    int8          `cookie:"plain,secure=false"`
}

// Theme is a set of colors.
type Theme string

// The themes that there are.
const (
	Light Theme = "light"
	Dark  Theme = "dark"
)

// Night is another name for Dark.
const Night = Dark

// Level has a constant for some of its values.
type Level uint8

const (
	low  Level = 3
	high Level = 7
)

type (
	// Half is not precise.
	Half float32
	// Moment is when something happened.
	Moment time.Time
	// Ticket has no constants.
	Ticket int64
)
