package parse

import (
	"errors"
	"math"
	"strconv"
	"strings"
	"time"
)

var (
	errDuration     = errors.New("is not a duration: write it as in Go, with d and w for days and weeks (90m, 1d12h), or as whole seconds")
	errLongDuration = errors.New("is longer than the 292 years that a time.Duration can hold")
)

// parseDuration reads a duration of a tag: Go's, plus d and w, or a whole
// number of seconds.
func parseDuration(s string) (time.Duration, error) {
	if rest, negative := strings.CutPrefix(s, "-"); negative {
		d, err := parsePositiveDuration(rest)
		return -d, err
	}
	return parsePositiveDuration(s)
}

func parsePositiveDuration(s string) (time.Duration, error) {
	if s == "" {
		return 0, errDuration
	}
	if onlyDigits(s) {
		s += "s"
	}
	var sum time.Duration
	for s != "" {
		number := len(s) - len(strings.TrimLeft(s, "0123456789."))
		end := number + len(s[number:]) - len(strings.TrimLeft(s[number:], "dhmnsuwµμ"))
		part, err := parseDurationPart(s[:number], s[number:end])
		if err != nil {
			return 0, err
		}
		if sum > math.MaxInt64-part {
			return 0, errLongDuration
		}
		sum += part
		s = s[end:]
	}
	return sum, nil
}

func parseDurationPart(number, unit string) (time.Duration, error) {
	if _, err := strconv.ParseFloat(number, 64); err != nil && !errors.Is(err, strconv.ErrRange) {
		return 0, errDuration
	}
	factor := time.Duration(1)
	switch unit {
	case "d":
		unit, factor = "h", 24
	case "w":
		unit, factor = "h", 7*24
	case "ns", "us", "µs", "μs", "ms", "s", "m", "h":
	default:
		return 0, errDuration
	}
	d, err := time.ParseDuration(number + unit)
	if err != nil || d > math.MaxInt64/factor {
		return 0, errLongDuration
	}
	return d * factor, nil
}

func onlyDigits(s string) bool { return strings.Trim(s, "0123456789") == "" }
