package emit

import (
	"fmt"

	"github.com/dave/jennifer/jen"

	"github.com/sessiongen/sessiongen/gen/internal/model"
)

// method begins a method of the session type:
//
//	func (v *Visitor) <name>
func (e *schemaEmitter) method(name string) *jen.Statement {
	return jen.Func().Params(e.id("v").Op("*").Id(e.TypeName)).Id(name)
}

// opened is the memory of a session, which a zero value does not have:
//
//	engine.Open(v.memory, &visitorSchema)
func (e *schemaEmitter) opened() *jen.Statement {
	return e.engine("Open").Call(e.id("v").Dot("memory"), e.schemaPointer())
}

// open is the statement with which a method begins that needs the memory twice:
//
//	s := engine.Open(v.memory, &visitorSchema)
func (e *schemaEmitter) open() *jen.Statement { return e.id("s").Op(":=").Add(e.opened()) }

// session is what the runtime's functions work on:
//
//	engine.Open(v.memory, &visitorSchema).session
func (e *schemaEmitter) session() *jen.Statement { return e.opened().Dot("session") }

// sessionType is the type that handlers work with:
//
//	type Visitor struct{ memory **visitorMemory }
func (e *schemaEmitter) sessionType() {
	e.declare(e.sessionDoc(), jen.Type().Id(e.TypeName).Add(oneField(jen.Id("memory").Op("**").Id(e.memoryName))))
}

// memoryType is what a session type leads to:
//
//	type visitorMemory struct {
//		self    *visitorMemory
//		handle  Visitor
//		session engine.Session
//		fields  [2]engine.FieldState
//		cookies [1]engine.CookieState
//		values  visitor
//	}
func (e *schemaEmitter) memoryType() {
	doc := docf("%s is the memory of a [%s]. All copies of the %s share it, and package fmt does not "+
		"follow a pointer to a pointer, so that it cannot print secrets.", e.memoryName, e.TypeName, e.TypeName)
	e.declare(doc, jen.Type().Id(e.memoryName).StructFunc(func(g *jen.Group) {
		g.Id("self").Op("*").Id(e.memoryName)
		g.Id("handle").Id(e.TypeName)
		g.Id("session").Add(e.engine("Session"))
		if len(e.Fields) > 0 {
			g.Id("fields").Index(jen.Lit(len(e.Fields))).Add(e.engine("FieldState"))
		}
		if len(e.Cookies) > 0 {
			g.Id("cookies").Index(jen.Lit(len(e.Cookies))).Add(e.engine("CookieState"))
		}
		g.Id("values").Id(e.Name)
	}))
}

// from is the function that handlers begin with:
//
//	func VisitorFrom(ctx context.Context) *Visitor { return engine.From[Visitor](ctx, &visitorSchema) }
func (e *schemaEmitter) from() {
	e.declare(
		docf("%s returns the session of the request that ctx belongs to. It panics outside a handler that [%s.Middleware] wraps.",
			e.FromName(), e.ManagerName()),
		jen.Func().Id(e.FromName()).Params(e.context()).Op("*").Id(e.TypeName).Add(oneLine(
			jen.Return(e.engine("From").Types(jen.Id(e.TypeName)).Call(e.id("ctx"), e.schemaPointer())),
		)),
	)
}

// lookup is the function for code that also runs elsewhere:
//
//	func LookupVisitor(ctx context.Context) (*Visitor, bool) { return engine.Lookup[Visitor](ctx) }
func (e *schemaEmitter) lookup() {
	e.declare(
		docf("%s is [%s] for code that also runs outside the middleware.", e.LookupName(), e.FromName()),
		jen.Func().Id(e.LookupName()).Params(e.context()).Params(jen.Op("*").Id(e.TypeName), jen.Bool()).Add(oneLine(
			jen.Return(e.engine("Lookup").Types(jen.Id(e.TypeName)).Call(e.id("ctx"))),
		)),
	)
}

