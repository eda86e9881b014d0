package emit

import (
	"go/constant"
	"go/token"
	"go/types"
	"net/http"

	"github.com/dave/jennifer/jen"

	"github.com/sessiongen/sessiongen/gen/internal/model"
	"github.com/sessiongen/sessiongen/runtime/cookie"
)

// cookieMethods are the methods of a cookie field.
func (e *schemaEmitter) cookieMethods(c *model.Cookie) {
	e.getCookie(c)
	e.setCookie(c)
	e.hasCookie(c)
	e.clearCookie(c)
}

// callCookie is a call of one of the runtime's functions for cookie fields:
//
//	engine.<function>(&s.session, &visitorThemeCookie, &s.values.Theme, <args>)
func (e *schemaEmitter) callCookie(function string, c *model.Cookie, args ...jen.Code) *jen.Statement {
	field := []jen.Code{jen.Op("&").Add(e.id("s")).Dot("session"), jen.Op("&").Id(e.cookieVar[c.Name]), jen.Op("&").Add(e.stored(c.Name))}
	return e.engine(function).Call(append(field, args...)...)
}

// getCookie is the getter:
//
//	func (v *Visitor) Theme() string {
//		s := engine.Open(v.memory, &visitorSchema)
//		return engine.GetCookie(&s.session, &visitorThemeCookie, &s.values.Theme)
//	}
func (e *schemaEmitter) getCookie(c *model.Cookie) {
	e.declare(e.cookieDoc(c), e.method(c.Name).Params().Add(e.goType(c.Type.Go)).Block(
		e.open(),
		jen.Return(e.callCookie("GetCookie", c)),
	))
}

// setCookie is the setter:
//
//	func (v *Visitor) SetTheme(value string) {
//		s := engine.Open(v.memory, &visitorSchema)
//		engine.SetCookie(&s.session, &visitorThemeCookie, &s.values.Theme, value)
//	}
func (e *schemaEmitter) setCookie(c *model.Cookie) {
	e.declare(
		docf("%s sends the cookie %s with value.", model.SetMethod(c.Name), c.Options.Name),
		e.method(model.SetMethod(c.Name)).Params(e.id("value").Add(e.goType(c.Type.Go))).Block(
			e.open(),
			e.callCookie("SetCookie", c, e.id("value")),
		),
	)
}

// hasCookie is the method that tells a zero value from none:
//
//	func (v *Visitor) HasTheme() bool {
//		s := engine.Open(v.memory, &visitorSchema)
//		return engine.HasCookie(&s.session, &visitorThemeCookie, &s.values.Theme)
//	}
func (e *schemaEmitter) hasCookie(c *model.Cookie) {
	e.declare(
		docf("%s reports whether %s is set: the browser sent a valid value, or a new one is on its way.", model.HasMethod(c.Name), c.Name),
		e.method(model.HasMethod(c.Name)).Params().Bool().Block(
			e.open(),
			jen.Return(e.callCookie("HasCookie", c)),
		),
	)
}

// clearCookie is the method that deletes a cookie:
//
//	func (v *Visitor) ClearTheme() {
//		s := engine.Open(v.memory, &visitorSchema)
//		engine.ClearCookie(&s.session, &visitorThemeCookie, &s.values.Theme)
//	}
func (e *schemaEmitter) clearCookie(c *model.Cookie) {
	e.declare(
		docf("%s makes the browser delete the cookie %s.", model.ClearMethod(c.Name), c.Options.Name),
		e.method(model.ClearMethod(c.Name)).Params().Block(e.open(), e.callCookie("ClearCookie", c)),
	)
}

// cookieVariable describes a cookie field to the runtime:
//
//	var visitorThemeCookie = engine.CookieField[string]{
//		Index:   visitorTheme,
//		Options: cookie.Options{…},
//		Text:    cookie.StringText[string](),
//		Default: "light",
//	}
func (e *schemaEmitter) cookieVariable(c *model.Cookie) {
	elements := []jen.Code{
		pair("Index", jen.Id(e.index[c.Name])),
		pair("Options", e.cookieOptions(c.Options)),
		pair("Text", e.cookieText(c)),
	}
	if c.Default != nil {
		elements = append(elements, pair("Default", e.cookieDefault(c)))
	}
	e.file.Var().Id(e.cookieVar[c.Name]).Op("=").Add(e.engine("CookieField")).Types(e.goType(c.Type.Go)).Add(lines(elements...))
	e.file.Line()
}

