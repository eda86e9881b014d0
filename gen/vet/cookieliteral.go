package vet

import (
	"go/ast"
	"go/constant"
	"go/format"
	"go/token"
	"go/types"
	"strings"

	"golang.org/x/tools/go/analysis"
)

// cookieLiteral is the http.Cookie{…} that an expression stands for, if it is one or
// a variable that is declared as one, and what its name is.
func (r *reporter) cookieLiteral(file *ast.File, x ast.Expr) (literal *ast.CompositeLit, name ast.Expr) {
	x = ast.Unparen(x)
	if address, ok := x.(*ast.UnaryExpr); ok && address.Op == token.AND {
		x = ast.Unparen(address.X)
	}
	if variable, ok := x.(*ast.Ident); ok && isNamed(r.TypesInfo.TypeOf(x), "net/http", "Cookie") {
		return r.cookieVariable(file, r.TypesInfo.Uses[variable])
	}
	literal, ok := x.(*ast.CompositeLit)
	if !ok || !isNamed(r.TypesInfo.TypeOf(literal), "net/http", "Cookie") {
		return nil, nil
	}
	return literal, element(literal, "Name")
}

// cookieVariable is the cookie that a variable is declared with and the name that it
// gets, there or afterwards, unless the variable gets another cookie.
func (r *reporter) cookieVariable(file *ast.File, variable types.Object) (literal *ast.CompositeLit, name ast.Expr) {
	if variable == nil {
		return nil, nil
	}
	declarations := 0
	ast.Inspect(file, func(n ast.Node) bool {
		var left, right []ast.Expr
		switch n := n.(type) {
		case *ast.AssignStmt:
			left, right = n.Lhs, n.Rhs
		case *ast.ValueSpec:
			for _, declared := range n.Names {
				left = append(left, declared)
			}
			right = n.Values
		}
		for i, x := range left {
			if len(left) != len(right) {
				break
			}
			switch x := x.(type) {
			case *ast.Ident:
				if r.TypesInfo.ObjectOf(x) == variable {
					declarations++
					if _, again := ast.Unparen(right[i]).(*ast.Ident); !again {
						literal, name = r.cookieLiteral(file, right[i])
					}
				}
			case *ast.SelectorExpr:
				if of, ok := x.X.(*ast.Ident); ok && x.Sel.Name == "Name" && r.TypesInfo.Uses[of] == variable {
					name = right[i]
				}
			}
		}
		return true
	})
	if declarations > 1 {
		return nil, nil
	}
	return literal, name
}

// element is the value of a field in a literal with names.
func element(literal *ast.CompositeLit, field string) ast.Expr {
	for _, e := range literal.Elts {
		if pair, ok := e.(*ast.KeyValueExpr); ok {
			if key, ok := pair.Key.(*ast.Ident); ok && key.Name == field {
				return pair.Value
			}
		}
	}
	return nil
}

func (r *reporter) constant(x ast.Expr) (string, bool) {
	if x == nil {
		return "", false
	}
	value := r.TypesInfo.Types[x].Value
	if value == nil || value.Kind() != constant.String {
		return "", false
	}
	return constant.StringVal(value), true
}

// callSetter is the fix for a cookie that is made where it is sent: the setter of a
// session that is at hand, if it takes the value as it is.
func (r *reporter) callSetter(call *ast.CallExpr, literal *ast.CompositeLit, o owner) []analysis.SuggestedFix {
	if literal == nil || o.session == nil || r.doesMore(literal) {
		return nil
	}
	if literal.Pos() < call.Args[1].Pos() || literal.End() > call.Args[1].End() {
		return nil
	}
	value := element(literal, "Value")
	session := r.sessionAt(call.Pos(), o.session)
	if session == "" {
		return nil
	}
	replacement := session + ".Clear" + o.Field + "()"
	if age := r.number(element(literal, "MaxAge")); age >= 0 {
		if value == nil || !r.takes(o, value) {
			return nil
		}
		var text strings.Builder
		if err := format.Node(&text, r.Fset, value); err != nil {
			return nil
		}
		replacement = session + ".Set" + o.Field + "(" + text.String() + ")"
	} else if value != nil && r.TypesInfo.Types[value].Value == nil {
		return nil
	}
	return []analysis.SuggestedFix{{
		Message:   "Use " + replacement,
		TextEdits: []analysis.TextEdit{{Pos: call.Pos(), End: call.End(), NewText: []byte(replacement)}},
	}}
}

// doesMore reports whether a literal calls something besides saying the value.
func (r *reporter) doesMore(literal *ast.CompositeLit) bool {
	more := false
	for _, e := range literal.Elts {
		pair, ok := e.(*ast.KeyValueExpr)
		if !ok {
			return true
		}
		if key, ok := pair.Key.(*ast.Ident); !ok || key.Name == "Value" {
			continue
		}
		more = more || r.TypesInfo.Types[pair.Value].Value == nil
	}
	return more
}

func (r *reporter) number(x ast.Expr) int64 {
	if x == nil {
		return 0
	}
	value := r.TypesInfo.Types[x].Value
	if value == nil {
		return 0
	}
	n, _ := constant.Int64Val(constant.ToInt(value))
	return n
}

// takes reports whether a setter takes a value as it is.
func (r *reporter) takes(o owner, value ast.Expr) bool {
	setter, _, _ := types.LookupFieldOrMethod(types.NewPointer(o.session.Type()), true, r.Pkg, "Set"+o.Field)
	method, ok := setter.(*types.Func)
	if !ok || method.Signature().Params().Len() != 1 {
		return false
	}
	want, known := method.Signature().Params().At(0).Type(), r.TypesInfo.Types[value]
	if literal, ok := ast.Unparen(value).(*ast.BasicLit); ok {
		basic, ok := want.Underlying().(*types.Basic)
		return ok && literal.Kind == token.STRING && basic.Info()&types.IsString != 0
	}
	return known.Type != nil && types.AssignableTo(known.Type, want)
}

// sessionAt is a variable that holds a session at a place, "" if there is none.
func (r *reporter) sessionAt(pos token.Pos, session *types.TypeName) string {
	for scope := r.Pkg.Scope().Innermost(pos); scope != nil && scope != r.Pkg.Scope(); scope = scope.Parent() {
		for _, name := range scope.Names() {
			variable, ok := scope.Lookup(name).(*types.Var)
			if !ok || variable.Pos() >= pos || r.known.session(variable.Type()) != session {
				continue
			}
			if _, seen := r.Pkg.Scope().Innermost(pos).LookupParent(name, pos); seen == variable {
				return name
			}
		}
	}
	return ""
}
