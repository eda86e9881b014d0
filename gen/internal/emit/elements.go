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

// appendMap appends a map, in the order of its keys:
//
//	for _, key := range wire.SortedKeys(c.Prefs) {
//		value := c.Prefs[key]
//		b = wire.OpenMessage(b, 110504)
//		open := len(b)
//		b = wire.AppendString(b, 1, key)
//		b = wire.AppendInt(b, 2, int64(value))
//		b = wire.CloseMessage(b, open)
//	}
func (c coder) appendMap(n int32, t *model.Type, v operand) []jen.Code {
	key, value := at(c.id("key")), at(c.id("value"))
	body := []jen.Code{value.value().Op(":=").Add(v.closed()).Index(key.value())}
	body = append(body, c.opened(n)...)
	body = append(body, c.inside().of("Key").appendOf(1, t.Key, key)...)
	if inside := c.inside().of("Value"); t.Elem.Kind == model.Pointer {
		body = append(body, inside.appendAll(2, t.Elem, value)...)
	} else {
		body = append(body, inside.appendOf(2, t.Elem, value)...)
	}
	body = append(body, c.id("b").Op("=").Add(c.closed()))
	return []jen.Code{jen.For(jen.List(jen.Id("_"), key.value()).Op(":=").Range().Add(c.sorted(t, v))).Block(body...)}
}

// sorted are the keys of a map in the order in which they are written:
//
//	wire.SortedKeys(c.Prefs)
//	wire.SortedByWire(c.Hosts, <function>)
func (c coder) sorted(t *model.Type, v operand) *jen.Statement {
	if function := t.Key.Facts().KeySort; function != "" {
		return c.wire(function).Call(v.value())
	}
	return c.wire("SortedByWire").Call(v.value(), c.appendKey(t))
}

// appendKey is the function by whose result keys are sorted:
//
//	func(b []byte, key *netip.Addr) []byte {
//		b = wire.AppendBinary(b, 1, key)
//		return b
//	}
func (c coder) appendKey(t *model.Type) *jen.Statement {
	bytes := jen.Index().Byte()
	body := c.inside().of("").appendOf(1, t.Key, at(c.id("key")).behind())
	return jen.Func().Params(c.id("b").Add(bytes.Clone()), c.id("key").Op("*").Add(c.goType(t.Key.Go))).Add(bytes).
		Block(append(body, jen.Return(c.id("b")))...)
}
