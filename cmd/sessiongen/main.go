// Sessiongen is for programs that use sessions: it writes the code for their annotated session
// structs. Run it by
//
//	//go:generate go tool sessiongen
//
// in the package that declares them, or see sessiongen -h.
//
// Of sessiongen's packages it imports gen, migrate and vet and, for records, runtime, keyring,
// record and sealed.
package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"runtime/debug"
	"strings"

	"github.com/rogpeppe/go-internal/diff"

	"github.com/sessiongen/sessiongen/gen"
)

// The exit codes.
const (
	exitDone  = 0
	exitStale = 1 // or there is something to report
	exitOpen  = 1 // init has written, and something is left to decide
	exitError = 2
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// options are what the command line says.
type options struct {
	config                  gen.Config
	check, version, verbose bool
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	if isVetTool(args) {
		runVetTool()
	}
	if c, found := commandOf(args); found {
		return c.run(ctx, args[1:], stdout, stderr)
	}
	o, err := parseArgs(args)
	if code, answered := answerUsage(stdout, stderr, "sessiongen", help(), err); answered {
		return code
	}
	if o.version {
		fmt.Fprintln(stdout, "sessiongen", version())
		return exitDone
	}
	o.config.Warn = func(warning gen.Error) { fmt.Fprintln(stderr, warning) }
	code, err := generate(ctx, o, stdout)
	if err != nil {
		printError(stderr, err)
	}
	return code
}

// parseArgs reads the command line.
func parseArgs(args []string) (options, error) {
	var o options
	var types string
	flags := flag.NewFlagSet("sessiongen", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.StringVar(&types, "type", "", "")
	flags.StringVar(&o.config.Output, "o", gen.DefaultOutput, "")
	flags.Func("break", "", func(keys string) error {
		o.config.Break = append(o.config.Break, strings.FieldsFunc(keys, func(r rune) bool { return r == ',' })...)
		return nil
	})
	flags.Func("against", "", func(version string) error {
		o.config.Against = append(o.config.Against, version)
		return nil
	})
	flags.BoolVar(&o.check, "check", false, "")
	flags.BoolVar(&o.version, "version", false, "")
	flags.BoolVar(&o.verbose, "v", false, "")
	patterns, err := parseFlags(flags, args)
	if err != nil {
		return options{}, err
	}
	if len(o.config.Against) > 0 && !o.check {
		return options{}, errors.New("-against compares and writes nothing: add -check")
	}
	o.config.Patterns = patterns
	o.config.Types = names(types)
	return o, nil
}

// parseFlags reads flags before and after the packages, which it returns.
func parseFlags(flags *flag.FlagSet, args []string) (patterns []string, err error) {
	for {
		if err := flags.Parse(args); err != nil {
			return nil, err
		}
		if flags.NArg() == 0 {
			return patterns, nil
		}
		patterns = append(patterns, flags.Arg(0))
		args = flags.Args()[1:]
	}
}

// answerUsage answers a command line that asks for help, or that cannot be read. err is
// the error of its flags.
func answerUsage(stdout, stderr io.Writer, command, help string, err error) (code int, answered bool) {
	switch {
	case err == nil:
		return exitDone, false
	case errors.Is(err, flag.ErrHelp):
		fmt.Fprint(stdout, help)
		return exitDone, true
	}
	fmt.Fprintf(stderr, "sessiongen: %v; %s -h explains\n", err, command)
	return exitError, true
}

// names are those of a list on the command line.
func names(list string) []string {
	return strings.FieldsFunc(list, func(r rune) bool { return r == ',' || r == ' ' })
}

// maxRuns is how often a run begins again because another one changed the lock.
const maxRuns = 10

// generate writes or compares the files of all packages without errors. The error is about
// the others.
func generate(ctx context.Context, o options, stdout io.Writer) (code int, err error) {
	var written []string
	for range maxRuns {
		var files []gen.File
		files, err = gen.Generate(ctx, o.config)
		if o.check {
			code, checkErr := check(files, "generated", stdout)
			if err = cmp.Or(err, checkErr); err != nil {
				code = exitError
			}
			return code, err
		}
		var writeErr error
		if written, writeErr = gen.Write(files); writeErr != nil {
			err = writeErr
		}
		if !errors.Is(writeErr, gen.ErrLockChanged) {
			break
		}
		o.config.Warn = nil // it was said in the first run
	}
	if o.verbose {
		for _, path := range written {
			fmt.Fprintln(stdout, "wrote", relative(path))
		}
	}
	if err != nil {
		return exitError, err
	}
	return exitDone, nil
}

// check prints how the files on disk differ from what would be written. made says how that came about.
func check(files []gen.File, made string, stdout io.Writer) (code int, err error) {
	stale, err := gen.Check(files)
	if err != nil {
		return exitError, err
	}
	for _, f := range stale {
		code = exitStale
		path := relative(f.Path)
		if _, err := stdout.Write(diff.Diff(path, f.Old, path+" ("+made+")", f.Content)); err != nil {
			return exitError, err
		}
	}
	return code, nil
}

// printError prints positioned errors as compilers do, so that editors find them.
func printError(w io.Writer, err error) {
	errs, ok := errors.AsType[gen.Errors](err)
	if !ok {
		fmt.Fprintln(w, "sessiongen:", err)
	}
	for _, err := range errs {
		if err.Position.IsValid() {
			fmt.Fprintln(w, err)
		} else {
			fmt.Fprintln(w, "sessiongen:", err)
		}
	}
}

// relative is a path as seen from the working directory, if it is below it.
func relative(path string) string {
	dir, err := os.Getwd()
	if err != nil {
		return path
	}
	if short, err := filepath.Rel(dir, path); err == nil && filepath.IsLocal(short) {
		return short
	}
	return path
}

func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "" {
		return "(devel)"
	}
	return info.Main.Version
}
