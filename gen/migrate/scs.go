package migrate

import (
	"go/ast"
	"go/constant"
	"go/types"
	"strings"
)

const (
	scsName    = "scs"
	scsModule  = "github.com/alexedwards/scs/v2"
	scsManager = "(*" + scsModule + ".SessionManager)."
)

var scs = library{
	name:    scsName,
	module:  scsModule,
	session: "SessionManager",
	prefix:  scsManager,
	keyed:   isSCSKeyed,
	visit:   visitSCS,
	blank:   blankOfSCS,
	advice:  adviceOfSCS,
}

// What the methods of a session manager are replaced by.
var scsCalls = map[string]string{
	"RenewToken":         "nothing: the setter of the principal renews the session's secret by itself. Elsewhere: v.Renew()",
	"Destroy":            "v.Destroy()",
	"Clear":              "v.Destroy(), or the Clear of each field",
	"RememberMe":         "v.Remember(…)",
	"LoadAndSave":        "visitors.Middleware(…)",
	"Load":               "visitors.Load(w, r)",
	"Commit":             "v.Commit(ctx), only if Load was called",
	"WriteSessionCookie": "nothing: v.Commit(ctx) sets the cookie",
	"Token":              "v.Info().ID, which identifies the session but gives no access to it",
	"Deadline":           "v.Info().Expires",
	"Status":             "v.Info()",
	"Keys":               "the Has of each field",
	"Iterate":            "visitors.ListBy… and visitors.RevokeBy… of the principal or an index field",
	"SetDeadline":        "nothing: the lifetime stands in the tag",
	"MergeSession":       "nothing: a sign-in keeps the session's ID",
}

// visitSCS notes what is done with a session manager of scs.
func visitSCS(r *reader, n ast.Node) {
	switch n := n.(type) {
	case *ast.CallExpr:
		name, _ := r.method(n)
		if method, ok := strings.CutPrefix(name, scsManager); ok {
			r.visitSCSMethod(n, method)
		}
	case *ast.SelectorExpr:
		if r.methodValue(n, scsManager) == "LoadAndSave" {
			r.other(n, "", "visitors.Middleware")
		} else {
			r.reportMethodValue(n, scsManager)
		}
	case *ast.AssignStmt:
		for i, left := range n.Lhs {
			if len(n.Rhs) == len(n.Lhs) {
				r.visitSCSSetting(left, n.Rhs[i])
			}
		}
	case *ast.CompositeLit:
		r.visitSCSCookie(n)
	}
}

func (r *reader) visitSCSMethod(call *ast.CallExpr, method string) {
	if by, ok := scsCalls[method]; ok {
		r.remembers = r.remembers || method == "RememberMe"
		context := ""
		if strings.Contains(by, "v.") && len(call.Args) > 0 {
			context = r.text(call.Args[0])
		}
		r.other(call, context, by).renews = method == "RenewToken"
		if method == "Load" && len(call.Args) == 2 && !r.isOfCookie(call.Args[1]) {
			r.problemf(call.Args[1].Pos(), "the token of the old session comes from %s: sessiongen and legacy.FromSCS take theirs only from cookies, so that a client that sends it another way, such as in a header, has to change or to sign in again",
				r.text(call.Args[1]))
		}
		if method == "MergeSession" || method == "SetDeadline" || method == "Iterate" {
			r.problemf(call.Pos(), "%s has no counterpart that does the same: %s", method, by)
		}
		return
	}
	if len(call.Args) < 2 {
		return
	}
	a := &access{node: call, context: r.text(call.Args[0])}
	switch {
	case method == "Put" && len(call.Args) == 3:
		a.operation, a.value = put, call.Args[2]
	case method == "Remove":
		a.operation = remove
	case method == "Exists":
		a.operation = has
	case strings.HasPrefix(method, "Pop"):
		a.operation, a.typ = take, r.resultOf(call)
	case strings.HasPrefix(method, "Get"):
		a.operation, a.typ = get, r.resultOf(call)
	default:
		r.problemf(call.Pos(), "%s is unknown to sessiongen", method)
		return
	}
	r.add(a, call.Args[1])
}

