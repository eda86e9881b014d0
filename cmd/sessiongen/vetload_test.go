package main

import (
	"fmt"
	"os"
	"testing"

	"golang.org/x/tools/go/analysis/checker"
	"golang.org/x/tools/go/packages"

	"github.com/sessiongen/sessiongen/gen/vet"
)

// long asks for tests at full size: see the README.
var long = os.Getenv("SESSIONGEN_TEST_LONG") != ""

// What is found does not depend on how much was read from source, whichever packages are
// named: one that declares a schema, one that imports it, and one that imports that one.
func TestVetReadsAllThatMatters(t *testing.T) {
	if !long {
		t.Skip("with SESSIONGEN_TEST_LONG only, as it type-checks net/http once for each case; the script vet has findings of each kind")
	}
	const testdata = "../../gen/vet/testdata/"
	for _, patterns := range [][]string{
		{testdata + "shop"}, {testdata + "pages"}, {testdata + "further"}, {testdata + "bystander"}, {testdata + "stale"}, {testdata + "missing"},
		{testdata + "orphan"}, {testdata + "split"}, {testdata + "pages", "net/http"}, {testdata + "pages", testdata + "shop", testdata + "further"}, {"../../runtime/..."},
	} {
		t.Run(fmt.Sprint(patterns), func(t *testing.T) {
			quick, err := loadToVet(t.Context(), patterns, true)
			if err != nil {
				t.Fatal(err)
			}
			thorough, err := packages.Load(vetConfig(t.Context(), packages.LoadAllSyntax, true), patterns...)
			if err != nil {
				t.Fatal(err)
			}
			got, want := found(t, quick), found(t, thorough)
			if got != want {
				t.Errorf("found are\n%s\nand with everything read\n%s", got, want)
			}
			t.Logf("found are\n%s", want)
		})
	}
}

func found(t *testing.T, loaded []*packages.Package) string {
	t.Helper()
	graph, err := checker.Analyze(vet.Analyzers, loaded, nil)
	if err != nil {
		t.Fatal(err)
	}
	lines, err := findings(graph)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintln(len(loaded), lines)
}
