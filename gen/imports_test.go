package gen

import (
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const (
	ownModule = "github.com/sessiongen/sessiongen/"
	jennifer  = "github.com/dave/jennifer/jen"
)

// mayImport says for each package of the generator which packages outside of the standard
// library its code may import: those of this module by their path within it. Tests may
// import more.
var mayImport = map[string][]string{
	"gen": {
		"gen/internal/emit", "gen/internal/inspect", "gen/internal/inventory", "gen/internal/load",
		"gen/internal/lock", "gen/internal/model", "gen/internal/parse", "gen/internal/proto",
	},
	"gen/internal/model": {"runtime/cookie", "runtime/wire"},
	"gen/internal/load": {
		"gen/internal/model",
		"golang.org/x/mod/modfile", "golang.org/x/mod/module",
		"golang.org/x/tools/go/gcexportdata", "golang.org/x/tools/go/packages",
	},
	"gen/internal/parse":     {"gen/internal/load", "gen/internal/model", "runtime/cookie", "runtime/wire"},
	"gen/internal/emit":      {"gen/internal/model", "runtime/cookie", jennifer},
	"gen/internal/lock":      {"gen/internal/model", "runtime/wire"},
	"gen/internal/inventory": {"gen/internal/model", "runtime/cookie", "runtime/record"},
	"gen/internal/inspect":   {"gen/internal/model", "runtime", "runtime/record", "runtime/wire"},
	"gen/internal/proto":     {"gen/internal/model", "runtime/record", "runtime/wire"},

	"gen/internal/load/loadtest": {"gen/internal/load", "gen/internal/model", "golang.org/x/tools/go/packages"}, // for tests
	"gen/internal/shop":          {"runtime", "runtime/cookie", "runtime/engine", "runtime/wire"},               // a schema for tests
}

// TestImports: the generator's packages depend on each other in one direction, and a
// library is imported by one of them.
func TestImports(t *testing.T) {
	found := importsBelow(t, ".")
	for _, pkg := range slices.Sorted(maps.Keys(found)) {
		allowed, listed := mayImport[pkg]
		if !listed {
			t.Errorf("package %s is not in mayImport: say there what it may import", pkg)
		}
		for importPath, file := range found[pkg] {
			if !slices.Contains(allowed, importPath) {
				t.Errorf("%s imports %s, which mayImport does not list for package %s", file, importPath, pkg)
			}
		}
		for _, importPath := range allowed {
			if found[pkg][importPath] == "" {
				t.Errorf("package %s may import %s and does not: remove it from mayImport", pkg, importPath)
			}
		}
	}
	for pkg := range mayImport {
		if found[pkg] == nil {
			t.Errorf("package %s is in mayImport and not there", pkg)
		}
	}
}

// importsBelow are the imports of gen and of the packages in gen/internal, each with a file
// that has it. The standard library is left out.
func importsBelow(t *testing.T, root string) map[string]map[string]string {
	t.Helper()
	found := map[string]map[string]string{}
	err := filepath.WalkDir(root, func(name string, entry os.DirEntry, err error) error {
		inside := filepath.ToSlash(name)
		switch {
		case err != nil:
			return err
		case entry.IsDir() && (entry.Name() == "testdata" || inside == "vet" || inside == "migrate"):
			return filepath.SkipDir
		case entry.IsDir() || filepath.Ext(name) != ".go" || strings.HasSuffix(name, "_test.go"):
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		pkg := path.Join("gen", path.Dir(inside))
		if found[pkg] == nil {
			found[pkg] = map[string]string{}
		}
		for _, spec := range file.Imports {
			importPath, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			if first, _, _ := strings.Cut(importPath, "/"); strings.Contains(first, ".") {
				found[pkg][strings.TrimPrefix(importPath, ownModule)] = name
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// TestPackagesSayWhomTheyAreFor: the first sentence of a package's doc.go names its readers.
func TestPackagesSayWhomTheyAreFor(t *testing.T) {
	for pkg := range mayImport {
		if pkg == "gen/internal/shop" {
			continue
		}
		name := filepath.Join(strings.TrimPrefix(strings.TrimPrefix(pkg, "gen"), "/"), "doc.go")
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ParseComments|parser.PackageClauseOnly)
		if err != nil {
			t.Error(err)
			continue
		}
		if want := "Package " + path.Base(pkg) + " is for "; !strings.HasPrefix(file.Doc.Text(), want) {
			t.Errorf("%s does not begin with %q", name, want)
		}
	}
}
