package migrate

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/types"
	"strings"
)

// Kinds of stores that sessions of gorilla or gin are kept in.
const (
	inCookies   = "cookie"
	inElsewhere = "other"
)

const (
	runtimePath    = "github.com/sessiongen/sessiongen/runtime"
	legacyPath     = runtimePath + "/legacy"
	securecookieID = "github.com/gorilla/securecookie"
)

// option is what keeps visitors signed in, as the program writes it.
func (p *program) option() string {
	qualifier := ""
	if p.target.name != "main" {
		qualifier = p.target.name + "."
	}
	source := p.fromLibrary(p.cookieText("oldName"), "oldStore", p.codecsText())
	if p.ownSource() {
		source = qualifier + p.oldSourceName() + "(" + strings.Join(p.oldSourceArguments(), ", ") + ")"
	}
	return fmt.Sprintf("runtime.WithLegacy(until, %s, %s%s)", source, qualifier, p.fillName())
}

// cookieText is the old cookie's name as source, or a variable for it where it is computed.
func (p *program) cookieText(variable string) string {
	if p.nameIsOpen() {
		return variable
	}
	return fmt.Sprintf("%q", p.oldName)
}

// nameIsOpen reports whether these packages do not tell the name of the old cookie; only scs
// has one that holds if nothing is said.
func (p *program) nameIsOpen() bool {
	return len(p.settings["name"]) == 0 && (p.computed["name"] || p.library.name != scsName)
}

// codecsText are the codecs of the old store. One that was told how old a cookie may be
// has them still; others are as those that are made of its keys.
func (p *program) codecsText() string {
	if p.codecAge {
		return "oldStore.Codecs..."
	}
	return "securecookie.CodecsFromPairs(oldKeys...)..."
}

// fromLibrary calls the function of package legacy that reads sessions of the library.
func (p *program) fromLibrary(cookie, store, codecs string) string {
	switch {
	case p.library.name != scsName:
		return fmt.Sprintf("legacy.FromGorilla(%s, %s)", cookie, codecs)
	case p.value("hashed", "false") == "true":
		return fmt.Sprintf("legacy.FromHashedSCS(%s, %s)", cookie, store)
	}
	return fmt.Sprintf("legacy.FromSCS(%s, %s)", cookie, store)
}

// ownSource reports whether the second file has a function that makes the source.
func (p *program) ownSource() bool {
	_, elsewhere := p.stores[inElsewhere]
	path, domain := p.oldScope()
	return elsewhere || path != "/" || domain != ""
}

// oldScope is what a browser has to be told to delete the old cookie.
func (p *program) oldScope() (path, domain string) {
	if path = p.value("path", "/"); path == "" {
		path = "/"
	}
	return path, strings.TrimPrefix(p.value("domain", ""), ".")
}

func (p *program) oldSourceName() string { return "Old" + exported(p.config.Type) }

func (p *program) oldSourceArguments() (arguments []string) {
	if p.nameIsOpen() {
		arguments = []string{"oldName"}
	}
	if _, elsewhere := p.stores[inElsewhere]; elsewhere || p.library.name == scsName {
		return append(arguments, "oldStore")
	}
	return append(arguments, p.codecsText())
}

// sourceImports are what that function is written with.
func (p *program) sourceImports() []string {
	if !p.ownSource() {
		return nil
	}
	if _, elsewhere := p.stores[inElsewhere]; elsewhere {
		return []string{"net/http", gorillaModule, runtimePath}
	}
	if p.library.name == scsName {
		return []string{runtimePath, legacyPath}
	}
	return []string{securecookieID, runtimePath, legacyPath}
}

// writeOldSource writes the function that makes the source, where an expression is not
// enough.
func (p *program) writeOldSource(b *bytes.Buffer) {
	if !p.ownSource() {
		return
	}
	parameters := ""
	if p.nameIsOpen() {
		parameters = "cookie string, "
	}
	cookie := p.cookieText("cookie")
	path, domain := p.oldScope()
	b.WriteString("\n")
	if _, elsewhere := p.stores[inElsewhere]; elsewhere {
		comment(b, "", fmt.Sprintf("%s reads the sessions that the old program kept in a store, and ends those that were taken over. Pass it to runtime.WithLegacy, too.", p.oldSourceName()))
		fmt.Fprintf(b, oldStoreSource, p.oldSourceName(), parameters, cookie, path, domain, cookie, cookie)
		return
	}
	comment(b, "", fmt.Sprintf("%s reads the sessions of the old program. Pass it to runtime.WithLegacy, too.", p.oldSourceName()))
	if p.library.name == scsName {
		parameters += "store legacy.SCSStore"
	} else {
		parameters += "codecs ...securecookie.Codec"
	}
	fmt.Fprintf(b, "func %s(%s) runtime.LegacySource {\nsource := %s\n", p.oldSourceName(), parameters, p.fromLibrary(cookie, "store", "codecs..."))
	fmt.Fprintf(b, "source.Path, source.Domain = %q, %q // browsers need them to delete the old cookie\nreturn source\n}\n", path, domain)
}

const oldStoreSource = `func %s(%sstore sessions.Store) runtime.LegacySource {
	return runtime.LegacySource{
		Cookie: %s, Path: %q, Domain: %q,
		Read: func(r *http.Request) (map[any]any, error) {
			s, err := store.Get(r, %s)
			if err != nil || s.IsNew {
				return nil, err
			}
			return s.Values, nil
		},
		End: func(w http.ResponseWriter, r *http.Request) error {
			s, err := store.Get(r, %s)
			if err != nil {
				return err
			}
			s.Options.MaxAge = -1
			return s.Save(r, w)
		},
	}
}
`

// visitStore notes a call that makes a store for sessions of gorilla or gin.
func (r *reader) visitStore(call *ast.CallExpr, name string) {
	switch {
	case name == gorillaModule+".NewCookieStore", name == ginModule+"/cookie.NewStore":
		r.noteStore(call, inCookies)
	case strings.Contains(name, ".New") && r.isStore(call):
		r.noteStore(call, inElsewhere)
	}
}

func (r *reader) noteStore(call *ast.CallExpr, kind string) {
	if _, known := r.stores[kind]; !known {
		r.stores[kind] = call.Pos()
	}
	if len(r.stores) > 1 {
		r.problemf(call.Pos(), "sessions are kept in cookies and in another store: %s is for the latter, and legacy.FromGorilla for the former", r.oldSourceName())
	}
}

// isStore reports whether what a call returns first has the methods of gorilla's Store.
func (r *reader) isStore(call *ast.CallExpr) bool {
	t := r.pkg.TypesInfo.TypeOf(call)
	if tuple, ok := t.(*types.Tuple); ok && tuple.Len() > 0 {
		t = tuple.At(0).Type()
	}
	if t == nil {
		return false
	}
	for _, name := range []string{"Get", "New", "Save"} {
		method, _, _ := types.LookupFieldOrMethod(t, true, r.pkg.Types, name)
		function, ok := method.(*types.Func)
		if !ok || !strings.Contains(function.Signature().String(), gorillaModule+".Session") {
			return false
		}
	}
	return true
}
