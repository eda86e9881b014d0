package parse

import (
	"go/types"
	"reflect"
	"slices"
	"strings"

	"github.com/sessiongen/sessiongen/gen/internal/model"
)

// jsonOf is a type as encoding/json keeps it.
func (p *parser) jsonOf(at place, t types.Type) *model.Type {
	if what, remedy := p.notInJSON(at, t); what != "" {
		p.Errorf(at.pos, "%s: %s; %s", at.path, what, remedy)
		return nil
	}
	if !p.nameable(at, t) || !p.partsInJSON(at, t, nil, false) {
		return nil
	}
	return &model.Type{Go: t, Kind: model.JSON}
}

// notInJSON says why encoding/json could not write a value or not read it back.
func (p *parser) notInJSON(at place, t types.Type) (what, remedy string) {
	none := p.typeString(t) + " has no JSON form"
	switch underlying := t.Underlying().(type) {
	case *types.Chan, *types.Signature:
		return none, p.instead(at, false)
	case *types.Basic:
		if underlying.Kind() == types.UnsafePointer {
			return none, p.instead(at, false)
		}
		if underlying.Info()&types.IsComplex != 0 {
			return none, "remove json"
		}
	case *types.Interface:
		if !underlying.Empty() {
			return "encoding/json cannot know which type to read into " + p.typeString(t), "use any, or a type with MarshalJSON and UnmarshalJSON"
		}
	case *types.Map:
		if !keyInJSON(underlying.Key()) {
			return p.typeString(underlying.Key()) + " cannot be a key in JSON", "use a string, an integer, or a type with MarshalText and UnmarshalText"
		}
	}
	return "", ""
}

// keyInJSON reports whether encoding/json takes a type for the keys of maps.
func keyInJSON(t types.Type) bool {
	if basic, ok := t.Underlying().(*types.Basic); ok && (basic.Info()&(types.IsString|types.IsInteger) != 0 || basic.Kind() == types.Invalid) {
		return true
	}
	return declares(t, "MarshalText")
}

// partsInJSON refuses what is inside a type, so that it is found here and not by the
// first visitor who has a value of it. A type that says itself how it is written is
// taken at its word.
func (p *parser) partsInJSON(at place, t types.Type, seen []types.Type, inStruct bool) bool {
	if declares(t, "MarshalJSON") || declares(t, "MarshalText") || slices.ContainsFunc(seen, func(o types.Type) bool { return types.Identical(o, t) }) {
		return true
	}
	seen = append(slices.Clip(seen), t)
	part := func(step string, t types.Type) bool {
		inside := at.in(step)
		what, remedy := p.notInJSON(inside, t)
		if what == "" || declares(t, "MarshalJSON") || declares(t, "MarshalText") {
			return p.partsInJSON(inside, t, seen, inStruct)
		}
		if inStruct && strings.HasPrefix(remedy, "leave it out") {
			remedy = `leave it out with json:"-"`
		}
		p.Errorf(at.pos, "%s: %s; %s", inside.path, what, remedy)
		return false
	}
	switch underlying := t.Underlying().(type) {
	case *types.Pointer:
		return part("", underlying.Elem())
	case *types.Slice:
		return part("[]", underlying.Elem())
	case *types.Array:
		return part("[]", underlying.Elem())
	case *types.Map:
		return part("[]", underlying.Elem())
	case *types.Struct:
		inStruct = true
		for i := range underlying.NumFields() {
			field := underlying.Field(i)
			if !field.Exported() && !field.Embedded() || reflect.StructTag(underlying.Tag(i)).Get("json") == "-" {
				continue
			}
			if !part("."+field.Name(), field.Type()) {
				return false
			}
		}
	}
	return true
}

// declares reports whether values of a type, or pointers to them, have a method.
func declares(t types.Type, method string) bool {
	if types.IsInterface(t) {
		return false
	}
	if _, pointer := t.Underlying().(*types.Pointer); !pointer {
		t = types.NewPointer(t)
	}
	return types.NewMethodSet(t).Lookup(nil, method) != nil
}
