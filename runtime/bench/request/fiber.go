package request

import (
	"net/http"

	"github.com/gofiber/fiber/v3"
	"github.com/gofiber/fiber/v3/extractors"
	"github.com/gofiber/fiber/v3/middleware/session"
	"github.com/valyala/fasthttp"

	"github.com/sessiongen/sessiongen/runtime/bench/codec"
	"github.com/sessiongen/sessiongen/runtime/bench/content"
)

// fiberApp is a site with Fiber and its session middleware, in memory. It runs on
// fasthttp, so its request is another one than everybody else's.
type fiberApp struct{ store *session.Store }

func fiberConfig(store *session.Store) session.Config {
	config := session.Config{
		Store: store, CookiePath: "/", CookieSecure: true, CookieHTTPOnly: true, CookieSameSite: "Lax", CookieSessionOnly: true,
		Extractor: extractors.FromCookie(cookieName),
	}
	if store != nil {
		config.Storage = store.Storage
	}
	return config
}

func newFiber() (app, error) { return fiberApp{session.NewStore(fiberConfig(nil))}, nil }

func (a fiberApp) serve(kind Kind, seen *Seen) (server, error) {
	handle := func(fiber.Ctx) {}
	sample := content.Sample()
	switch kind {
	case ReadOne:
		handle = func(c fiber.Ctx) { seen.UserID, _ = session.FromContext(c).Get(codec.UserID).(int64) }
	case ReadAll:
		handle = func(c fiber.Ctx) {
			s := session.FromContext(c)
			seen.Content, seen.Err = codec.Gather(func(key string) any { return s.Get(key) })
		}
	case WriteOne:
		handle = func(c fiber.Ctx) { session.FromContext(c).Set(codec.Theme, seen.theme()) }
	case New:
		handle = func(c fiber.Ctx) {
			s := session.FromContext(c)
			codec.Scatter(&sample, func(key string, value any) { s.Set(key, value) })
		}
	}
	site := fiber.New()
	config := fiberConfig(a.store)
	config.ErrorHandler = func(_ fiber.Ctx, err error) { seen.Err = err }
	site.Use(session.New(config))
	site.Get("/", func(c fiber.Ctx) error {
		handle(c)
		return c.SendStatus(http.StatusOK)
	})
	s := &overFasthttp{handler: site.Handler(), template: &fasthttp.Request{}}
	s.template.SetRequestURI("https://shop.example/")
	return s, nil
}

func (a fiberApp) forget(cookies []string) (bool, error) {
	for _, line := range cookies {
		id, err := value(line)
		if err != nil {
			return false, err
		}
		if err := a.store.Storage.Delete(id); err != nil {
			return false, err
		}
	}
	return false, nil
}

func (a fiberApp) size(cookie string) (int, error) {
	b, err := a.store.Storage.Get(cookie)
	return len(b), err
}

// overFasthttp is a server for a handler of fasthttp.
type overFasthttp struct {
	handler  fasthttp.RequestHandler
	template *fasthttp.Request
	ctx      fasthttp.RequestCtx
}

func (s *overFasthttp) setCookie(value string) {
	s.template.Header.DelAllCookies()
	if value != "" {
		s.template.Header.SetCookie(cookieName, value)
	}
}

func (s *overFasthttp) serve() (status int) {
	s.template.CopyTo(&s.ctx.Request)
	s.ctx.Response.Reset()
	s.ctx.ResetUserValues()
	s.handler(&s.ctx)
	return s.ctx.Response.StatusCode()
}

func (s *overFasthttp) sent() []byte { return s.ctx.Response.Header.PeekCookie(cookieName) }

func (s *overFasthttp) header(name string) (lines []string) {
	for _, line := range s.ctx.Response.Header.PeekAll(name) {
		lines = append(lines, string(line))
	}
	return lines
}
