package emit

import (
	"go/types"
	"slices"

	"github.com/dave/jennifer/jen"

	"github.com/sessiongen/sessiongen/gen/internal/model"
)

// functionNames are the functions that append and consume one message.
type functionNames struct{ append, consume string }

// wrapper is a type whose values need a message of their own where there is room
// for one entry only.
type wrapper struct {
	functionNames
	Type *model.Type
}

// wrapper is that of a type.
func (n *names) wrapper(t *model.Type) *wrapper {
	for _, w := range n.wrappers {
		if types.Identical(w.Type.Go, t.Go) {
			return w
		}
	}
	return nil
}

// byPointer says that the functions of a wrapper take a pointer, so that nothing
// large is copied.
func (w *wrapper) byPointer() bool { return w.Type.Facts().Large }

// wrappersIn are the types inside t that need a message of their own, with t in a
// place that has room for any number of entries.
func wrappersIn(t *model.Type, met []*model.Type, visited map[*model.Struct]bool) []*model.Type {
	switch t.Facts().Shape {
	case model.Scalar:
		return met
	case model.Record:
		if visited[t.Struct] {
			return met
		}
		visited[t.Struct] = true
		for _, f := range t.Struct.Fields {
			met = wrappersIn(f.Type, met, visited)
		}
		return met
	case model.Table:
		met = wrappersIn(t.Key, met, visited)
	case model.List, model.Optional:
	}
	if isWrapped(t) {
		met = append(met, t.Elem)
	}
	return wrappersIn(t.Elem, met, visited)
}

// isWrapped reports whether what t holds needs a message of its own: the value of a
// map's entry has a place for a pointer, which is there or not.
func isWrapped(t *model.Type) bool {
	if t.Elem.Kind == model.Pointer {
		return t.Kind != model.Map
	}
	return model.IsRepeated(t.Elem)
}

// isDeep reports whether how deep a value of t goes is known only when it is written.
func isDeep(t *model.Type) bool {
	return reaches(t, map[*model.Struct]bool{}, func(t *model.Type) bool {
		return t.Struct != nil && t.Struct.Recursive
	})
}

// isMarshaled reports whether methods of t, or of a part of it, write it.
func isMarshaled(t *model.Type) bool {
	return reaches(t, map[*model.Struct]bool{}, func(t *model.Type) bool { return t.Facts().EncodesItself })
}

// reaches reports whether is holds for a type or for a part of it.
func reaches(t *model.Type, visited map[*model.Struct]bool, is func(*model.Type) bool) bool {
	switch {
	case t == nil || visited[t.Struct]:
		return false
	case is(t):
		return true
	case t.Struct == nil:
		return reaches(t.Key, visited, is) || reaches(t.Elem, visited, is)
	}
	visited[t.Struct] = true
	return slices.ContainsFunc(t.Struct.Fields, func(f *model.StructField) bool { return reaches(f.Type, visited, is) })
}

// nesting is how many messages are in each other in a value of t, without what is
// in structs that contain themselves: those count for themselves.
func nesting(t *model.Type) int {
	switch t.Facts().Shape {
	case model.List:
		if model.IsPacked(t) {
			return 1
		}
		return nestingOfOne(t.Elem)
	case model.Table:
		if t.Elem.Kind == model.Pointer {
			return 1 + max(nestingOfOne(t.Key), nesting(t.Elem))
		}
		return 1 + max(nestingOfOne(t.Key), nestingOfOne(t.Elem))
	case model.Optional:
		return nestingOfOne(t.Elem)
	default:
		return nestingOfOne(t)
	}
}

// nestingOfOne is nesting where there is room for one entry only.
func nestingOfOne(t *model.Type) int {
	switch t.Facts().Shape {
	case model.List, model.Table, model.Optional:
		return 1 + nesting(t)
	case model.Record:
		if t.Struct.Recursive {
			return 0
		}
		return 1 + nestingInside(t.Struct)
	default:
		if t.Facts().Pair {
			return 1
		}
		return 0
	}
}