// isOfCookie reports whether a token is none, or surely that of a cookie.
func (r *reader) isOfCookie(token ast.Expr) bool {
	if r.pkg.TypesInfo.Types[token].Value != nil {
		return true
	}
	selector, ok := ast.Unparen(token).(*ast.SelectorExpr)
	return ok && r.ownerOf(selector) == "net/http.Cookie"
}

// resultOf is the type of what a call returns; nil if that says nothing.
func (r *reader) resultOf(call *ast.CallExpr) types.Type {
	t := r.pkg.TypesInfo.Types[call].Type
	if t == nil || types.IsInterface(t) {
		return nil
	}
	return t
}

// scsSettings are the fields that become options of the blank field.
var scsSettings = map[string]struct {
	option string
	text   func(constant.Value) string
}{
	"Lifetime":    {"lifetime", durationText},
	"IdleTimeout": {"idle", durationText},
	"Name":        {"name", constant.StringVal},
	"Domain":      {"domain", constant.StringVal},
	"Path":        {"path", constant.StringVal},
	"SameSite":    {"samesite", sameSiteText},
	"Partitioned": {"partitioned", constant.Value.String},
	"Persist":     {"persist", constant.Value.String},
	"Secure":      {"secure", constant.Value.String},
	"HttpOnly":    {"httponly", constant.Value.String},
}

const tagOfBlank = "the tag of the blank field"

// visitSCSSetting notes sessions.Lifetime = … and sessions.Cookie.Name = ….
func (r *reader) visitSCSSetting(left, right ast.Expr) {
	selector, ok := ast.Unparen(left).(*ast.SelectorExpr)
	if !ok {
		return
	}
	switch r.ownerOf(selector) {
	case scsModule + ".SessionManager", scsModule + ".SessionCookie":
	default:
		return
	}
	switch known, ok := scsSettings[selector.Sel.Name]; {
	case ok:
		r.set(known.option, right, known.text)
		r.other(left, "", tagOfBlank)
	case selector.Sel.Name == "Cookie":
		r.other(left, "", tagOfBlank)
	case selector.Sel.Name == "Store":
		r.other(left, "", "the store that New"+exported(r.config.Type)+"Manager is given")
	case selector.Sel.Name == "ErrorFunc":
		r.other(left, "", "runtime.WithErrorHandler(…)")
	case selector.Sel.Name == "Codec":
		r.other(left, "", "nothing: the codec is generated")
		r.problemf(left.Pos(), "sessions are kept with a codec of the program's own, which legacy.FromSCS does not support: write a runtime.LegacySource")
	case selector.Sel.Name == "HashTokenInStore":
		r.set("hashed", right, constant.Value.String)
		r.other(left, "", "nothing: a store never sees a secret")
	}
}

// visitSCSCookie notes sessions.Cookie = scs.SessionCookie{…}.
func (r *reader) visitSCSCookie(literal *ast.CompositeLit) {
	if r.namedType(literal) != scsModule+".SessionCookie" {
		return
	}
	persists := false
	for _, element := range literal.Elts {
		if pair, ok := element.(*ast.KeyValueExpr); ok {
			if name, ok := pair.Key.(*ast.Ident); ok {
				persists = persists || name.Name == "Persist"
				if known, ok := scsSettings[name.Name]; ok {
					r.set(known.option, pair.Value, known.text)
				}
			}
		}
	}
	if !persists { // the whole cookie is replaced, and what the library's own says with it
		r.settings["persist"] = append(r.settings["persist"], setting{"false", literal.Pos()})
	}
}

func blankOfSCS(p *program) blankField {
	b := p.blankOf(map[string]string{"lifetime": "24h", "name": "session", "path": "/", "samesite": "lax", "persist": "true"})
	if len(p.settings["idle"]) == 0 {
		b.idle = b.lifetime
		b.notes = append(b.notes, "The program had no idle timeout, so it is as long as the lifetime: a shorter one is safer.")
	}
	return b
}

func adviceOfSCS(p *program) []string {
	if p.outlivesBrowser = p.value("persist", "true") == "true"; p.outlivesBrowser {
		return []string{"The old cookie outlived the browser (Cookie.Persist). The new one does if v.Remember(true) is called, best at sign-in."}
	}
	return nil
}

func isSCSKeyed(method string) bool {
	return method == "Put" || method == "Remove" || method == "Exists" || strings.HasPrefix(method, "Get") || strings.HasPrefix(method, "Pop")
}
