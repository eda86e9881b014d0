package emit

import (
	"fmt"

	"github.com/dave/jennifer/jen"

	"github.com/sessiongen/sessiongen/gen/internal/model"
)

// fieldMethods are the methods of a session field.
func (e *schemaEmitter) fieldMethods(f *model.Field) {
	e.get(f)
	e.set(f)
	e.has(f)
	e.clear(f)
	if f.Flash {
		e.take(f)
	}
	if f.Principal {
		return
	}
	e.update(f)
	switch f.Type.Facts().Change {
	case model.Adds:
		e.add(f)
	case model.Appends:
		e.appendTo(f)
	case model.Puts:
		e.put(f)
		e.remove(f)
	}
}

// call is a call of one of the runtime's functions for session fields:
//
//	engine.<function>(&s.session, visitorVisits, &s.values.Visits, <args>)
func (e *schemaEmitter) call(function string, f *model.Field, args ...jen.Code) *jen.Statement {
	field := []jen.Code{jen.Op("&").Add(e.id("s")).Dot("session"), jen.Id(e.index[f.Name]), jen.Op("&").Add(e.stored(f.Name))}
	return e.engine(function).Call(append(field, args...)...)
}

// stored is where a field's value is kept: s.values.Visits.
func (e *schemaEmitter) stored(field string) *jen.Statement {
	return e.id("s").Dot("values").Dot(field)
}

// get is the getter:
//
//	func (v *Visitor) Visits() int {
//		s := engine.Open(v.memory, &visitorSchema)
//		return engine.Get(&s.session, visitorVisits, &s.values.Visits)
//	}
func (e *schemaEmitter) get(f *model.Field) {
	function := "Get"
	switch {
	case f.Type.Kind == model.Map:
		function = "LiveMap"
	case isShared(f.Type):
		function = "Live"
	}
	e.declare(e.fieldDoc(f), e.method(f.Name).Params().Add(e.goType(f.Type.Go)).Block(
		e.open(),
		jen.Return(e.call(function, f)),
	))
}

// set is the setter:
//
//	func (v *Visitor) SetVisits(value int) {
//		s := engine.Open(v.memory, &visitorSchema)
//		engine.Set(&s.session, visitorVisits, &s.values.Visits, value)
//	}
func (e *schemaEmitter) set(f *model.Field) {
	text := fmt.Sprintf("%s sets %s.", model.SetMethod(f.Name), f.Name)
	switch {
	case f.Principal:
		text = fmt.Sprintf("%s signs in: it sets %s and renews the session's secret, even if the value is the same. "+
			"The zero value signs out.", model.SetMethod(f.Name), f.Name)
	case f.Renew:
		text = fmt.Sprintf("%s sets %s, and renews the session's secret if that is a change.", model.SetMethod(f.Name), f.Name)
	case isCollection(f.Type) && !isEmptyAbsent(f.Type):
		text = fmt.Sprintf("%s sets %s; nil clears it.", model.SetMethod(f.Name), f.Name)
	case isCollection(f.Type):
		text = fmt.Sprintf("%s sets %s; an empty value clears it.", model.SetMethod(f.Name), f.Name)
	}
	if lost := lostByReplacing(f.Type); lost != "" {
		text += " It replaces the whole value: " + lost + "."
	}
	e.declare(docf("%s", text), e.method(model.SetMethod(f.Name)).Params(e.id("value").Add(e.goType(f.Type.Go))).Block(
		e.open(),
		e.call("Set", f, e.id("value")),
	))
}

// isEmptyAbsent says that not only a nil t is absent, but one without elements.
func isEmptyAbsent(t *model.Type) bool { return t.Facts().Absence == model.AbsentIfEmpty }

// has is the method that tells a zero value from none:
//
//	func (v *Visitor) HasVisits() bool { return engine.Has(&engine.Open(v.memory, &visitorSchema).session, visitorVisits) }
func (e *schemaEmitter) has(f *model.Field) {
	doc := docf("%s reports whether %s is set.", model.HasMethod(f.Name), f.Name)
	if isEmptyAbsent(f.Type) {
		doc = docf("%s reports whether %s has elements.", model.HasMethod(f.Name), f.Name)
	}
	e.declare(doc, e.method(model.HasMethod(f.Name)).Params().Bool().Add(oneLine(
		jen.Return(e.engine("Has").Call(jen.Op("&").Add(e.session()), jen.Id(e.index[f.Name]))),
	)))
}

// clear is the method that unsets a field:
//
//	func (v *Visitor) ClearVisits() { engine.Clear(&engine.Open(v.memory, &visitorSchema).session, visitorVisits) }
func (e *schemaEmitter) clear(f *model.Field) {
	doc := docf("%s unsets %s.", model.ClearMethod(f.Name), f.Name)
	if f.Principal {
		doc = docf("%s signs out: it empties the session and renews its secret.", model.ClearMethod(f.Name))
	}
	e.declare(doc, e.method(model.ClearMethod(f.Name)).Params().Add(oneLine(
		e.engine("Clear").Call(jen.Op("&").Add(e.session()), jen.Id(e.index[f.Name])),
	)))
}

