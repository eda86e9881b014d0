package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

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
	requests := r.table(requests)
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

func (r *results) table(name string) *table { return tabulate(name, r.jobs, r.cells) }

// document is results.md.
func (r *results) document() string {
	var b strings.Builder
	fmt.Fprintf(&b, "# Results\n\nWritten by `go run ./report`; do not edit. %s.\n", r.machine())
	fmt.Fprintf(&b, "Medians of %d interleaved passes of %v each. Between the quartiles of a figure lie up to %.0f%% of it.\n",
		r.settings.passes, r.settings.each, 100*max(r.table(requests).spread(), r.table(codecs).spread()))
	fmt.Fprintf(&b, "The load of the machine when it began was %s. Compare within one table only; differences under 20%% are none.\n", r.load)
	for _, section := range sections {
		b.WriteString(section(r))
	}
	return b.String()
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
