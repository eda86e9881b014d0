package emit

import (
	"fmt"

	"github.com/dave/jennifer/jen"

	"github.com/sessiongen/sessiongen/gen/internal/model"
)

// managerMethod begins a method of the manager:
//
//	func (m *VisitorManager) <name>
func (e *schemaEmitter) managerMethod(name string) *jen.Statement {
	return jen.Func().Params(e.id("m").Op("*").Id(e.ManagerName())).Id(name)
}

// manager is what the manager's methods call: m.manager.
func (e *schemaEmitter) manager() *jen.Statement { return e.id("m").Dot("manager") }

// managerType is the type that main works with:
//
//	type VisitorManager struct{ manager *engine.Manager }
func (e *schemaEmitter) managerType() {
	does := "loads, commits, lists and revokes the sessions of type"
	if e.Stateless {
		does = "reads and writes the cookies of type"
	}
	e.declare(
		docf("%s %s [%s]. It is safe for several goroutines.", e.ManagerName(), does, e.TypeName),
		jen.Type().Id(e.ManagerName()).Add(oneField(jen.Id("manager").Op("*").Add(e.engine("Manager")))),
	)
}

// constructor is the function that main begins with:
//
//	func NewVisitorManager(store runtime.Store, options ...runtime.Option) (*VisitorManager, error) {
//		manager, err := engine.NewManager(&visitorSchema, store, options...)
//		if err != nil {
//			return nil, err
//		}
//		return &VisitorManager{manager}, nil
//	}
func (e *schemaEmitter) constructor() {
	options := e.id("options").Op("...").Add(e.runtime("Option"))
	params, store := []jen.Code{e.id("store").Add(e.runtime("Store")), options}, e.id("store")
	if e.Stateless {
		params, store = []jen.Code{options}, jen.Nil()
	}
	e.declare(
		docf("%s", e.constructorDoc()),
		jen.Func().Id(e.ConstructorName()).Params(params...).
			Params(jen.Op("*").Id(e.ManagerName()), jen.Error()).Block(
			jen.List(e.id("manager"), e.id("err")).Op(":=").Add(e.engine("NewManager")).
				Call(e.schemaPointer(), store, e.id("options").Op("...")),
			jen.If(e.id("err").Op("!=").Nil()).Block(jen.Return(jen.Nil(), e.id("err"))),
			jen.Return(jen.Op("&").Id(e.ManagerName()).Values(e.id("manager")), jen.Nil()),
		),
	)
}

func (e *schemaEmitter) constructorDoc() string {
	doc := e.ConstructorName() + " makes a manager that keeps its sessions in store."
	if e.Stateless {
		doc = e.ConstructorName() + " makes a manager; it needs no store, all values are in cookies."
	}
	if names := e.needKeys(); names != nil {
		needs := "need"
		if len(names) == 1 {
			needs = "needs"
		}
		doc += fmt.Sprintf(" %s %s keys: give it [%s.WithKeys].", model.JoinWords(names), needs, e.imports[model.RuntimePath])
	}
	return doc
}

// middleware is a method that wraps a handler:
//
//	func (m *VisitorManager) Middleware(next http.Handler) http.Handler {
//		return m.manager.Middleware(next)
//	}
func (e *schemaEmitter) middleware() {
	e.declare(
		docf("Middleware gives next a [%s] to find with [%s], and commits what next changed before the first byte of its response. "+
			"A response of 500 or above, or a panic, commits nothing but what ends something, such as Destroy.",
			e.TypeName, e.FromName()),
		e.managerMethod("Middleware").Params(e.id("next").Qual("net/http", "Handler")).Qual("net/http", "Handler").Block(
			jen.Return(e.manager().Dot("Middleware").Call(e.id("next"))),
		),
	)
}

// load is a method for use without the middleware:
//
//	func (m *VisitorManager) Load(w http.ResponseWriter, r *http.Request) (*Visitor, error) {
//		return engine.Load[Visitor](m.manager, w, r)
//	}
func (e *schemaEmitter) load() {
	e.declare(
		docf("Load returns the [%[1]s] of a request that did not go through Middleware. "+
			"Call [%[1]s.Commit] before the first byte of the response. Inside Middleware, Load returns the [%[1]s] that is there.", e.TypeName),
		e.managerMethod("Load").Params(
			e.id("w").Qual("net/http", "ResponseWriter"),
			e.id("r").Op("*").Qual("net/http", "Request"),
		).Params(jen.Op("*").Id(e.TypeName), jen.Error()).Block(
			jen.Return(e.engine("Load").Types(jen.Id(e.TypeName)).Call(e.manager(), e.id("w"), e.id("r"))),
		),
	)
}

