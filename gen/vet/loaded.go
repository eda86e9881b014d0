package vet

import (
	"go/ast"
	"go/token"
	"go/types"

	"golang.org/x/tools/go/analysis"
)

// Loaded reports sessions from a manager's Load that are not committed.
var Loaded = &analysis.Analyzer{
	Name: "sessioncommit",
	Doc: "report sessions from a manager's Load that are not committed\n\n" +
		"Without the middleware, changes are lost and the idle deadline is not extended unless Commit is called.",
	Run:      checkLoaded,
	Requires: []*analysis.Analyzer{schemas},
}

func checkLoaded(pass *analysis.Pass) (any, error) {
	r := newReporter(pass)
	if len(r.known.sessions) == 0 {
		return nil, nil
	}
	for _, file := range r.handwritten(false) {
		for _, declaration := range file.Decls {
			ast.Inspect(declaration, func(n ast.Node) bool {
				if assignment, ok := n.(*ast.AssignStmt); ok {
					r.checkLoad(declaration, assignment)
				}
				return true
			})
		}
	}
	return nil, nil
}

// checkLoad reports an assignment of what Load returns, within a declaration.
func (r *reporter) checkLoad(within ast.Decl, n *ast.AssignStmt) {
	if len(n.Rhs) != 1 || len(n.Lhs) != 2 {
		return
	}
	call, ok := ast.Unparen(n.Rhs[0]).(*ast.CallExpr)
	if !ok {
		return
	}
	session := r.loads(call)
	if session == nil {
		return
	}
	variable, ok := ast.Unparen(n.Lhs[0]).(*ast.Ident)
	if !ok {
		return // kept in a struct, which another function may commit
	}
	if object := r.objectOf(variable); variable.Name == "_" || !r.isCommitted(within, object) {
		r.report(call, nil, "%s is loaded without the middleware and not committed: call its Commit before the response begins, or changes are lost", session.Name())
	}
}

func (r *reporter) objectOf(name *ast.Ident) types.Object {
	if object := r.TypesInfo.Defs[name]; object != nil {
		return object
	}
	return r.TypesInfo.Uses[name]
}

// loads returns the type of the session that a call of a manager's Load returns.
func (r *reporter) loads(call *ast.CallExpr) *types.TypeName {
	selector, ok := ast.Unparen(call.Fun).(*ast.SelectorExpr)
	if !ok || selector.Sel.Name != "Load" {
		return nil
	}
	method, ok := r.TypesInfo.Uses[selector.Sel].(*types.Func)
	if !ok || method.Signature().Recv() == nil || method.Signature().Results().Len() != 2 {
		return nil
	}
	return r.known.session(method.Signature().Results().At(0).Type())
}

// isCommitted reports whether a session is committed within a declaration, or may be committed
// elsewhere: it is used other than for a method or a comparison.
func (r *reporter) isCommitted(within ast.Decl, session types.Object) bool {
	plain := map[*ast.Ident]bool{} // uses after which nothing else has the session
	committed := false
	ast.Inspect(within, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.SelectorExpr:
			if name, ok := ast.Unparen(n.X).(*ast.Ident); ok && r.TypesInfo.Uses[name] == session {
				plain[name] = true
				committed = committed || n.Sel.Name == "Commit"
			}
		case *ast.BinaryExpr:
			for _, x := range []ast.Expr{n.X, n.Y} {
				if name, ok := ast.Unparen(x).(*ast.Ident); ok && (n.Op == token.EQL || n.Op == token.NEQ) {
					plain[name] = true
				}
			}
		case *ast.AssignStmt:
			for _, x := range n.Lhs {
				if name, ok := ast.Unparen(x).(*ast.Ident); ok {
					plain[name] = true
				}
			}
		case *ast.Ident:
			if r.TypesInfo.Uses[n] == session && !plain[n] {
				committed = true
			}
		}
		return true
	})
	return committed
}
