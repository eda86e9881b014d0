package main

import (
	"context"
	"flag"
	"io"

	"github.com/sessiongen/sessiongen/gen"
)

const protoHelp = `Sessiongen proto prints what sessions keep in a store as a Protocol Buffers file.

Usage:

	sessiongen proto [flags] [package]

Programs in other languages read the records with it, and so do tools:

	sessiongen proto ./web >visitor.proto
	protoc --decode web.Visitor visitor.proto <record

It is in edition 2023, which protoc knows from version 27 on. The fields 1 to 15
are the runtime's own. A program that writes to a record has to keep them and
all fields that it does not know, as Protocol Buffers libraries do; secrets and
revisions are not its business, so that writing a session from another language
is best left to a Go program.

Flags:

	-type names   only these schemas, separated by commas
	-generated file
	              name of the generated file, which is not read (default
	              session_gen.go)
	-h            print this text

The exit code is 0 on success and 2 after an error in the flags or in a
schema.

Examples:

	sessiongen proto                               # the package in this directory
	sessiongen proto ./web >visitor.proto
	sessiongen proto -type visitor ./web >visitor.proto
`

// runProto is the command proto.
func runProto(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	var config gen.Config
	var types string
	flags := flag.NewFlagSet("proto", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.StringVar(&types, "type", "", "")
	flags.StringVar(&config.Output, "generated", gen.DefaultOutput, "")
	patterns, err := parseFlags(flags, args)
	if code, answered := answerUsage(stdout, stderr, "sessiongen proto", protoHelp, err); answered {
		return code
	}
	config.Patterns = patterns
	config.Types = names(types)
	text, err := gen.Proto(ctx, config)
	if err != nil {
		printError(stderr, err)
		return exitError
	}
	if _, err := stdout.Write(text); err != nil {
		printError(stderr, err)
		return exitError
	}
	return exitDone
}
