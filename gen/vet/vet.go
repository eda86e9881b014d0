// Package vet is for drivers of golang.org/x/tools/go/analysis, and for sessiongen vet: its
// analyzers report code that compiles and bypasses the sessions and cookies of a schema. Of
// sessiongen's packages it imports gen alone. The command runs it by
//
//	sessiongen vet ./...
//	go vet -vettool=$(go tool -n sessiongen) ./...
//
// They know the schemas of the package that they look at and of those that it
// imports. A finding that is meant to be is silenced by a comment on its line, or on
// the line above, which says why:
//
//	//sessiongen:ignore the page shows that the token has changed
//
// # What is not found
//
// Cookies: names that are not constants, such as the parameter of a function of yours
// that sets cookies; cookies that are made in another function than the one that sends
// them; loops over r.Cookies; the methods of a framework's context; requests to other
// servers; and tests (_test.go files), which play the part of a browser.
//
// Goroutines: those that a library starts, such as errgroup or a queue, and a session
// that the function which is started finds for itself, in the context, the request or
// the variable of a struct that it is given. And what is started, or sent on a channel,
// by a function that waits for anything afterwards, by a method Wait or by receiving from
// a channel other than a context's, although it may give up waiting: sessions are safe
// for several goroutines, as long as their request is there. A timer is not reported
// where the function that starts it also stops it. What is waited for in another way,
// such as by reading from a pipe, is reported: silence that.
//
// Fields of a struct that outlives the request, and package-level variables that are
// set by another function or through a pointer.
//
// Managers that are made in different packages of one program: see sessiongen ./...
//
// Sessions from Load that are handed on, returned or kept: another function may commit them.
//
// What a function for UpdateX calls, and such functions that are not written where
// they are given.
//
// A lock that is stale: see sessiongen -check, which also reads packages that do
// not compile.
package vet

import (
	"fmt"
	"go/ast"
	"go/token"
	"strings"

	"golang.org/x/tools/go/analysis"

	"github.com/sessiongen/sessiongen/gen"
)

// Analyzers are all of this package.
var Analyzers = []*analysis.Analyzer{Cookies, Managers, Updates, Kept, Loaded, Stale}

// reporter reports what no comment silences.
type reporter struct {
	*analysis.Pass
	known *known
	files map[*token.File]*ast.File
}

func newReporter(pass *analysis.Pass) *reporter {
	r := &reporter{pass, pass.ResultOf[schemas].(*known), map[*token.File]*ast.File{}}
	for _, file := range pass.Files {
		r.files[pass.Fset.File(file.Package)] = file
	}
	return r
}

// report says what is wrong with a piece of source, and what to do about it.
func (r *reporter) report(at ast.Node, fixes []analysis.SuggestedFix, format string, args ...any) {
	if !r.silenced(at.Pos()) {
		r.Report(analysis.Diagnostic{Pos: at.Pos(), End: at.End(), Message: fmt.Sprintf(format, args...), SuggestedFixes: fixes})
	}
}

func (r *reporter) silenced(pos token.Pos) bool {
	within := r.Fset.File(pos)
	for _, group := range r.files[within].Comments {
		for _, comment := range group.List {
			below := within.Line(pos) - within.Line(comment.Pos())
			if gen.Silences(comment.Text) && (below == 0 || below == 1) {
				return true
			}
		}
	}
	return false
}

// handwritten are the files of a package that sessiongen has not written; those of
// tests only if they are asked for.
func (r *reporter) handwritten(tests bool) []*ast.File {
	var files []*ast.File
	for _, file := range r.Files {
		if !r.known.outputs[file] && (tests || !isTest(r.Pass, file)) {
			files = append(files, file)
		}
	}
	return files
}

func isTest(pass *analysis.Pass, file *ast.File) bool {
	return strings.HasSuffix(pass.Fset.File(file.Package).Name(), "_test.go")
}
