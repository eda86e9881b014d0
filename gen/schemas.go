package gen

import (
	"errors"
	"github.com/sessiongen/sessiongen/gen/internal/model"
	"go/ast"
	"go/token"
	"go/types"
	"path/filepath"
	"strings"
)

// Schema is one annotated struct, as [SchemasIn] finds it.
type Schema = model.Schema

// SessionMethods are the methods that every session type has, so that no field can be
// called like one.
func SessionMethods() []string { return model.SessionMethods() }

// IsOutput reports whether a file was written by [Generate].
func IsOutput(file *ast.File) bool { return model.IsOurs(file) }

// SchemasIn reads the schemas of a package that somebody has parsed, with comments,
// and checked already, as an analysis has. What is wrong with a schema is for
// [Generate] to say: of such a one only what was understood is there.
func SchemasIn(fset *token.FileSet, files []*ast.File, pkg *types.Package, info *types.Info) []*model.Schema {
	src := &source{path: pkg.Path(), fset: fset, files: files, types: pkg, info: info}
	finder := &modelParser{ErrorList: model.ErrorList{Fset: fset}, src: src}
	if len(finder.findSchemas()) == 0 {
		return nil // the rest looks at every struct
	}
	found, _ := parse(src, nil)
	return found.Schemas
}

// Regenerate is what [Generate] would write in the place of output, a file of a
// package that was parsed, with comments, and checked already. It asks neither the
// lock nor the go command. Of several schemas it takes those whose types are in output.
func Regenerate(fset *token.FileSet, files []*ast.File, output *ast.File, pkg *types.Package) ([]byte, error) {
	dir := filepath.Dir(fset.File(output.Package).Name())
	src := &source{path: pkg.Path(), dir: dir, fset: fset, info: &types.Info{
		Types: map[ast.Expr]types.TypeAndValue{},
		Defs:  map[*ast.Ident]types.Object{},
		Uses:  map[*ast.Ident]types.Object{},
	}}
	for _, file := range files {
		if file != output && !strings.HasSuffix(fset.File(file.Package).Name(), "_test.go") {
			src.files = append(src.files, file)
		}
	}
	config := types.Config{
		GoVersion:        pkg.GoVersion(),
		IgnoreFuncBodies: true,
		Importer:         importsOf(pkg),
		Error: func(err error) {
			if typeError, ok := err.(types.Error); ok {
				src.typeErrors = append(src.typeErrors, typeError)
			}
		},
	}
	src.types, _ = config.Check(pkg.Path(), fset, src.files, src.info) // errors are in typeErrors
	found, errs := parse(src, schemasBehind(output, SchemasIn(fset, src.files, src.types, src.info)))
	if errs != nil {
		return nil, errs
	}
	return emit(found)
}

// schemasBehind are the names of the schemas whose types are declared in a file.
func schemasBehind(output *ast.File, schemas []*model.Schema) []string {
	declared := map[string]bool{}
	for _, declaration := range output.Decls {
		if group, ok := declaration.(*ast.GenDecl); ok && group.Tok == token.TYPE {
			for _, spec := range group.Specs {
				declared[spec.(*ast.TypeSpec).Name.Name] = true
			}
		}
	}
	var names []string
	for _, s := range schemas {
		if declared[s.TypeName] {
			names = append(names, s.Name)
		}
	}
	return names
}

type importerFunc func(path string) (*types.Package, error)

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
