package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/tools/go/packages"
)

// platforms are those that everything has to compile for, with the modules that do not, and why.
var platforms = []struct {
	system, architecture string
	not                  map[string]string // by folder
}{
	{"windows", "amd64", nil},
	{"darwin", "arm64", nil},
	{"freebsd", "amd64", nil},
	{"linux", "386", nil},
	{"linux", "arm", nil},
	{"js", "wasm", map[string]string{"example": "SQLite is not compiled for browsers"}},
}

// TestEveryModuleCompilesForEveryPlatform checks the types of what a build would compile: that is
// where code for another system or for 64 bits fails, and takes a tenth of the time of builds that
// also compile the standard library. It needs what all modules require.
func TestEveryModuleCompilesForEveryPlatform(t *testing.T) {
	if os.Getenv("SESSIONGEN_TEST_PLATFORMS") == "" {
		t.Skip("set SESSIONGEN_TEST_PLATFORMS=1, as .ci/run does: it takes a minute")
	}
	for _, p := range platforms {
		t.Run(p.system+"/"+p.architecture, func(t *testing.T) {
			ours, seen := 0, map[*packages.Package]bool{}
			for _, pkg := range loadFor(t, p.system, p.architecture) {
				if pkg.Module == nil || p.not[moduleFolder(t, pkg.Module.Dir)] != "" {
					continue
				}
				ours++
				packages.Visit([]*packages.Package{pkg}, func(needed *packages.Package) bool {
					return !seen[needed]
				}, func(needed *packages.Package) {
					for _, err := range needed.Errors {
						if !seen[needed] && !isOfEmptied(err) {
							t.Errorf("%s needs %s: %v", pkg.PkgPath, needed.PkgPath, err)
							seen[needed] = true // the first says it
						}
					}
					seen[needed] = true
				})
			}
			if ours < 60 {
				t.Errorf("checked only %d packages", ours)
			}
		})
	}
}

// isOfEmptied reports whether an error is that of a file whose functions have been emptied.
func isOfEmptied(err packages.Error) bool {
	return err.Kind == packages.TypeError && (strings.HasSuffix(err.Msg, " and not used") || err.Msg == "missing return")
}

// loadFor loads packages as they are compiled for a platform. What functions of other modules do
// is not looked at.
func loadFor(t *testing.T, system, architecture string) []*packages.Package {
	t.Helper()
	root, err := filepath.Abs(repository)
	if err != nil {
		t.Fatal(err)
	}
	loaded, err := packages.Load(&packages.Config{
		Context: t.Context(),
		Dir:     root,
		Env:     append(os.Environ(), "GOFLAGS=", "CGO_ENABLED=0", "GOOS="+system, "GOARCH="+architecture),
		Mode: packages.NeedName | packages.NeedFiles | packages.NeedImports | packages.NeedDeps | packages.NeedModule |
			packages.NeedSyntax | packages.NeedTypes | packages.NeedTypesInfo | packages.NeedTypesSizes,
		ParseFile: func(fset *token.FileSet, name string, content []byte) (*ast.File, error) {
			file, err := parser.ParseFile(fset, name, content, parser.SkipObjectResolution)
			if file != nil && !strings.HasPrefix(name, root+string(filepath.Separator)) {
				for _, declaration := range file.Decls {
					if function, ok := declaration.(*ast.FuncDecl); ok && function.Body != nil {
						function.Body.List = nil
					}
				}
			}
			return file, err
		},
	}, rootModule+"/...")
	if err != nil {
		t.Fatal(err)
	}
	runtime.GC()
	return loaded
}

// moduleFolder is the folder of a module of this repository, as allowedModules has it.
func moduleFolder(t *testing.T, dir string) string {
	t.Helper()
	root, err := filepath.Abs(repository)
	if err != nil {
		t.Fatal(err)
	}
	folder, err := filepath.Rel(root, dir)
	if err != nil {
		t.Fatal(err)
	}
	return filepath.ToSlash(folder)
}
