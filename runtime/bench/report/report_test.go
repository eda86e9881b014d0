package main

import (
	"bytes"
	"encoding/xml"
	"errors"
	"flag"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestMain lets the test's program be the command: it starts itself to measure memory.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "-child" {
		main()
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func TestTheCommandWorks(t *testing.T) {
	folder := t.TempDir()
	readme := filepath.Join(folder, "README.md")
	if err := os.WriteFile(readme, []byte("before\n<!-- bench -->\nold\n<!-- /bench -->\nafter\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var out, progress bytes.Buffer
	if err := run([]string{"-quick", "-o", folder, "-readme", readme}, &out, &progress); err != nil {
		t.Fatalf("%v\n%s", err, &progress)
	}
	read := func(name string) string {
		text, err := os.ReadFile(filepath.Join(folder, name))
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	section := read("README.md")
	for _, want := range append([]string{"before\n<!-- bench -->\n", "<!-- /bench -->\nafter\n", "requests.svg"}, shown...) {
		if !strings.Contains(section, want) {
			t.Errorf("the README lacks %q:\n%s", want, section)
		}
	}
	if strings.Contains(section, "old") {
		t.Error("the README has its old section still")
	}
	for _, want := range []string{"## A request", "## Sessions in the cookie", "## A value in a cookie", "## The codec", "## Stores in memory", "**lazy**", "leaves Vary"} {
		if !strings.Contains(read("results.md"), want) {
			t.Errorf("results.md lacks %q", want)
		}
	}
	if host, err := os.Hostname(); err == nil && len(host) > 3 && strings.Contains(out.String(), host) {
		t.Error("the results name the machine")
	}
	for decoder := xml.NewDecoder(strings.NewReader(read("requests.svg"))); ; {
		if _, err := decoder.Token(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
}

// A busy machine may not fill the stores in time, after minutes of measuring.
func TestWhatWasMeasuredOutlivesAFailure(t *testing.T) {
	folder := t.TempDir()
	readme := filepath.Join(folder, "README.md")
	if err := os.WriteFile(readme, []byte("<!-- bench -->\n<!-- /bench -->\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	args := []string{"-passes", "1", "-each", "50us", "-sessions", "2000", "-fill", "1ns", "-servers=false", "-o", folder, "-readme", readme}
	if err := run(args, io.Discard, io.Discard); err == nil || !strings.Contains(err.Error(), "not measured") {
		t.Errorf("the command says %v", err)
	}
	text, err := os.ReadFile(filepath.Join(folder, "results.md"))
	if err != nil || !strings.Contains(string(text), "## The codec") || strings.Contains(string(text), "## Stores in memory") {
		t.Errorf("%v: %s", err, text)
	}
}

func TestHelp(t *testing.T) {
	var progress bytes.Buffer
	if err := run([]string{"-h"}, io.Discard, &progress); !errors.Is(err, flag.ErrHelp) || !strings.Contains(progress.String(), "go run ./report") {
		t.Errorf("%v: %s", err, &progress)
	}
	for _, args := range [][]string{{"more"}, {"-passes", "0"}, {"-sessions", "3"}} {
		if err := run(args, io.Discard, io.Discard); err == nil {
			t.Errorf("%q is accepted", args)
		}
	}
}

// Comparing across runs: one table is made of one run, whose passes are interleaved, and
// what is shown is the median, which one disturbed pass does not move.
func TestTrap_MediansOfInterleavedPasses(t *testing.T) {
	var order []string
	jobs := []*job{}
	for _, name := range []string{"a", "b", "c", "d"} {
		jobs = append(jobs, &job{row: name, batch: 1, run: func(int) error { order = append(order, name); return nil }})
	}
	if _, err := measure(jobs, 7, time.Nanosecond, func(string) {}); err != nil {
		t.Fatal(err)
	}
	last, first := map[string]int{}, map[string]int{}
	for i, name := range order {
		last[name] = i
		if _, seen := first[name]; !seen {
			first[name] = i
		}
	}
	for _, one := range jobs {
		for _, other := range jobs {
			if first[one.row] > last[other.row] {
				t.Errorf("all passes of %s are before those of %s", other.row, one.row)
			}
		}
	}
	c := &cell{}
	for _, nanoseconds := range []float64{100, 101, 5000, 102, 99} {
		c.passes = append(c.passes, sample{nanoseconds, 2, 64})
	}
	if c.summarise(); c.nanoseconds != 101 {
		t.Errorf("median %v", c.nanoseconds)
	}
}

// Claiming scaling from two cores, and calling a lazy library's untouched case fast.
func TestTrap_TheResultsSayWhatTheyDoNotShow(t *testing.T) {
	r := &results{settings: settings{passes: 1}}
	jobs, err := prepare()
	if err != nil {
		t.Fatal(err)
	}
	r.jobs = jobs
	for range jobs {
		r.cells = append(r.cells, &cell{nanoseconds: 1, allocs: 1})
	}
	document := r.document()
	for _, want := range []string{"on no more processors than above", "**lazy**", "Compare within one table only"} {
		if !strings.Contains(document, want) {
			t.Errorf("the results lack %q", want)
		}
	}
	for _, column := range columns {
		if column == "untouched" {
			t.Error("the README shows untouched requests, which compare with nobody else's where a library is lazy")
		}
	}
}

func TestAJobThatFailsIsNotMeasured(t *testing.T) {
	wanted := errors.New("no")
	_, err := measure([]*job{{run: func(int) error { return wanted }}}, 1, time.Millisecond, func(string) {})
	if !errors.Is(err, wanted) {
		t.Errorf("%v", err)
	}
}

// A reader must see how far ours is from its limit, whichever way it turns out.
func TestTheDistanceToTheLimitIsSaid(t *testing.T) {
	figures := map[[2]string]float64{
		{"sessiongen", "read one"}: 2000, {"limit, by hand", "read one"}: 1000,
		{"sessiongen", "new"}: 900, {"limit, by hand", "new"}: 1000,
	}
	var jobs []*job
	var cells []*cell
	for place, nanoseconds := range figures {
		allocs := 4.0
		if place[0] == "sessiongen" {
			allocs = 3
		}
		jobs = append(jobs, &job{table: requests, row: place[0], column: place[1]})
		cells = append(cells, &cell{nanoseconds: nanoseconds, allocs: allocs})
	}
	beside := tabulate(requests, jobs, cells)
	for _, want := range []string{"| sessiongen |", " 2.00× (-1) |", " 0.90× (-1) |", "1.30× at the most"} {
		if got := beside.besideLimits(); !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
	if got, want := beside.distance(columns), "sessiongen takes 0.9 to 2.0 times as long as the limit."; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestTheReadmesSectionIsShort(t *testing.T) {
	r := &results{}
	for _, row := range shown {
		for _, column := range columns {
			r.jobs = append(r.jobs, &job{table: requests, row: row, column: column})
			r.cells = append(r.cells, &cell{nanoseconds: 1000})
		}
	}
	section := r.section(r.table(requests))
	if lines := strings.Count(section, "\n"); lines > 20 || !strings.Contains(section, "`go run ./report`") {
		t.Errorf("%d lines:\n%s", lines, section)
	}
}
