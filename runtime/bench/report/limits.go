package main

import (
	"fmt"
	"strings"
)

// limits are the rows of ours, and what bounds each.
var limits = [][2]string{
	{"sessiongen", "limit, by hand"},
	{"sessiongen, principal", "limit, principal"},
}

// wanted is how many times as long as its limit ours may take.
const wanted = 1.3

// besideLimits says how far ours is from what the same work costs at the least.
func (t *table) besideLimits() string {
	var b strings.Builder
	t.head(&b, "times as long as its limit (allocations more)", nil)
	for _, pair := range limits {
		fmt.Fprintf(&b, "| %s |", pair[0])
		for _, column := range t.columns {
			ours, limit := t.cells[pair[0]][column], t.cells[pair[1]][column]
			if ours == nil || limit == nil {
				b.WriteString(" |")
				continue
			}
			fmt.Fprintf(&b, " %s (%+.0f) |", ratio(ours.nanoseconds, limit.nanoseconds), ours.allocs-limit.allocs)
		}
		b.WriteString("\n")
	}
	fmt.Fprintf(&b, "\nThe aim is %s at the most, and no allocation more.\n", ratio(wanted, 1))
	return b.String()
}

// distance says in a sentence how far ours is from its limit in these columns.
func (t *table) distance(columns []string) string {
	var least, most float64
	for _, column := range columns {
		ours, limit := t.cells[limits[0][0]][column], t.cells[limits[0][1]][column]
		if ours == nil || limit == nil {
			continue
		}
		times := ours.nanoseconds / limit.nanoseconds
		if least == 0 || times < least {
			least = times
		}
		most = max(most, times)
	}
	return fmt.Sprintf("sessiongen takes %.1f to %.1f times as long as the limit.", least, most)
}
