package emit

import (
	"github.com/dave/jennifer/jen"

	"github.com/sessiongen/sessiongen/gen/internal/model"
)

// packed is a slice or array as the runtime's functions for lists take it.
func packed(t *model.Type, v operand) *jen.Statement {
	if t.Kind == model.Array {
		return v.sliced()
	}
	return v.value()
}

// sizeElements measures a slice or array:
//
//	size = wire.SizeInts(4711, c.Scores)
//
//	for i := range c.Cart {
//		size += wire.SizeMessage(28939, sizeItem(&c.Cart[i]))
//	}
func (c coder) sizeElements(assign string, n int32, t *model.Type, v operand) []jen.Code {
	if model.IsPacked(t) {
		function := c.wire("Size" + t.Elem.Facts().Function + "s")
		return []jen.Code{c.id("size").Op(assign).Add(function).Call(number(n), packed(t, v))}
	}
	return []jen.Code{c.eachElement(t, v, func(element operand) []jen.Code {
		return []jen.Code{c.id("size").Op("+=").Add(c.sizeOf(n, t.Elem, element))}
	})}
}

// appendElements appends a slice or array:
//
//	for _, value := range c.Tags {
//		b = wire.AppendString(b, 4711, value)
//	}
func (c coder) appendElements(n int32, t *model.Type, v operand) []jen.Code {
	if model.IsPacked(t) {
		function := c.wire("Append" + t.Elem.Facts().Function + "s")
		return []jen.Code{c.id("b").Op("=").Add(function).Call(c.id("b"), number(n), packed(t, v))}
	}
	return []jen.Code{c.eachElement(t, v, func(element operand) []jen.Code {
		return c.appendOf(n, t.Elem, element)
	})}
}

// eachElement is a loop over a slice or array, by index if the elements are
// addressed, so that they are neither copied nor moved to the heap:
//
//	for i := range c.Cart {
//		<body>
//	}
func (c coder) eachElement(t *model.Type, v operand, body func(element operand) []jen.Code) *jen.Statement {
	if isAddressed(t.Elem) {
		return jen.For(c.id("i").Op(":=").Range().Add(v.value())).Block(
			body(v.index(t, c.id("i")))...,
		)
	}
	return jen.For(jen.List(jen.Id("_"), c.id("value")).Op(":=").Range().Add(v.value())).Block(
		body(at(c.id("value")))...,
	)
}

// isAddressed reports whether the functions that write a value of t take a pointer.
func isAddressed(t *model.Type) bool {
	return t.Facts().Large || t.Facts().EncodesItself || model.IsByteArray(t)
}

// sizeMap measures a map:
//
//	for key, value := range c.Prefs {
//		size += wire.SizeMessage(110504, wire.SizeString(1, key)+wire.SizeInt(2, int64(value)))
//	}
func (c coder) sizeMap(n int32, t *model.Type, v operand) []jen.Code {
	before, size := c.inside().entrySize(t)
	return []jen.Code{
		jen.For(jen.List(c.id("key"), c.id("value")).Op(":=").Range().Add(v.value())).Block(append(before,
			c.id("size").Op("+=").Add(c.wire("SizeMessage")).Call(number(n), size),
		)...),
	}
}

// entrySize is the size of an entry of a map, after some statements if its value
// is a pointer:
//
//	wire.SizeString(1, key)+wire.SizeInt(2, int64(value))
//
//	n := wire.SizeString(1, key)
//	if value != nil {
//		n += wire.SizeMessage(2, sizeItem(value))
//	}
func (c coder) entrySize(t *model.Type) (before []jen.Code, size *jen.Statement) {
	key, value := c.sizeOf(1, t.Key, at(c.id("key"))), c.id("value")
	if t.Elem.Kind != model.Pointer {
		return nil, key.Op("+").Add(c.sizeOf(2, t.Elem, at(value)))
	}
	return []jen.Code{
		c.id("n").Op(":=").Add(key),
		jen.If(value.Clone().Op("!=").Nil()).Block(
			c.id("n").Op("+=").Add(c.sizeOf(2, t.Elem.Elem, at(value).behind())),
		),
	}, c.id("n")
}

// appendMap appends a map, in the order of its keys:
//
//	for _, key := range wire.SortedKeys(c.Prefs) {
//		value := c.Prefs[key]
//		b = wire.AppendMessage(b, 110504, wire.SizeString(1, key)+wire.SizeInt(2, int64(value)))
//		b = wire.AppendString(b, 1, key)
//		b = wire.AppendInt(b, 2, int64(value))
//	}
func (c coder) appendMap(n int32, t *model.Type, v operand) []jen.Code {
	loop, body := c.eachSorted(t, v)
	before, size := c.inside().entrySize(t)
	body = append(body, before...)
	body = append(body, c.id("b").Op("=").Add(c.wire("AppendMessage")).Call(c.id("b"), number(n), size))
	body = append(body, c.inside().appendOf(1, t.Key, at(c.id("key")))...)
	if t.Elem.Kind == model.Pointer {
		body = append(body, c.inside().appendAll(2, t.Elem, at(c.id("value")))...)
	} else {
		body = append(body, c.inside().appendOf(2, t.Elem, at(c.id("value")))...)
	}
	return []jen.Code{loop.Block(body...)}
}

// eachSorted is the head of a loop over the entries of a map, and how its body
// gets key and value:
//
//	for _, key := range wire.SortedKeys(c.Prefs)
//		value := c.Prefs[key]
//
//	for _, entry := range wire.SortedFloats(c.Weights)
//		key, value := entry.Key, entry.Value
func (c coder) eachSorted(t *model.Type, v operand) (loop *jen.Statement, body []jen.Code) {
	each := func(name string, sorted *jen.Statement) *jen.Statement {
		return jen.For(jen.List(jen.Id("_"), c.id(name)).Op(":=").Range().Add(sorted))
	}
	value := []jen.Code{c.id("value").Op(":=").Add(v.closed()).Index(c.id("key"))}
	var sorted *jen.Statement
	switch function := t.Key.Facts().KeySort; function {
	case "SortedKeys", "SortedBools":
		return each("key", c.wire(function).Call(v.value())), value
	case "":
		sorted = c.wire("SortedEntries").Call(v.value(), c.appendKey(t))
	default:
		sorted = c.wire(function).Call(v.value())
	}
	entry := c.id("entry")
	return each("entry", sorted), []jen.Code{
		jen.List(c.id("key"), c.id("value")).Op(":=").List(entry.Clone().Dot("Key"), entry.Clone().Dot("Value")),
	}
}

// appendKey is the function by which entries are sorted:
//
//	func(b []byte, key *netip.Addr) []byte {
//		b = wire.AppendBinary(b, 1, key)
//		return b
//	}
func (c coder) appendKey(t *model.Type) *jen.Statement {
	bytes := jen.Index().Byte()
	body := c.inside().appendOf(1, t.Key, at(c.id("key")).behind())
	return jen.Func().Params(c.id("b").Add(bytes.Clone()), c.id("key").Op("*").Add(c.goType(t.Key.Go))).Add(bytes).
		Block(append(body, jen.Return(c.id("b")))...)
}
