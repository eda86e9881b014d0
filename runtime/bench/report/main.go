// Report measures everything in this module and writes down what it has found: all
// tables as results.md, a chart as requests.svg, and a short table into README.md
// beside them. Run it in runtime/bench, on a machine that does nothing else:
//
//	go run ./report
package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"time"
)

// settings are what the flags say.
type settings struct {
	passes   int
	each     time.Duration
	sessions int
	fill     time.Duration
	servers  bool
	folder   string
	readme   string
	child    string
}

const usage = `Measures sessiongen beside other session libraries, and writes results.md, requests.svg
and the section of README.md between its <!-- bench --> comments. Run it in runtime/bench,
on a machine that does nothing else; it takes about five minutes.

	go run ./report

Each library is first checked to do the same work as the others. Then everything is
measured once per pass, in another order each time, and the medians are written down. Compare
figures of one run only: another run is another day.

Flags:
`

func main() {
	if err := run(os.Args[1:], os.Stdout, os.Stderr); err != nil {
		if !errors.Is(err, flag.ErrHelp) {
			fmt.Fprintln(os.Stderr, "report:", err)
			os.Exit(1)
		}
	}
}

func run(args []string, out, progress io.Writer) error {
	s, err := parse(args, progress)
	if err != nil {
		return err
	}
	if s.child != "" {
		return measureMemory(s, out)
	}
	say := func(what string) { fmt.Fprintf(progress, "%s  %s\n", time.Now().Format(time.TimeOnly), what) }
	say("checking that all do the same work")
	jobs, err := prepare()
	if err != nil {
		return err
	}
	r := &results{settings: s, load: load()}
	if r.cells, err = measure(jobs, s.passes, s.each, say); err != nil {
		return err
	}
	r.jobs = jobs
	// What was measured is kept if something later fails; the command still does.
	var failed error
	if r.memories, failed = memories(s, say); failed != nil {
		failed = fmt.Errorf("stores in memory are not measured: %w", failed)
	}
	if s.servers {
		say("counting commands on Redis and PostgreSQL")
		if r.commands, err = countCommands(); err != nil {
			fmt.Fprintln(progress, "report: commands are not counted:", err)
		}
	}
	return errors.Join(failed, r.write(out))
}

func parse(args []string, progress io.Writer) (s settings, err error) {
	flags := flag.NewFlagSet("report", flag.ContinueOnError)
	flags.SetOutput(progress)
	flags.Usage = func() {
		fmt.Fprint(progress, usage)
		flags.PrintDefaults()
	}
	quick := flags.Bool("quick", false, "only see whether the command works: its figures mean nothing")
	flags.IntVar(&s.passes, "passes", 9, "how often everything is measured")
	flags.DurationVar(&s.each, "each", 100*time.Millisecond, "how long a measurement takes")
	flags.IntVar(&s.sessions, "sessions", 1_000_000, "how many sessions are put into a store")
	flags.BoolVar(&s.servers, "servers", true, "count commands on servers that are started for it")
	flags.StringVar(&s.folder, "o", ".", "the `folder` for results.md and requests.svg")
	flags.StringVar(&s.readme, "readme", "README.md", "the `file` whose section is replaced")
	flags.StringVar(&s.child, "child", "", "measure the memory of this `store` alone (used by the command itself)")
	flags.DurationVar(&s.fill, "fill", 8*time.Second, "how long a store is given to be filled, before half of its sessions end")
	if err := flags.Parse(args); err != nil {
		return s, err
	}
	if *quick {
		s.passes, s.each, s.sessions, s.fill, s.servers = 1, 50*time.Microsecond, 2000, time.Second, false
	}
	switch {
	case flags.NArg() > 0:
		return s, fmt.Errorf("unexpected %q: see -h", flags.Arg(0))
	case s.passes < 1 || s.each <= 0 || s.sessions < 2 || s.sessions%2 != 0:
		return s, errors.New("passes and durations must be above zero, and the number of sessions even")
	}
	return s, nil
}

// replaced puts a section between the two comments of a README.
func replaced(readme, section []byte) ([]byte, error) {
	const begin, end = "<!-- bench -->\n", "<!-- /bench -->"
	start := bytes.Index(readme, []byte(begin))
	stop := bytes.Index(readme, []byte(end))
	if start < 0 || stop < start {
		return nil, fmt.Errorf("there is no section between %q and %q", begin, end)
	}
	return bytes.Join([][]byte{readme[:start+len(begin)], section, readme[stop:]}, nil), nil
}
