package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"strings"

	"github.com/sessiongen/sessiongen/gen/migrate"
)

const initHelp = `Sessiongen init writes the schema for a program that keeps its sessions with
another library, from the calls that it makes.

Usage:

	sessiongen init -from library [flags] [package...]

It reads the packages with their types, collects every key with the types that
are put and read under it, and writes a struct with a field for each. Beside a
field stand the places that it comes from; timeouts and cookie attributes are
those that the program sets to constants. A second file has the function that
fills a session from an old one, for runtime.WithLegacy: a deploy then signs no
visitor out. Init changes no other file: for each call it prints the accessor that
replaces it, and reports what is left to decide.

A key that comes with the calls of a function of the program is found there. Test
files are not read, nor are packages that are not named; files that a build
constraint leaves out are named where they seem to use a session.

A key that is put with several types is left out and reported at each place. Keys
that are computed are reported, too. The field that identifies the signed-in user is a
guess, and marked as one. The struct is one that sessiongen accepts.

Flags:

	-from library   scs (github.com/alexedwards/scs/v2), gorilla
	                (github.com/gorilla/sessions) or gin
	                (github.com/gin-contrib/sessions)
	-package dir    the package that gets the schema, which need not exist yet
	                (default: the package that uses the keys, if it is only one)
	-type name      name of the schema (default visitor)
	-o file         name of the file in that package (default visitor.go, as the
	                schema is called); it must not exist
	-h              print this text

The exit code is 0 if the schema is complete, 1 if it was written and something is
left to decide, and 2 after an error; nothing is written then.

Examples:

	sessiongen init -from scs ./...
	sessiongen init -from gorilla -package ./web ./...
	sessiongen init -from scs -package ./admin -type staff ./admin/...
`

// runInit is the command init.
func runInit(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	var config migrate.Config
	flags := flag.NewFlagSet("init", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.StringVar(&config.From, "from", "", "")
	flags.StringVar(&config.Package, "package", "", "")
	flags.StringVar(&config.Type, "type", "", "")
	flags.StringVar(&config.Output, "o", "", "")
	patterns, err := parseFlags(flags, args)
	if code, answered := answerUsage(stdout, stderr, "sessiongen init", initHelp, err); answered {
		return code
	}
	config.Patterns = patterns
	plan, err := migrate.Init(ctx, config)
	if err != nil {
		printError(stderr, err)
		return exitError
	}
	if _, err := io.WriteString(stdout, initReport(plan)); err != nil {
		printError(stderr, err)
		return exitError
	}
	for _, open := range plan.Open {
		fmt.Fprintln(stderr, open)
	}
	if plan.Open != nil {
		return exitOpen
	}
	return exitDone
}

// initReport says what was written and what is to be replaced.
func initReport(plan *migrate.Plan) string {
	var b strings.Builder
	fmt.Fprintf(&b, "wrote %s\nwrote %s\n\nReplace:\n", relative(plan.Path), relative(plan.Fill))
	function := ""
	for _, r := range plan.Replacements {
		if r.Function != function && r.Function != "" {
			fmt.Fprintf(&b, "\nfunc %s\n", r.Function)
		}
		function = r.Function
		fmt.Fprintf(&b, "%s: %s\n\t%s\n", r.Position, r.Call, r.By)
	}
	fmt.Fprintf(&b, "\nTo keep visitors signed in until a day that you choose, give the manager this option:\n\t%s\n", plan.Legacy)
	fmt.Fprintf(&b, "\nThen:\n\tgo mod edit -tool github.com/sessiongen/sessiongen/cmd/sessiongen\n\tgo mod tidy\n\tgo generate %s\n", plan.Package)
	return b.String()
}
