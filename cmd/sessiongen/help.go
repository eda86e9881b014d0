package main

// generateHelp has COMMANDS in the place of the commands' lines.
const generateHelp = `Sessiongen writes typed sessions and cookies for net/http from annotated structs.

Usage:

	sessiongen [flags] [package...]
COMMANDS

A package is named as for go build; without one it is that of the working
directory. A struct becomes a schema by a blank field with a tag:

	//go:generate go tool sessiongen

	type visitor struct {
		_ struct{} ` + "`" + `session:"idle=30m,lifetime=12h"` + "`" + `

		UserID int64  ` + "`" + `session:"user_id,principal"` + "`" + `
		Cart   []Item ` + "`" + `session:"cart"` + "`" + `
		Notice string ` + "`" + `session:"notice,flash"` + "`" + `
		Theme  string ` + "`" + `cookie:"theme,max-age=365d,default=light"` + "`" + `
	}

From this come the type Visitor, with methods such as UserID, SetUserID,
AppendCart and TakeNotice, and the type VisitorManager, whose Middleware loads
and saves visitors.

Beside the generated file it writes sessions.lock, which says how each key of a
session has been kept, by every version so far. Commit it: a change that would
misread or drop what is in live sessions is then refused, here and by -check.

Flags:

	-type names   only these schemas, separated by commas
	-o file       name of the file in each package (default session_gen.go)
	-break keys   keys of sessions.lock whose values may be lost, such as
	              visitor.cart or cart, separated by commas; may be repeated
	-check        write nothing; print a diff and exit with 1 if a file or the
	              lock is stale
	-against version
	              with -check: refuse what would misread or drop what sessions of
	              an earlier version hold, a git revision or the file of a lock
	              (./old.lock); may be repeated
	-v            print the names of the files written
	-version      print the version
	-h            print this text

The exit code is 0 on success and 2 after an error in the flags or in a schema.
Nothing is written then for the package with the error.

Examples:

	sessiongen                                     # the package in this directory
	sessiongen ./...                               # every package that has a schema
	sessiongen -check ./...                        # in CI
	sessiongen -check -against=v1.4.0 ./...        # with the locks of a release
	sessiongen -break visitor.theme                # its old values may be lost
	sessiongen -type visitor -o visitor_gen.go ./web
`
