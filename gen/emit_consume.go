package gen

import "github.com/dave/jennifer/jen"

// The functions in this file write the statements with which a value of a type
// is read from r into target, which holds what Reset or an earlier entry of the
// same field left there.

// readInto reads one value:
//
//	v.Count = runtime.ReadInt[int](r)
//	consumeItem(r, &v.Item)
func (e *emitter) readInto(t *Type, target *jen.Statement) jen.Code {
	if t.Kind == Message {
		return jen.Id(e.structs[t.Struct].consume).Call(e.id("r"), pointer(target))
	}
	return target.Clone().Op("=").Add(e.read(t))
}

// read is an expression that reads one value of another kind than Message.
func (e *emitter) read(t *Type) *jen.Statement {
	switch t.Kind {
	case Int, Uint:
		return e.runtime("Read" + wireFunction(t)).Types(e.goType(t.Go)).Call(e.id("r"))
	case Bytes:
		return e.id("r").Dot("Bytes").Call()
	}
	return e.fromWire(t, e.id("r").Dot(wireFunction(t)).Call())
}

// consumeField reads the current entry into a field of a schema or struct:
//
//	c.Visits = runtime.ReadInt[int](r)
func (e *emitter) consumeField(t *Type, target *jen.Statement) []jen.Code {
	switch {
	case t.Kind == Slice && isPacked(t):
		function := e.runtime("Read" + wireFunction(t.Elem) + "s")
		return []jen.Code{target.Clone().Op("=").Add(function).Call(e.id("r"), target.Clone())}
	case t.Kind == Slice:
		return e.consumeElement(t, target)
	case t.Kind == Map:
		return e.consumeEntry(t, target)
	}
	return []jen.Code{e.readInto(t, target)}
}

// consumeElement reads an element of a slice:
//
//	if c.Cart == nil {
//		c.Cart = make([]Item, 0, r.Count())
//	}
//	c.Cart = append(c.Cart, Item{})
//	consumeItem(r, &c.Cart[len(c.Cart)-1])
func (e *emitter) consumeElement(t *Type, target *jen.Statement) []jen.Code {
	grow := jen.If(target.Clone().Op("==").Nil()).Block(
		target.Clone().Op("=").Make(e.goType(t.Go), jen.Lit(0), e.id("r").Dot("Count").Call()),
	)
	if t.Elem.Kind != Message {
		return []jen.Code{grow, target.Clone().Op("=").Append(target.Clone(), e.read(t.Elem))}
	}
	last := target.Clone().Index(jen.Len(target.Clone()).Op("-").Lit(1))
	return []jen.Code{
		grow,
		target.Clone().Op("=").Append(target.Clone(), e.zero(t.Elem)),
		e.readInto(t.Elem, last),
	}
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
//			value = runtime.ReadInt[int](r)
//		default:
//			r.Skip()
//		}
//	}
//	r.Leave(outer)
//	c.Prefs[key] = value
func (e *emitter) consumeEntry(t *Type, target *jen.Statement) []jen.Code {
	return []jen.Code{
		jen.If(target.Clone().Op("==").Nil()).Block(
			target.Clone().Op("=").Make(e.goType(t.Go), e.id("r").Dot("Count").Call()),
		),
		jen.Var().Add(e.id("key")).Add(e.goType(t.Key.Go)),
		jen.Var().Add(e.id("value")).Add(e.goType(t.Elem.Go)),
		e.enter(),
		e.eachEntry(
			jen.Case(number(1)).Block(e.readInto(t.Key, e.id("key"))),
			jen.Case(number(2)).Block(e.readInto(t.Elem, e.id("value"))),
		),
		e.leave(),
		target.Clone().Index(e.id("key")).Op("=").Add(e.id("value")),
	}
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
	skip := e.id("r").Dot("Skip").Call()
	if len(cases) == 0 {
		return jen.For(e.id("r").Dot("Next").Call()).Block(skip)
	}
	return jen.For(e.id("r").Dot("Next").Call()).Block(
		jen.Switch(e.id("r").Dot("Number").Call()).Block(append(cases, jen.Default().Block(skip))...),
	)
}
