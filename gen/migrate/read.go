package migrate

import (
	"bytes"
	"go/ast"
	"go/constant"
	"go/format"
	"go/types"
	"strings"

	"golang.org/x/tools/go/packages"
)

// library is one that programs move from.
type library struct {
	name    string
	module  string
	session string                   // the type that has the methods
	prefix  string                   // of the full names of these methods
	keyed   func(method string) bool // whether a method is about one key
	visit   func(*reader, ast.Node)
	blank   func(*program) blankField
	advice  func(*program) []string // what else there is to do, as comments above the schema
}

var libraries = []library{scs, gorilla, gin}

// reader walks through one package.
type reader struct {
	*program
	pkg      *packages.Package
	function *ast.FuncDecl
	stack    []ast.Node               // from the file to the parent of what is visited
	held     map[types.Object]*access // variables that hold what was read
}

// read finds every use of the library.
func (p *program) read() {
	for _, pkg := range p.packages {
		r := &reader{program: p, pkg: pkg, held: map[types.Object]*access{}}
		for _, file := range pkg.Syntax {
			r.walk(file, func(n ast.Node) {
				p.library.visit(r, n)
				r.visitGob(n)
			})
		}
		for _, file := range pkg.Syntax {
			r.walk(file, r.visitHeld)
		}
	}
	p.followHelpers()
}

func (r *reader) walk(file *ast.File, visit func(ast.Node)) {
	ast.Inspect(file, func(n ast.Node) bool {
		if n == nil {
			r.stack = r.stack[:len(r.stack)-1]
			return true
		}
		if len(r.stack) == 1 {
			r.function, _ = n.(*ast.FuncDecl)
		}
		visit(n)
		r.stack = append(r.stack, n)
		return true
	})
}

// parent is what n stands in, parentheses left out; depth 0 is the nearest.
func (r *reader) parent(depth int) ast.Node {
	for i := len(r.stack) - 1; i >= 0; i-- {
		if _, ok := r.stack[i].(*ast.ParenExpr); ok {
			continue
		}
		if depth--; depth < 0 {
			return r.stack[i]
		}
	}
	return nil
}

// method is the full name of the method or function that a call calls, and the receiver.
func (r *reader) method(call *ast.CallExpr) (name string, receiver ast.Expr) {
	var id *ast.Ident
	switch fun := ast.Unparen(call.Fun).(type) {
	case *ast.SelectorExpr:
		id, receiver = fun.Sel, fun.X
	case *ast.Ident:
		id = fun
	default:
		return "", nil
	}
	function, ok := r.pkg.TypesInfo.Uses[id].(*types.Func)
	if !ok {
		return "", nil
	}
	if name := r.throughInterface(function); name != "" {
		r.assume(call, function)
		return name, receiver
	}
	return function.FullName(), receiver
}

// assume says once of an interface that it is taken for the library's session, since
// nothing proves it.
func (r *reader) assume(call *ast.CallExpr, function *types.Func) {
	asked := function.Signature().Recv().Type()
	if r.assumed[asked] {
		return
	}
	r.assumed[asked] = true
	r.problemf(call.Pos(), "%s is an interface that a session of %s satisfies, so its calls count as session calls: if they are not, remove its keys from both files",
		r.typeText(asked), r.library.name)
}

// methodValue is the name of a method of the library that is not called where it is named,
// but kept or passed on; empty if it is another one, or is called.
func (r *reader) methodValue(n *ast.SelectorExpr, prefix string) string {
	function, ok := r.pkg.TypesInfo.Uses[n.Sel].(*types.Func)
	if !ok {
		return ""
	}
	method, found := strings.CutPrefix(function.FullName(), prefix)
	call, called := r.parent(0).(*ast.CallExpr)
	if !found || called && ast.Unparen(call.Fun) == n {
		return ""
	}
	return method
}

func (r *reader) reportMethodValue(n *ast.SelectorExpr, prefix string) {
	if method := r.methodValue(n, prefix); method != "" {
		r.problemf(n.Pos(), "%s is not called here, but stored or passed on, which init does not follow: check its callers", method)
	}
}

// add notes an access under a key. One that comes with the calls of the function around is
// followed to them; one that is computed is reported.
func (r *reader) add(a *access, key ast.Expr) {
	a.pkg, a.function = r.pkg, r.function
	constant, ok := r.key(key)
	a.key, a.asks = constant, r.text(key)
	r.learn(a)
	if ok {
		r.accesses = append(r.accesses, a)
		return
	}
	if i := r.parameter(key); i >= 0 {
		r.noteHelper(a, key, i)
		return
	}
	r.reportComputed(key)
}

// learn finds the type of what is put, which is that of value, or of what is read, by what
// is done with it.
func (r *reader) learn(a *access) {
	info := r.pkg.TypesInfo
	if a.value != nil {
		a.typ = valueType(info.Types[a.value].Type)
	}
	if a.typ != nil || a.operation != get && a.operation != take {
		return
	}
	switch parent := r.parent(0).(type) {
	case *ast.TypeAssertExpr:
		r.assert(a, parent, 1)
		a.node = parent
	case *ast.BinaryExpr:
		a.compared = r.pkg.TypesInfo.Types[parent.X].IsNil() || r.pkg.TypesInfo.Types[parent.Y].IsNil()
	case *ast.AssignStmt:
		r.hold(a, parent.Lhs, parent.Rhs)
	case *ast.ValueSpec:
		names := make([]ast.Expr, len(parent.Names))
		for i, name := range parent.Names {
			names[i] = name
		}
		r.hold(a, names, parent.Values)
	}
}

// valueType is the type that a value of a type is kept with; nil: it is nothing.
func valueType(t types.Type) types.Type {
	basic, ok := t.(*types.Basic)
	switch {
	case ok && basic.Kind() == types.UntypedNil:
		return nil
	case ok:
		return types.Default(basic)
	}
	return t
}

// other notes a call that is about no single key, and what takes its place.
func (r *reader) other(n ast.Node, context, by string) *call {
	c := &call{node: n, by: by, context: context, pkg: r.pkg, function: r.function}
	r.calls = append(r.calls, c)
	return c
}

// set notes a setting, if its value is constant.
func (r *reader) set(option string, value ast.Expr, text func(constant.Value) string) {
	if v := r.pkg.TypesInfo.Types[value].Value; v != nil {
		r.settings[option] = append(r.settings[option], setting{text(v), value.Pos()})
		return
	}
	r.computed[option] = true
	switch option {
	case "name":
		r.problemf(value.Pos(), "the name of the old cookie, %s, is computed: use it as oldName in the manager's option", r.text(value))
	case "path", "domain":
		r.problemf(value.Pos(), "%s is computed, and a tag is constant: write the value for %s into the tag of the blank field, and into the runtime.LegacySource: browsers need it to delete the old cookie",
			r.text(value), option)
	default:
		r.problemf(value.Pos(), "%s is computed, and a tag is constant: write the value for %s into the tag of the blank field", r.text(value), option)
	}
}

// text is source as it stands, on one line.
func (p *program) text(n ast.Node) string {
	var b bytes.Buffer
	if err := format.Node(&b, p.fset, n); err != nil {
		return "(unprintable)"
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

// typeText is a type as messages write it: with the names of packages.
func (p *program) typeText(t types.Type) string {
	return types.TypeString(t, func(pkg *types.Package) string { return pkg.Name() })
}
