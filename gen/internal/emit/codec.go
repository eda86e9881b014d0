package emit

import (
	"github.com/dave/jennifer/jen"

	"github.com/sessiongen/sessiongen/gen/internal/model"
)

// codecType is the schema struct as the runtime sees it. The struct is embedded,
// because its fields may be called like the codec's methods:
//
//	type visitorCodec struct{ *visitor }
func (e *schemaEmitter) codecType() {
	doc := docf("%s writes the fields of %s to a record and reads them.", e.codecName, e.Name)
	if len(e.Fields) == 0 {
		doc = docf("%s shows the runtime the values of %s; there are none to write in a record.", e.codecName, e.Name)
	}
	e.declare(doc, jen.Type().Id(e.codecName).Add(oneField(jen.Op("*").Id(e.Name))))
}

// codecOf is a codec over a schema struct: visitorCodec{<pointer>}.
func (e *schemaEmitter) codecOf(pointer jen.Code) *jen.Statement {
	return jen.Id(e.codecName).Values(pointer)
}

// codecMethod begins a method of the codec:
//
//	func (c visitorCodec) <name>
func (e *schemaEmitter) codecMethod(name string) *jen.Statement {
	return jen.Func().Params(e.id("c").Id(e.codecName)).Id(name)
}

// coded is a field's value as the codec sees it: c.Visits, or c.visitor.Value if
// the codec has something of the field's name.
func (e *schemaEmitter) coded(field string) *jen.Statement {
	switch field {
	case "Holds", "Append", "Consume", "Reset", "Value", e.Name:
		return e.id("c").Dot(e.Name).Dot(field)
	}
	return e.id("c").Dot(field)
}

// field is a parameter: field int.
func (e *schemaEmitter) field() *jen.Statement { return e.id("field").Int() }

// eachField is a switch with a case for every session field:
//
//	switch field {
//	case visitorVisits:
//		<body>
//	}
func (e *schemaEmitter) eachField(body func(f *model.Field) []jen.Code) *jen.Statement {
	return jen.Switch(e.id("field")).BlockFunc(func(g *jen.Group) {
		for _, f := range e.Fields {
			g.Case(jen.Id(e.index[f.Name])).Block(body(f)...)
		}
	})
}

// coder is for the methods of the codec.
func (e *schemaEmitter) coder() coder { return coder{e.emitter, 0, false, ""} }

// holds is the method that tells a collection from an empty one:
//
//	func (c visitorCodec) Holds(field int) bool {
//		switch field {
//		case visitorCart:
//			return len(c.Cart) > 0
//		}
//		return true
//	}
func (e *schemaEmitter) holds() {
	var cases []jen.Code
	for _, f := range e.Fields {
		if !isCollection(f.Type) {
			continue
		}
		condition := e.coded(f.Name).Op("!=").Nil()
		if isEmptyAbsent(f.Type) {
			condition = jen.Len(e.coded(f.Name)).Op(">").Lit(0)
		}
		cases = append(cases, jen.Case(jen.Id(e.index[f.Name])).Block(jen.Return(condition)))
	}
	if len(cases) == 0 {
		e.file.Add(e.codecMethod("Holds").Params(jen.Int()).Bool().Add(oneLine(jen.Return(jen.True()))))
		e.file.Line()
		return
	}
	e.file.Add(e.codecMethod("Holds").Params(e.field()).Bool().Block(
		jen.Switch(e.id("field")).Block(cases...),
		jen.Return(jen.True()),
	))
	e.file.Line()
}

// append is the method that writes a field:
//
//	func (c visitorCodec) Append(b []byte, field int) []byte {
//		switch field {
//		case visitorVisits:
//			b = wire.AppendInt(b, 189712, int64(c.Visits))
//		}
//		return b
//	}
func (e *schemaEmitter) append() {
	if len(e.Fields) == 0 {
		e.file.Add(e.codecMethod("Append").Params(e.id("b").Index().Byte(), jen.Id("_").Int()).Index().Byte().
			Add(oneLine(jen.Return(e.id("b")))))
		e.file.Line()
		return
	}
	e.file.Add(e.codecMethod("Append").Params(e.id("b").Index().Byte(), e.field()).Index().Byte().Block(
		e.eachField(func(f *model.Field) []jen.Code {
			return e.coder().appendField(f, at(e.coded(f.Name)))
		}),
		jen.Return(e.id("b")),
	))
	e.file.Line()
}

