package load

import _ "embed"

// description is what this program knows by itself of a package in the standard library.
type description struct {
	names []string // what may be asked for: all about them is said
	text  string   // declarations in Go, without bodies
}

// descriptions spare a run of the go command where a schema needs nothing else. A test
// compares them with the packages themselves.
var descriptions = map[string]description{
	"time": {[]string{"Time", "Duration", "Month", "Weekday"}, timeDescription},
}

//go:embed described/time.txt
var timeDescription string