// nestingInside is nesting of the fields of a struct.
func nestingInside(s *model.Struct) int {
	most := 0
	for _, f := range s.Fields {
		most = max(most, nesting(f.Type))
	}
	return most
}

// message writes the functions for a message that holds a value as its field 1.
type message struct {
	functionNames
	Type   *model.Type
	doc    string
	behind bool // the functions that write take a pointer
	level  int  // of the message, unless it is a parameter
}

// wrapperFunctions write and read a value in a message of its own.
func (e *emitter) wrapperFunctions(w *wrapper) {
	e.messageFunctions(&message{
		functionNames: w.functionNames,
		Type:          w.Type,
		doc:           w.append + " is for a " + types.TypeString(w.Type.Go, e.qualifier) + " in a message of its own.",
		behind:        w.byPointer(),
	})
}

// cookieFunctions write and read the value of a cookie.
func (e *schemaEmitter) cookieFunctions(c *model.Cookie) {
	names, needed := e.cookieWire[c.Name]
	if !needed {
		return
	}
	e.messageFunctions(&message{
		functionNames: names,
		Type:          c.Type,
		doc:           names.append + " is for the value of the cookie " + c.Options.Name + ".",
		behind:        true,
		level:         1,
	})
}

// qualifier is how a package is called in comments.
func (e *emitter) qualifier(pkg *types.Package) string {
	if pkg == e.pkg {
		return ""
	}
	return e.imports[pkg.Path()]
}

func (e *emitter) messageFunctions(m *message) {
	e.appendMessage(m)
	e.consumeMessage(m)
}

// codes is a coder for the body of a message's functions, and their parameters
// behind the value.
func (e *emitter) codes(m *message) (c coder, params []jen.Code) {
	if m.level == 0 && isDeep(m.Type) {
		return coder{e, 0, true, ""}, []jen.Code{e.id("depth").Int()}
	}
	return coder{e, m.level, false, ""}, nil
}

// messageParam is a parameter: v []string.
func (e *emitter) messageParam(m *message, behind bool) (*jen.Statement, operand) {
	if behind {
		return e.id("v").Op("*").Add(e.goType(m.Type.Go)), at(e.id("v")).behind()
	}
	return e.id("v").Add(e.goType(m.Type.Go)), at(e.id("v"))
}

// appendMessage is the function that appends the contents:
//
//	func appendStringSlice(b []byte, v []string) []byte {
//		for _, value := range v {
//			b = wire.AppendString(b, 1, value)
//		}
//		return b
//	}
func (e *emitter) appendMessage(m *message) {
	c, params := e.codes(m)
	param, v := e.messageParam(m, m.behind)
	bytes := jen.Index().Byte()
	body := append(c.appendAll(1, m.Type, v), jen.Return(e.id("b")))
	e.declare(docf("%s", m.doc), jen.Func().Id(m.append).
		Params(append([]jen.Code{e.id("b").Add(bytes.Clone()), param}, params...)...).Add(bytes).Block(body...))
}

// consumeMessage is the function that reads the message:
//
//	func consumeStringSlice(r *wire.Reader, v *[]string) {
//		outer := r.Enter()
//		for r.Next() {
//			switch r.Number() {
//			case 1:
//				*v = append(wire.Grow(r, *v), r.String())
//			default:
//				r.Skip()
//			}
//		}
//		r.Leave(outer)
//	}
func (e *emitter) consumeMessage(m *message) {
	param, v := e.messageParam(m, true)
	var before, body, after []jen.Code
	if m.Type.Kind == model.Array {
		values := e.id("values")
		before = []jen.Code{values.Clone().Op(":=").Add(v.emptied())}
		after = []jen.Code{e.checkLength(values, m.Type)}
		body = e.appendElement(m.Type, at(values), values.Clone())
	} else {
		body = e.consumeAll(m.Type, v)
	}
	statements := append(before, e.enter(), e.eachEntry(jen.Case(number(1)).Block(body...)), e.leave())
	e.file.Func().Id(m.consume).Params(e.readerParam(), param).Block(append(statements, after...)...)
	e.file.Line()
}
