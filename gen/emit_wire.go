package gen

import "github.com/dave/jennifer/jen"

// The functions in this file write the statements with which a value of a type
// is measured and appended. value is an expression that can be used several times
// and addressed; what is measured goes into size, what is appended into b.

// wireFunction is what the runtime's functions for a type are called after Size
// and Append.
func wireFunction(t *Type) string {
	switch t.Kind {
	case Bool:
		return "Bool"
	case Int:
		return "Int"
	case Uint:
		return "Uint"
	case Float:
		return exported(basicOf(t).Name())
	case String, Bytes:
		return "String"
	case Time:
		return "Time"
	case Duration:
		return "Duration"
	}
	return ""
}

// isPacked says whether a slice is one entry rather than one for each element.
func isPacked(t *Type) bool {
	switch t.Elem.Kind {
	case Bool, Int, Uint, Float:
		return true
	}
	return false
}

// pointer is &value.
func pointer(value *jen.Statement) *jen.Statement { return jen.Op("&").Add(value.Clone()) }

// number is a field's number as code.
func number(n int32) *jen.Statement { return jen.Lit(int(n)) }

// sizeOf is an expression for the size of one value, zero or not:
//
//	runtime.SizeInt(110805, int64(v.Count))
//	runtime.SizeMessage(28939, sizeItem(&c.Cart[i]))
func (e *emitter) sizeOf(n int32, t *Type, value *jen.Statement) *jen.Statement {
	if t.Kind == Message {
		return e.runtime("SizeMessage").Call(number(n), e.structSize(t, value))
	}
	return e.runtime("Size"+wireFunction(t)).Call(number(n), e.toWire(t, value.Clone()))
}

// structSize is the size of a struct's contents: sizeItem(&v.Item).
func (e *emitter) structSize(t *Type, value *jen.Statement) *jen.Statement {
	return jen.Id(e.structs[t.Struct].size).Call(pointer(value))
}

// appendOf appends one value, zero or not:
//
//	b = runtime.AppendInt(b, 110805, int64(v.Count))
func (e *emitter) appendOf(n int32, t *Type, value *jen.Statement) []jen.Code {
	if t.Kind == Message {
		return e.appendStruct(n, t, value, e.structSize(t, value))
	}
	return []jen.Code{
		e.id("b").Op("=").Add(e.runtime("Append"+wireFunction(t))).Call(e.id("b"), number(n), e.toWire(t, value.Clone())),
	}
}

// appendStruct appends a struct whose size is known:
//
//	b = runtime.AppendMessage(b, 28939, <size>)
//	b = appendItem(b, &v.Item)
func (e *emitter) appendStruct(n int32, t *Type, value *jen.Statement, size jen.Code) []jen.Code {
	return []jen.Code{
		e.id("b").Op("=").Add(e.runtime("AppendMessage")).Call(e.id("b"), number(n), size),
		e.id("b").Op("=").Id(e.structs[t.Struct].append).Call(e.id("b"), pointer(value)),
	}
}

// sizeField measures a field of a schema, where a zero value is kept:
//
//	size = runtime.SizeInt(189712, int64(c.Visits))
func (e *emitter) sizeField(n int32, t *Type, value *jen.Statement) []jen.Code {
	switch t.Kind {
	case Slice:
		return e.sizeSlice("=", n, t, value)
	case Map:
		return e.sizeMap(n, t, value)
	}
	assignment := e.id("size").Op("=").Add(e.sizeOf(n, t, value))
	if t.Kind == Bytes {
		return []jen.Code{jen.If(value.Clone().Op("!=").Nil()).Block(assignment)}
	}
	return []jen.Code{assignment}
}

// sizeNested measures a field of a struct, where a zero value is left out:
//
//	if v.Count != 0 {
//		size += runtime.SizeInt(110805, int64(v.Count))
//	}
//	if n := sizePlace(&v.Place); n > 0 {
//		size += runtime.SizeMessage(4711, n)
//	}
func (e *emitter) sizeNested(n int32, t *Type, value *jen.Statement) []jen.Code {
	switch t.Kind {
	case Slice:
		return e.sizeSlice("+=", n, t, value)
	case Map:
		return e.sizeMap(n, t, value)
	case Message:
		return []jen.Code{e.ifNotEmpty(t, value).Block(
			e.id("size").Op("+=").Add(e.runtime("SizeMessage")).Call(number(n), e.id("n")),
		)}
	}
	return []jen.Code{jen.If(e.isNotZero(t, value)).Block(
		e.id("size").Op("+=").Add(e.sizeOf(n, t, value)),
	)}
}

// ifNotEmpty begins a statement about the size of a struct:
//
//	if n := sizePlace(&v.Place); n > 0
func (e *emitter) ifNotEmpty(t *Type, value *jen.Statement) *jen.Statement {
	return jen.If(
		e.id("n").Op(":=").Add(e.structSize(t, value)),
		e.id("n").Op(">").Lit(0),
	)
}

// isNotZero is a condition: v.Count != 0.
func (e *emitter) isNotZero(t *Type, value *jen.Statement) *jen.Statement {
	switch t.Kind {
	case Bool:
		return value.Clone()
	case String:
		return value.Clone().Op("!=").Lit("")
	case Bytes:
		return jen.Len(value.Clone()).Op(">").Lit(0)
	case Time:
		return jen.Op("!").Add(e.toWire(t, value.Clone())).Dot("IsZero").Call()
	}
	return value.Clone().Op("!=").Lit(0)
}

