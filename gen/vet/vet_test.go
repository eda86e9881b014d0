package vet

import (
	"path/filepath"
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
//	go run ./cmd/sessiongen ./gen/vet/testdata/double/...
func TestFindings(t *testing.T) {
	var patterns []string
	for _, name := range []string{"shop", "pages", "further", "bystander", "stale", "missing", "invalid", "orphan", "split", "double"} {
		patterns = append(patterns, "./gen/vet/testdata/"+name)
	}
	analysistest.RunWithSuggestedFixes(t, root(t), together, patterns...)
}

// What the generator has written is stale nowhere, whatever the schema: it is made
// again from what the analysis has read, and not from what the generator reads.
func TestNoGoldenIsStale(t *testing.T) {
	goldens, err := filepath.Glob("../testdata/golden/*/session_gen.go")
	if err != nil || len(goldens) < 10 {
		t.Fatalf("found %d golden files: %v", len(goldens), err)
	}
	var patterns []string
	for _, golden := range goldens {
		patterns = append(patterns, "./gen/testdata/golden/"+filepath.Base(filepath.Dir(golden)))
	}
	for _, result := range analysistest.Run(t, root(t), Stale, patterns...) {
		if len(result.Diagnostics) > 0 {
			t.Errorf("%s is stale", result.Pass.Pkg.Path())
		}
	}
}

func TestAnalyzersAreValid(t *testing.T) {
	if err := analysis.Validate(Analyzers); err != nil {
		t.Error(err)
	}
}

// root is the folder of the module, as an absolute path: package analysistest gives the
// go.work in it to the go command.
func root(t *testing.T) string {
	t.Helper()
	dir, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	return dir
}
