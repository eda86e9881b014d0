package parse

import (
	"go/ast"
	"go/types"

	"github.com/sessiongen/sessiongen/gen/internal/load"
	"github.com/sessiongen/sessiongen/gen/internal/model"
)

// usable refuses types that are not valid, and that generated code cannot name.
func (p *parser) usable(at place, t types.Type) bool {
	if basic, ok := types.Unalias(t).(*types.Basic); ok && basic.Kind() == types.Invalid {
		p.reportInvalid(at)
		return false
	}
	var object types.Object
	switch t := t.(type) {
	case *types.Alias:
		if object = t.Obj(); !model.Accessible(p.src.Types, object) {
			return p.usable(at, t.Rhs())
		}
	case *types.Named:
		object = t.Obj()
	default:
		return true
	}
	switch {
	case object.Pkg() == nil:
	case !model.Accessible(p.src.Types, object):
		p.Errorf(at.pos, "%s: %s is not exported by its package, so generated code cannot name it; %s", at.path, p.typeString(t), p.instead(at, true))
		return false
	case !load.Importable(p.src.Path, object.Pkg().Path()):
		p.Errorf(at.pos, "%s: %s is declared in %s, which is internal to another part of its module; %s", at.path, p.typeString(t), object.Pkg().Path(), p.instead(at, true))
		return false
	}
	return true
}

// reportInvalid reports a type that the type checker did not understand without
// saying so where it is used: it is of a package that could not be imported.
func (p *parser) reportInvalid(at place) {
	name, why := "its type", "a package that it needs does not compile: run go build"
	ast.Inspect(at.expr, func(n ast.Node) bool {
		if selector, ok := n.(*ast.SelectorExpr); ok {
			if reason := p.failedImport(selector.X); reason != "" {
				name, why = types.ExprString(selector), reason
			}
		}
		return true
	})
	p.Errorf(at.pos, "%s: %s is unknown, because %s", at.path, name, why)
}

// failedImport is what is wrong with the package that x names, if anything is.
func (p *parser) failedImport(x ast.Expr) string {
	name, ok := x.(*ast.Ident)
	if !ok {
		return ""
	}
	of, ok := p.src.Info.Uses[name].(*types.PkgName)
	if !ok {
		return ""
	}
	return p.src.Imports[of.Imported().Path()]
}

// nameable is usable for a type whose parts are not looked at by themselves.
func (p *parser) nameable(at place, t types.Type) bool {
	if !p.usable(at, t) {
		return false
	}
	switch t := t.(type) {
	case *types.Alias:
		if !model.Accessible(p.src.Types, t.Obj()) {
			return p.nameable(at, t.Rhs())
		}
		return p.argsNameable(at, t.TypeArgs())
	case *types.Named:
		return p.argsNameable(at, t.TypeArgs())
	case *types.Slice:
		return p.nameable(at, t.Elem())
	case *types.Array:
		return p.nameable(at, t.Elem())
	case *types.Pointer:
		return p.nameable(at, t.Elem())
	case *types.Map:
		return p.nameable(at, t.Key()) && p.nameable(at, t.Elem())
	case *types.Struct:
		return p.fieldsNameable(at, t)
	}
	return true
}

func (p *parser) fieldsNameable(at place, t *types.Struct) bool {
	for field := range t.Fields() {
		if !model.Accessible(p.src.Types, field) {
			p.Errorf(at.pos, "%s: %s has a field that is not exported, so generated code cannot name the type; %s", at.path, p.typeString(t), p.instead(at, true))
			return false
		}
		if !p.nameable(at, field.Type()) {
			return false
		}
	}
	return true
}

func (p *parser) argsNameable(at place, args *types.TypeList) bool {
	for arg := range args.Types() {
		if !p.nameable(at, arg) {
			return false
		}
	}
	return true
}
