package migrate

import (
	"fmt"
	"go/ast"
	"go/constant"
	"go/types"
	"strings"
)

const (
	gorillaModule = "github.com/gorilla/sessions"
	gorillaType   = "(*" + gorillaModule + ".Session)."
)

var gorilla = library{
	name:    "gorilla",
	module:  gorillaModule,
	session: "Session",
	prefix:  gorillaType,
	keyed:   isFlashMethod,
	visit:   visitGorilla,
	blank:   blankOfCookieStore,
	advice:  func(*program) []string { return nil },
}

// defaultFlash is the key of flashes that are given none.
const defaultFlash = "_flash"

// visitGorilla notes what is done with the sessions of gorilla/sessions.
func visitGorilla(r *reader, n ast.Node) {
	switch n := n.(type) {
	case *ast.IndexExpr:
		if r.isValues(n.X) {
			r.visitValue(n)
		}
	case *ast.SelectorExpr:
		r.reportMethodValue(n, gorillaType)
		if r.isValues(n) && !r.isIndexed(n) {
			r.problemf(n.Pos(), "all values are used at once here, which init does not follow: name the fields instead")
		}
	case *ast.CallExpr:
		r.visitGorillaCall(n)
	case *ast.AssignStmt:
		for i, left := range n.Lhs {
			if len(n.Lhs) == len(n.Rhs) {
				r.visitMaxAge(left, n.Rhs[i])
			}
		}
	case *ast.CompositeLit:
		r.visitOptions(n, gorillaModule+".Options")
	}
}

// isValues reports whether an expression is session.Values.
func (r *reader) isValues(e ast.Expr) bool {
	selector, ok := ast.Unparen(e).(*ast.SelectorExpr)
	return ok && selector.Sel.Name == "Values" && r.ownerOf(selector) == gorillaModule+".Session"
}

// isIndexed reports whether session.Values is asked for one key, or a key is deleted.
func (r *reader) isIndexed(values ast.Expr) bool {
	switch parent := r.parent(0).(type) {
	case *ast.IndexExpr:
		return ast.Unparen(parent.X) == values
	case *ast.CallExpr:
		id, ok := ast.Unparen(parent.Fun).(*ast.Ident)
		return ok && id.Name == "delete"
	}
	return false
}

// visitValue notes session.Values["key"], as it is read or as it is set.
func (r *reader) visitValue(n *ast.IndexExpr) {
	a := &access{node: n, context: r.requestContext()}
	if assignment, ok := r.parent(0).(*ast.AssignStmt); ok && len(assignment.Lhs) == len(assignment.Rhs) {
		for i, left := range assignment.Lhs {
			if ast.Unparen(left) == n {
				a.operation, a.value, a.node = put, assignment.Rhs[i], assignment
				if len(assignment.Lhs) > 1 {
					a.node = n
				}
			}
		}
	}
	r.add(a, n.Index)
}

func (r *reader) visitGorillaCall(call *ast.CallExpr) {
	if id, ok := ast.Unparen(call.Fun).(*ast.Ident); ok && id.Name == "delete" && len(call.Args) == 2 && r.isValues(call.Args[0]) {
		if _, builtin := r.pkg.TypesInfo.Uses[id].(*types.Builtin); builtin {
			r.add(&access{operation: remove, node: call, context: r.requestContext()}, call.Args[1])
		}
		return
	}
	name, _ := r.method(call)
	r.visitStore(call, name)
	if method, ok := strings.CutPrefix(name, gorillaType); ok {
		switch method {
		case "AddFlash", "Flashes":
			r.visitFlash(call, method)
		case "Save":
			r.other(call, r.requestContext(), saved)
		case "Name", "Store":
			r.other(call, "", "nothing")
		}
		return
	}
	switch {
	case name == gorillaModule+".Save":
		r.other(call, r.requestContext(), saved)
	case strings.HasPrefix(name, gorillaModule+".New"):
		r.other(call, "", "the store that New"+exported(r.config.Type)+"Manager is given")
	case strings.HasSuffix(name, ".MaxAge") && strings.Contains(name, gorillaModule) && len(call.Args) == 1:
		r.codecAge = true
		r.set("lifetime", call.Args[0], secondsText)
		r.other(call, "", tagOfBlank)
	case r.givesSession(call) && len(call.Args) == 2:
		r.set("name", call.Args[1], constant.StringVal)
		r.other(call, r.requestContext(), r.found())
	}
}

// saved is what takes the place of Save, of either library.
const saved = "nothing: changes are saved before the first byte of the response"

// givesSession reports whether a call is that of a store's Get or New, whatever package the store is from.
func (r *reader) givesSession(call *ast.CallExpr) bool {
	selector, ok := ast.Unparen(call.Fun).(*ast.SelectorExpr)
	if !ok || selector.Sel.Name != "Get" && selector.Sel.Name != "New" {
		return false
	}
	results, ok := r.pkg.TypesInfo.Types[call].Type.(*types.Tuple)
	return ok && results.Len() == 2 && types.TypeString(results.At(0).Type(), nil) == "*"+gorillaModule+".Session"
}

