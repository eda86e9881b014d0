package emit

import (
	"github.com/dave/jennifer/jen"

	"github.com/sessiongen/sessiongen/gen/internal/model"
)

// coder writes the statements with which a value of a type is measured and
// appended; what is measured goes into size, what is appended into b. A type is
// met in one of two places: where there is room for any number of entries (sizeAll,
// appendAll), or for one only (sizeOf, appendOf).
type coder struct {
	*emitter
	level int  // how many messages are around, from the function's beginning
	deep  bool // and how many around the function is in depth
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

// contentSize is the size of the contents of a message: sizeItem(&v.Item).
func (c coder) contentSize(t *model.Type, v operand) *jen.Statement {
	args := append([]jen.Code{c.argument(t, v)}, c.inside().depth(t)...)
	return jen.Id(c.functions(t).size).Call(args...)
}

// sizeOf is an expression for the size of one value, zero or not:
//
//	wire.SizeInt(110805, int64(v.Count))
//	wire.SizeMessage(28939, sizeItem(&c.Cart[i]))
func (c coder) sizeOf(n int32, t *model.Type, v operand) *jen.Statement {
	if isMessage(t) {
		return c.wire("SizeMessage").Call(number(n), c.contentSize(t, v))
	}
	return c.wire("Size"+t.Facts().Function).Call(number(n), c.toWire(t, v))
}

// appendOf appends one value, zero or not:
//
//	b = wire.AppendInt(b, 110805, int64(v.Count))
func (c coder) appendOf(n int32, t *model.Type, v operand) []jen.Code {
	if isMessage(t) {
		return c.appendContent(n, t, v, c.contentSize(t, v))
	}
	return []jen.Code{
		c.id("b").Op("=").Add(c.wire("Append"+t.Facts().Function)).Call(c.id("b"), number(n), c.toWire(t, v)),
	}
}

// appendContent appends a message whose size is known:
//
//	b = wire.AppendMessage(b, 28939, <size>)
//	b = appendItem(b, &v.Item)
func (c coder) appendContent(n int32, t *model.Type, v operand, size jen.Code) []jen.Code {
	args := append([]jen.Code{c.id("b"), c.argument(t, v)}, c.inside().depth(t)...)
	return []jen.Code{
		c.id("b").Op("=").Add(c.wire("AppendMessage")).Call(c.id("b"), number(n), size),
		c.id("b").Op("=").Id(c.functions(t).append).Call(args...),
	}
}

// sizeAll measures a value with all of its entries, zero or not; assign is += or,
// where there is nothing in size yet, =:
//
//	size = wire.SizeInt(189712, int64(c.Visits))
func (c coder) sizeAll(assign string, n int32, t *model.Type, v operand) []jen.Code {
	switch t.Facts().Shape {
	case model.List:
		return c.sizeElements(assign, n, t, v)
	case model.Table:
		return c.sizeMap(n, t, v)
	case model.Optional:
		return []jen.Code{jen.If(v.value().Op("!=").Nil()).Block(
			c.id("size").Op(assign).Add(c.sizeOf(n, t.Elem, v.behind())),
		)}
	default:
		return []jen.Code{c.id("size").Op(assign).Add(c.sizeOf(n, t, v))}
	}
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

// sizeField measures a field of a schema, where a zero value is kept:
//
//	size = wire.SizeInt(189712, int64(c.Visits))
func (c coder) sizeField(f *model.Field, v operand) []jen.Code {
	return c.ifThere(f, v, c.sizeAll("=", f.Number, f.Type, v))
}

// appendField appends a field of a schema.
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

// sizeNested measures a field of a struct, where a zero value is left out:
//
//	if v.Count != 0 {
//		size += wire.SizeInt(110805, int64(v.Count))
//	}
//	if n := sizePlace(&v.Place); n > 0 {
//		size += wire.SizeMessage(4711, n)
//	}
func (c coder) sizeNested(n int32, t *model.Type, v operand) []jen.Code {
	if t.Struct != nil {
		return []jen.Code{c.ifNotEmpty(t, v).Block(
			c.id("size").Op("+=").Add(c.wire("SizeMessage")).Call(number(n), c.id("n")),
		)}
	}
	return c.unlessZero(t, v, c.sizeAll("+=", n, t, v))
}

// appendNested appends a field of a struct:
//
//	if v.Count != 0 {
//		b = wire.AppendInt(b, 110805, int64(v.Count))
//	}
func (c coder) appendNested(n int32, t *model.Type, v operand) []jen.Code {
	if t.Struct != nil {
		return []jen.Code{c.ifNotEmpty(t, v).Block(c.appendContent(n, t, v, c.id("n"))...)}
	}
	return c.unlessZero(t, v, c.appendAll(n, t, v))
}

// ifNotEmpty begins a statement about the size of a struct:
//
//	if n := sizePlace(&v.Place); n > 0
func (c coder) ifNotEmpty(t *model.Type, v operand) *jen.Statement {
	return jen.If(
		c.id("n").Op(":=").Add(c.contentSize(t, v)),
		c.id("n").Op(">").Lit(0),
	)
}
