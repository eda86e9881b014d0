package gen

import (
	"strconv"
	"strings"
	"time"
)

// units are what durations are written in, the largest first.
var units = []struct {
	size  time.Duration
	words string
	name  string // of package time
}{
	{24 * time.Hour, "day", ""},
	{time.Hour, "hour", "Hour"},
	{time.Minute, "minute", "Minute"},
	{time.Second, "second", "Second"},
	{time.Millisecond, "millisecond", "Millisecond"},
	{time.Microsecond, "microsecond", "Microsecond"},
	{time.Nanosecond, "nanosecond", "Nanosecond"},
}

// durationWords is a duration as people say it: 1 hour and 30 minutes.
func durationWords(d time.Duration) string {
	if d < 0 {
		return d.String()
	}
	if d > 0 && d < 48*time.Hour && d%time.Hour == 0 {
		return plural(int(d/time.Hour), "hour")
	}
	var parts []string
	for _, unit := range units {
		if n := d / unit.size; n > 0 {
			parts = append(parts, plural(int(n), unit.words))
			d %= unit.size
		}
	}
	return joinWords(parts)
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return strconv.Itoa(n) + " " + noun + "s"
}

// joinWords is a, b and c.
func joinWords(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + " and " + words[len(words)-1]
}
