package load

import (
	"context"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/tools/go/packages"

	"github.com/sessiongen/sessiongen/gen/internal/model"
)

// Source is one package as load found it. It need not compile: handlers use
// methods that are still to be generated.
type Source struct {
	Path       string // import path
	Dir        string
	Module     string      // the folder of its go.mod; empty: unknown
	Files      []*ast.File // without function bodies, and without our own output
	Fset       *token.FileSet
	Types      *types.Package
	Info       *types.Info
	TypeErrors []types.Error
	Imports    map[string]string // what is wrong with imported packages, by path
	Possible   map[string]bool   // what imports may be called that were not read
	LeftOut    []*ast.File       // by their constraints: what other builds have
}

// Packages reads the packages that patterns match, in the order of their paths. The
// file named output is not read in any of them: it is what this run replaces, and
// it may be stale, half merged or empty.
func Packages(ctx context.Context, dir, output string, patterns []string) ([]*Source, model.Errors) {
	fset := token.NewFileSet()
	errs := model.ErrorList{Fset: fset}
	config := &packages.Config{
		Context: ctx,
		Dir:     dir,
		Fset:    fset,
		Mode: packages.NeedName | packages.NeedFiles | packages.NeedImports |
			packages.NeedSyntax | packages.NeedTypes | packages.NeedTypesInfo,
		ParseFile: func(fset *token.FileSet, name string, content []byte) (*ast.File, error) {
			if filepath.Base(name) == output {
				return nil, nil
			}
			return parseWithoutBodies(fset, name, content)
		},
	}
	var found []*packages.Package
	patterns, err := withoutDependencies(ctx, dir, patterns)
	if err == nil {
		found, err = packages.Load(config, patterns...)
	}
	if err == nil && !slices.ContainsFunc(found, func(pkg *packages.Package) bool { return len(pkg.GoFiles)+len(pkg.Errors) > 0 }) {
		err = Unlisted(ctx, dir, patterns)
	}
	if err != nil {
		errs.Add(token.Position{}, err.Error())
		return nil, errs.Sorted()
	}
	slices.SortFunc(found, func(a, b *packages.Package) int { return strings.Compare(a.PkgPath, b.PkgPath) })
	var sources []*Source
	for _, pkg := range found {
		if fatal := fatalErrors(pkg, dir, output); fatal != nil {
			errs.List = append(errs.List, fatal...)
			continue
		}
		module, _ := folderAbove(pkg.Dir, "go.mod")
		sources = append(sources, &Source{
			Path:       pkg.PkgPath,
			Dir:        pkg.Dir,
			Module:     module,
			Files:      pkg.Syntax,
			Fset:       fset,
			Types:      pkg.Types,
			Info:       pkg.TypesInfo,
			TypeErrors: pkg.TypeErrors,
			Imports:    failedImports(pkg),
			LeftOut:    leftOut(fset, pkg.IgnoredFiles, pkg.Name),
		})
	}
	return sources, errs.Sorted()
}

// withoutDependencies puts the packages of the module, or of the workspace, in the place of
// the pattern all, which also stands for those that they import: their code is generated
// where they are written.
func withoutDependencies(ctx context.Context, dir string, patterns []string) ([]string, error) {
	if !slices.Contains(patterns, "all") {
		return patterns, nil
	}
	found, err := packages.Load(&packages.Config{Context: ctx, Dir: dir, Mode: packages.NeedName | packages.NeedModule}, "all")
	if err != nil {
		return nil, err
	}
	ours := slices.DeleteFunc(slices.Clone(patterns), func(pattern string) bool { return pattern == "all" })
	for _, pkg := range found {
		if pkg.Module != nil && pkg.Module.Main {
			ours = append(ours, pkg.PkgPath)
		}
	}
	if len(ours) == 0 {
		return patterns, nil // the go command says why
	}
	return ours, nil
}

// parseWithoutBodies drops what functions do: it says nothing about a schema and
// is where code uses what is still to be generated.
func parseWithoutBodies(fset *token.FileSet, name string, content []byte) (*ast.File, error) {
	file, err := parser.ParseFile(fset, name, content, parser.ParseComments|parser.SkipObjectResolution)
	if file != nil {
		withoutBodies(file)
	}
	return file, err
}

func withoutBodies(file *ast.File) {
	for _, declaration := range file.Decls {
		if function, ok := declaration.(*ast.FuncDecl); ok {
			function.Body = nil
		}
	}
}

// fatalErrors are the errors that make a package unreadable. Type errors are
// not among them: parse reports those that touch a schema. Nor is what the
// compiler said, which comes without a position and begins with "# ", nor that
// there are no files yet for an embed pattern: it has one, and begins with "pattern ".
func fatalErrors(pkg *packages.Package, dir, output string) []model.Error {
	var fatal []model.Error
	for _, err := range pkg.Errors {
		position := ParsePosition(err.Pos, dir)
		ours := filepath.Base(position.Filename) == output
		compiler := !position.IsValid() && strings.HasPrefix(err.Msg, "# "+pkg.PkgPath)
		embed := position.IsValid() && err.Kind == packages.ListError && strings.HasPrefix(err.Msg, "pattern ")
		if err.Kind != packages.TypeError && !ours && !compiler && !embed {
			fatal = append(fatal, unmerged(model.Error{Position: position, Message: err.Msg}))
		}
	}
	return fatal
}

// unmerged says of an error in a file with an unresolved merge what it comes from, in place of
// what Go makes of the marks.
func unmerged(err model.Error) model.Error {
	content, _ := os.ReadFile(err.Position.Filename) // without one, the error stays as it is
	number := 0
	for line := range strings.Lines(string(content)) {
		number++
		if model.IsConflictMark(strings.TrimRight(line, "\r\n")) && line[0] == '<' {
			at := token.Position{Filename: err.Position.Filename, Line: number, Column: 1}
			return model.Error{Position: at, Message: "file has the conflict marks of a merge: resolve it, and generate again"}
		}
	}
	return err
}

// ParsePosition reads file:line:col as the go command writes it, with a file
// relative to dir. It is not valid if there is no line.
func ParsePosition(s, dir string) token.Position {
	file, line, column := s, 0, 0
	for range 2 {
		colon := strings.LastIndexByte(file, ':')
		number, err := strconv.Atoi(file[colon+1:])
		if colon < 0 || err != nil {
			break
		}
		file, line, column = file[:colon], number, line
	}
	if line == 0 {
		return token.Position{}
	}
	if !filepath.IsAbs(file) {
		file = filepath.Join(dir, file)
	}
	return token.Position{Filename: file, Line: line, Column: column}
}

// failedImports says of the imports that have errors, by path, what is wrong.
func failedImports(pkg *packages.Package) map[string]string {
	failed := map[string]string{}
	for path, imported := range pkg.Imports {
		if len(imported.Errors) == 0 {
			continue
		}
		reason, compiled := strings.CutPrefix(imported.Errors[0].Msg, "# "+path+"\n")
		if compiled {
			reason, _, _ = strings.Cut(reason, "\n")
			failed[path] = path + " does not compile: " + reason
		} else {
			failed[path] = path + " cannot be imported: " + strings.Join(strings.Fields(reason), " ")
		}
	}
	return failed
}

// CheckPatterns refuses files: a part of a package does not have all its types.
func CheckPatterns(patterns []string) error {
	for _, pattern := range patterns {
		if strings.HasSuffix(pattern, ".go") {
			return errors.New("argument " + pattern + " is a file: name the package that it is in, such as .")
		}
	}
	return nil
}
