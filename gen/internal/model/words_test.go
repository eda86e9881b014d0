package model

import (
	"testing"
	"time"
)

func TestDurationWords(t *testing.T) {
	const day = 24 * time.Hour
	for d, want := range map[time.Duration]string{
		time.Second:                           "1 second",
		90 * time.Second:                      "1 minute and 30 seconds",
		30 * time.Minute:                      "30 minutes",
		24 * time.Hour:                        "24 hours",
		36 * time.Hour:                        "36 hours",
		2 * day:                               "2 days",
		365 * day:                             "365 days",
		3*day + 2*time.Hour + time.Nanosecond: "3 days, 2 hours and 1 nanosecond",
		1500 * time.Millisecond:               "1 second and 500 milliseconds",
	} {
		if got := DurationWords(d); got != want {
			t.Errorf("DurationWords(%v) = %s, want %s", d, got, want)
		}
	}
}
