package gen

import (
	"go/ast"
	"go/token"
	"go/types"
	"slices"
	"strings"
)

// place is where a type was met: visitor.Cart[].Meta, the last piece of source
// on the way to it, and where to report it.
type place struct {
	path string
	expr ast.Expr
	pos  token.Pos
}

func (a place) in(step string) place {
	a.path += step
	return a
}

const remedy = "leave it out with session:\"-\", or keep what you need of it in a field of another type"

// typeOf is a type as a session keeps it. It is nil if there was something to
// report.
func (p *modelParser) typeOf(at place, t types.Type) *Type {
	if !p.usable(at, t) {
		return nil
	}
	if kind, ok := scalarKind(t); ok {
		return &Type{Go: t, Kind: kind}
	}
	switch underlying := t.Underlying().(type) {
	case *types.Slice:
		return p.sliceOf(at, t, underlying)
	case *types.Map:
		return p.mapOf(at, t, underlying)
	case *types.Struct:
		if s := p.structOf(at, t); s != nil {
			return &Type{Go: t, Kind: Message, Struct: s}
		}
		return nil
	case *types.Pointer:
		p.noForm(at, t, "keep the value itself")
	case *types.Array:
		p.noForm(at, t, "use a slice")
	default:
		p.noForm(at, t, remedy)
	}
	return nil
}

func (p *modelParser) noForm(at place, t types.Type, remedy string) {
	p.errorf(at.pos, "%s: %s has no wire form yet: %s", at.path, p.typeString(t), remedy)
}

// scalarKind is the kind of a type that has no parts.
func scalarKind(t types.Type) (Kind, bool) {
	switch {
	case isNamed(t, "time", "Duration"):
		return Duration, true
	case isTime(t):
		return Time, true
	}
	basic, ok := t.Underlying().(*types.Basic)
	if !ok {
		return 0, false
	}
	switch info := basic.Info(); {
	case basic.Kind() == types.Uintptr || basic.Kind() == types.UnsafePointer:
		return 0, false
	case info&types.IsBoolean != 0:
		return Bool, true
	case info&types.IsUnsigned != 0:
		return Uint, true
	case info&types.IsInteger != 0:
		return Int, true
	case info&types.IsFloat != 0:
		return Float, true
	case info&types.IsString != 0:
		return String, true
	}
	return 0, false
}

func isNamed(t types.Type, path, name string) bool {
	named, ok := types.Unalias(t).(*types.Named)
	return ok && named.Obj().Name() == name && named.Obj().Pkg() != nil && named.Obj().Pkg().Path() == path
}

// isTime says whether t is time.Time or declared over it.
func isTime(t types.Type) bool {
	fields, ok := t.Underlying().(*types.Struct)
	if !ok || fields.NumFields() == 0 {
		return false
	}
	first := fields.Field(0)
	return first.Name() == "wall" && first.Pkg().Path() == "time"
}

// usable refuses types that are not valid, that generated code cannot name, and
// that have a form of their own.
func (p *modelParser) usable(at place, t types.Type) bool {
	if basic, ok := types.Unalias(t).(*types.Basic); ok && basic.Kind() == types.Invalid {
		p.reportInvalid(at)
		return false
	}
	var object types.Object
	switch t := t.(type) {
	case *types.Alias:
		if object = t.Obj(); !accessible(p.src.types, object) {
			return p.usable(at, t.Rhs())
		}
	case *types.Named:
		object = t.Obj()
	default:
		return true
	}
	switch {
	case object.Pkg() == nil:
	case !accessible(p.src.types, object):
		p.errorf(at.pos, "%s: %s is not exported by its package, so generated code cannot name it: %s", at.path, p.typeString(t), remedy)
		return false
	case !importable(p.src.path, object.Pkg().Path()):
		p.errorf(at.pos, "%s: %s is declared in %s, which is internal to another part of its module: %s", at.path, p.typeString(t), object.Pkg().Path(), remedy)
		return false
	}
	if method := ownForm(t); method != "" && !isNamed(t, "time", "Time") {
		p.errorf(at.pos, "%s: %s has a method %s, which sessions do not use yet: %s", at.path, p.typeString(t), method, remedy)
		return false
	}
	return true
}

