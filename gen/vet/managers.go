package vet

import (
	"go/ast"
	"go/types"
	"strings"

	"golang.org/x/tools/go/analysis"
)

// Managers reports managers of different schemas that have the same session cookie.
var Managers = &analysis.Analyzer{
	Name: "sessionname",
	Doc: "report managers of different schemas that have the same session cookie\n\n" +
		"A browser keeps one cookie for both, and a session that one of them has signed in is signed in for the other.",
	Run:      checkManagers,
	Requires: []*analysis.Analyzer{schemas},
}

func checkManagers(pass *analysis.Pass) (any, error) {
	r := newReporter(pass)
	first := map[string]*types.TypeName{} // by the name of the cookie
	for _, file := range r.handwritten(false) {
		ast.Inspect(file, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			session := r.made(call)
			name := r.known.bases[session]
			if name == "" {
				return true
			}
			if first[name] == nil {
				first[name] = session
			} else if other := first[name]; other != session {
				r.report(call, nil, "the session cookie of %s, %s, is also that of %s.%s, so both have the same sessions: name another in its cookie tag",
					session.Name(), name, other.Pkg().Name(), other.Name())
			}
			return true
		})
	}
	return nil, nil
}

// made returns the session type whose manager a call makes; nil if it makes none.
func (r *reporter) made(call *ast.CallExpr) *types.TypeName {
	var name *ast.Ident
	switch f := ast.Unparen(call.Fun).(type) {
	case *ast.Ident:
		name = f
	case *ast.SelectorExpr:
		name = f.Sel
	default:
		return nil
	}
	f, ok := r.TypesInfo.Uses[name].(*types.Func)
	if !ok || f.Pkg() == nil || f.Signature().Recv() != nil {
		return nil
	}
	of, found := strings.CutPrefix(f.Name(), "New")
	of, suffixed := strings.CutSuffix(of, "Manager")
	session, isType := f.Pkg().Scope().Lookup(of).(*types.TypeName)
	if !found || !suffixed || !isType || !r.known.sessions[session] {
		return nil
	}
	return session
}
