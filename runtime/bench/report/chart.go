package main

import (
	"fmt"
	"html"
	"math"
	"strings"
)

// charted are the requests in the chart, each a panel of its own.
var charted = []string{"read one", "write one", "new"}

// The chart's measures, in pixels.
const (
	width   = 760
	labels  = 170 // where the bars begin
	room    = 120 // for the figures behind them
	bar     = 16
	step    = 22
	heading = 34
	axis    = 30
)

// shortest and longest are the ends of the scale, in microseconds.
const shortest, longest = 0.3, 300.0

func length(nanoseconds float64) float64 {
	at := math.Log(nanoseconds/1000/shortest) / math.Log(longest/shortest)
	return (width - labels - room) * min(max(at, 0.01), 1)
}

// chart draws bars with a logarithmic scale: the longest is a hundred times the
// shortest.
func chart(t *table) string {
	var b strings.Builder
	panel := heading + len(shown)*step + axis
	height := len(charted) * panel
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" role="img" aria-labelledby="title desc">
<title id="title">How long a request takes</title>
<desc id="desc">%s</desc>
<style>%s</style>
<rect class="paper" width="%d" height="%d" rx="6"/>
`, width, height+8, width, height+8, html.EscapeString(describe(t)), style, width, height+8)
	for i, column := range charted {
		drawPanel(&b, t, column, i*panel)
	}
	b.WriteString("</svg>\n")
	return b.String()
}

const style = `
text{font:13px system-ui,-apple-system,"Segoe UI",Helvetica,Arial,sans-serif;fill:#1f2328}
.paper{fill:#fff}.head{font-weight:600;font-size:14px}.tick{font-size:11px;fill:#59636e}.line{stroke:#d1d9e0}
.ours{fill:#0969da}.bound{fill:#8c959f}.peer{fill:#c58b3c}.own{font-weight:600}
@media (prefers-color-scheme:dark){text{fill:#f0f6fc}.paper{fill:#0d1117}.tick{fill:#9198a1}.line{stroke:#3d444d}
.ours{fill:#4493f8}.bound{fill:#656c76}.peer{fill:#bb8009}}
`

func drawPanel(b *strings.Builder, t *table, column string, top int) {
	fmt.Fprintf(b, `<text class="head" x="12" y="%d">%s</text>`+"\n", top+24, headings[column])
	bottom := top + heading + len(shown)*step
	for _, tick := range []float64{0.3, 1, 3, 10, 30, 100, 300} {
		x := labels + math.Round((width-labels-room)*math.Log(tick/shortest)/math.Log(longest/shortest))
		fmt.Fprintf(b, `<line class="line" x1="%.0f" x2="%.0f" y1="%d" y2="%d"/>`, x, x, top+heading, bottom)
		fmt.Fprintf(b, `<text class="tick" text-anchor="middle" x="%.0f" y="%d">%g</text>`+"\n", x, bottom+14, tick)
	}
	fmt.Fprintf(b, `<text class="tick" x="%d" y="%d">µs, logarithmic</text>`+"\n", width-room+16, bottom+14)
	ours := t.cells[shown[0]][column].nanoseconds
	for i, row := range shown {
		c := t.cells[row][column]
		if c == nil {
			continue
		}
		y := top + heading + i*step
		class, own, figure := "peer", "", microseconds(c.nanoseconds)+" µs, "+ratio(c.nanoseconds, ours)
		switch i {
		case 0:
			class, own, figure = "ours", ` class="own"`, microseconds(c.nanoseconds)+" µs"
		case 1:
			class = "bound"
		}
		fmt.Fprintf(b, `<text%s text-anchor="end" x="%d" y="%d">%s</text>`, own, labels-10, y+bar-1, html.EscapeString(row))
		fmt.Fprintf(b, `<rect class="%s" x="%d" y="%d" width="%.1f" height="%d" rx="2"/>`, class, labels, y+2, length(c.nanoseconds), bar)
		fmt.Fprintf(b, `<text%s x="%.1f" y="%d">%s</text>`+"\n", own, labels+length(c.nanoseconds)+6, y+bar-1, figure)
	}
}

var headings = map[string]string{
	"read one":  "A request that reads one field",
	"write one": "A request that writes one field",
	"new":       "A request that begins a session",
}

// describe says in words what the bars say.
func describe(t *table) string {
	var all []string
	for _, column := range charted {
		var parts []string
		for _, row := range shown {
			if c := t.cells[row][column]; c != nil {
				parts = append(parts, fmt.Sprintf("%s %s", row, microseconds(c.nanoseconds)))
			}
		}
		all = append(all, headings[column]+", in microseconds: "+strings.Join(parts, "; ")+".")
	}
	return strings.Join(all, " ")
}
