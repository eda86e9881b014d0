package web

import (
	"fmt"
	"html/template"
	"strings"
	"time"
)

// words are the functions that templates call.
var words = template.FuncMap{
	"ago":   ago,
	"bars":  bars,
	"clock": clock,
	"code":  code,
	"has":   has,
	"ink":   inkOf,
}

// ago says how long ago something was.
func ago(t time.Time) string {
	switch d := time.Since(t); {
	case d < 10*time.Second:
		return "just now"
	case d < time.Minute:
		return fmt.Sprintf("%d seconds ago", int(d.Seconds()))
	case d < 2*time.Minute:
		return "a minute ago"
	case d < 2*time.Hour:
		return fmt.Sprintf("%d minutes ago", int(d.Minutes()))
	default:
		return fmt.Sprintf("%d hours ago", int(d.Hours()))
	}
}

func clock(t time.Time) string { return t.Local().Format("15:04:05") }

// bar is a part of a seal's picture.
type bar struct{ X, Y, Height, Hue int }

// bars draws a seal, so that two that differ look different.
func bars(seal string) []bar {
	var list []bar
	for i, digit := range seal {
		value := strings.IndexRune("0123456789abcdef", digit)
		height := 8 + value
		list = append(list, bar{X: i * 7, Y: 24 - height, Height: height, Hue: value * 360 / 16})
	}
	return list
}

func has(wishes map[string]string, sku string) bool {
	_, found := wishes[sku]
	return found
}

// inkOf is the ink to picture where a color is all that is known.
func inkOf(color Color) ink {
	for _, i := range inks {
		if i.Color == color {
			return i
		}
	}
	return inks[0]
}
