package model

import (
	"go/types"
	"reflect"
	"slices"
	"strings"
	"unicode"
)

// JSONMember is a member of the object that encoding/json makes of a struct.
type JSONMember struct {
	Name   string
	Field  *types.Var
	Quoted bool // by the option string: a number or bool in a JSON string
	depth  int
	tagged bool
}

// JSONMembers returns the members of the object that encoding/json makes of a struct: the fields
// of embedded structs are members of the struct around them, and of several fields with one name
// the least nested counts, or the one with a tag, or none.
func JSONMembers(t *types.Struct) []JSONMember {
	all := appendJSONMembers(nil, t, 0, nil)
	var members []JSONMember
	for _, m := range all {
		others := slices.DeleteFunc(slices.Clone(all), func(o JSONMember) bool { return o.Name != m.Name || o.Field == m.Field })
		if !slices.ContainsFunc(others, func(o JSONMember) bool { return !m.dominates(o) }) {
			members = append(members, m)
		}
	}
	return members
}

func (m JSONMember) dominates(o JSONMember) bool {
	return m.depth < o.depth || m.depth == o.depth && m.tagged && !o.tagged
}

func appendJSONMembers(members []JSONMember, t *types.Struct, depth int, around []types.Type) []JSONMember {
	for i := range t.NumFields() {
		field := t.Field(i)
		tag := reflect.StructTag(t.Tag(i)).Get("json")
		name, options, _ := strings.Cut(tag, ",")
		inner := embeddedStruct(field)
		switch {
		case tag == "-", !field.Exported() && inner == nil:
		case inner != nil && !isJSONName(name):
			if !slices.ContainsFunc(around, func(o types.Type) bool { return types.Identical(o, field.Type()) }) {
				members = appendJSONMembers(members, inner, depth+1, append(slices.Clip(around), field.Type()))
			}
		case field.Exported():
			m := JSONMember{Name: field.Name(), Field: field, depth: depth, Quoted: slices.Contains(strings.Split(options, ","), "string")}
			if isJSONName(name) {
				m.Name, m.tagged = name, true
			}
			members = append(members, m)
		}
	}
	return members
}

// embeddedStruct is the struct whose members an embedded field adds to those around it, if any.
func embeddedStruct(field *types.Var) *types.Struct {
	if !field.Embedded() {
		return nil
	}
	t := field.Type()
	if pointer, ok := t.Underlying().(*types.Pointer); ok {
		t = pointer.Elem()
	}
	inner, _ := t.Underlying().(*types.Struct)
	return inner
}

// isJSONName reports whether encoding/json takes a name from a tag.
func isJSONName(name string) bool {
	return name != "" && !strings.ContainsFunc(name, func(r rune) bool {
		return !strings.ContainsRune("!#$%&()*+-./:;<=>?@[]^_{|}~ ", r) && !unicode.IsLetter(r) && !unicode.IsDigit(r)
	})
}
