package emit

import (
	"github.com/dave/jennifer/jen"

	"github.com/sessiongen/sessiongen/gen/internal/model"
)

// The functions in this file write the statements with which a value of a type
// is read from r into target, which holds what Reset or an earlier entry of the
// same field left there. No two values share memory with each other.

// readInto reads one value where there is one entry for it:
//
//	v.Count = wire.ReadInt[int](r)
//	consumeItem(r, &v.Item)
//	wire.ReadProto[proto.Message](r, v.User, proto.Unmarshal)
func (e *emitter) readInto(t *model.Type, target operand) jen.Code {
	switch {
	case isMessage(t):
		return jen.Id(e.functions(t).consume).Call(e.id("r"), target.pointer())
	case t.Facts().Library != "":
		library := t.Facts().Library
		return e.wire(t.Facts().ReadInto).Types(jen.Qual(library, "Message")).
			Call(e.id("r"), target.pointer(), jen.Qual(library, "Unmarshal"))
	case t.Facts().EncodesItself:
		return e.wire(t.Facts().ReadInto).Call(e.id("r"), target.pointer())
	case model.IsByteArray(t):
		return e.wire("ReadArray").Call(e.id("r"), target.sliced())
	}
	return target.value().Op("=").Add(e.read(t))
}

// isRead reports whether one value of t is read by an expression.
func isRead(t *model.Type) bool {
	facts := t.Facts()
	return (facts.Read != "" || facts.ReadFunction != "") && !model.IsByteArray(t)
}

// read is an expression that reads one value.
func (e *emitter) read(t *model.Type) *jen.Statement {
	facts := t.Facts()
	if facts.ReadFunction != "" {
		return e.wire(facts.ReadFunction).Types(e.goType(t.Go)).Call(e.id("r"))
	}
	value := e.id("r").Dot(facts.Read).Call()
	if t.Kind == model.Bytes {
		return value // which can be assigned to every type of the kind
	}
	return e.fromWire(t, value)
}

// consumeAll reads the current entry into a field of a schema or struct, which may
// have more of them:
//
//	c.Visits = wire.ReadInt[int](r)
func (e *emitter) consumeAll(t *model.Type, target operand) []jen.Code {
	switch t.Facts().Shape {
	case model.List:
		return e.consumeElement(t, target)
	case model.Table:
		return e.consumeEntry(t, target)
	case model.Optional:
		return e.consumePointer(t, target)
	default:
		return []jen.Code{e.readInto(t, target)}
	}
}

// consumePointer reads what a pointer points to:
//
//	if v.Item == nil {
//		v.Item = new(Item)
//	}
//	consumeItem(r, v.Item)
//
//	v.Name = new(string)
//	*v.Name = r.String()
func (e *emitter) consumePointer(t *model.Type, target operand) []jen.Code {
	assignment := target.value().Op("=").New(e.goType(t.Elem.Go))
	if isMessage(t.Elem) {
		assignment = jen.If(target.value().Op("==").Nil()).Block(assignment)
	}
	return []jen.Code{assignment, e.readInto(t.Elem, target.behind())}
}

// consumeElement reads an element of a slice, or several that are packed:
//
//	c.Cart = append(wire.Grow(r, c.Cart), Item{})
//	consumeItem(r, &c.Cart[len(c.Cart)-1])
func (e *emitter) consumeElement(t *model.Type, target operand) []jen.Code {
	grown := e.wire("Grow").Call(e.id("r"), target.value())
	if t.Elem.Kind == model.Array || model.IsByteArray(t.Elem) {
		// Too large to make room for all of them before one was read.
		grown = target.value()
	}
	return e.appendElement(t, target, grown)
}

// appendElement reads an element into target, where grown has room for it, for
// arrays too: there target is what was read of the array so far, as a slice.
func (e *emitter) appendElement(t *model.Type, target operand, grown *jen.Statement) []jen.Code {
	switch {
	case model.IsPacked(t):
		function := e.wire("Read" + t.Elem.Facts().Function + "s")
		return []jen.Code{target.value().Op("=").Add(function).Call(e.id("r"), target.value())}
	case isRead(t.Elem):
		return []jen.Code{target.value().Op("=").Append(grown, e.read(t.Elem))}
	}
	last := at(target.closed().Index(jen.Len(target.value()).Op("-").Lit(1)))
	return []jen.Code{
		target.value().Op("=").Append(grown, e.zero(t.Elem)),
		e.readInto(t.Elem, last),
	}
}

