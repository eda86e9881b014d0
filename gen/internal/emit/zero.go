package emit

import (
	"go/types"
	"slices"

	"github.com/dave/jennifer/jen"

	"github.com/sessiongen/sessiongen/gen/internal/model"
)

// unlessZero leaves out the zero value of a type, where there is a condition for
// it; repeated kinds and pointers have no entries then.
//
//	if v.Count != 0 {
//		<statements>
//	}
func (e *emitter) unlessZero(t *model.Type, v operand, statements []jen.Code) []jen.Code {
	if condition := e.isNotZero(t, v); condition != nil {
		return []jen.Code{jen.If(condition).Block(statements...)}
	}
	return statements
}

// isNotZero is a condition, or nil if a value of t is always written:
//
//	v.Count != 0
func (e *emitter) isNotZero(t *model.Type, v operand) *jen.Statement {
	switch facts := t.Facts(); {
	case facts.Zero == model.ZeroByAbsence:
		return nil
	case facts.Zero == model.ZeroByFunction:
		return jen.Op("!").Add(e.wire(facts.ZeroFunction)).Call(v.value())
	case facts.Zero == model.ZeroByMethod:
		return jen.Op("!").Add(e.toWire(t, v)).Dot("IsZero").Call()
	case facts.Zero == model.ZeroByLength && isNilable(t):
		return jen.Len(v.value()).Op(">").Lit(0)
	case facts.Zero == model.ZeroByNil && isNilable(t):
		return v.value().Op("!=").Nil()
	case t.Kind == model.Array && t.Elem.Facts().ZeroElements != "":
		return jen.Op("!").Add(e.wire(t.Elem.Facts().ZeroElements)).Call(v.sliced())
	}
	if !isExact(t.Go) {
		return nil
	}
	switch basic, ok := t.Go.Underlying().(*types.Basic); {
	case !ok:
		return v.value().Op("!=").Parens(e.goType(t.Go).Values())
	case basic.Info()&types.IsBoolean != 0:
		return v.value()
	case basic.Info()&types.IsString != 0:
		return v.value().Op("!=").Lit("")
	}
	return v.value().Op("!=").Lit(0)
}

// isExact reports whether two values of a type are equal in Go exactly if they are
// the same: not if there are floats in it, for 0 equals -0, nor interfaces, which
// may hold what cannot be compared.
func isExact(t types.Type) bool {
	switch t := t.Underlying().(type) {
	case *types.Basic:
		return t.Info()&(types.IsFloat|types.IsComplex) == 0
	case *types.Pointer:
		return true
	case *types.Array:
		return isExact(t.Elem())
	case *types.Struct:
		for field := range t.Fields() {
			if !isExact(field.Type()) {
				return false
			}
		}
		return true
	}
	return false
}

// isNilable reports whether nil is a value of a type.
func isNilable(t *model.Type) bool {
	switch t.Go.Underlying().(type) {
	case *types.Slice, *types.Map, *types.Pointer, *types.Interface:
		return true
	}
	return false
}

// isCollection says that t is empty when it is absent.
func isCollection(t *model.Type) bool {
	absence := t.Facts().Absence
	return absence == model.AbsentIfEmpty || absence == model.AbsentIfNil && isNilable(t)
}

// isShared says that a copy of a t shares memory with the original.
func isShared(t *model.Type) bool { return sharesMemory(t, map[*model.Struct]bool{}) }

func sharesMemory(t *model.Type, visited map[*model.Struct]bool) bool {
	switch memory := t.Facts().Memory; {
	case memory == model.Shared:
		return true
	case memory == model.SharedByGo:
		return holdsMemory(t.Go, map[types.Type]bool{})
	case memory == model.Unshared || t.Struct != nil && visited[t.Struct]:
		return false
	case t.Struct == nil:
		return sharesMemory(t.Elem, visited)
	}
	visited[t.Struct] = true
	return slices.ContainsFunc(t.Struct.Fields, func(f *model.StructField) bool { return sharesMemory(f.Type, visited) })
}

// holdsMemory reports whether there is memory behind a value that could be changed.
// There is none behind addresses of net/netip and times, though there are pointers.
func holdsMemory(t types.Type, visited map[types.Type]bool) bool {
	if named, ok := types.Unalias(t).(*types.Named); ok {
		pkg := named.Obj().Pkg()
		if visited[named] || pkg != nil && pkg.Path() == "net/netip" || model.IsTime(named) {
			return false
		}
		visited[named] = true
	}
	switch t := t.Underlying().(type) {
	case *types.Basic:
		return false
	case *types.Array:
		return holdsMemory(t.Elem(), visited)
	case *types.Struct:
		for field := range t.Fields() {
			if holdsMemory(field.Type(), visited) {
				return true
			}
		}
		return false
	}
	return true
}

// zero is the zero value of t, to be assigned.
func (e *emitter) zero(t *model.Type) *jen.Statement {
	switch underlying := t.Go.Underlying().(type) {
	case *types.Basic:
		switch {
		case underlying.Info()&types.IsBoolean != 0:
			return jen.False()
		case underlying.Info()&types.IsString != 0:
			return jen.Lit("")
		}
		return jen.Lit(0)
	case *types.Struct, *types.Array:
		return e.goType(t.Go).Values()
	}
	return jen.Nil()
}
