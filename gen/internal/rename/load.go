package rename

import (
	"context"
	"errors"
	"go/ast"
	"go/parser"
	"go/scanner"
	"go/token"
	"go/types"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/tools/go/packages"

	"github.com/sessiongen/sessiongen/gen/internal/load"
	"github.com/sessiongen/sessiongen/gen/internal/model"
)

// Program is the packages of the main modules, with their tests, as a rename reads them.
type Program struct {
	dir      string
	fset     *token.FileSet
	packages []*packages.Package       // those that were asked for
	compiled map[string]*types.Package // what they import and does not use the schema, by import path
	content  map[string][]byte         // of the files that were read, by name
	files    map[string]*ast.File      // the same, parsed
}

// Load lists the packages that the go command sees in dir. It reads none of them.
func Load(ctx context.Context, dir string) (*Program, error) {
	p := &Program{dir: dir, fset: token.NewFileSet(), compiled: map[string]*types.Package{}, content: map[string][]byte{}, files: map[string]*ast.File{}}
	const work = "work" // all packages of the main modules
	var err error
	p.packages, err = packages.Load(&packages.Config{
		Context: ctx,
		Dir:     dir,
		Tests:   true,
		Mode:    packages.NeedName | packages.NeedFiles | packages.NeedImports | packages.NeedModule | packages.NeedTypesSizes,
	}, work)
	if err == nil && len(p.packages) == 0 {
		err = load.Unlisted(ctx, dir, []string{work})
	}
	return p, err
}

// loadUsers reads the packages that import one, directly or not, and that one, with their tests,
// each after those that it imports. They are not compiled: only what they import and does not use
// the schema is, which other changes than this one leave compiled.
func (p *Program) loadUsers(ctx context.Context, of string) ([]*packages.Package, model.Errors, error) {
	users := p.users(of)
	others := map[string]bool{}
	for _, pkg := range users {
		for _, imported := range pkg.Imports {
			if !slices.Contains(users, imported) && imported.PkgPath != "unsafe" {
				others[imported.PkgPath] = true
			}
		}
	}
	if len(others) > 0 {
		found, err := packages.Load(
			&packages.Config{Context: ctx, Dir: p.dir, Fset: p.fset, Mode: packages.NeedName | packages.NeedTypes},
			slices.Sorted(maps.Keys(others))...,
		)
		if err != nil {
			return nil, nil, err
		}
		for _, pkg := range found {
			p.compiled[pkg.PkgPath] = pkg.Types
		}
	}
	wrong := model.ErrorList{Fset: p.fset}
	for _, pkg := range users {
		p.readPackage(pkg, &wrong)
	}
	return users, wrong.Sorted(), nil
}

// users are the packages that import one, directly or not, and that one, with tests and with what
// is compiled anew for them.
func (p *Program) users(of string) []*packages.Package {
	known := map[*packages.Package]bool{}
	var users []*packages.Package
	for pkg := range packages.Postorder(p.packages) {
		known[pkg] = pkg.PkgPath == of
		for _, imported := range pkg.Imports {
			known[pkg] = known[pkg] || known[imported]
		}
		runsTests := strings.HasSuffix(pkg.ID, ".test")
		if known[pkg] && !runsTests && pkg.Module != nil && pkg.Module.Main {
			users = append(users, pkg)
		}
	}
	return users
}

// readPackage parses a package and checks its types.
func (p *Program) readPackage(pkg *packages.Package, wrong *model.ErrorList) {
	const mend = ": a rename needs a program that compiles, so mend this first; if generated code is old, generate"
	before := len(wrong.List)
	for _, err := range pkg.Errors { // of the go command, such as an import that is not there
		wrong.Add(load.ParsePosition(err.Pos, p.dir), strings.TrimSpace(err.Msg)+mend)
	}
	for _, name := range pkg.GoFiles {
		file, err := p.parse(name)
		if list, ok := errors.AsType[scanner.ErrorList](err); ok {
			for _, err := range list {
				wrong.Add(err.Pos, err.Msg+mend)
			}
		} else if err != nil {
			wrong.Add(token.Position{Filename: name, Line: 1, Column: 1}, err.Error())
		}
		pkg.Syntax = append(pkg.Syntax, file)
	}
	if len(wrong.List) > before {
		return // the checker would say it again
	}
	imported := func(of *packages.Package) *types.Package { return of.Types }
	pkg.Types, pkg.TypesInfo = p.check(pkg, pkg.Syntax, imported, func(err types.Error) { wrong.Errorf(err.Pos, "%s%s", err.Msg, mend) })
}

// parse reads a file, of which packages with and without tests have the same syntax.
func (p *Program) parse(name string) (*ast.File, error) {
	if file := p.files[name]; file != nil {
		return file, nil
	}
	content, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	file, err := parser.ParseFile(p.fset, name, content, parser.ParseComments|parser.SkipObjectResolution)
	if err == nil {
		p.content[name], p.files[name] = content, file
	}
	return file, err
}

// check checks the types of a package. imported gives the types of what it imports and uses the
// schema.
func (p *Program) check(pkg *packages.Package, files []*ast.File, imported func(*packages.Package) *types.Package, report func(types.Error)) (*types.Package, *types.Info) {
	info := &types.Info{
		Types: map[ast.Expr]types.TypeAndValue{},
		Defs:  map[*ast.Ident]types.Object{},
		Uses:  map[*ast.Ident]types.Object{},
	}
	config := types.Config{
		FakeImportC: true,
		Sizes:       pkg.TypesSizes,
		Importer: importer(func(path string) (*types.Package, error) {
			of := pkg.Imports[path]
			switch {
			case path == "unsafe":
				return types.Unsafe, nil
			case of == nil:
				return nil, errors.New("no package " + path)
			case of.Name == "" && len(of.Errors) > 0:
				return nil, errors.New(of.Errors[0].Msg)
			case p.compiled[of.PkgPath] != nil:
				return p.compiled[of.PkgPath], nil
			}
			return imported(of), nil
		}),
		Error: func(err error) {
			if wrong, ok := errors.AsType[types.Error](err); ok && !strings.HasPrefix(wrong.Msg, "\t") { // goes on from the one before
				report(wrong)
			}
		},
	}
	if pkg.Module.GoVersion != "" {
		config.GoVersion = "go" + pkg.Module.GoVersion
	}
	checked, _ := config.Check(pkg.PkgPath, p.fset, files, info) // the errors are reported
	return checked, info
}

type importer func(path string) (*types.Package, error)

// Import implements types.Importer.
func (i importer) Import(path string) (*types.Package, error) { return i(path) }

// position is where something stands in the file that is edited, whatever a line directive says.
func (p *Program) position(pos token.Pos) token.Position { return p.fset.PositionFor(pos, false) }

// handwritten calls do for each file of packages that the generator has not written, once, with a
// package that it is in.
func (p *Program) handwritten(pkgs []*packages.Package, do func(pkg *packages.Package, file *ast.File)) {
	done := map[*ast.File]bool{}
	for _, pkg := range pkgs {
		for _, file := range pkg.Syntax {
			if !done[file] && !model.IsOurs(file) {
				done[file] = true
				do(pkg, file)
			}
		}
	}
}

// isIn reports whether a package is in a folder, or of an import path.
func (p *Program) isIn(pkg *packages.Package, where string) bool {
	if pkg.PkgPath == where {
		return true
	}
	if !filepath.IsAbs(where) {
		where = filepath.Join(p.dir, where)
	}
	return pkg.Dir == filepath.Clean(where)
}
