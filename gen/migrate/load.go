package migrate

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/tools/go/packages"

	"github.com/sessiongen/sessiongen/gen"
)

// program is what is read, and what has been found out about it so far.
type program struct {
	config   Config
	library  library
	fset     *token.FileSet
	packages []*packages.Package
	module   packages.Module

	accesses []*access
	calls    []*call
	settings map[string][]setting // by the option of the blank field
	problems []gen.Error

	helpers         map[string][]*helper // by the full name of the function
	newHelpers      bool                 // since the calls were last followed
	assumed         map[types.Type]bool  // interfaces that are taken for the library's session
	oddKeys         map[string]oddKey    // by what identifies them
	computed        map[string]bool      // options that are set to what is not constant
	stores          map[string]token.Pos // kinds of stores that are made: cookie, other
	codecAge        bool                 // a store is told how old a cookie may be
	remembers       bool                 // single sessions outlive the browser
	outlivesBrowser bool                 // the old cookie did
	oldName         string               // of the old cookie

	target target
	fields []*field
	byKey  map[string]*field
}

// access is one place where a key is used.
type access struct {
	operation operation
	key       string
	asks      string     // the key as it stands there
	node      ast.Node   // what the accessor replaces
	value     ast.Expr   // that is put
	typ       types.Type // that is put or read; nil: not known
	checked   bool       // the value is read with a second result, which reports whether it is there
	compared  bool       // it is compared with nil, and no more
	list      bool       // it is one element of a list
	context   string     // where the session is found, as an expression
	pkg       *packages.Package
	function  *ast.FuncDecl // nil: outside of functions
}

// operation is what an access does.
type operation uint8

const (
	get operation = iota
	put
	take
	has
	remove
	appendTo
)

// call is a use of the library that is about no single key.
type call struct {
	node     ast.Node
	by       string
	renews   bool // it is made at a sign-in
	context  string
	pkg      *packages.Package
	function *ast.FuncDecl
}

// setting is a value for an option of the blank field.
type setting struct {
	value string
	pos   token.Pos
}

// load reads packages with the bodies of their functions.
func load(ctx context.Context, config Config, l library) (*program, error) {
	p := &program{config: config, library: l, fset: token.NewFileSet(), settings: map[string][]setting{}, byKey: map[string]*field{}, oddKeys: map[string]oddKey{}, computed: map[string]bool{}, stores: map[string]token.Pos{}, helpers: map[string][]*helper{}, assumed: map[types.Type]bool{}}
	found, err := packages.Load(&packages.Config{
		Context: ctx,
		Dir:     config.Dir,
		Fset:    p.fset,
		Mode: packages.NeedName | packages.NeedFiles | packages.NeedImports | packages.NeedModule |
			packages.NeedSyntax | packages.NeedTypes | packages.NeedTypesInfo,
	}, config.Patterns...)
	if err == nil && len(found) == 0 {
		err = gen.Unlisted(ctx, config.Dir, config.Patterns)
	}
	if err != nil {
		return nil, err
	}
	var broken, rest []string // rest: what the go command says without a place, mostly once more
	for _, pkg := range found {
		for _, err := range pkg.Errors {
			if at, message, found := strings.Cut(err.Error(), ": "); found && at != "-" {
				broken = append(broken, p.shorten(at)+": "+message)
			} else {
				rest = append(rest, err.Error())
			}
		}
		if pkg.Module != nil {
			p.module = *pkg.Module
		}
	}
	if broken == nil {
		broken = rest
	}
	if broken != nil {
		slices.Sort(broken)
		return nil, errors.New("the program does not compile, so the types of its values are unknown:\n" + strings.Join(slices.Compact(broken), "\n"))
	}
	slices.SortFunc(found, func(a, b *packages.Package) int { return cmp.Compare(a.PkgPath, b.PkgPath) })
	p.packages = found
	return p, nil
}

// shorten is file:line:col with the file as seen from the directory of the run.
func (p *program) shorten(at string) string {
	if below, err := filepath.Rel(p.config.Dir, at); err == nil && filepath.IsLocal(below) {
		return below
	}
	return at
}

// position is where something stands, with the file as seen from the directory of the run.
func (p *program) position(pos token.Pos) token.Position {
	at := p.fset.Position(pos)
	if below, err := filepath.Rel(p.config.Dir, at.Filename); err == nil && filepath.IsLocal(below) {
		at.Filename = below
	}
	at.Offset = 0
	return at
}

func (p *program) problemf(pos token.Pos, format string, args ...any) {
	var at token.Position
	if pos.IsValid() {
		at = p.position(pos)
	}
	p.problems = append(p.problems, gen.Error{Position: at, Message: fmt.Sprintf(format, args...)})
}

// open is what is left to decide, each once and in order.
func (p *program) open() []gen.Error {
	slices.SortStableFunc(p.problems, func(a, b gen.Error) int {
		return cmp.Or(comparePositions(a.Position, b.Position), cmp.Compare(a.Message, b.Message))
	})
	return slices.Compact(p.problems)
}

func comparePositions(a, b token.Position) int {
	return cmp.Or(cmp.Compare(a.Filename, b.Filename), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
}
