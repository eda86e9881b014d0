package load

import (
	"errors"
	"go/ast"
	"go/token"
	"go/types"
	"path/filepath"
	"strings"
)

// Checked is the source of a package that was parsed, with comments, and checked
// already, as an analysis has.
func Checked(fset *token.FileSet, files []*ast.File, pkg *types.Package, info *types.Info) *Source {
	return &Source{Path: pkg.Path(), Fset: fset, Files: files, Types: pkg, Info: info}
}

// CheckedWithout is checked for what a package is without one of its files, the output,
// and without its tests.
func CheckedWithout(output *ast.File, fset *token.FileSet, files []*ast.File, pkg *types.Package) *Source {
	src := &Source{Path: pkg.Path(), Dir: filepath.Dir(fset.File(output.Package).Name()), Fset: fset, Info: &types.Info{
		Types: map[ast.Expr]types.TypeAndValue{},
		Defs:  map[*ast.Ident]types.Object{},
		Uses:  map[*ast.Ident]types.Object{},
	}}
	for _, file := range files {
		if file != output && !strings.HasSuffix(fset.File(file.Package).Name(), "_test.go") {
			src.Files = append(src.Files, file)
		}
	}
	config := types.Config{
		GoVersion:        pkg.GoVersion(),
		IgnoreFuncBodies: true,
		Importer:         importsOf(pkg),
		Error: func(err error) {
			if typeError, ok := err.(types.Error); ok {
				src.TypeErrors = append(src.TypeErrors, typeError)
			}
		},
	}
	src.Types, _ = config.Check(pkg.Path(), fset, src.Files, src.Info) // errors are in typeErrors
	return src
}

type importerFunc func(path string) (*types.Package, error)

// Import implements types.Importer.
func (f importerFunc) Import(path string) (*types.Package, error) { return f(path) }

// importsOf imports what a package has imported.
func importsOf(pkg *types.Package) types.Importer {
	return importerFunc(func(path string) (*types.Package, error) {
		if path == "unsafe" {
			return types.Unsafe, nil
		}
		for _, imported := range pkg.Imports() {
			if imported.Path() == path {
				return imported, nil
			}
		}
		return nil, errors.New("not imported: " + path)
	})
}
