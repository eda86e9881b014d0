package main

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"io"
	"slices"
	"strings"

	"golang.org/x/tools/go/analysis/checker"
	"golang.org/x/tools/go/analysis/unitchecker"
	"golang.org/x/tools/go/packages"

	"github.com/sessiongen/sessiongen/gen"
	"github.com/sessiongen/sessiongen/gen/vet"
)

const vetHelp = `Sessiongen vet reports code that goes past the sessions and cookies of a schema:
code that compiles but contradicts the schema.

Usage:

	sessiongen vet [flags] [package...]
	go vet -vettool=$(go tool -n sessiongen) [package...]

It reports

	sessioncookie   http.SetCookie, a Set-Cookie header, r.Cookie and
	                r.CookiesNamed with the name of a schema's cookie
	sessionupdate   a function for UpdateX that touches the session: it may
	                run again
	sessionkept     a session in a goroutine that is not waited for, in a
	                package-level variable, or sent on a channel
	sessionname     managers of different schemas with the same session cookie
	sessioncommit   a session from a manager's Load that is not committed
	sessionstale    a generated file that is not what sessiongen would write

in packages that compile, with their tests. For what it does not find, see

	go doc github.com/sessiongen/sessiongen/gen/vet

A comment on the line of a finding, or on the line above, silences it:

	//sessiongen:ignore why it is intended

As a tool of go vet, it can also change the code where there is one way to do
so (-fix, or -fix -diff to look at it first), and leave out what it is not asked
for (-sessionstale=false). The exit code is then that of go vet.

Flags:

	-json         print the findings as JSON
	-test=false   leave out tests
	-h            print this text

The exit code is 0 if there is nothing to report, 1 if there is, and 2 after an
error in the flags or in a package.

Examples:

	sessiongen vet                  # the package in this directory
	sessiongen vet ./...            # every package, as in CI
	sessiongen vet -json ./... | jq
	go vet -vettool=$(go tool -n sessiongen) -fix -diff ./...
`

// isVetTool reports whether the go command asks for what it wants of a tool that go vet
// runs: its version, its flags, or what is wrong with one package.
func isVetTool(args []string) bool {
	if len(args) == 0 {
		return false
	}
	last := len(args) - 1
	aPackage := strings.HasSuffix(args[last], ".cfg") &&
		!slices.ContainsFunc(args[:last], func(arg string) bool { return !strings.HasPrefix(arg, "-") })
	return args[0] == "-V=full" || args[0] == "-flags" || aPackage
}

// runVetTool answers the go command, and ends the process.
func runVetTool() { unitchecker.Main(vet.Analyzers...) }

// runVet is the command vet.
func runVet(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("vet", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	asJSON := flags.Bool("json", false, "")
	tests := flags.Bool("test", true, "")
	patterns, err := parseFlags(flags, args)
	if code, answered := answerUsage(stdout, stderr, "sessiongen vet", vetHelp, err); answered {
		return code
	}
	code, err := vetPackages(ctx, patterns, *tests, *asJSON, stdout, stderr)
	if err != nil {
		printError(stderr, err)
		return exitError
	}
	return code
}

func vetPackages(ctx context.Context, patterns []string, tests, asJSON bool, stdout, stderr io.Writer) (code int, err error) {
	found, err := loadToVet(ctx, patterns, tests)
	if err != nil {
		return exitError, err
	}
	if printBroken(found, stderr) {
		return exitError, nil
	}
	graph, err := checker.Analyze(vet.Analyzers, found, nil)
	if err != nil {
		return exitError, err
	}
	lines, err := findings(graph)
	switch {
	case err != nil:
		return exitError, err
	case asJSON:
		err = graph.PrintJSON(stdout)
	default:
		for _, line := range lines {
			fmt.Fprintln(stderr, line)
		}
	}
	if len(lines) > 0 {
		code = exitStale
	}
	return code, err
}

// printBroken prints what does not compile: once, although a package is read again
// with its tests.
func printBroken(found []*packages.Package, w io.Writer) (broken bool) {
	printed := map[string]bool{}
	for pkg := range packages.Postorder(found) {
		for _, err := range pkg.Errors {
			line := "sessiongen: " + err.Msg
			if err.Pos != "" {
				err.Pos = relative(err.Pos)
				line = err.Error()
			}
			if !printed[line] {
				printed[line] = true
				fmt.Fprintln(w, line)
			}
		}
	}
	return len(printed) > 0
}

// findings are what was found, in the order of the files: once, although a package
// is looked at again with its tests.
func findings(graph *checker.Graph) ([]gen.Error, error) {
	var lines []gen.Error
	for _, action := range graph.Roots {
		if action.Err != nil {
			return nil, action.Err
		}
		for _, d := range action.Diagnostics {
			position := action.Package.Fset.Position(d.Pos)
			position.Filename = relative(position.Filename)
			lines = append(lines, gen.Error{Position: position, Message: d.Message})
		}
	}
	slices.SortFunc(lines, func(a, b gen.Error) int {
		return cmp.Or(
			cmp.Compare(a.Position.Filename, b.Position.Filename),
			cmp.Compare(a.Position.Offset, b.Position.Offset),
			cmp.Compare(a.Message, b.Message),
		)
	})
	return slices.Compact(lines), nil
}
