package vet

import (
	"go/ast"
	"go/types"
	"slices"
)

const inGlobal = "%s belongs to one request, and a package-level variable outlives it: keep a value that identifies the session, such as Info().ID"

// checkGlobal reports what puts a session into a package-level variable.
func (r *reporter) checkGlobal(n *ast.AssignStmt) {
	for i, left := range n.Lhs {
		if !r.isGlobal(left) {
			continue
		}
		right := n.Rhs[min(i, len(n.Rhs)-1)]
		if len(n.Lhs) != len(n.Rhs) {
			if i == 0 && r.found(n.Rhs[0]) {
				r.report(n.Rhs[0], nil, inGlobal, r.name(n.Rhs[0]))
			}
			continue
		}
		values := []ast.Expr{right}
		if call, ok := ast.Unparen(right).(*ast.CallExpr); ok && r.isAppend(call) {
			values = call.Args[1:]
		}
		for _, value := range values {
			if at := r.holds(value); at != nil {
				r.report(at, nil, inGlobal, r.name(at))
			}
		}
	}
}

// found reports whether a call gives a session and whether it was there.
func (r *reporter) found(x ast.Expr) bool {
	tuple, ok := r.TypesInfo.TypeOf(x).(*types.Tuple)
	return ok && tuple.Len() > 0 && r.known.session(tuple.At(0).Type()) != nil
}

func (r *reporter) isGlobal(x ast.Expr) bool {
	variable, ok := r.root(x).(*types.Var)
	return ok && !variable.IsField() && variable.Pkg() != nil && variable.Parent() == variable.Pkg().Scope()
}

// keeping are the methods by which a variable gets a value that it keeps.
var keeping = []string{
	"sync.Map.Store", "sync.Map.LoadOrStore", "sync.Map.Swap", "sync.Map.CompareAndSwap",
	"sync/atomic.Value.Store", "sync/atomic.Value.Swap", "sync/atomic.Value.CompareAndSwap",
	"sync/atomic.Pointer[T].Store", "sync/atomic.Pointer[T].Swap", "sync/atomic.Pointer[T].CompareAndSwap",
}

// checkKeepingCall reports what is given to such a method of a package-level variable.
func (r *reporter) checkKeepingCall(call *ast.CallExpr) {
	selector, ok := ast.Unparen(call.Fun).(*ast.SelectorExpr)
	if !ok || !slices.Contains(keeping, r.function(call)) || !r.isGlobal(selector.X) {
		return
	}
	for _, arg := range call.Args {
		if at := r.holds(arg); at != nil {
			r.report(at, nil, inGlobal, r.name(at))
			return
		}
	}
}
