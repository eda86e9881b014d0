package proto

import (
	"fmt"
	"strings"

	"github.com/sessiongen/sessiongen/gen/internal/model"
)

// field adds a field of a schema or, nested, of a struct, whose scalars are
// left out when they are zero.
func (f *file) field(m *message, key string, number int32, t *model.Type, doc string, nested bool) {
	option := ""
	if nested && t.Facts().ProtoImplicit && !model.IsByteArray(t) {
		option = " [features.field_presence = IMPLICIT]"
	}
	if name := identifier(key); name != key {
		doc = strings.TrimSpace(doc + fmt.Sprintf("\n\nThe key is %q.", key))
	}
	form, note := f.form(t), f.goType(t.Go)
	if note == form {
		note = ""
	}
	m.fields.add(doc, form, identifier(key), number, option, note)
}

// form is a type where there is room for any number of entries.
func (f *file) form(t *model.Type) string {
	switch t.Facts().Shape {
	case model.List:
		return "repeated " + f.element(t.Elem)
	case model.Table:
		return f.mapForm(t)
	default:
		return f.orAbsent(t)
	}
}

// orAbsent is a type where there is room for one entry or none, which is nil.
func (f *file) orAbsent(t *model.Type) string {
	if t.Kind == model.Pointer {
		t = t.Elem
	}
	return f.element(t)
}

// element is a type where there is exactly one entry.
func (f *file) element(t *model.Type) string {
	switch t.Facts().Shape {
	case model.List, model.Table:
		return f.helper(f.word(t), "values", f.form(t), "", "")
	case model.Optional:
		return f.helper("Optional"+f.word(t.Elem), "value", f.element(t.Elem), "", "")
	default:
		return f.single(t)
	}
}

// mapForm is a map where Protocol Buffers has one for its types, else what such a
// map is on the wire.
func (f *file) mapForm(t *model.Type) string {
	key := f.single(t.Key)
	if t.Key.Facts().ProtoKey && t.Elem.Kind != model.Pointer {
		return "map<" + key + ", " + f.element(t.Elem) + ">"
	}
	return "repeated " + f.helper(f.word(t)+"Pair", "key", key, "value", f.orAbsent(t.Elem))
}

// single is a type of a single kind.
func (f *file) single(t *model.Type) string {
	facts := t.Facts()
	if facts.ProtoImport != "" {
		f.imports[facts.ProtoImport] = true
	}
	switch {
	case facts.Proto != "":
		return facts.Proto
	case t.Struct != nil:
		return f.structType(t.Struct)
	}
	return f.helper("Complex", "real", "double", "imaginary", "double")
}

// word is what a type is called in the name of a message about it.
func (f *file) word(t *model.Type) string {
	switch t.Facts().Shape {
	case model.List:
		return "ListOf" + f.word(t.Elem)
	case model.Table:
		return "MapOf" + f.word(t.Key) + "To" + f.word(t.Elem)
	case model.Optional:
		return "Optional" + f.word(t.Elem)
	default:
		name := f.single(t)
		return model.Exported(name[strings.LastIndexByte(name, '.')+1:])
	}
}

// helper is the name of a message with one or two fields that stands for no type
// of Go's. Those of the same contents are one.
func (f *file) helper(name, first, firstForm, second, secondForm string) string {
	contents := first + " " + firstForm + " " + second + " " + secondForm
	if name, met := f.helpers[contents]; met {
		return f.reference(name)
	}
	m := f.message(f.claim(name), "")
	f.helpers[contents] = m.name
	m.fields.add("", firstForm, first, 1, "", "")
	if second != "" {
		m.fields.add("", secondForm, second, 2, "", "")
	}
	return f.reference(m.name)
}