// cookieOptions are a cookie's name and attributes, those that are not zero:
//
//	cookie.Options{
//		Name:     "theme",
//		Path:     "/",
//		SameSite: http.SameSiteLaxMode,
//	}
func (e *schemaEmitter) cookieOptions(a cookie.Options) *jen.Statement {
	var elements []jen.Code
	add := func(set bool, name string, value jen.Code) {
		if set {
			elements = append(elements, pair(name, value))
		}
	}
	add(true, "Name", jen.Lit(a.Name))
	add(a.Was != "", "Was", jen.Lit(a.Was))
	add(a.Path != "", "Path", jen.Lit(a.Path))
	add(a.Domain != "", "Domain", jen.Lit(a.Domain))
	add(a.MaxAge != 0, "MaxAge", durationLiteral(a.MaxAge))
	add(a.SameSite != 0, "SameSite", jen.Qual("net/http", sameSiteNames[a.SameSite]))
	add(a.Secure, "Secure", jen.True())
	add(a.HTTPOnly, "HTTPOnly", jen.True())
	add(a.Partitioned, "Partitioned", jen.True())
	add(a.Protection != cookie.Plain, "Protection", e.cookie(protectionNames[a.Protection]))
	add(a.Secret, "Secret", jen.True())
	return e.cookie("Options").Add(lines(elements...))
}

var sameSiteNames = map[http.SameSite]string{
	http.SameSiteDefaultMode: "SameSiteDefaultMode",
	http.SameSiteLaxMode:     "SameSiteLaxMode",
	http.SameSiteStrictMode:  "SameSiteStrictMode",
	http.SameSiteNoneMode:    "SameSiteNoneMode",
}

var protectionNames = map[cookie.Protection]string{cookie.Signed: "Signed", cookie.Encrypted: "Encrypted"}

// cookieText says how values become text, and which are accepted:
//
//	cookie.OneOf(cookie.StringText[Color](), Blue, Green)
func (e *schemaEmitter) cookieText(c *model.Cookie) *jen.Statement {
	text := e.typeText(c)
	if len(c.Declared) == 0 {
		return text
	}
	args := []jen.Code{text}
	for _, declared := range c.Declared {
		args = append(args, e.declared(declared, c.Type))
	}
	return e.cookie("OneOf").Call(args...)
}

// declared is a constant by its name, or by its value if it cannot be named:
//
//	Blue
//	palette.Blue
//	"blue"
func (e *schemaEmitter) declared(c *types.Const, t *model.Type) *jen.Statement {
	switch {
	case c.Name() == "_" || !model.Accessible(e.pkg, c):
		return constantLiteral(c.Val(), model.BasicOf(t))
	case c.Pkg() == e.pkg:
		return jen.Id(c.Name())
	}
	return jen.Qual(c.Pkg().Path(), c.Name())
}

// cookieDefault is a default, by the name of the constant that it is.
func (e *schemaEmitter) cookieDefault(c *model.Cookie) *jen.Statement {
	for _, declared := range c.Declared {
		if constant.Compare(declared.Val(), token.EQL, c.Default.Constant) {
			return e.declared(declared, c.Type)
		}
	}
	return e.literal(c.Type, c.Default)
}

// typeText is how values of a type become text:
//
//	cookie.IntText[int64]()
//	cookie.TimeText()
//	cookie.WireText(appendVisitorDraftCookie, consumeVisitorDraftCookie)
func (e *schemaEmitter) typeText(c *model.Cookie) *jen.Statement {
	switch facts := c.Type.Facts(); {
	case facts.Text == "":
		functions := e.cookieWire[c.Name]
		return e.cookie("WireText").Call(jen.Id(functions.append), jen.Id(functions.consume))
	case facts.GoPackage != "":
		return e.convertedText(c.Type, e.cookie(facts.Text).Call())
	default:
		return e.cookie(facts.Text).Types(e.goType(c.Type.Go)).Call()
	}
}

// convertedText is for types declared over time.Time and time.Duration:
//
//	cookie.Converted(
//		cookie.TimeText(),
//		func(v Moment) time.Time { return time.Time(v) },
//		func(v time.Time) Moment { return Moment(v) },
//	)
func (e *schemaEmitter) convertedText(t *model.Type, text *jen.Statement) *jen.Statement {
	if isWireType(t) {
		return text
	}
	own, wire := e.goType(t.Go), jen.Qual(t.Facts().GoPackage, t.Facts().GoName)
	return e.cookie("Converted").Custom(
		jen.Options{Open: "(", Close: ")", Separator: ",", Multi: true},
		text,
		jen.Func().Params(e.id("v").Add(own.Clone())).Add(wire.Clone()).Add(oneLine(
			jen.Return(wire.Clone().Call(e.id("v"))))),
		jen.Func().Params(e.id("v").Add(wire.Clone())).Add(own.Clone()).Add(oneLine(
			jen.Return(own.Clone().Call(e.id("v"))))),
	)
}
