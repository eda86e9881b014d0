package main

import (
	"context"
	"errors"
	"flag"
	"io"
	"strconv"

	"github.com/sessiongen/sessiongen/gen"
)

const docHelp = `Sessiongen doc writes down what a site keeps about its visitors: every session
and cookie, from the tags and doc comments of the schemas.

Usage:

	sessiongen doc [flags] [package...]

It is for a privacy page, and for a review of timeouts and limits (OWASP
ASVS 5.0, 7.1.1 and 7.1.2). The purpose of a field is the first paragraph of the
comment above it. The comment above the struct is shown in full; it is the
place for the reasons for timeouts.

Flags:

	-o file       write this file, and replace it only if sessiongen doc wrote it
	-check        write nothing; print a diff and exit with 1 if the file that -o
	              names is stale
	-format name  markdown, html or json (default: as the name of the file ends, or
	              else markdown)
	-require-purpose
	              fail if a field has no comment
	-sealed       sessions are kept in the browser's cookie, by runtime/sealed
	-limit n      the argument of runtime.WithSessionLimit; 0 if it is not used
	-type names   only these schemas, separated by commas
	-generated file
	              name of the generated file, which is not read (default
	              session_gen.go)
	-h            print this text

For the content of the JSON, see

	go doc github.com/sessiongen/sessiongen/gen.Inventory

The exit code is 0 on success and 2 after an error in the flags or in a
schema; nothing is written then.

Examples:

	sessiongen doc                                      # this package, as Markdown
	sessiongen doc -format html ./web >cookies.html
	sessiongen doc -limit 3 -o COOKIES.md ./...
	sessiongen doc -limit 3 -o COOKIES.md -check -require-purpose ./...   # in CI
	sessiongen doc -format json | jq '.schemas[].cookies[].name'
`

// docOptions are what the command line of doc says.
type docOptions struct {
	config gen.DocConfig
	check  bool
}

// runDoc is the command doc.
func runDoc(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	o, err := parseDocArgs(args)
	if code, answered := answerUsage(stdout, stderr, "sessiongen doc", docHelp, err); answered {
		return code
	}
	code, err := document(ctx, o, stdout)
	if err != nil {
		printError(stderr, err)
	}
	return code
}

func parseDocArgs(args []string) (docOptions, error) {
	var o docOptions
	var types string
	flags := flag.NewFlagSet("doc", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.StringVar(&o.config.File, "o", "", "")
	flags.BoolVar(&o.check, "check", false, "")
	flags.StringVar(&o.config.Format, "format", "", "")
	flags.BoolVar(&o.config.RequirePurpose, "require-purpose", false, "")
	flags.BoolVar(&o.config.Sealed, "sealed", false, "")
	flags.Func("limit", "", func(text string) error {
		limit, err := strconv.Atoi(text)
		if err != nil {
			return errors.New("want a whole number")
		}
		o.config.Limit = &limit
		return nil
	})
	flags.StringVar(&types, "type", "", "")
	flags.StringVar(&o.config.Output, "generated", gen.DefaultOutput, "")
	patterns, err := parseFlags(flags, args)
	if err != nil {
		return docOptions{}, err
	}
	if o.check && o.config.File == "" {
		return docOptions{}, errors.New("-check compares a file: name it with -o")
	}
	o.config.Patterns = patterns
	o.config.Types = names(types)
	return o, nil
}

func document(ctx context.Context, o docOptions, stdout io.Writer) (code int, err error) {
	text, err := gen.Doc(ctx, o.config)
	if err != nil {
		return exitError, err
	}
	files := []gen.File{{Path: o.config.File, Content: text}}
	switch {
	case o.check:
		return check(files, "generated", stdout)
	case o.config.File == "":
		_, err = stdout.Write(text)
	default:
		_, err = gen.Write(files)
	}
	if err != nil {
		return exitError, err
	}
	return exitDone, nil
}