// context is a parameter: ctx context.Context.
func (e *schemaEmitter) context() *jen.Statement {
	return e.id("ctx").Qual("context", "Context")
}

// schemaPointer is &visitorSchema.
func (e *schemaEmitter) schemaPointer() *jen.Statement {
	return jen.Op("&").Id(e.schemaVar)
}

// info is a method that asks for what is known about the session:
//
//	func (v *Visitor) Info() runtime.Info { return engine.Open(v.memory, &visitorSchema).session.Info() }
func (e *schemaEmitter) info() {
	e.declare(
		docf("Info describes the session as a whole, as it was loaded or last committed."),
		e.method("Info").Params().Add(e.runtime("Info")).Add(oneLine(
			jen.Return(e.session().Dot("Info").Call()),
		)),
	)
}

// renew is a method that asks for a new secret:
//
//	func (v *Visitor) Renew() { engine.Open(v.memory, &visitorSchema).session.Renew() }
func (e *schemaEmitter) renew() {
	e.declare(
		docf("Renew replaces the session's secret when the session is committed, for a change of privilege that no field shows. "+
			"It is no rotation: requests that the page has sent with the old secret are anonymous."),
		e.method("Renew").Params().Add(oneLine(e.session().Dot("Renew").Call())),
	)
}

// destroy is a method that ends the session:
//
//	func (v *Visitor) Destroy() { engine.Open(v.memory, &visitorSchema).session.Destroy() }
func (e *schemaEmitter) destroy() {
	doc := "Destroy ends the session for good: a concurrent request cannot bring it back. " +
		"Values that were set before in the same request are dropped. A value that is set afterwards, such as a farewell, begins a new session."
	if e.principal() != nil {
		doc += " To sign out on all devices, call RevokeOthers, too."
	}
	e.declare(
		docf("%s", doc),
		e.method("Destroy").Params().Add(oneLine(e.session().Dot("Destroy").Call())),
	)
}

// remember is a method that makes the session cookie persistent:
//
//	func (v *Visitor) Remember(remember bool) { engine.Open(v.memory, &visitorSchema).session.Remember(remember) }
func (e *schemaEmitter) remember() {
	e.declare(
		docf("Remember sets whether the browser keeps the session cookie after it is closed. The session's timeouts stay the same."),
		e.method("Remember").Params(e.id("remember").Bool()).Add(oneLine(
			e.session().Dot("Remember").Call(e.id("remember")),
		)),
	)
}

// revokeOthers is a method that ends the principal's other sessions:
//
//	func (v *Visitor) RevokeOthers() { engine.Open(v.memory, &visitorSchema).session.RevokeOthers() }
func (e *schemaEmitter) revokeOthers() {
	principal := e.principal()
	if principal == nil {
		return
	}
	e.declare(
		docf("RevokeOthers ends, at commit, all other sessions with the same %s.", principal.Name),
		e.method("RevokeOthers").Params().Add(oneLine(e.session().Dot("RevokeOthers").Call())),
	)
}

// authenticatedWithin is a method that reports whether the last sign-in was not long ago:
//
//	func (v *Visitor) AuthenticatedWithin(d time.Duration) bool { return engine.Open(v.memory, &visitorSchema).session.AuthenticatedWithin(d) }
func (e *schemaEmitter) authenticatedWithin() {
	principal := e.principal()
	if principal == nil {
		return
	}
	e.declare(
		docf("AuthenticatedWithin reports whether %s was last set no longer than d ago. "+
			"If it was not, ask for a new sign-in before a sensitive operation.", principal.Name),
		e.method("AuthenticatedWithin").Params(e.id("d").Qual("time", "Duration")).Bool().Add(oneLine(
			jen.Return(e.session().Dot("AuthenticatedWithin").Call(e.id("d"))),
		)),
	)
}

