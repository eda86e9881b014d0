package vet

import (
	"go/ast"
	"go/token"
	"go/types"
)

const inGoroutine = "%s belongs to one request, and a goroutine may outlive it: read the values before starting it, or wait for it"

// started is a session in what a goroutine runs: an argument, the receiver, or a
// variable of a function around it.
func (r *reporter) started(file *ast.File, call *ast.CallExpr) ast.Expr {
	for _, arg := range call.Args {
		if at := r.holds(arg); at != nil {
			return at
		}
	}
	return r.beginsWith(file, call.Fun)
}

// startedLater is a session in what a timer or the end of a context runs.
func (r *reporter) startedLater(file *ast.File, call *ast.CallExpr) ast.Expr {
	if name := r.function(call); (name != "time.AfterFunc" && name != "context.AfterFunc") || len(call.Args) != 2 {
		return nil
	}
	return r.beginsWith(file, call.Args[1])
}

// beginsWith is a session in the function that a goroutine begins with.
func (r *reporter) beginsWith(file *ast.File, f ast.Expr) ast.Expr {
	switch f := ast.Unparen(f).(type) {
	case *ast.SelectorExpr:
		return r.holds(f.X)
	case *ast.FuncLit:
		return r.captured(f)
	case *ast.Ident:
		if literal := r.functionIn(file, r.TypesInfo.Uses[f]); literal != nil {
			return r.captured(literal)
		}
	}
	return nil
}

// functionIn is the function that a local variable is declared with.
func (r *reporter) functionIn(file *ast.File, variable types.Object) (literal *ast.FuncLit) {
	ast.Inspect(file, func(n ast.Node) bool {
		declaration, ok := n.(*ast.AssignStmt)
		if !ok || declaration.Tok != token.DEFINE || len(declaration.Lhs) != len(declaration.Rhs) {
			return true
		}
		for i, left := range declaration.Lhs {
			if name, ok := left.(*ast.Ident); ok && variable != nil && r.TypesInfo.Defs[name] == variable {
				literal, _ = ast.Unparen(declaration.Rhs[i]).(*ast.FuncLit)
			}
		}
		return true
	})
	return literal
}

// captured is the first session that a function has from outside.
func (r *reporter) captured(f *ast.FuncLit) (found ast.Expr) {
	ast.Inspect(f.Body, func(n ast.Node) bool {
		x, ok := n.(ast.Expr)
		if !ok || found != nil {
			return found == nil
		}
		call, isCall := x.(*ast.CallExpr)
		if isCall && r.finds(call) && r.outside(call.Args[0], f) || !isCall && r.holds(x) == x && r.outside(x, f) {
			found = x
		}
		return found == nil
	})
	return found
}

// finds reports whether a call is one of VisitorFrom or LookupVisitor.
func (r *reporter) finds(call *ast.CallExpr) bool {
	if len(call.Args) != 1 || !isNamed(r.TypesInfo.TypeOf(call.Args[0]), "context", "Context") {
		return false
	}
	result := r.TypesInfo.TypeOf(call)
	if tuple, ok := result.(*types.Tuple); ok && tuple.Len() > 0 {
		result = tuple.At(0).Type()
	}
	return r.known.session(result) != nil
}

// outside reports whether a value comes from a variable of a function around f.
func (r *reporter) outside(x ast.Expr, f *ast.FuncLit) bool {
	variable, ok := r.root(x).(*types.Var)
	return ok && variable.Parent() != r.Pkg.Scope() && variable.Pkg() == r.Pkg && (variable.Pos() < f.Pos() || variable.Pos() > f.End())
}
