package vet

import (
	"go/ast"
	"go/token"
	"go/types"
	"slices"
)

// waited reports whether a function around n waits for what n starts or sends: one
// from the innermost on to where the session's variable is declared. Those further out
// do not wait for a request.
func (r *reporter) waited(functions []ast.Node, n ast.Node, session ast.Expr) bool {
	variable, ok := r.origin(session).(*types.Var)
	if !ok || variable.Pkg() != r.Pkg || variable.Parent() == r.Pkg.Scope() {
		functions = functions[len(functions)-1:]
	}
	for _, around := range slices.Backward(functions) {
		if r.waits(around, n.End()) {
			return true
		}
		if ok && around.Pos() <= variable.Pos() && variable.Pos() < around.End() {
			return false
		}
	}
	return false
}

// origin is the variable that a session comes from: that of the context, where it is
// looked up in one.
func (r *reporter) origin(session ast.Expr) types.Object {
	if call, ok := ast.Unparen(session).(*ast.CallExpr); ok && r.finds(call) {
		return r.root(call.Args[0])
	}
	return r.root(session)
}

// waits reports whether a function waits, after a place, for anything but its context.
func (r *reporter) waits(function ast.Node, after token.Pos) bool {
	found := false
	ast.Inspect(function, func(n ast.Node) bool {
		if _, inner := n.(*ast.FuncLit); inner && n != function {
			return false
		}
		switch n := n.(type) {
		case *ast.CallExpr:
			found = found || n.Pos() >= after && r.isWait(n)
		case *ast.DeferStmt:
			later, isLiteral := ast.Unparen(n.Call.Fun).(*ast.FuncLit)
			found = found || r.isWait(n.Call) || isLiteral && r.waits(later, token.NoPos)
		case *ast.UnaryExpr:
			if n.Op == token.ARROW && n.Pos() >= after {
				call, ok := ast.Unparen(n.X).(*ast.CallExpr)
				found = found || !ok || r.function(call) != "context.Context.Done"
			}
		case *ast.RangeStmt:
			t := r.TypesInfo.TypeOf(n.X)
			if t != nil && n.Pos() >= after {
				_, channel := t.Underlying().(*types.Chan)
				found = found || channel
			}
		}
		return true
	})
	return found
}

// isWait reports whether a call is one of Wait, as a sync.WaitGroup and an errgroup.Group
// have it.
func (r *reporter) isWait(call *ast.CallExpr) bool {
	selector, ok := ast.Unparen(call.Fun).(*ast.SelectorExpr)
	return ok && selector.Sel.Name == "Wait" && len(call.Args) == 0
}

// receives reports whether a function receives, after n, from the channel that n sends on.
func (r *reporter) receives(function ast.Node, n *ast.SendStmt) bool {
	channel, found := r.root(n.Chan), false
	ast.Inspect(function, func(m ast.Node) bool {
		var from ast.Expr
		switch m := m.(type) {
		case *ast.UnaryExpr:
			if m.Op == token.ARROW {
				from = m.X
			}
		case *ast.RangeStmt:
			from = m.X
		}
		found = found || from != nil && from.Pos() >= n.End() && channel != nil && r.root(from) == channel
		return !found
	})
	return found
}

// isStopped reports whether the function around a call keeps what it returns, and calls it
// or its Stop: a timer that cannot outlive the request. The call is the last of a path.
func (r *reporter) isStopped(path []ast.Node) bool {
	call, around := path[len(path)-1], path[len(path)-2]
	if outer, ok := around.(*ast.CallExpr); ok {
		return outer.Fun == call // defer context.AfterFunc(…)()
	}
	declaration, ok := around.(*ast.AssignStmt)
	if !ok || len(declaration.Lhs) != 1 {
		return false
	}
	name, ok := declaration.Lhs[0].(*ast.Ident)
	if !ok {
		return false
	}
	kept, stopped := r.TypesInfo.ObjectOf(name), false
	function := path[0]
	for _, n := range path {
		switch n.(type) {
		case *ast.FuncDecl, *ast.FuncLit:
			function = n
		}
	}
	ast.Inspect(function, func(n ast.Node) bool {
		if call, ok := n.(*ast.CallExpr); ok {
			selector, isMethod := ast.Unparen(call.Fun).(*ast.SelectorExpr)
			stopped = stopped || (!isMethod || selector.Sel.Name == "Stop") && kept != nil && r.root(call.Fun) == kept
		}
		return !stopped
	})
	return stopped
}
