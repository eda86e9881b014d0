package gen

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"

	"github.com/sessiongen/sessiongen/gen/internal/emit"
	"github.com/sessiongen/sessiongen/gen/internal/load"
	"github.com/sessiongen/sessiongen/gen/internal/model"
	"github.com/sessiongen/sessiongen/gen/internal/parse"
)

// Schema is one annotated struct, as [SchemasIn] finds it.
type Schema = model.Schema

// SessionMethods are the methods that every session type has, so that no field can be
// called like one.
func SessionMethods() []string { return model.SessionMethods() }

// IsOutput reports whether a file was written by [Generate].
func IsOutput(file *ast.File) bool { return model.IsOurs(file) }

// Silences reports whether a comment, such as
//
//	//sessiongen:ignore both programs share their sessions
//
// says that what it stands beside is intended, and why.
func Silences(comment string) bool { return model.Silences(comment) }

// SchemasIn reads the schemas of a package that the caller has parsed, with comments,
// and checked already, as an analysis has. What is wrong with a schema is for
// [Generate] to say: of such a one only what was understood is there.
func SchemasIn(fset *token.FileSet, files []*ast.File, pkg *types.Package, info *types.Info) []*Schema {
	src := load.Checked(fset, files, pkg, info)
	if !parse.HasSchemas(src) {
		return nil // the rest looks at every struct
	}
	found, _ := parse.Package(src, nil)
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
	return parse.HasSchemas(&load.Source{Fset: fset, Files: []*ast.File{file}})
}

// Regenerate is what [Generate] would write in the place of output, a file of a
// package that was parsed, with comments, and checked already. It asks neither the
// lock nor the go command. Of several schemas it takes those whose types are in output.
func Regenerate(fset *token.FileSet, files []*ast.File, output *ast.File, pkg *types.Package) ([]byte, error) {
	src := load.CheckedWithout(output, fset, files, pkg)
	found, errs := parse.Package(src, schemasBehind(output, SchemasIn(fset, src.Files, src.Types, src.Info)))
	if errs != nil {
		return nil, errs
	}
	return emit.File(found)
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
