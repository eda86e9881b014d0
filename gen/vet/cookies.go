package vet

import (
	"go/ast"
	"go/types"
	"strings"

	"golang.org/x/tools/go/analysis"
)

// Cookies reports cookies of a schema that are read or set by hand.
var Cookies = &analysis.Analyzer{
	Name: "sessioncookie",
	Doc: "report cookies of a schema that are read or set by hand\n\n" +
		"http.SetCookie sends other attributes than the tag says, and r.Cookie returns unchecked input. " +
		"The names are those of the schemas in the package and in the packages that it imports.",
	Run:      checkCookies,
	Requires: []*analysis.Analyzer{schemas},
}

func checkCookies(pass *analysis.Pass) (any, error) {
	r := newReporter(pass)
	if len(r.known.cookies) == 0 {
		return nil, nil
	}
	for _, file := range r.handwritten(false) {
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.CallExpr:
				r.checkCookieCall(file, n)
			case *ast.AssignStmt:
				r.checkHeaderAssignment(n)
			}
			return true
		})
	}
	return nil, nil
}

func (r *reporter) checkCookieCall(file *ast.File, call *ast.CallExpr) {
	switch name := r.function(call); {
	case name == "net/http.SetCookie" && len(call.Args) == 2:
		made, at := r.cookieLiteral(file, call.Args[1])
		if o, name, found := r.owner(at); found {
			r.reportSet(at, o, name, r.callSetter(call, made, o))
		}
	case (name == "net/http.Header.Add" || name == "net/http.Header.Set") && len(call.Args) == 2 && r.isSetCookie(call.Args[0]):
		r.checkHeaderValue(file, call.Args[1])
	case (name == "net/http.Request.Cookie" || name == "net/http.Request.CookiesNamed") && len(call.Args) == 1:
		o, name, found := r.owner(call.Args[0])
		switch {
		case found && o.Field == "":
			r.report(call, nil, "cookie %s carries the token of %s: use %sFrom, which checks it", name, o.of, o.of)
		case found:
			r.report(call, nil, "cookie %s is %s.%s, and what the browser sends has not been checked: use %[3]s, or %[2]sManager.%[3]sCookie().Read where there is no %[2]s", o.called(name), o.of, o.Field)
		}
	}
}

func (r *reporter) reportSet(at ast.Node, o owner, name string, fixes []analysis.SuggestedFix) {
	if o.Field == "" {
		r.report(at, nil, "cookie %s carries the token of %s, and is for the manager alone to set: use %s.Renew, Remember or Destroy", name, o.of, o.of)
		return
	}
	r.report(at, fixes, "cookie %s is %s.%s, and its attributes are those of the tag: use Set%[3]s or Clear%[3]s, or %[2]sManager.%[3]sCookie().Write where there is no %[2]s", o.called(name), o.of, o.Field)
}

// checkHeaderAssignment reports w.Header()["Set-Cookie"] = []string{…}.
func (r *reporter) checkHeaderAssignment(n *ast.AssignStmt) {
	for i, left := range n.Lhs {
		index, ok := ast.Unparen(left).(*ast.IndexExpr)
		if !ok || len(n.Lhs) != len(n.Rhs) || !isNamed(r.TypesInfo.TypeOf(index.X), "net/http", "Header") || !r.isSetCookie(index.Index) {
			continue
		}
		for _, value := range r.elements(n.Rhs[i]) {
			r.checkHeaderValue(nil, value)
		}
	}
}

// elements are those of a list that is written down, or appended to another one.
func (r *reporter) elements(list ast.Expr) []ast.Expr {
	switch list := ast.Unparen(list).(type) {
	case *ast.CompositeLit:
		return list.Elts
	case *ast.CallExpr:
		if r.isAppend(list) && !list.Ellipsis.IsValid() {
			return list.Args[1:]
		}
	}
	return nil
}

// checkHeaderValue reports a Set-Cookie header whose beginning is known.
func (r *reporter) checkHeaderValue(file *ast.File, value ast.Expr) {
	if call, ok := ast.Unparen(value).(*ast.CallExpr); ok {
		selector, isMethod := ast.Unparen(call.Fun).(*ast.SelectorExpr)
		switch r.function(call) {
		case "net/http.Cookie.String":
			if isMethod && file != nil {
				if _, at := r.cookieLiteral(file, selector.X); at != nil {
					if o, name, found := r.owner(at); found {
						r.reportSet(at, o, name, nil)
					}
				}
			}
			return
		case "fmt.Sprintf":
			value = call.Args[0]
		}
	}
	name, _, found := strings.Cut(r.beginning(value), "=")
	name = strings.TrimSpace(name)
	if o, owned := r.known.cookies[name]; found && owned {
		r.reportSet(value, o, name, nil)
	}
}

// beginning is what a text is known to begin with.
func (r *reporter) beginning(x ast.Expr) string {
	if text, ok := r.constant(x); ok {
		return text
	}
	sum, ok := ast.Unparen(x).(*ast.BinaryExpr)
	if !ok {
		return ""
	}
	text, whole := r.constant(sum.X)
	if !whole {
		return r.beginning(sum.X)
	}
	more, _ := r.constant(sum.Y)
	return text + more
}

func (r *reporter) isSetCookie(x ast.Expr) bool {
	text, _ := r.constant(x)
	return strings.EqualFold(text, "Set-Cookie")
}

// owner is whose cookie an expression names.
func (r *reporter) owner(x ast.Expr) (o owner, name string, found bool) {
	name, ok := r.constant(x)
	o, found = r.known.cookies[name]
	return o, name, ok && found
}

// function is the full name of what is called, without pointers.
func (r *reporter) function(call *ast.CallExpr) string {
	var name *ast.Ident
	switch f := ast.Unparen(call.Fun).(type) {
	case *ast.Ident:
		name = f
	case *ast.SelectorExpr:
		name = f.Sel
	default:
		return ""
	}
	f, ok := r.TypesInfo.Uses[name].(*types.Func)
	if !ok {
		return ""
	}
	return strings.NewReplacer("(", "", ")", "", "*", "").Replace(f.Origin().FullName())
}

func (r *reporter) isAppend(call *ast.CallExpr) bool {
	name, ok := ast.Unparen(call.Fun).(*ast.Ident)
	return ok && r.TypesInfo.Uses[name] == types.Universe.Lookup("append")
}

func isNamed(t types.Type, path, name string) bool {
	if t == nil {
		return false
	}
	if pointer, ok := types.Unalias(t).(*types.Pointer); ok {
		t = pointer.Elem()
	}
	named, ok := types.Unalias(t).(*types.Named)
	return ok && named.Obj().Name() == name && named.Obj().Pkg() != nil && named.Obj().Pkg().Path() == path
}