// commit is a method that writes what changed:
//
//	func (v *Visitor) Commit(ctx context.Context) error { return engine.Open(v.memory, &visitorSchema).session.Commit(ctx) }
func (e *schemaEmitter) commit() {
	doc := fmt.Sprintf("Commit writes what has changed and puts the cookies into the response's header. [%s.Middleware] calls it.", e.ManagerName())
	if !e.Stateless {
		doc += fmt.Sprintf(" The error is [%[1]s.ErrEnded] when changes were dropped because the session has ended; the handler goes on then,"+
			" and after [%[1]s.ErrSessionLimit]. After any other error, the response is the error page: see [%[1]s.WithErrorHandler].", e.imports[model.RuntimePath])
	}
	e.declare(
		docf("%s", doc),
		e.method("Commit").Params(e.context()).Error().Add(oneLine(
			jen.Return(e.session().Dot("Commit").Call(e.id("ctx"))),
		)),
	)
}

// discard is a method that drops what changed:
//
//	func (v *Visitor) Discard() { v.session.Discard() }
func (e *schemaEmitter) discard() {
	e.declare(
		docf("Discard drops the changes that are not committed, except what ends something, such as Destroy. "+
			"Code that recovers from a handler's panic calls it, because the handler may have done only half of its work."),
		e.method("Discard").Params().Add(oneLine(e.session().Dot("Discard").Call())),
	)
}

// reload is a method that reads what others have stored:
//
//	func (v *Visitor) Reload(ctx context.Context) error { return engine.Open(v.memory, &visitorSchema).session.Reload(ctx) }
func (e *schemaEmitter) reload() {
	e.declare(
		docf("Reload reads what other requests have stored since the session was loaded, and keeps what this one has changed. "+
			"The error is [%s.ErrEnded] when the session has ended or its privilege has changed.", e.imports[model.RuntimePath]),
		e.method("Reload").Params(e.context()).Error().Add(oneLine(
			jen.Return(e.session().Dot("Reload").Call(e.id("ctx"))),
		)),
	)
}

// done is a method that tells of the session's end:
//
//	func (v *Visitor) Done() <-chan struct{} { return engine.Open(v.memory, &visitorSchema).session.Done() }
func (e *schemaEmitter) done() {
	e.declare(
		docf("Done is closed when the session ends or another request changes its privilege. "+
			"It is nil without a session; wait for the request's context as well."),
		e.method("Done").Params().Op("<-").Chan().Struct().Add(oneLine(
			jen.Return(e.session().Dot("Done").Call()),
		)),
	)
}

// format is a method that prints the session:
//
//	func (v *Visitor) Format(state fmt.State, verb rune) { engine.Open(v.memory, &visitorSchema).session.Format(state, verb) }
func (e *schemaEmitter) format() {
	e.declare(
		docf("Format prints the values, secrets redacted, whatever the verb."),
		e.method("Format").Params(e.id("state").Qual("fmt", "State"), e.id("verb").Rune()).Add(oneLine(
			e.session().Dot("Format").Call(e.id("state"), e.id("verb")),
		)),
	)
}

// logValue is a method that prepares the session for log/slog:
//
//	func (v *Visitor) LogValue() slog.Value { return engine.Open(v.memory, &visitorSchema).session.LogValue() }
func (e *schemaEmitter) logValue() {
	e.declare(
		docf("LogValue is what log/slog writes, secrets redacted."),
		e.method("LogValue").Params().Qual("log/slog", "Value").Add(oneLine(
			jen.Return(e.session().Dot("LogValue").Call()),
		)),
	)
}

// marshalJSON is a method that writes the session as JSON:
//
//	func (v *Visitor) MarshalJSON() ([]byte, error) { return engine.Open(v.memory, &visitorSchema).session.MarshalJSON() }
func (e *schemaEmitter) marshalJSON() {
	e.declare(
		docf("MarshalJSON is the values as JSON, secrets redacted."),
		e.method("MarshalJSON").Params().Params(jen.Index().Byte(), jen.Error()).Add(oneLine(
			jen.Return(e.session().Dot("MarshalJSON").Call()),
		)),
	)
}