// consume is the method that reads a field:
//
//	func (c visitorCodec) Consume(field int, r *wire.Reader) {
//		for r.Next() {
//			switch field {
//			case visitorVisits:
//				c.Visits = wire.ReadInt[int](r)
//			}
//		}
//	}
func (e *schemaEmitter) consume() {
	if len(e.Fields) == 0 {
		e.file.Add(e.codecMethod("Consume").Params(jen.Int(), jen.Op("*").Add(e.wire("Reader"))).Block())
		e.file.Line()
		return
	}
	e.file.Add(e.codecMethod("Consume").Params(e.field(), e.readerParam()).Block(
		jen.For(e.id("r").Dot("Next").Call()).Block(
			e.eachField(func(f *model.Field) []jen.Code {
				if f.Type.Kind == model.Array {
					return e.consumeArray(f.Type, at(e.coded(f.Name)))
				}
				return e.consumeAll(f.Type, at(e.coded(f.Name)))
			}),
		),
	))
	e.file.Line()
}

// readerParam is a parameter: r *wire.Reader.
func (e *emitter) readerParam() *jen.Statement {
	return e.id("r").Op("*").Add(e.wire("Reader"))
}

// reset is the method that puts the default into a field:
//
//	func (c visitorCodec) Reset(field int) {
//		switch field {
//		case visitorRole:
//			c.Role = "guest"
//		}
//	}
func (e *schemaEmitter) reset() {
	if len(e.Fields) == 0 {
		e.file.Add(e.codecMethod("Reset").Params(jen.Int()).Block())
		e.file.Line()
		return
	}
	e.file.Add(e.codecMethod("Reset").Params(e.field()).Block(
		e.eachField(func(f *model.Field) []jen.Code {
			unset := e.zero(f.Type)
			if f.Default != nil {
				unset = e.literal(f.Type, f.Default)
			}
			return []jen.Code{e.coded(f.Name).Op("=").Add(unset)}
		}),
	))
	e.file.Line()
}

// value is the method for printing:
//
//	func (c visitorCodec) Value(field int) any {
//		switch field {
//		case visitorVisits:
//			return c.Visits
//		}
//		return nil
//	}
func (e *schemaEmitter) value() {
	var cases []jen.Code
	add := func(name string, t *model.Type) {
		cases = append(cases, jen.Case(jen.Id(e.index[name])).Block(e.shown(t, e.coded(name))...))
	}
	for _, f := range e.Fields {
		add(f.Name, f.Type)
	}
	for _, c := range e.Cookies {
		add(c.Name, c.Type)
	}
	if len(cases) == 0 {
		e.file.Add(e.codecMethod("Value").Params(jen.Int()).Any().Add(oneLine(jen.Return(jen.Nil()))))
		e.file.Line()
		return
	}
	e.file.Add(e.codecMethod("Value").Params(e.field()).Any().Block(
		jen.Switch(e.id("field")).Block(cases...),
		jen.Return(jen.Nil()),
	))
	e.file.Line()
}

// shown returns a value as it is to be printed: not the address of a number, and
// a copy that can be addressed where that has the methods for printing.
//
//	return c.Visits
//
//	if c.Nickname != nil {
//		return *c.Nickname
//	}
//
//	value := c.Site
//	return &value
func (e *schemaEmitter) shown(t *model.Type, value *jen.Statement) []jen.Code {
	switch {
	case t.ByPointer:
		return []jen.Code{
			e.id("value").Op(":=").Add(value),
			jen.Return(jen.Op("&").Add(e.id("value"))),
		}
	case t.Kind == model.Pointer && t.Elem.Kind != model.Message && t.Elem.Kind != model.Proto && !t.Elem.ByPointer:
		return []jen.Code{jen.If(value.Clone().Op("!=").Nil()).Block(jen.Return(at(value).behind().value()))}
	}
	return []jen.Code{jen.Return(value)}
}
