package main

import (
	"bytes"
	"net/http"

	"github.com/gofiber/fiber/v3"
	"github.com/gofiber/fiber/v3/middleware/adaptor"
)

// sessions runs the rest of the chain inside a manager's middleware. Fiber sends nothing
// before the chain has returned, so the session is committed right before that.
//
// adaptor.HTTPMiddleware would not do: it runs what follows after the middleware has
// returned, when the session is committed and done.
func sessions(middleware func(http.Handler) http.Handler) fiber.Handler {
	return func(c fiber.Ctx) error {
		request, err := adaptor.ConvertRequest(c, true)
		if err != nil {
			return err
		}
		page, outer := response{header: http.Header{}}, c.Context()
		served := false
		middleware(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			c.SetContext(r.Context())
			defer c.SetContext(outer)
			if err := c.Next(); err != nil {
				// The error's page, too, is sent only if the session could be stored.
				_ = c.App().ErrorHandler(c, err)
			}
			for _, name := range [...]string{fiber.HeaderCacheControl, fiber.HeaderClearSiteData, fiber.HeaderVary} {
				if value := c.GetRespHeader(name); value != "" {
					w.Header().Set(name, value) // for the session to add to
				}
			}
			w.WriteHeader(c.Response().StatusCode()) // of 500 and above, nothing is committed
			_, failed := w.Write(nil)
			served = failed == nil
		})).ServeHTTP(&page, request)

		if !served { // what is in page says why
			c.Response().Reset()
			c.Status(page.status).Response().SetBody(page.body.Bytes())
		}
		for name, values := range page.header {
			if name != fiber.HeaderSetCookie {
				c.Response().Header.Del(name)
			}
			for _, value := range values {
				c.Response().Header.Add(name, value)
			}
		}
		return nil
	}
}

// response takes what the middleware sends by itself.
type response struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (r *response) Header() http.Header         { return r.header }
func (r *response) WriteHeader(status int)      { r.status = status }
func (r *response) Write(b []byte) (int, error) { return r.body.Write(b) }
