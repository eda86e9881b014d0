package vet

import (
	"testing"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/analysis/analysistest"
)

// together are all analyzers, so that what one file wants says what each of them does
// not report.
var together = &analysis.Analyzer{
	Name:     "together",
	Doc:      "run all analyzers",
	Requires: []*analysis.Analyzer{schemas},
	Run: func(pass *analysis.Pass) (any, error) {
		for _, analyzer := range Analyzers {
			if _, err := analyzer.Run(pass); err != nil {
				return nil, err
			}
		}
		return nil, nil
	},
}

// The testdata are packages of this module, with real generated code. What is wanted
// stands beside each finding, and nothing else is reported: in the schema's package, in
// one that imports it, and in two that do not. The golden files are what fixes make.
//
// Where testdata/shop or split is reported as stale, the generator has changed: run
//
//	go run ./cmd/sessiongen ./gen/vet/testdata/shop
//	go run ./cmd/sessiongen -type visitor -o visitor_gen.go ./gen/vet/testdata/split
//	go run ./cmd/sessiongen -type clerk -o clerk_gen.go ./gen/vet/testdata/split
func TestFindings(t *testing.T) {
	var patterns []string
	for _, name := range []string{"shop", "pages", "further", "bystander", "stale", "missing", "invalid", "orphan", "split"} {
		patterns = append(patterns, "./gen/vet/testdata/"+name)
	}
	analysistest.RunWithSuggestedFixes(t, "../..", together, patterns...)
}

func TestAnalyzersAreValid(t *testing.T) {
	if err := analysis.Validate(Analyzers); err != nil {
		t.Error(err)
	}
}
