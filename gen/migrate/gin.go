package migrate

import (
	"go/ast"
	"go/constant"
	"strings"
)

const (
	ginModule = "github.com/gin-contrib/sessions"
	ginType   = "(" + ginModule + ".Session)."
)

var gin = library{
	name:    "gin",
	module:  ginModule,
	session: "Session",
	prefix:  ginType,
	keyed:   isGinKeyed,
	visit:   visitGin,
	blank:   blankOfCookieStore,
	advice:  func(*program) []string { return nil },
}

// visitGin notes what is done with the sessions of gin-contrib/sessions.
func visitGin(r *reader, n ast.Node) {
	switch n := n.(type) {
	case *ast.CallExpr:
		name, _ := r.method(n)
		if method, ok := strings.CutPrefix(name, ginType); ok {
			r.visitGinMethod(n, method)
			return
		}
		r.visitStore(n, name)
		switch {
		case name == ginModule+".Default", name == ginModule+".DefaultMany":
			r.other(n, r.requestContext(), r.found())
		case name == ginModule+".Sessions" && len(n.Args) == 2:
			r.set("name", n.Args[0], constant.StringVal)
			r.other(n, "", "visitors.Middleware(…) around the whole engine: http.ListenAndServe(address, visitors.Middleware(engine))")
		case name == ginModule+".SessionsMany":
			r.problemf(n.Pos(), "several sessions are kept side by side: run init for each with its own packages and -type, or keep all in one")
		case strings.HasPrefix(name, ginModule+"/") && strings.Contains(name, ".NewStore"):
			r.other(n, "", "the store that New"+exported(r.config.Type)+"Manager is given")
		}
	case *ast.SelectorExpr:
		r.reportMethodValue(n, ginType)
	case *ast.CompositeLit:
		r.visitOptions(n, ginModule+".Options")
	}
}

func (r *reader) visitGinMethod(call *ast.CallExpr, method string) {
	context := r.requestContext()
	switch method {
	case "Save":
		r.other(call, context, saved)
		return
	case "Clear":
		r.other(call, context, "v.Destroy(), or the Clear of each field")
		return
	case "Options":
		r.other(call, context, tagOfBlank+"; with a MaxAge below zero: v.Destroy()")
		return
	case "ID":
		r.other(call, context, "v.Info().ID, which identifies the session but gives no access to it")
		return
	case "AddFlash", "Flashes":
		r.visitFlash(call, method)
		return
	}
	if len(call.Args) == 0 {
		return
	}
	a := &access{node: call, context: context}
	switch {
	case method == "Set" && len(call.Args) == 2:
		a.operation, a.value = put, call.Args[1]
	case method == "Delete":
		a.operation = remove
	case method != "Get":
		r.problemf(call.Pos(), "%s is unknown to sessiongen", method)
		return
	}
	r.add(a, call.Args[0])
}

func isGinKeyed(method string) bool {
	return method == "Get" || method == "Set" || method == "Delete" || isFlashMethod(method)
}