// sizeSlice measures a slice:
//
//	size = runtime.SizeInts(4711, c.Scores)
//
//	for i := range c.Cart {
//		size += runtime.SizeMessage(28939, sizeItem(&c.Cart[i]))
//	}
func (e *emitter) sizeSlice(op string, n int32, t *Type, value *jen.Statement) []jen.Code {
	if isPacked(t) {
		function := e.runtime("Size" + wireFunction(t.Elem) + "s")
		return []jen.Code{e.id("size").Op(op).Add(function).Call(number(n), value.Clone())}
	}
	return []jen.Code{e.eachElement(t, value, func(element *jen.Statement) []jen.Code {
		return []jen.Code{e.id("size").Op("+=").Add(e.sizeOf(n, t.Elem, element))}
	})}
}

// eachElement is a loop over a slice, by index if the elements are structs, which
// are neither copied nor moved to the heap:
//
//	for i := range c.Cart {
//		<body>
//	}
func (e *emitter) eachElement(t *Type, value *jen.Statement, body func(element *jen.Statement) []jen.Code) *jen.Statement {
	if t.Elem.Kind == Message {
		return jen.For(e.id("i").Op(":=").Range().Add(value.Clone())).Block(
			body(value.Clone().Index(e.id("i")))...,
		)
	}
	return jen.For(jen.List(jen.Id("_"), e.id("value")).Op(":=").Range().Add(value.Clone())).Block(
		body(e.id("value"))...,
	)
}

// sizeMap measures a map:
//
//	for key, value := range c.Prefs {
//		size += runtime.SizeMessage(110504, runtime.SizeString(1, key)+runtime.SizeInt(2, int64(value)))
//	}
func (e *emitter) sizeMap(n int32, t *Type, value *jen.Statement) []jen.Code {
	return []jen.Code{
		jen.For(jen.List(e.id("key"), e.id("value")).Op(":=").Range().Add(value.Clone())).Block(
			e.id("size").Op("+=").Add(e.runtime("SizeMessage")).Call(number(n), e.entrySize(t)),
		),
	}
}

// entrySize is the size of an entry of a map:
//
//	runtime.SizeString(1, key)+runtime.SizeInt(2, int64(value))
func (e *emitter) entrySize(t *Type) *jen.Statement {
	return e.sizeOf(1, t.Key, e.id("key")).Op("+").Add(e.sizeOf(2, t.Elem, e.id("value")))
}

// appendField appends a field of a schema:
//
//	b = runtime.AppendInt(b, 189712, int64(c.Visits))
func (e *emitter) appendField(n int32, t *Type, value *jen.Statement) []jen.Code {
	switch t.Kind {
	case Slice:
		return e.appendSlice(n, t, value)
	case Map:
		return e.appendMap(n, t, value)
	case Bytes:
		return []jen.Code{jen.If(value.Clone().Op("!=").Nil()).Block(e.appendOf(n, t, value)...)}
	}
	return e.appendOf(n, t, value)
}

// appendNested appends a field of a struct:
//
//	if v.Count != 0 {
//		b = runtime.AppendInt(b, 110805, int64(v.Count))
//	}
func (e *emitter) appendNested(n int32, t *Type, value *jen.Statement) []jen.Code {
	switch t.Kind {
	case Slice:
		return e.appendSlice(n, t, value)
	case Map:
		return e.appendMap(n, t, value)
	case Message:
		return []jen.Code{e.ifNotEmpty(t, value).Block(e.appendStruct(n, t, value, e.id("n"))...)}
	}
	return []jen.Code{jen.If(e.isNotZero(t, value)).Block(e.appendOf(n, t, value)...)}
}

// appendSlice appends a slice:
//
//	for _, value := range c.Tags {
//		b = runtime.AppendString(b, 4711, value)
//	}
func (e *emitter) appendSlice(n int32, t *Type, value *jen.Statement) []jen.Code {
	if isPacked(t) {
		function := e.runtime("Append" + wireFunction(t.Elem) + "s")
		return []jen.Code{e.id("b").Op("=").Add(function).Call(e.id("b"), number(n), value.Clone())}
	}
	return []jen.Code{e.eachElement(t, value, func(element *jen.Statement) []jen.Code {
		return e.appendOf(n, t.Elem, element)
	})}
}

// appendMap appends a map, in the order of its keys:
//
//	for _, key := range runtime.SortedKeys(c.Prefs) {
//		value := c.Prefs[key]
//		b = runtime.AppendMessage(b, 110504, runtime.SizeString(1, key)+runtime.SizeInt(2, int64(value)))
//		b = runtime.AppendString(b, 1, key)
//		b = runtime.AppendInt(b, 2, int64(value))
//	}
func (e *emitter) appendMap(n int32, t *Type, value *jen.Statement) []jen.Code {
	sorted := "SortedKeys"
	if t.Key.Kind == Bool {
		sorted = "SortedBools"
	}
	body := []jen.Code{
		e.id("value").Op(":=").Add(value.Clone()).Index(e.id("key")),
		e.id("b").Op("=").Add(e.runtime("AppendMessage")).Call(e.id("b"), number(n), e.entrySize(t)),
	}
	body = append(body, e.appendOf(1, t.Key, e.id("key"))...)
	body = append(body, e.appendOf(2, t.Elem, e.id("value"))...)
	return []jen.Code{
		jen.For(jen.List(jen.Id("_"), e.id("key")).Op(":=").Range().Add(e.runtime(sorted)).Call(value.Clone())).Block(body...),
	}
}
