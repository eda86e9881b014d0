package loadtest

import (
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"sync"
	"testing"

	"golang.org/x/tools/go/packages"

	"github.com/sessiongen/sessiongen/gen/internal/load"
	"github.com/sessiongen/sessiongen/gen/internal/model"
)

// fset is shared, because what is imported has its positions in it.
var fset = token.NewFileSet()

// compiled are the packages that generated code and the sources in these tests
// import, without their source.
var compiled = sync.OnceValues(func() (map[string]*types.Package, error) {
	found, err := packages.Load(
		&packages.Config{Mode: packages.NeedName | packages.NeedTypes, Fset: fset},
		model.RuntimePath, model.EnginePath, model.CookiePath, model.WirePath,
		"context", "database/sql", "encoding/json", "fmt", "log/slog", "math/big", "net", "net/http", "net/netip", "net/url", "time",
	)
	if err != nil {
		return nil, err
	}
	imports := map[string]*types.Package{}
	for _, pkg := range found {
		if len(pkg.Errors) > 0 {
			return nil, pkg.Errors[0]
		}
		imports[pkg.PkgPath] = pkg.Types
	}
	return imports, nil
})

type compiledImporter map[string]*types.Package

// Import implements types.Importer.
func (i compiledImporter) Import(path string) (*types.Package, error) {
	if pkg, found := i[path]; found {
		return pkg, nil
	}
	return nil, errors.New("no package " + path)
}

// Check type-checks a package of the given files, without the go command but for what
// they import, which is read once.
func Check(t testing.TB, files map[string]string) *load.Source {
	t.Helper()
	imports, err := compiled()
	if err != nil {
		t.Fatal(err)
	}
	src := &load.Source{
		Path: "example.com/shop",
		Fset: fset,
		Info: &types.Info{Defs: map[*ast.Ident]types.Object{}, Uses: map[*ast.Ident]types.Object{}},
	}
	for name, content := range files {
		file, err := parser.ParseFile(src.Fset, name, content, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			t.Fatalf("%v\n%s", err, content)
		}
		src.Files = append(src.Files, file)
		t.Cleanup(func() { fset.RemoveFile(fset.File(file.FileStart)) })
	}
	config := types.Config{
		Importer: compiledImporter(imports),
		Error: func(err error) {
			typeError, _ := errors.AsType[types.Error](err)
			src.TypeErrors = append(src.TypeErrors, typeError)
		},
	}
	src.Types, _ = config.Check(src.Path, src.Fset, src.Files, src.Info)
	return src
}
