package emit

import (
	"github.com/dave/jennifer/jen"

	"github.com/sessiongen/sessiongen/gen/internal/model"
)

// coder writes the statements with which a value of a type is appended to b. A type is
// met in one of two places: where there is room for any number of entries (appendAll),
// or for one only (appendOf).
type coder struct {
	*emitter
	level int    // how many messages are around, from the function's beginning
	deep  bool   // and how many around the function is in depth
	part  string // what distinguishes the messages of a block, such as a field's name
}

// inside is the coder within one more message.
func (c coder) inside() coder {
	c.level++
	return c
}

// depth is the argument of functions that write what may contain itself, none for
// others:
//
//	depth+1
func (c coder) depth(t *model.Type) []jen.Code {
	switch {
	case !isDeep(t):
		return nil
	case !c.deep:
		return []jen.Code{jen.Lit(c.level)}
	case c.level == 0:
		return []jen.Code{c.id("depth")}
	}
	return []jen.Code{c.id("depth").Op("+").Lit(c.level)}
}

// number is a field's number as code.
func number(n int32) *jen.Statement { return jen.Lit(int(n)) }

// functions are those of the message that a value of t is.
func (e *emitter) functions(t *model.Type) functionNames {
	if t.Struct != nil {
		return e.structs[t.Struct]
	}
	return e.wrapper(t).functionNames
}

// isMessage reports whether one value of t is a message with functions of its own.
func isMessage(t *model.Type) bool { return t.Facts().Shape != model.Scalar }

// argument is what the functions that write a message take: &v.Item, or v.Tags.
func (e *emitter) argument(t *model.Type, v operand) *jen.Statement {
	if t.Facts().Large {
		return v.pointer()
	}
	return v.value()
}

// of is the coder for a part of a block that may have several messages.
func (c coder) of(part string) coder {
	c.part = part
	return c
}

// appendOf appends one value, zero or not:
//
//	b = wire.AppendInt(b, 110805, int64(v.Count))
//	b = wire.AppendProto[proto.Message](b, 4711, v.User, proto.MarshalOptions{Deterministic: true}.MarshalAppend)
func (c coder) appendOf(n int32, t *model.Type, v operand) []jen.Code {
	if isMessage(t) {
		return c.appendContent(n, t, v, c.closed())
	}
	function, args := c.wire("Append"+t.Facts().Function), []jen.Code{c.id("b"), number(n), c.toWire(t, v)}
	if library := t.Facts().Library; library != "" {
		function.Types(jen.Qual(library, "Message"))
		args = append(args, jen.Qual(library, "MarshalOptions").Values(jen.Dict{jen.Id("Deterministic"): jen.True()}).Dot("MarshalAppend"))
	}
	return []jen.Code{c.id("b").Op("=").Add(function).Call(args...)}
}

// appendContent appends a message:
//
//	b = wire.OpenMessage(b, 28939)
//	open := len(b)
//	b = appendItem(b, &v.Item)
//	b = <close>
func (c coder) appendContent(n int32, t *model.Type, v operand, closed jen.Code) []jen.Code {
	args := append([]jen.Code{c.id("b"), c.argument(t, v)}, c.inside().depth(t)...)
	return append(c.opened(n),
		c.id("b").Op("=").Id(c.functions(t).append).Call(args...),
		c.id("b").Op("=").Add(closed),
	)
}

// open is the variable with the beginning of a message's contents.
func (c coder) open() *jen.Statement { return c.id("open" + c.part) }

// opened begins a message:
//
//	b = wire.OpenMessage(b, 28939)
//	open := len(b)
func (c coder) opened(n int32) []jen.Code {
	return []jen.Code{
		c.id("b").Op("=").Add(c.wire("OpenMessage")).Call(c.id("b"), number(n)),
		c.open().Op(":=").Len(c.id("b")),
	}
}

// closed ends a message: wire.CloseMessage(b, open).
func (c coder) closed() *jen.Statement {
	return c.wire("CloseMessage").Call(c.id("b"), c.open())
}

// appendAll appends a value with all of its entries, zero or not:
//
//	b = wire.AppendInt(b, 189712, int64(c.Visits))
func (c coder) appendAll(n int32, t *model.Type, v operand) []jen.Code {
	switch t.Facts().Shape {
	case model.List:
		return c.appendElements(n, t, v)
	case model.Table:
		return c.appendMap(n, t, v)
	case model.Optional:
		return []jen.Code{jen.If(v.value().Op("!=").Nil()).Block(c.appendOf(n, t.Elem, v.behind())...)}
	default:
		return c.appendOf(n, t, v)
	}
}

// appendField appends a field of a schema, where a zero value is kept:
//
//	b = wire.AppendInt(b, 189712, int64(c.Visits))
func (c coder) appendField(f *model.Field, v operand) []jen.Code {
	return c.ifThere(f, v, c.appendAll(f.Number, f.Type, v))
}

// ifThere leaves out nil, and a principal that is unset and does not look so on
// the wire:
//
//	if c.Avatar != nil {
//		<statements>
//	}
func (c coder) ifThere(f *model.Field, v operand, statements []jen.Code) []jen.Code {
	facts := f.Type.Facts()
	switch {
	case facts.Shape == model.Scalar && facts.Absence == model.AbsentIfNil && isNilable(f.Type):
		return []jen.Code{jen.If(v.value().Op("!=").Nil()).Block(statements...)}
	case f.Principal && facts.Find == model.FoundIfComparable:
		return c.unlessZero(f.Type, v, statements)
	}
	return statements
}

// appendNested appends a field of a struct, where a zero value is left out:
//
//	if v.Count != 0 {
//		b = wire.AppendInt(b, 110805, int64(v.Count))
//	}
//
//	b = wire.OpenMessage(b, 4711)
//	openPlace := len(b)
//	b = appendPlace(b, &v.Place)
//	b = wire.CloseFilled(b, openPlace, 4711)
func (c coder) appendNested(f *model.StructField, v operand) []jen.Code {
	if f.Type.Struct != nil {
		c = c.of(f.Name)
		return c.appendContent(f.Number, f.Type, v, c.wire("CloseFilled").Call(c.id("b"), c.open(), number(f.Number)))
	}
	return c.unlessZero(f.Type, v, c.appendAll(f.Number, f.Type, v))
}
