package load

import (
	"go/ast"
	"go/build"
	"go/build/constraint"
	"go/parser"
	"go/token"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"github.com/sessiongen/sessiongen/gen/internal/model"
)

// Constraint is what a file is compiled under: its line //go:build, and what the end of its name
// says. It is empty if the file is always compiled.
func Constraint(name string, file *ast.File) string {
	expr := writtenConstraint(file)
	for _, tag := range slices.Backward(nameTags(name)) {
		expr = both(&constraint.TagExpr{Tag: tag}, expr)
	}
	if expr == nil {
		return ""
	}
	return expr.String()
}

// writtenConstraint is that of the lines above the package clause.
func writtenConstraint(file *ast.File) (expr constraint.Expr) {
	var older constraint.Expr
	for _, group := range file.Comments {
		for _, comment := range group.List {
			if comment.Pos() > file.Package {
				break
			}
			line, err := constraint.Parse(comment.Text)
			switch {
			case err != nil:
			case constraint.IsGoBuild(comment.Text):
				return line
			default:
				older = both(older, line)
			}
		}
	}
	return older
}

func both(a, b constraint.Expr) constraint.Expr {
	switch {
	case a == nil:
		return b
	case b == nil:
		return a
	}
	return &constraint.AndExpr{X: a, Y: b}
}

// nameTags are the system and the architecture that the name of a file ends in.
func nameTags(name string) []string {
	name, _, _ = strings.Cut(filepath.Base(name), ".")
	words := strings.Split(name, "_")[1:]
	if len(words) == 0 || compiledEverywhere("x_"+words[len(words)-1]+".go") {
		return nil
	}
	if len(words) > 1 {
		pair := words[len(words)-2:]
		if !isCompiled("none", pair[1], "x_"+strings.Join(pair, "_")+".go") {
			return pair
		}
	}
	return words[len(words)-1:]
}

// compiledEverywhere asks about a machine that does not exist.
func compiledEverywhere(name string) bool { return isCompiled("none", "none", name) }

// isCompiled reports whether a file is compiled for a system and an architecture by its name.
func isCompiled(system, architecture, name string) bool {
	machine := build.Context{GOOS: system, GOARCH: architecture, Compiler: "gc", OpenFile: func(string) (io.ReadCloser, error) {
		return io.NopCloser(strings.NewReader("package none\n")), nil
	}}
	compiled, err := machine.MatchFile("", name)
	return err != nil || compiled
}

// leftOut parses the files of a package that its constraints leave out of this build. Those that
// cannot be parsed, or that no build has, are of no interest.
func leftOut(fset *token.FileSet, ignored []string, of string) (files []*ast.File) {
	for _, name := range ignored {
		if filepath.Ext(name) != ".go" || strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(fset, name, nil, parser.ParseComments|parser.SkipObjectResolution)
		if err == nil && file.Name.Name == of && !isSetAside(file) && !model.IsOurs(file) {
			files = append(files, file)
		}
	}
	return files
}

// isSetAside reports whether a file has the constraint by which files are left out of every
// build.
func isSetAside(file *ast.File) bool {
	tag, ok := writtenConstraint(file).(*constraint.TagExpr)
	return ok && tag.Tag == "ignore"
}

// SchemaSpecs are the declarations in a file that look like those of schemas.
func SchemaSpecs(file *ast.File) (specs []*ast.TypeSpec) {
	for _, declaration := range file.Decls {
		group, ok := declaration.(*ast.GenDecl)
		if !ok {
			continue
		}
		for _, spec := range group.Specs {
			if spec, ok := spec.(*ast.TypeSpec); ok && looksLikeSchema(spec.Type) {
				specs = append(specs, spec)
			}
		}
	}
	return specs
}