// reportInvalid reports a type that the type checker did not understand without
// saying so where it is used: it is of a package that could not be imported.
func (p *modelParser) reportInvalid(at place) {
	name, why := "its type", "a package that it needs does not compile: run go build"
	ast.Inspect(at.expr, func(n ast.Node) bool {
		if selector, ok := n.(*ast.SelectorExpr); ok {
			if reason := p.failedImport(selector.X); reason != "" {
				name, why = types.ExprString(selector), reason
			}
		}
		return true
	})
	p.errorf(at.pos, "%s: %s is not known, because %s", at.path, name, why)
}

// failedImport is what is wrong with the package that x names, if anything is.
func (p *modelParser) failedImport(x ast.Expr) string {
	name, ok := x.(*ast.Ident)
	if !ok {
		return ""
	}
	of, ok := p.src.info.Uses[name].(*types.PkgName)
	if !ok {
		return ""
	}
	return p.src.imports[of.Imported().Path()]
}

// ownForm is a method by which a type says how it is written, if it has one.
func ownForm(t types.Type) string {
	methods := types.NewMethodSet(types.NewPointer(t))
	for _, name := range []string{"MarshalBinary", "UnmarshalBinary", "MarshalText", "UnmarshalText"} {
		if methods.Lookup(nil, name) != nil {
			return name
		}
	}
	return ""
}

// importable says whether a package may import another one by the rule of
// internal directories.
func importable(from, path string) bool {
	at := strings.LastIndex("/"+path+"/", "/internal/")
	if at < 0 {
		return true
	}
	if at == 0 {
		return false // of the standard library
	}
	parent := path[:at-1]
	return from == parent || strings.HasPrefix(from, parent+"/")
}

func (p *modelParser) sliceOf(at place, t types.Type, slice *types.Slice) *Type {
	if types.Identical(slice.Elem(), types.Typ[types.Byte]) {
		return &Type{Go: t, Kind: Bytes}
	}
	elem := p.typeOf(at.in("[]"), slice.Elem())
	if elem == nil {
		return nil
	}
	if elem.Kind == Slice || elem.Kind == Map {
		p.noForm(at, t, "put the inner one into a struct")
		return nil
	}
	return &Type{Go: t, Kind: Slice, Elem: elem}
}

func (p *modelParser) mapOf(at place, t types.Type, m *types.Map) *Type {
	key := p.typeOf(at.in("[key]"), m.Key())
	elem := p.typeOf(at.in("[]"), m.Elem())
	if key == nil || elem == nil {
		return nil
	}
	switch key.Kind {
	case String, Int, Uint, Bool:
	default:
		p.errorf(at.pos, "%s: %s has keys that are no strings, integers or bools: use one of these", at.path, p.typeString(t))
		return nil
	}
	if elem.Kind == Slice || elem.Kind == Map {
		p.noForm(at, t, "put the inner one into a struct")
		return nil
	}
	return &Type{Go: t, Kind: Map, Key: key, Elem: elem}
}

// structsOf are the structs inside the fields of schemas, in the order met.
func structsOf(schemas []*Schema) []*Struct {
	var met []*Struct
	var visit func(*Type)
	visit = func(t *Type) {
		if t.Kind == Slice || t.Kind == Map {
			visit(t.Elem)
			return
		}
		if t.Kind != Message || slices.Contains(met, t.Struct) {
			return
		}
		met = append(met, t.Struct)
		for _, f := range t.Struct.Fields {
			visit(f.Type)
		}
	}
	for _, s := range schemas {
		for _, f := range s.Fields {
			visit(f.Type)
		}
	}
	return met
}
