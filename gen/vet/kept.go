package vet

import (
	"go/ast"
	"go/token"
	"go/types"
	"slices"

	"golang.org/x/tools/go/analysis"
)

// Kept reports sessions that are kept beyond their request.
var Kept = &analysis.Analyzer{
	Name: "sessionkept",
	Doc: "report sessions that are kept beyond their request\n\n" +
		"Changes made to a session after its request are lost, and values read from it may be outdated: " +
		"a goroutine that is not waited for, a package-level variable and the receiver on a channel may outlive the request.",
	Run:      checkKept,
	Requires: []*analysis.Analyzer{schemas},
}

func checkKept(pass *analysis.Pass) (any, error) {
	r := newReporter(pass)
	if len(r.known.sessions) == 0 {
		return nil, nil
	}
	for _, file := range r.handwritten(true) {
		var functions []ast.Node // those around n
		var depth []ast.Node
		ast.Inspect(file, func(n ast.Node) bool {
			if n == nil {
				last := depth[len(depth)-1]
				depth = depth[:len(depth)-1]
				if len(functions) > 0 && functions[len(functions)-1] == last {
					functions = functions[:len(functions)-1]
				}
				return true
			}
			depth = append(depth, n)
			switch n := n.(type) {
			case *ast.FuncDecl, *ast.FuncLit:
				functions = append(functions, n)
			case *ast.GoStmt:
				if at := r.started(file, n.Call); at != nil && !r.waited(functions, n, at) {
					r.report(at, nil, inGoroutine, r.name(at))
				}
			case *ast.CallExpr:
				r.checkKeepingCall(n)
				if at := r.startedLater(file, n); at != nil && !r.isStopped(depth) {
					r.report(at, nil, inGoroutine, r.name(at))
				}
			case *ast.SendStmt:
				at := r.holds(n.Value)
				received := slices.ContainsFunc(functions, func(around ast.Node) bool { return r.receives(around, n) })
				if at != nil && !received && !r.waited(functions, n, at) {
					r.report(at, nil, "%s belongs to one request, and the receiver on a channel may outlive it: send only the values that it needs", r.name(at))
				}
			case *ast.AssignStmt:
				r.checkGlobal(n)
			}
			return true
		})
	}
	return nil, nil
}

// root is the variable that an expression begins with.
func (r *reporter) root(x ast.Expr) types.Object {
	switch x := ast.Unparen(x).(type) {
	case *ast.Ident:
		return r.TypesInfo.ObjectOf(x)
	case *ast.SelectorExpr:
		if qualified, ok := r.TypesInfo.Uses[x.Sel].(*types.Var); ok && !qualified.IsField() {
			return qualified
		}
		return r.root(x.X)
	case *ast.CallExpr:
		return r.root(x.Fun)
	case *ast.IndexExpr:
		return r.root(x.X)
	case *ast.StarExpr:
		return r.root(x.X)
	case *ast.UnaryExpr:
		return r.root(x.X)
	}
	return nil
}

// holds is the part of a value that is a session: the value, one in a literal, or one
// that a function has from outside.
func (r *reporter) holds(x ast.Expr) ast.Expr {
	x = ast.Unparen(x)
	if r.known.session(r.TypesInfo.TypeOf(x)) != nil && isValue(r.TypesInfo, x) {
		return x
	}
	switch x := x.(type) {
	case *ast.UnaryExpr:
		if x.Op == token.AND {
			return r.holds(x.X)
		}
	case *ast.KeyValueExpr:
		return r.holds(x.Value)
	case *ast.FuncLit:
		return r.captured(x)
	case *ast.CompositeLit:
		for _, e := range x.Elts {
			if at := r.holds(e); at != nil {
				return at
			}
		}
	}
	return nil
}

// name is what the type of a session is called.
func (r *reporter) name(x ast.Expr) string {
	t := r.TypesInfo.TypeOf(x)
	if tuple, ok := t.(*types.Tuple); ok {
		t = tuple.At(0).Type()
	}
	return r.known.session(t).Name()
}