// take is the method that reads a flash field once:
//
//	func (v *Visitor) TakeNotice() (string, bool) {
//		s := engine.Open(v.memory, &visitorSchema)
//		return engine.Take(&s.session, visitorNotice, &s.values.Notice)
//	}
func (e *schemaEmitter) take(f *model.Field) {
	e.declare(
		docf("%s returns %s and clears what it returned, never a newer one. "+
			"A HEAD or OPTIONS request reads without clearing. A page that a browser loads in advance is refused if it finds a flash; see WithSpeculationStatus in package runtime.", model.TakeMethod(f.Name), f.Name),
		e.method(model.TakeMethod(f.Name)).Params().Params(e.goType(f.Type.Go), jen.Bool()).Block(
			e.open(),
			jen.Return(e.call("Take", f)),
		),
	)
}

// update is the method for changes that depend on the value:
//
//	func (v *Visitor) UpdateVisits(change func(int) int) {
//		s := engine.Open(v.memory, &visitorSchema)
//		engine.Update(&s.session, visitorVisits, &s.values.Visits, change)
//	}
func (e *schemaEmitter) update(f *model.Field) {
	change := jen.Func().Params(e.goType(f.Type.Go)).Add(e.goType(f.Type.Go))
	more := ""
	if isShared(f.Type) {
		more = " It must return a new value instead of editing its argument."
	}
	if lost := lostByReplacing(f.Type); lost != "" {
		more += " The result replaces the whole value: " + lost + "."
	}
	e.declare(
		docf("%s sets %s to the result of change, which gets the newest value. "+
			"It may call change again, with a newer value, so change must have no other effect.%s", model.UpdateMethod(f.Name), f.Name, more),
		e.method(model.UpdateMethod(f.Name)).Params(e.id("change").Add(change)).Block(
			e.open(),
			e.call("Update", f, e.id("change")),
		),
	)
}

// add is the method that counts:
//
//	func (v *Visitor) AddVisits(delta int) {
//		s := engine.Open(v.memory, &visitorSchema)
//		engine.Add(&s.session, visitorVisits, &s.values.Visits, delta)
//	}
func (e *schemaEmitter) add(f *model.Field) {
	e.declare(
		docf("%s adds delta to the newest value of %s.%s", model.AddMethod(f.Name), f.Name, wraps(f.Type)),
		e.method(model.AddMethod(f.Name)).Params(e.id("delta").Add(e.goType(f.Type.Go))).Block(
			e.open(),
			e.call("Add", f, e.id("delta")),
		),
	)
}

// wraps says what becomes of a sum that is too large, if anything does.
func wraps(t *model.Type) string {
	if t.Kind == model.Float {
		return ""
	}
	return " A sum that does not fit into the type wraps around, as Go's + does."
}

// appendTo is the method that makes a slice longer:
//
//	func (v *Visitor) AppendCart(values ...Item) {
//		s := engine.Open(v.memory, &visitorSchema)
//		engine.Append(&s.session, visitorCart, &s.values.Cart, values...)
//	}
func (e *schemaEmitter) appendTo(f *model.Field) {
	e.declare(
		docf("%s appends to the newest value of %s.%s", model.AppendMethod(f.Name), f.Name, kept(f.Type, "The elements that are there")),
		e.method(model.AppendMethod(f.Name)).Params(e.id("values").Op("...").Add(e.goType(f.Type.Elem.Go))).Block(
			e.open(),
			e.call("Append", f, e.id("values").Op("...")),
		),
	)
}

// put is the method that sets one entry of a map:
//
//	func (v *Visitor) PutPrefs(key string, value int) {
//		s := engine.Open(v.memory, &visitorSchema)
//		engine.Put(&s.session, visitorPrefs, &s.values.Prefs, key, value)
//	}
func (e *schemaEmitter) put(f *model.Field) {
	e.declare(
		docf("%s sets one entry in the newest value of %s.%s", model.PutMethod(f.Name), f.Name, kept(f.Type, "The other entries")),
		e.method(model.PutMethod(f.Name)).Params(
			e.id("key").Add(e.goType(f.Type.Key.Go)),
			e.id("value").Add(e.goType(f.Type.Elem.Go)),
		).Block(
			e.open(),
			e.call("Put", f, e.id("key"), e.id("value")),
		),
	)
}

// remove is the method that removes one entry of a map:
//
//	func (v *Visitor) RemovePrefs(key string) {
//		s := engine.Open(v.memory, &visitorSchema)
//		engine.Remove(&s.session, visitorPrefs, &s.values.Prefs, key)
//	}
func (e *schemaEmitter) remove(f *model.Field) {
	e.declare(
		docf("%s removes one entry from the newest value of %s.%s", model.RemoveMethod(f.Name), f.Name, kept(f.Type, "The other entries")),
		e.method(model.RemoveMethod(f.Name)).Params(e.id("key").Add(e.goType(f.Type.Key.Go))).Block(
			e.open(),
			e.call("Remove", f, e.id("key")),
		),
	)
}
