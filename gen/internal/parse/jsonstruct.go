package parse

import (
	"cmp"
	"go/types"
	"reflect"
	"slices"
	"strings"
	"unicode"
)

// jsonMember is a field that encoding/json may write as a member of an object.
type jsonMember struct {
	name   string
	path   string
	of     types.Type // the struct that declares it
	typ    types.Type
	depth  int // how many embedded structs it is in
	tagged bool
}

// structFields looks at what encoding/json makes of a struct's fields. It is declared in the
// struct type of, or is that type.
func (f *jsonFindings) structFields(path string, t, of types.Type) {
	before := len(f.lost)
	members := f.members(path, t, of, 0, nil)
	if len(members) == 0 && len(f.lost) > before {
		f.refuse(path, of, "encoding/json keeps nothing of "+f.p.typeString(t), "")
		return
	}
	for _, m := range members {
		if f.dominates(m, members) {
			f.value(m.path, m.typ, m.of)
		} else {
			f.lose(m.path, m.of)
		}
	}
}

// dominates reports whether a member is the one that encoding/json writes under its name: the
// one in the fewest embedded structs, or of several the only one with a tag. Otherwise it
// writes none.
func (f *jsonFindings) dominates(m jsonMember, members []jsonMember) bool {
	for _, other := range members {
		if other.path == m.path || other.name != m.name {
			continue
		}
		if other.depth < m.depth || other.depth == m.depth && (other.tagged || !m.tagged) {
			return false
		}
	}
	return true
}

// members are the fields of a struct that encoding/json may write, those of embedded structs
// among them. The others are lost, unless the schema leaves them out.
func (f *jsonFindings) members(path string, t, of types.Type, depth int, through []types.Type) []jsonMember {
	if slices.ContainsFunc(through, func(o types.Type) bool { return types.Identical(o, t) }) {
		return nil
	}
	through = append(slices.Clip(through), t)
	fields := t.Underlying().(*types.Struct)
	var members []jsonMember
	for i := range fields.NumFields() {
		field := fields.Field(i)
		where, tag := path+"."+field.Name(), reflect.StructTag(fields.Tag(i))
		name, _, _ := strings.Cut(tag.Get("json"), ",")
		if !isJSONName(name) {
			name = ""
		}
		embedded, pointer := embeddedStruct(field)
		switch {
		case field.Name() == "_" || isEmpty(field.Type()):
		case !field.Exported() && embedded == nil || tag.Get("json") == "-":
			if tag.Get("session") != "-" {
				f.lose(where, of)
				f.omitted = f.omitted || field.Exported()
			}
		case embedded == nil || name != "":
			members = append(members, jsonMember{
				name: cmp.Or(name, field.Name()), path: where, of: of, typ: field.Type(), depth: depth, tagged: name != "",
			})
		case pointer && !field.Exported():
			f.refuse(where, of, "encoding/json cannot make a "+f.p.typeString(embedded)+" to read into, which is not exported", "embed the struct itself, not a pointer to it")
		default:
			members = append(members, f.members(where, embedded, embedded, depth+1, through)...)
		}
	}
	return members
}

// embeddedStruct is the struct that a field embeds, if it does, and whether by a pointer.
func embeddedStruct(field *types.Var) (t types.Type, pointer bool) {
	if !field.Embedded() {
		return nil, false
	}
	t = types.Unalias(field.Type())
	if to, ok := t.(*types.Pointer); ok {
		t, pointer = to.Elem(), true
	}
	if _, ok := t.Underlying().(*types.Struct); !ok {
		return nil, false
	}
	return t, pointer
}

// isEmpty reports whether a type has one value only, such as struct{} or [0]func().
func isEmpty(t types.Type) bool {
	switch t := t.Underlying().(type) {
	case *types.Array:
		return t.Len() == 0 || isEmpty(t.Elem())
	case *types.Struct:
		for field := range t.Fields() {
			if !isEmpty(field.Type()) {
				return false
			}
		}
		return true
	}
	return false
}

// isJSONName reports whether encoding/json accepts a name in a tag.
func isJSONName(name string) bool {
	return !strings.ContainsFunc(name, func(r rune) bool {
		return !strings.ContainsRune("!#$%&()*+-./:;<=>?@[]^_{|}~ ", r) && !unicode.IsLetter(r) && !unicode.IsDigit(r)
	})
}
