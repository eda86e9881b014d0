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
		"What is changed in a session after its request is lost, and what is read from it may be gone: " +
		"a goroutine that nobody waits for, a package-level variable and the other end of a channel know nothing of the request's end.",
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
				if !r.waits(functions[len(functions)-1], n.End()) {
					r.checkGoroutine(n.Call)
				}
			case *ast.CallExpr:
				r.checkKeepingCall(n)
			case *ast.SendStmt:
				at := r.holds(n.Value)
				waited := slices.ContainsFunc(functions, func(around ast.Node) bool { return r.waits(around, n.End()) })
				if at != nil && !waited {
					r.report(at, nil, "%s belongs to one request, and who receives it from a channel may outlive that: send the values that are needed", r.name(at))
				}
			case *ast.AssignStmt:
				r.checkGlobal(n)
			}
			return true
		})
	}
	return nil, nil
}

// waits says whether a function waits, after a place, for anything but its context.
func (r *reporter) waits(function ast.Node, after token.Pos) bool {
	found := false
	ast.Inspect(function, func(n ast.Node) bool {
		if _, inner := n.(*ast.FuncLit); inner && n != function {
			return false
		}
		switch n := n.(type) {
		case *ast.CallExpr:
			found = found || n.Pos() >= after && r.function(n) == "sync.WaitGroup.Wait"
		case *ast.DeferStmt:
			found = found || r.function(n.Call) == "sync.WaitGroup.Wait"
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

const inGoroutine = "%s belongs to one request, and a goroutine may outlive that: read what it needs beforehand, or wait for it"

// checkGoroutine reports a session in what a goroutine runs: an argument, the
// receiver, or a variable of a function around it.
func (r *reporter) checkGoroutine(call *ast.CallExpr) {
	for _, arg := range call.Args {
		if at := r.holds(arg); at != nil {
			r.report(at, nil, inGoroutine, r.name(at))
			return
		}
	}
	r.checkStarted(call.Fun)
}

// checkStarted reports a session in the function that a goroutine begins with.
func (r *reporter) checkStarted(f ast.Expr) {
	switch f := ast.Unparen(f).(type) {
	case *ast.SelectorExpr:
		if at := r.holds(f.X); at != nil {
			r.report(at, nil, inGoroutine, r.name(at))
		}
	case *ast.FuncLit:
		r.checkCaptured(f)
	}
}

// checkCaptured reports the first session that a function has from outside.
func (r *reporter) checkCaptured(f *ast.FuncLit) {
	found := false
	ast.Inspect(f.Body, func(n ast.Node) bool {
		x, ok := n.(ast.Expr)
		if !ok || found {
			return !found
		}
		call, isCall := x.(*ast.CallExpr)
		switch {
		case isCall && r.finds(call) && r.outside(call.Args[0], f):
		case !isCall && r.holds(x) == x && r.outside(x, f):
		default:
			return true
		}
		found = true
		r.report(x, nil, inGoroutine, r.name(x))
		return false
	})
}

// finds says whether a call is one of VisitorFrom or LookupVisitor.
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

// outside says whether a value comes from a variable of a function around f.
func (r *reporter) outside(x ast.Expr, f *ast.FuncLit) bool {
	variable, ok := r.root(x).(*types.Var)
	return ok && variable.Parent() != r.Pkg.Scope() && variable.Pkg() == r.Pkg && (variable.Pos() < f.Pos() || variable.Pos() > f.End())
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

// holds is the part of a value that is a session: the value, or one in a literal.
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
