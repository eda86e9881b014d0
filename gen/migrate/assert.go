package migrate

import (
	"go/ast"
	"go/types"
)

// hold notes that a variable holds what a reads.
func (r *reader) hold(a *access, left, right []ast.Expr) {
	if len(right) != 1 || ast.Unparen(right[0]) != a.node {
		return
	}
	a.checked = withSecond(left)
	if id, ok := left[0].(*ast.Ident); ok {
		if object := r.pkg.TypesInfo.ObjectOf(id); object != nil {
			r.held[object] = a
		}
	}
}

// visitHeld looks for assertions about variables that hold what was read.
func (r *reader) visitHeld(n ast.Node) {
	assertion, ok := n.(*ast.TypeAssertExpr)
	if !ok {
		return
	}
	if id, ok := ast.Unparen(assertion.X).(*ast.Ident); ok {
		if a := r.held[r.pkg.TypesInfo.ObjectOf(id)]; a != nil {
			r.assert(a, assertion, 0)
			r.calls = append(r.calls, &call{node: assertion, by: id.Name + " has its type already: without the assertion", pkg: r.pkg, function: r.function})
		}
	}
}

// assert takes the type of what is read from an assertion; depth is how far its
// parent is away from what is visited.
func (r *reader) assert(a *access, assertion *ast.TypeAssertExpr, depth int) {
	if assertion.Type == nil {
		r.problemf(assertion.Pos(), "the value of key %s is used by a type switch: a field has one type", a.asks)
		return
	}
	typ := r.pkg.TypesInfo.Types[assertion.Type].Type
	if a.typ != nil && !types.Identical(a.typ, typ) {
		r.problemf(assertion.Pos(), "the value of key %s is taken for %s here, and for %s elsewhere", a.asks, r.typeText(typ), r.typeText(a.typ))
		return
	}
	a.typ = typ
	switch parent := r.parent(depth).(type) {
	case *ast.AssignStmt:
		a.checked = a.checked || len(parent.Rhs) == 1 && withSecond(parent.Lhs)
	case *ast.ValueSpec:
		a.checked = a.checked || len(parent.Values) == 1 && len(parent.Names) == 2 && parent.Names[1].Name != "_"
	}
}

// withSecond reports whether a second result is used.
func withSecond(left []ast.Expr) bool {
	if len(left) != 2 {
		return false
	}
	id, ok := left[1].(*ast.Ident)
	return !ok || id.Name != "_"
}
