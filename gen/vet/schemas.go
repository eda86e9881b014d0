package vet

import (
	"fmt"
	"go/ast"
	"go/types"
	"reflect"
	"slices"
	"strings"

	"golang.org/x/tools/go/analysis"

	"github.com/sessiongen/sessiongen/gen"
)

// schemas finds the schemas of a package, and tells the packages that import it.
var schemas = &analysis.Analyzer{
	Name:       "sessionschemas",
	Doc:        "find the schemas of sessiongen, for its other analyzers",
	Run:        findSchemas,
	FactTypes:  []analysis.Fact{new(declared)},
	ResultType: reflect.TypeFor[*known](),
}

// declared are the schemas of a package.
type declared struct{ Schemas []schema }

// AFact makes it a fact.
func (*declared) AFact() {}

func (d *declared) String() string {
	var words []string
	for _, s := range d.Schemas {
		words = append(words, s.Type)
		for _, c := range s.Cookies {
			words = append(words, c.Name)
		}
	}
	return strings.Join(words, " ")
}

// schema is what there is to know about a schema elsewhere.
type schema struct {
	Type    string // of the session
	Base    string // of the session cookie's name; "" if there is none
	Cookies []cookie
}

// cookie is a cookie of a schema. That of the session has no field.
type cookie struct{ Name, Was, Field string }

// owner is a cookie with its schema.
type owner struct {
	cookie
	session *types.TypeName // nil before the first generation
	of      string
}

// known is what a package and its imports declare.
type known struct {
	own      []*gen.Schema
	outputs  map[*ast.File]bool
	cookies  map[string]owner
	sessions map[*types.TypeName]bool
	bases    map[*types.TypeName]string // of the names of their cookies
}

func findSchemas(pass *analysis.Pass) (any, error) {
	k := &known{outputs: map[*ast.File]bool{}, cookies: map[string]owner{}, sessions: map[*types.TypeName]bool{}, bases: map[*types.TypeName]string{}}
	var sources []*ast.File
	for _, file := range pass.Files {
		switch {
		case gen.IsOutput(file):
			k.outputs[file] = true
		case !isTest(pass, file):
			sources = append(sources, file)
		}
	}
	k.own = gen.SchemasIn(pass.Fset, sources, pass.Pkg, pass.TypesInfo)
	for _, fact := range pass.AllPackageFacts() {
		// A cookie is that of a schema where the package is imported: elsewhere in the
		// program the same name may be another site's.
		k.add(fact.Package, fact.Fact.(*declared), slices.Contains(pass.Pkg.Imports(), fact.Package))
	}
	if own := declaredBy(k.own); own != nil {
		pass.ExportPackageFact(own)
		k.add(pass.Pkg, own, true)
	}
	return k, nil
}

func declaredBy(own []*gen.Schema) *declared {
	if len(own) == 0 {
		return nil
	}
	d := &declared{}
	for _, s := range own {
		result := schema{Type: s.TypeName, Base: s.CookieBase()}
		if !s.Stateless {
			result.Cookies = append(result.Cookies, cookie{Name: s.Cookie.Name})
		}
		for _, c := range s.Cookies {
			result.Cookies = append(result.Cookies, cookie{c.Options.Name, c.Options.Was, c.Name})
		}
		d.Schemas = append(d.Schemas, result)
	}
	return d
}

func (k *known) add(pkg *types.Package, d *declared, cookies bool) {
	for _, s := range d.Schemas {
		session, _ := pkg.Scope().Lookup(s.Type).(*types.TypeName)
		if session != nil {
			k.sessions[session] = true
			k.bases[session] = s.Base
		}
		for _, c := range s.Cookies {
			if cookies {
				k.cookies[c.Name] = owner{c, session, s.Type}
			}
			if cookies && c.Was != "" {
				k.cookies[c.Was] = owner{c, session, s.Type}
			}
		}
	}
}

// session is the type of a session, if t is one or a pointer to one.
func (k *known) session(t types.Type) *types.TypeName {
	if t == nil {
		return nil
	}
	if pointer, ok := types.Unalias(t).(*types.Pointer); ok {
		t = pointer.Elem()
	}
	if named, ok := types.Unalias(t).(*types.Named); ok && k.sessions[named.Obj()] {
		return named.Obj()
	}
	return nil
}

// called is how a message names a cookie: an earlier name comes with the present one.
func (o owner) called(name string) string {
	if name != o.Name {
		return fmt.Sprintf("%s, the earlier name of %s,", name, o.Name)
	}
	return name
}
