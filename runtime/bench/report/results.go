package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/sessiongen/sessiongen/runtime/bench/request"
	"github.com/sessiongen/sessiongen/runtime/bench/store"
)

// results are what was measured.
type results struct {
	settings settings
	load     string
	jobs     []*job
	cells    []*cell
	memories []store.Memory
	commands []store.Commands
}

func (r *results) write(out io.Writer) error {
	document := r.document()
	requests := tabulate(requests, r.jobs, r.cells)
	if err := os.WriteFile(filepath.Join(r.settings.folder, "results.md"), []byte(document), 0o644); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(r.settings.folder, "requests.svg"), []byte(chart(requests)), 0o644); err != nil {
		return err
	}
	readme, err := os.ReadFile(r.settings.readme)
	if err != nil {
		return err
	}
	if readme, err = replaced(readme, []byte(r.section(requests))); err != nil {
		return fmt.Errorf("%s: %w", r.settings.readme, err)
	}
	if err := os.WriteFile(r.settings.readme, readme, 0o644); err != nil {
		return err
	}
	_, err = io.WriteString(out, document)
	return err
}

func (r *results) machine() string {
	return fmt.Sprintf("%s, %d processors, %s, %s/%s, %s", processor(), runtime.NumCPU(), runtime.Version(), runtime.GOOS, runtime.GOARCH,
		time.Now().UTC().Format(time.DateOnly))
}

// document is results.md.
func (r *results) document() string {
	var b strings.Builder
	table := func(name string) *table { return tabulate(name, r.jobs, r.cells) }
	fmt.Fprintf(&b, "# Results\n\nWritten by `go run ./report`; do not edit. %s.\n", r.machine())
	fmt.Fprintf(&b, "Medians of %d interleaved passes of %v each. Between the quartiles of a figure lie up to %.0f%% of it.\n",
		r.settings.passes, r.settings.each, 100*max(table(requests).spread(), table(codecs).spread()))
	fmt.Fprintf(&b, "The load of the machine when it began was %s. Compare within one table only; differences under 20%% are none.\n", r.load)
	fmt.Fprintf(&b, "\n## A request\n\n%s", table(requests).markdown("stored"))
	b.WriteString("\nstored: bytes in the store. Two at a time is what one request takes when two goroutines read, on no more processors than above.\n\n")
	for _, l := range request.Libraries() {
		if l.Note == "" {
			continue
		}
		lazy := ""
		if l.Lazy && !l.Nothing {
			lazy = "; **lazy**: does nothing for a session that the handler does not look at, so its \"untouched\" compares with \"no cookie\""
		}
		fmt.Fprintf(&b, "- %s: %s%s\n", l.Name, l.Note, lazy)
	}
	fmt.Fprintf(&b, "\n## Sessions in the cookie\n\n%s", table(sealedIn).markdown("cookie"))
	fmt.Fprintf(&b, "\n## A value in a cookie\n\nAll of the content in one cookie.\n\n%s", table(cookies).markdown("cookie"))
	fmt.Fprintf(&b, "\ncookie: bytes that the browser sends, with the name.\n\n## The codec\n\n%s", table(codecs).markdown("size"))
	b.WriteString(r.stores())
	return b.String()
}

func (r *results) stores() string {
	var b strings.Builder
	b.WriteString("\n## Stores in memory\n\n| | bytes each | record | collection | slowest load | slowest load during a sweep |\n|---|---|---|---|---|---|\n")
	for _, m := range r.memories {
		fmt.Fprintf(&b, "| %s | %.0f | %d | %v | %v | %v |\n", m.Name, m.Each, m.Record, m.Collect.Round(time.Millisecond), short(m.Calm), short(m.Worst))
	}
	fmt.Fprintf(&b, "\n%d sessions, half of which end at the same moment; medians of the trials, each a process of its own.\n", r.settings.sessions)
	if len(r.commands) == 0 {
		return b.String()
	}
	fmt.Fprintf(&b, "\n## Round trips to a server\n\n| | %s |\n|---|%s\n", strings.Join(store.Requests, " | "), strings.Repeat("---|", len(store.Requests)))
	for _, c := range r.commands {
		fmt.Fprintf(&b, "| %s |", c.Name)
		for i, count := range c.Counts {
			sent := ""
			if c.SetCookies[i] {
				sent = ", cookie"
			}
			fmt.Fprintf(&b, " %d (%d%s) |", count.RoundTrips, count.Commands, sent)
		}
		b.WriteString("\n")
	}
	b.WriteString("\nIn brackets the commands, and whether the response sets the cookie. Counted on the wire.\n")
	return b.String()
}

func short(d time.Duration) time.Duration {
	if d < time.Millisecond {
		return d.Round(time.Microsecond)
	}
	return d.Round(100 * time.Microsecond)
}

// processor is the model that the system names.
func processor() string {
	text, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return "unknown processor"
	}
	for line := range strings.Lines(string(text)) {
		if name, found := strings.CutPrefix(line, "model name"); found {
			return strings.TrimSpace(strings.TrimLeft(name, "\t :"))
		}
	}
	return "unknown processor"
}

// load is how many programs wanted a processor in the last minute.
func load() string {
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "unknown"
	}
	first, _, _ := strings.Cut(string(text), " ")
	return first
}
