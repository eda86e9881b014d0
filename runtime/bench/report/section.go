package main

import (
	"fmt"
	"strings"
)

// shown are the rows and columns of the table in the README.
var (
	shown   = []string{"sessiongen", "limit, by hand", "scs, gob", "scs, wire by hand", "gorilla CookieStore", "gin-contrib memstore", "fiber, memory"}
	columns = []string{"no cookie", "read one", "read all", "write one", "new"}
)

// section is what the README says of the requests.
func (r *results) section(t *table) string {
	var b strings.Builder
	b.WriteString("![How long a request takes with each library](requests.svg)\n\n")
	fmt.Fprintf(&b, "| µs (allocations) | %s |\n|---|%s\n", strings.Join(columns, " | "), strings.Repeat("---|", len(columns)))
	ours := t.cells[shown[0]]
	for _, row := range shown {
		fmt.Fprintf(&b, "| %s |", row)
		for _, column := range columns {
			c := t.cells[row][column]
			if c == nil {
				b.WriteString(" |")
				continue
			}
			fmt.Fprintf(&b, " %s (%.0f)", microseconds(c.nanoseconds), c.allocs)
			if row != shown[0] {
				fmt.Fprintf(&b, ", %s", ratio(c.nanoseconds, ours[column].nanoseconds))
			}
			b.WriteString(" |")
		}
		b.WriteString("\n")
	}
	fmt.Fprintf(&b, "\n%s Measured by `go run ./report` in `runtime/bench`: %s.\n", t.distance(columns), r.machine())
	return b.String()
}