// revoke is a method that ends a session by its ID:
//
//	func (m *VisitorManager) Revoke(ctx context.Context, id runtime.ID) error {
//		return m.manager.Revoke(ctx, id)
//	}
func (e *schemaEmitter) revoke() {
	if e.Stateless {
		return
	}
	e.declare(
		docf("Revoke ends the session with this ID, wherever it is open. If it is that of the request that ctx belongs to, the request continues as after Destroy."),
		e.managerMethod("Revoke").Params(e.context(), e.id("id").Add(e.runtime("ID"))).Error().Block(
			jen.Return(e.manager().Dot("Revoke").Call(e.id("ctx"), e.id("id"))),
		),
	)
}

// revokeAll is a method that ends every session:
//
//	func (m *VisitorManager) RevokeAll(ctx context.Context) (int, error) {
//		return m.manager.RevokeAll(ctx)
//	}
func (e *schemaEmitter) revokeAll() {
	if e.Stateless {
		return
	}
	e.declare(
		docf("RevokeAll ends all sessions, of every visitor, and returns how many there were. A sign-in still in progress is not ended."),
		e.managerMethod("RevokeAll").Params(e.context()).Params(jen.Int(), jen.Error()).Block(
			jen.Return(e.manager().Dot("RevokeAll").Call(e.id("ctx"))),
		),
	)
}

// listBy is a method that finds sessions by a field:
//
//	func (m *VisitorManager) ListByUserID(ctx context.Context, value int64) ([]runtime.Info, error) {
//		return m.manager.ListBy(ctx, visitorUserID, visitorCodec{&visitor{UserID: value}})
//	}
func (e *schemaEmitter) listBy(f *model.Field) {
	if !f.Principal && !f.Index {
		return
	}
	e.declare(
		docf("%s returns the live sessions with this %s, the last used first.", model.ListByMethod(f.Name), f.Name),
		e.managerMethod(model.ListByMethod(f.Name)).Params(e.context(), e.id("value").Add(e.goType(f.Type.Go))).
			Params(jen.Index().Add(e.runtime("Info")), jen.Error()).Block(
			jen.Return(e.manager().Dot("ListBy").Call(e.by(f)...)),
		),
	)
}

// revokeBy is a method that ends sessions by a field:
//
//	func (m *VisitorManager) RevokeByUserID(ctx context.Context, value int64) (int, error) {
//		return m.manager.RevokeBy(ctx, visitorUserID, visitorCodec{&visitor{UserID: value}})
//	}
func (e *schemaEmitter) revokeBy(f *model.Field) {
	if !f.Principal && !f.Index {
		return
	}
	e.declare(
		docf("%s ends all sessions with this %s and returns how many there were. "+
			"If the session of the request that ctx belongs to is one of them, the request continues as after Destroy.", model.RevokeByMethod(f.Name), f.Name),
		e.managerMethod(model.RevokeByMethod(f.Name)).Params(e.context(), e.id("value").Add(e.goType(f.Type.Go))).
			Params(jen.Int(), jen.Error()).Block(
			jen.Return(e.manager().Dot("RevokeBy").Call(e.by(f)...)),
		),
	)
}

// by are the arguments that say which sessions are meant:
//
//	ctx, visitorUserID, visitorCodec{&visitor{UserID: value}}
func (e *schemaEmitter) by(f *model.Field) []jen.Code {
	values := jen.Op("&").Id(e.Name).Values(pair(f.Name, e.id("value")))
	return []jen.Code{
		e.id("ctx"),
		jen.Id(e.index[f.Name]),
		e.codecOf(values),
	}
}

// managerCookie is a method that hands out a cookie for use without the session:
//
//	func (m *VisitorManager) ThemeCookie() runtime.Cookie[string] {
//		return engine.BindCookie(m.manager, &visitorThemeCookie)
//	}
func (e *schemaEmitter) managerCookie(c *model.Cookie) {
	e.declare(
		docf("%s reads and writes the cookie %s without a [%s].", model.CookieMethod(c.Name), c.Options.Name, e.TypeName),
		e.managerMethod(model.CookieMethod(c.Name)).Params().Add(e.runtime("Cookie")).Types(e.goType(c.Type.Go)).Block(
			jen.Return(e.engine("BindCookie").Call(e.manager(), jen.Op("&").Id(e.cookieVar[c.Name]))),
		),
	)
}

// close is a method that closes the store:
//
//	func (m *VisitorManager) Close() error { return m.manager.Close() }
func (e *schemaEmitter) close() {
	doc := docf("Close ends the channels of Done, waits for requests in progress, and closes the store, if it has a Close method.")
	if e.Stateless {
		doc = docf("Close does nothing; managers with a store have it too.")
	}
	e.declare(doc, e.managerMethod("Close").Params().Error().Add(oneLine(
		jen.Return(e.manager().Dot("Close").Call()),
	)))
}
