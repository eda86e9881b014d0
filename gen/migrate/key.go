package migrate

import (
	"cmp"
	"fmt"
	"go/ast"
	"go/constant"
	"go/types"
	"strings"
)

// oddKey is what is known of a key that is no plain string, as gorilla and gin allow.
type oddKey struct {
	typ   types.Type
	value constant.Value
	name  string       // what a field for it is called after
	named types.Object // its constant; nil: it has none
}

// key identifies the constant value of a key. false: it is none.
func (r *reader) key(e ast.Expr) (string, bool) {
	value := r.pkg.TypesInfo.Types[e].Value
	if value == nil {
		return "", false
	}
	t := types.Default(r.pkg.TypesInfo.TypeOf(e))
	if types.Identical(t, types.Typ[types.String]) {
		return constant.StringVal(value), true
	}
	// The type is part of it: in a map[any]any, numbers of two types are two keys.
	key := types.TypeString(t, nil) + "(" + value.ExactString() + ")"
	if _, known := r.oddKeys[key]; !known {
		r.oddKeys[key] = oddKey{t, value, oddName(e, t, value), r.constantOf(e)}
	}
	return key, true
}

// oddName is the text of a key, or what its constant is called.
func oddName(e ast.Expr, t types.Type, value constant.Value) string {
	if value.Kind() == constant.String {
		return constant.StringVal(value)
	}
	switch e := ast.Unparen(e).(type) {
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		return e.Sel.Name
	}
	if named, ok := types.Unalias(t).(*types.Named); ok {
		return named.Obj().Name() + value.ExactString()
	}
	return value.ExactString()
}

// constantOf is the constant that an expression names; nil if it names none.
func (r *reader) constantOf(e ast.Expr) types.Object {
	var id *ast.Ident
	switch e := ast.Unparen(e).(type) {
	case *ast.Ident:
		id = e
	case *ast.SelectorExpr:
		id = e.Sel
	default:
		return nil
	}
	if object, ok := r.pkg.TypesInfo.Uses[id].(*types.Const); ok && object.Pkg() != nil {
		return object
	}
	return nil
}

// keyImports are what a key is written with.
func (p *program) keyImports(key string) []string {
	text, problem := p.keySource(key)
	odd, ok := p.oddKeys[key]
	if !ok || problem != "" {
		return nil
	}
	if c := odd.named; c != nil && strings.HasSuffix("."+text, "."+c.Name()) {
		if c.Pkg().Path() == p.target.path {
			return nil
		}
		return []string{c.Pkg().Path()}
	}
	return p.imports(odd.typ)
}

func (r *reader) reportComputed(e ast.Expr) {
	if r.isVariable(e) {
		r.problemf(e.Pos(), "the key %s is a variable: declare it as a constant and run init again, or write the field and read it in %s", r.text(e), r.fillName())
		return
	}
	r.problemf(e.Pos(), "the key %s is computed: keep the values of such keys in one map field, such as Values map[string]T, use PutValues and RemoveValues, and have %s read them from old sessions",
		r.text(e), r.fillName())
}

// isVariable reports whether a key is a variable of a package.
func (r *reader) isVariable(e ast.Expr) bool {
	id, ok := ast.Unparen(e).(*ast.Ident)
	if selector, selected := ast.Unparen(e).(*ast.SelectorExpr); selected {
		id, ok = selector.Sel, true
	}
	if !ok {
		return false
	}
	v, ok := r.pkg.TypesInfo.Uses[id].(*types.Var)
	return ok && v.Pkg() != nil && v.Parent() == v.Pkg().Scope()
}

// keyName is what a field for a key is called after.
func (p *program) keyName(key string) string {
	if odd, ok := p.oddKeys[key]; ok {
		return odd.name
	}
	return key
}

// keyText is a key as messages write it.
func (p *program) keyText(key string) string {
	if odd, ok := p.oddKeys[key]; ok {
		return fmt.Sprintf("%s(%s)", p.typeText(odd.typ), odd.value.ExactString())
	}
	return fmt.Sprintf("%q", key)
}

// keySource is a key as the target package writes it, or why it cannot.
func (p *program) keySource(key string) (text, problem string) {
	odd, ok := p.oddKeys[key]
	if !ok {
		return fmt.Sprintf("%q", key), ""
	}
	if c := odd.named; c != nil && c.Parent() == c.Pkg().Scope() {
		switch {
		case c.Pkg().Path() == p.target.path:
			return c.Name(), ""
		case c.Exported() && c.Pkg().Name() != "main":
			return c.Pkg().Name() + "." + c.Name(), ""
		}
	}
	typ, problem := p.sourceOf(odd.typ)
	return fmt.Sprintf("%s(%s)", typ, odd.value.ExactString()), problem
}

// reportKeys says of which keys the target package cannot write the type.
func (p *program) reportKeys() {
	for _, f := range p.fields {
		if _, problem := p.keySource(f.key); problem != "" {
			p.problemf(f.accesses[0].node.Pos(), "the value of an old session's key %s is not read by %s: %s", p.keyText(f.key), p.fillName(), problem)
		}
	}
}

// unusedTag is a key for the tag of a field that no other field has.
func unusedTag(key, name string, taken map[string]bool) string {
	tag := cmp.Or(key, name)
	if !validKey(tag) || taken[tag] {
		tag = tagKey(name)
	}
	for taken[tag] {
		tag += "_value"
	}
	taken[tag] = true
	return tag
}
