package vet

import (
	"path/filepath"

	"golang.org/x/tools/go/analysis"

	"github.com/sessiongen/sessiongen/gen"
)

// Stale reports generated files that are not what sessiongen would write now. There
// is no fix: generating also checks the lock against live sessions, and writes it.
var Stale = &analysis.Analyzer{
	Name:     "sessionstale",
	Doc:      "report generated session code that is stale\n\nThe schema or sessiongen has changed since go generate was last run.",
	Run:      checkStale,
	Requires: []*analysis.Analyzer{schemas},
}

func checkStale(pass *analysis.Pass) (any, error) {
	r := newReporter(pass)
	for _, file := range pass.Files {
		if !r.known.outputs[file] {
			continue
		}
		path := pass.Fset.File(file.Package).Name()
		name := filepath.Base(path)
		if len(r.known.own) == 0 {
			r.report(file.Name, nil, "%s is stale: the package no longer has a schema; remove the file", name)
			continue
		}
		want, err := gen.Regenerate(pass.Fset, pass.Files, file, pass.Pkg)
		if err != nil {
			r.report(file.Name, nil, "%s is stale, and a schema has errors: run go generate, which reports them", name)
			continue
		}
		if got, err := pass.ReadFile(path); err == nil && !gen.SameText(got, want) {
			r.report(file.Name, nil, "%s is stale: it differs from what sessiongen generates; run go generate", name)
		}
	}
	for _, s := range r.known.own {
		if pass.Pkg.Scope().Lookup(s.TypeName) == nil {
			for _, file := range pass.Files {
				if name := pass.Fset.File(file.Package).Name(); name == s.Position.Filename {
					r.report(file.Name, nil, "schema %s has no generated code: run go generate", s.Name)
				}
			}
		}
	}
	return nil, nil
}
