package model

import (
	"strconv"
	"strings"
	"time"
)

// Unit is something that durations are written in.
type Unit struct {
	Size  time.Duration
	Words string // 1 hour
	Name  string // of the constant in package time; empty: there is none
}

// Units are all of them, the largest first.
var Units = []Unit{
	{24 * time.Hour, "day", ""},
	{time.Hour, "hour", "Hour"},
	{time.Minute, "minute", "Minute"},
	{time.Second, "second", "Second"},
	{time.Millisecond, "millisecond", "Millisecond"},
	{time.Microsecond, "microsecond", "Microsecond"},
	{time.Nanosecond, "nanosecond", "Nanosecond"},
}

// DurationWords is a duration as people say it: 1 hour and 30 minutes.
func DurationWords(d time.Duration) string {
	if d < 0 {
		return d.String()
	}
	if d > 0 && d < 48*time.Hour && d%time.Hour == 0 {
		return plural(int(d/time.Hour), "hour")
	}
	var parts []string
	for _, unit := range Units {
		if n := d / unit.Size; n > 0 {
			parts = append(parts, plural(int(n), unit.Words))
			d %= unit.Size
		}
	}
	return JoinWords(parts)
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return strconv.Itoa(n) + " " + noun + "s"
}

// JoinWords is a, b and c.
func JoinWords(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + " and " + words[len(words)-1]
}

// Beginning is since when a session's lifetime is counted, after its subject. signsIn says
// that the session has a principal.
func Beginning(signsIn bool) string {
	if signsIn {
		return "began or after the last sign-in"
	}
	return "began"
}