// found is how a handler gets its session.
func (r *reader) found() string {
	return exported(r.config.Type) + "From(" + r.requestContext() + "), which is there always"
}

// visitFlash notes AddFlash and Flashes, of either library: a list that is taken at once.
func (r *reader) visitFlash(call *ast.CallExpr, method string) {
	a := &access{operation: take, key: defaultFlash, node: call, context: r.requestContext(), list: true}
	names := call.Args
	if method == "AddFlash" && len(call.Args) > 0 {
		a.operation, a.value, names = appendTo, call.Args[0], call.Args[1:]
	}
	if len(names) > 0 {
		r.add(a, names[0])
		return
	}
	a.pkg, a.function, a.asks = r.pkg, r.function, fmt.Sprintf("%q", defaultFlash)
	r.learn(a)
	r.accesses = append(r.accesses, a)
}

// visitMaxAge notes session.Options.MaxAge = -1, which ends a session.
func (r *reader) visitMaxAge(left, right ast.Expr) {
	selector, ok := ast.Unparen(left).(*ast.SelectorExpr)
	if !ok {
		return
	}
	switch r.ownerOf(selector) {
	case gorillaModule + ".Options":
		if known, ok := optionSettings[selector.Sel.Name]; ok {
			r.setOption(left, selector.Sel.Name, right, known.option, known.text)
		}
	case gorillaModule + ".Session", gorillaModule + ".CookieStore", gorillaModule + ".FilesystemStore":
		if selector.Sel.Name == "Options" {
			r.other(left, "", tagOfBlank+"; with a MaxAge below zero: v.Destroy()")
		}
	}
}

// optionSettings are the fields of Options that become options of the blank field.
var optionSettings = map[string]struct {
	option string
	text   func(constant.Value) string
}{
	"MaxAge":      {"lifetime", secondsText},
	"Path":        {"path", constant.StringVal},
	"Domain":      {"domain", constant.StringVal},
	"SameSite":    {"samesite", sameSiteText},
	"Partitioned": {"partitioned", constant.Value.String},
}

func (r *reader) setOption(n ast.Node, name string, value ast.Expr, option string, text func(constant.Value) string) {
	constantValue := r.pkg.TypesInfo.Types[value].Value
	if name == "MaxAge" && constantValue != nil && constant.Sign(constantValue) < 0 {
		r.other(n, r.requestContext(), "v.Destroy()")
		return
	}
	r.set(option, value, text)
}

// visitOptions notes the fields of Options{…}, of either library.
func (r *reader) visitOptions(literal *ast.CompositeLit, name string) {
	if r.namedType(literal) != name {
		return
	}
	for _, element := range literal.Elts {
		if pair, ok := element.(*ast.KeyValueExpr); ok {
			if field, ok := pair.Key.(*ast.Ident); ok {
				if known, ok := optionSettings[field.Name]; ok {
					r.setOption(pair, field.Name, pair.Value, known.option, known.text)
				}
			}
		}
	}
}

// requestContext is where the function around has the context of its request: a
// parameter of type *http.Request, *gin.Context or context.Context.
func (r *reader) requestContext() string {
	for i := len(r.stack) - 1; i >= 0; i-- {
		var function *ast.FuncType
		switch n := r.stack[i].(type) {
		case *ast.FuncLit:
			function = n.Type
		case *ast.FuncDecl:
			function = n.Type
		default:
			continue
		}
		for _, parameter := range function.Params.List {
			for _, name := range parameter.Names {
				switch r.namedType(name) {
				case "net/http.Request":
					return name.Name + ".Context()"
				case "github.com/gin-gonic/gin.Context":
					return name.Name + ".Request.Context()"
				case "context.Context":
					return name.Name
				}
			}
		}
	}
	return "ctx"
}

func blankOfCookieStore(p *program) blankField {
	defaults := map[string]string{"lifetime": "720h", "name": "session", "path": "/", "samesite": "lax"}
	b := p.blankOf(defaults)
	p.outlivesBrowser = true
	if parseSpan(b.lifetime) == 0 {
		b.lifetime, p.outlivesBrowser = "24h", false
		b.notes = append(b.notes, "The program set no Max-Age, so a cookie lasted until the browser was closed; 24 hours is a guess.")
	}
	b.idle = b.lifetime
	b.notes = append(b.notes, "Each Save restarted the old session's time. The new session has a lifetime that is never extended, and may have a shorter idle timeout, which is safer.")
	if len(p.settings["samesite"]) == 0 {
		b.notes = append(b.notes, "SameSite was not set; lax is what browsers assume.")
	}
	return b
}

func isFlashMethod(method string) bool { return method == "AddFlash" || method == "Flashes" }
