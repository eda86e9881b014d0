package emit

import (
	"github.com/dave/jennifer/jen"

	"github.com/sessiongen/sessiongen/gen/internal/model"
)

// indexConstants number the fields:
//
//	const (
//		visitorUserID = iota
//		visitorTheme
//	)
func (e *schemaEmitter) indexConstants() {
	var constants []jen.Code
	for _, f := range e.Fields {
		constants = append(constants, jen.Id(e.index[f.Name]))
	}
	for _, c := range e.Cookies {
		constants = append(constants, jen.Id(e.index[c.Name]))
	}
	if len(constants) == 0 {
		return
	}
	constants[0].(*jen.Statement).Op("=").Iota()
	e.declare(docf("The fields of %s, by index: those of the session, then the cookies.", e.TypeName), jen.Const().Defs(constants...))
}

// schemaVariable describes a schema to the runtime:
//
//	var visitorSchema = engine.Schema{
//		Name:     "visitor",
//		Type:     "Visitor",
//		Idle:     30 * time.Minute,
//		Lifetime: 12 * time.Hour,
//		Cookie:   cookie.Options{…},
//		Fields:   []engine.Field{…},
//		Cookies:  []engine.CookieDescriptor{…},
//		New:      func() *engine.Session {…},
//		Structs:  []engine.Struct{…},
//	}
func (e *schemaEmitter) schemaVariable() {
	elements := []jen.Code{pair("Name", jen.Lit(e.Name)), pair("Type", jen.Lit(e.TypeName))}
	if !e.Stateless {
		elements = append(elements,
			pair("Idle", durationLiteral(e.Idle)),
			pair("Lifetime", durationLiteral(e.Lifetime)),
			pair("Cookie", e.cookieOptions(e.Cookie)),
		)
	}
	if len(e.Fields) > 0 {
		elements = append(elements, pair("Fields", e.fieldList()))
	}
	if len(e.Cookies) > 0 {
		elements = append(elements, pair("Cookies", e.cookieList()))
	}
	elements = append(elements, pair("New", e.newFunction()), pair("Structs", e.structList()))
	e.file.Var().Id(e.schemaVar).Op("=").Add(e.engine("Schema")).Add(lines(elements...))
	e.file.Line()
}

// fieldList are the session fields:
//
//	[]engine.Field{
//		visitorUserID: {Key: "user_id", Number: 254581, Traits: engine.Principal},
//	}
func (e *schemaEmitter) fieldList() *jen.Statement {
	var elements []jen.Code
	for _, f := range e.Fields {
		field := []jen.Code{pair("Key", jen.Lit(f.Key))}
		if f.FirstKey() != f.Key {
			field = append(field, pair("First", jen.Lit(f.FirstKey())))
		}
		field = append(field, pair("Number", jen.Lit(int(f.Number))))
		if traits := e.fieldTraits(f); traits != nil {
			field = append(field, pair("Traits", traits))
		}
		elements = append(elements, pair(e.index[f.Name], jen.Values(field...)))
	}
	return jen.Index().Add(e.engine("Field")).Add(lines(elements...))
}

// fieldTraits are what a field is, nil if nothing special:
//
//	engine.Principal | engine.Secret
func (e *schemaEmitter) fieldTraits(f *model.Field) jen.Code {
	var traits *jen.Statement
	for _, trait := range []struct {
		on   bool
		name string
	}{
		{f.Principal, "Principal"},
		{f.Renew, "Renew"},
		{f.Index, "Index"},
		{f.Flash, "Flash"},
		{f.Secret, "Secret"},
		{isCollection(f.Type), "Collection"},
		{isMarshaled(f.Type), "Marshaled"},
		{f.Type.Kind == model.Slice && model.IsPacked(f.Type), "Packed"},
	} {
		switch {
		case !trait.on:
		case traits == nil:
			traits = e.engine(trait.name)
		default:
			traits.Op("|").Add(e.engine(trait.name))
		}
	}
	if traits == nil {
		return nil
	}
	return traits
}

// cookieList are the cookie fields:
//
//	[]engine.CookieDescriptor{
//		&visitorThemeCookie,
//	}
func (e *schemaEmitter) cookieList() *jen.Statement {
	var elements []jen.Code
	for _, c := range e.Cookies {
		elements = append(elements, jen.Op("&").Id(e.cookieVar[c.Name]))
	}
	return jen.Index().Add(e.engine("CookieDescriptor")).Add(lines(elements...))
}

// newFunction makes an empty session:
//
//	func() *engine.Session {
//		s := new(visitorMemory)
//		s.self, s.handle = s, Visitor{&s.self}
//		return s.session.Bind(&s.handle, visitorCodec{&s.values}, s.fields[:], s.cookies[:])
//	}
func (e *schemaEmitter) newFunction() *jen.Statement {
	fields, cookies := jen.Nil(), jen.Nil()
	if len(e.Fields) > 0 {
		fields = e.id("s").Dot("fields").Index(jen.Op(":"))
	}
	if len(e.Cookies) > 0 {
		cookies = e.id("s").Dot("cookies").Index(jen.Op(":"))
	}
	codec := e.codecOf(jen.Op("&").Add(e.id("s")).Dot("values"))
	return jen.Func().Params().Op("*").Add(e.engine("Session")).Block(
		e.id("s").Op(":=").New(jen.Id(e.memoryName)),
		jen.List(e.id("s").Dot("self"), e.id("s").Dot("handle")).Op("=").
			List(e.id("s"), jen.Id(e.TypeName).Values(jen.Op("&").Add(e.id("s")).Dot("self"))),
		jen.Return(e.id("s").Dot("session").Dot("Bind").Call(jen.Op("&").Add(e.id("s")).Dot("handle"), codec, fields, cookies)),
	)
}
