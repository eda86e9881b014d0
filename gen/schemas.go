package gen

import (
	"bytes"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"path/filepath"
	"strings"
)

// SchemasIn reads the schemas of a package that somebody has parsed, with comments,
// and checked already, as an analysis has. What is wrong with a schema is for
// [Generate] to say: of such a one only what was understood is there.
func SchemasIn(fset *token.FileSet, files []*ast.File, pkg *types.Package, info *types.Info) []*Schema {
	src := &source{path: pkg.Path(), fset: fset, files: files, types: pkg, info: info}
	finder := &modelParser{errorList: errorList{fset: fset}, src: src}
	if len(finder.findSchemas()) == 0 {
		return nil // the rest looks at every struct
	}
	found, _ := parse(src, nil)
	return found.Schemas
}

// DeclaresSchema reports whether the content of a Go file may declare a schema, which
// [SchemasIn] would find. It looks at nothing else, and takes little time for a file that
// does not.
func DeclaresSchema(content []byte) bool {
	if !bytes.Contains(content, []byte("session:")) && !bytes.Contains(content, []byte("cookie:")) {
		return false
	}
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, "", content, parser.SkipObjectResolution)
	if err != nil {
		return true
	}
	finder := &modelParser{errorList: errorList{fset: fset}, src: &source{fset: fset, files: []*ast.File{file}}}
	return len(finder.findSchemas()) > 0
}

// IsOutput says whether a file was written by [Generate].
func IsOutput(file *ast.File) bool {
	for _, group := range file.Comments {
		for _, comment := range group.List {
			if comment.Pos() < file.Package && strings.TrimRight(comment.Text, " \t\r") == header {
				return true
			}
		}
	}
	return false
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
	model, errs := parse(src, schemasBehind(output, SchemasIn(fset, src.files, src.types, src.info)))
	if errs != nil {
		return nil, errs
	}
	return emit(model)
}

// schemasBehind are the names of the schemas whose types are declared in a file.
func schemasBehind(output *ast.File, schemas []*Schema) []string {
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
