package gen

import (
	"context"
	"errors"
	"fmt"
	"go/ast"
	"go/build"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/tools/go/packages"
)

// source is one package as load found it. It need not compile: handlers use
// methods that are still to be generated.
type source struct {
	path       string // import path
	dir        string
	files      []*ast.File // without function bodies, and without our own output
	fset       *token.FileSet
	types      *types.Package
	info       *types.Info
	typeErrors []types.Error
	imports    map[string]string // what is wrong with imported packages, by path
	possible   map[string]bool   // what imports may be called that were not read
}

// load reads the packages that patterns match, in the order of their paths. The
// file named output is not read in any of them: it is what this run replaces, and
// it may be stale, half merged or empty.
func load(ctx context.Context, dir, output string, patterns []string) ([]*source, Errors) {
	fset := token.NewFileSet()
	errs := errorList{fset: fset}
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
	if err != nil {
		errs.add(token.Position{}, err.Error())
		return nil, errs.sorted()
	}
	slices.SortFunc(found, func(a, b *packages.Package) int { return strings.Compare(a.PkgPath, b.PkgPath) })
	var sources []*source
	for _, pkg := range found {
		if fatal := fatalErrors(pkg, dir, output); fatal != nil {
			errs.list = append(errs.list, fatal...)
			continue
		}
		sources = append(sources, &source{
			path:       pkg.PkgPath,
			dir:        pkg.Dir,
			files:      pkg.Syntax,
			fset:       fset,
			types:      pkg.Types,
			info:       pkg.TypesInfo,
			typeErrors: pkg.TypeErrors,
			imports:    failedImports(pkg),
		})
	}
	return sources, errs.sorted()
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
// there are no files yet for an embed pattern, which begins with "pattern ".
func fatalErrors(pkg *packages.Package, dir, output string) []Error {
	var fatal []Error
	for _, err := range pkg.Errors {
		position := parsePosition(err.Pos, dir)
		ours := filepath.Base(position.Filename) == output
		compiler := !position.IsValid() && strings.HasPrefix(err.Msg, "# "+pkg.PkgPath)
		embed := err.Kind == packages.ListError && strings.HasPrefix(err.Msg, "pattern ")
		if err.Kind != packages.TypeError && !ours && !compiler && !embed {
			fatal = append(fatal, Error{position, err.Msg})
		}
	}
	return fatal
}

// parsePosition reads file:line:col as the go command writes it, with a file
// relative to dir.
func parsePosition(s, dir string) token.Position {
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

// checkOutput refuses names that the go command would not compile as a part of
// the package.
func checkOutput(name string) error {
	switch {
	case name != filepath.Base(name):
		return fmt.Errorf("output %s is in another directory: it is a part of the schema's package, so give a file name alone", name)
	case !strings.HasSuffix(name, ".go"), strings.HasSuffix(name, "_test.go"):
		return fmt.Errorf("output %s is no source file of the package: give a name that ends in .go but not in _test.go", name)
	case strings.HasPrefix(name, "_"), strings.HasPrefix(name, "."):
		return fmt.Errorf("output %s would be ignored by the go command: give a name that does not begin with _ or a dot", name)
	case !compiledEverywhere(name):
		return fmt.Errorf("output %s would be compiled for one system or architecture alone: give a name that does not end in one", name)
	}
	return nil
}

// compiledEverywhere asks about a machine that nobody has.
func compiledEverywhere(name string) bool {
	nowhere := build.Context{GOOS: "none", GOARCH: "none", Compiler: "gc", OpenFile: func(string) (io.ReadCloser, error) {
		return io.NopCloser(strings.NewReader("package none\n")), nil
	}}
	compiled, err := nowhere.MatchFile("", name)
	return err != nil || compiled
}

// checkPatterns refuses files: a part of a package does not have all its types.
func checkPatterns(patterns []string) error {
	for _, pattern := range patterns {
		if strings.HasSuffix(pattern, ".go") {
			return errors.New("argument " + pattern + " is a file: name the package that it is in, such as .")
		}
	}
	return nil
}
