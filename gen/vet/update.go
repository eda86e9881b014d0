package vet

import (
	"go/ast"
	"go/types"
	"strings"

	"golang.org/x/tools/go/analysis"
)

// Updates reports functions for UpdateX that touch the session.
var Updates = &analysis.Analyzer{
	Name: "sessionupdate",
	Doc: "report functions for UpdateX that touch the session\n\n" +
		"The function passed to UpdateX runs again, on a newer value, if another request was faster. " +
		"Its other changes to the session would happen twice, and values that it reads from the session are older than its argument.",
	Run:      checkUpdates,
	Requires: []*analysis.Analyzer{schemas},
}

func checkUpdates(pass *analysis.Pass) (any, error) {
	r := newReporter(pass)
	for _, file := range r.handwritten(true) {
		ast.Inspect(file, func(n ast.Node) bool {
			if call, ok := n.(*ast.CallExpr); ok {
				r.checkUpdate(call)
			}
			return true
		})
	}
	return nil, nil
}

func (r *reporter) checkUpdate(call *ast.CallExpr) {
	session, method, receiver := r.method(call)
	if session == nil || !strings.HasPrefix(method, "Update") || len(call.Args) != 1 {
		return
	}
	change, ok := ast.Unparen(call.Args[0]).(*ast.FuncLit)
	if !ok {
		return
	}
	update := session.Name() + "." + method
	ast.Inspect(change.Body, func(n ast.Node) bool {
		inner, ok := n.(*ast.CallExpr)
		if !ok {
			return true
		}
		if touched, name, of := r.method(inner); touched == session {
			fixes := r.useArgument(inner, change, name == strings.TrimPrefix(method, "Update") && r.sameVariable(of, receiver))
			r.report(inner, fixes, "the function for %s may run again, on a newer value, and calls %s of the session: use its argument, and do the rest outside of it", update, name)
			return false
		}
		for _, arg := range inner.Args {
			if r.known.session(r.TypesInfo.TypeOf(arg)) == session && isValue(r.TypesInfo, arg) {
				r.report(arg, nil, "the function for %s may run again, on a newer value, and hands the session on: use its argument, and do the rest outside of it", update)
			}
		}
		return true
	})
}

// method is the method of a session that is called, if one is.
func (r *reporter) method(call *ast.CallExpr) (session *types.TypeName, name string, receiver ast.Expr) {
	selector, ok := ast.Unparen(call.Fun).(*ast.SelectorExpr)
	if !ok {
		return nil, "", nil
	}
	method, ok := r.TypesInfo.Uses[selector.Sel].(*types.Func)
	if !ok || method.Signature().Recv() == nil {
		return nil, "", nil
	}
	return r.known.session(method.Signature().Recv().Type()), method.Name(), selector.X
}

func isValue(info *types.Info, x ast.Expr) bool { return info.Types[x].IsValue() }

func (r *reporter) sameVariable(a, b ast.Expr) bool {
	x, ok := ast.Unparen(a).(*ast.Ident)
	y, ok2 := ast.Unparen(b).(*ast.Ident)
	return ok && ok2 && r.TypesInfo.Uses[x] != nil && r.TypesInfo.Uses[x] == r.TypesInfo.Uses[y]
}

// useArgument is the fix for a function that asks the session for the value that it
// is given.
func (r *reporter) useArgument(call *ast.CallExpr, change *ast.FuncLit, sameField bool) []analysis.SuggestedFix {
	if !sameField || len(call.Args) > 0 || len(change.Type.Params.List[0].Names) != 1 {
		return nil
	}
	argument := change.Type.Params.List[0].Names[0]
	scope := r.Pkg.Scope().Innermost(call.Pos())
	if scope == nil {
		return nil
	}
	if _, seen := scope.LookupParent(argument.Name, call.Pos()); seen == nil || seen != r.TypesInfo.Defs[argument] {
		return nil // shadowed, or _
	}
	return []analysis.SuggestedFix{{
		Message:   "Use " + argument.Name,
		TextEdits: []analysis.TextEdit{{Pos: call.Pos(), End: call.End(), NewText: []byte(argument.Name)}},
	}}
}