// consumeArray reads all entries of an array of a schema:
//
//	values := c.Sides[:0]
//	for more := true; more; more = r.Next() {
//		values = wire.ReadInts(r, values)
//	}
//	r.CheckLength(len(values), 3)
func (e *emitter) consumeArray(t *model.Type, target operand) []jen.Code {
	values := e.id("values")
	return []jen.Code{
		values.Clone().Op(":=").Add(target.emptied()),
		jen.For(
			e.id("more").Op(":=").True(), e.id("more"), e.id("more").Op("=").Add(e.id("r")).Dot("Next").Call(),
		).Block(e.appendElement(t, at(values), values.Clone())...),
		e.checkLength(values, t),
	}
}

// checkLength fails the reading of an array with too few or too many elements:
//
//	r.CheckLength(len(values), 3)
func (e *emitter) checkLength(values *jen.Statement, t *model.Type) *jen.Statement {
	return e.id("r").Dot("CheckLength").Call(jen.Len(values.Clone()), jen.Lit(t.Length))
}

// consumeEntry reads an entry of a map:
//
//	if c.Prefs == nil {
//		c.Prefs = make(map[string]int, r.Count())
//	}
//	var key string
//	var value int
//	outer := r.Enter()
//	for r.Next() {
//		switch r.Number() {
//		case 1:
//			key = r.String()
//		case 2:
//			value = wire.ReadInt[int](r)
//		default:
//			r.Skip()
//		}
//	}
//	r.Leave(outer)
//	c.Prefs[key] = value
//
// A key that may be NaN is checked before it is used:
//
//	wire.CheckKey(r, key)
func (e *emitter) consumeEntry(t *model.Type, target operand) []jen.Code {
	var value []jen.Code
	if t.Elem.Kind == model.Pointer {
		value = e.consumePointer(t.Elem, at(e.id("value")))
	} else {
		value = []jen.Code{e.readInto(t.Elem, at(e.id("value")))}
	}
	read := []jen.Code{
		jen.If(target.value().Op("==").Nil()).Block(
			target.value().Op("=").Make(e.goType(t.Go), e.id("r").Dot("Count").Call()),
		),
		jen.Var().Add(e.id("key")).Add(e.goType(t.Key.Go)),
		jen.Var().Add(e.id("value")).Add(e.goType(t.Elem.Go)),
		e.enter(),
		e.eachEntry(
			jen.Case(number(1)).Block(e.readInto(t.Key, at(e.id("key")))),
			jen.Case(number(2)).Block(value...),
		),
		e.leave(),
	}
	if !isExact(t.Key.Go) {
		read = append(read, e.wire("CheckKey").Call(e.id("r"), e.id("key")))
	}
	return append(read, target.closed().Index(e.id("key")).Op("=").Add(e.id("value")))
}

// enter is outer := r.Enter().
func (e *emitter) enter() *jen.Statement {
	return e.id("outer").Op(":=").Add(e.id("r")).Dot("Enter").Call()
}

// leave is r.Leave(outer).
func (e *emitter) leave() *jen.Statement {
	return e.id("r").Dot("Leave").Call(e.id("outer"))
}

// eachEntry is a loop over the entries of a message, with a case for each number
// that is known:
//
//	for r.Next() {
//		switch r.Number() {
//		<cases>
//		default:
//			r.Skip()
//		}
//	}
func (e *emitter) eachEntry(cases ...jen.Code) *jen.Statement {
	return e.eachEntryOr(e.id("r").Dot("Skip").Call(), cases...)
}

// eachEntryOr is eachEntry with what is to be done with an unknown entry.
func (e *emitter) eachEntryOr(unknown jen.Code, cases ...jen.Code) *jen.Statement {
	if len(cases) == 0 {
		return jen.For(e.id("r").Dot("Next").Call()).Block(unknown)
	}
	return jen.For(e.id("r").Dot("Next").Call()).Block(
		jen.Switch(e.id("r").Dot("Number").Call()).Block(append(cases, jen.Default().Block(unknown))...),
	)
}
