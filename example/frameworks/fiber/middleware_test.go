package main

import (
	"net/http"
	"slices"
	"testing"

	"github.com/gofiber/fiber/v3"
	"github.com/gofiber/fiber/v3/middleware/adaptor"

	"github.com/sessiongen/sessiongen/example/frameworks/visitor"
	"github.com/sessiongen/sessiongen/runtime/sessiontest"
)

// This is why there is a function to copy: with fiber's own adaptor for middlewares, the
// handler runs when the session is committed and done, and does not find it. With sessions,
// it runs inside, and what it does is kept.
func TestOnlySessionsRunsTheHandlerInsideTheMiddleware(t *testing.T) {
	for _, c := range []struct {
		name    string
		adapter func(func(http.Handler) http.Handler) fiber.Handler
		order   []string
		cookies int
	}{
		{"sessions", sessions, []string{"session", "committed"}, 1},
		{"adaptor.HTTPMiddleware", func(m func(http.Handler) http.Handler) fiber.Handler { return adaptor.HTTPMiddleware(m) },
			[]string{"committed", "no session"}, 0},
	} {
		visitors, err := visitor.NewVisitorManager(sessiontest.NewStore(t, nil))
		if err != nil {
			t.Fatal(err)
		}
		var order []string
		app := fiber.New()
		app.Use(c.adapter(func(next http.Handler) http.Handler {
			inside := visitors.Middleware(next)
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				inside.ServeHTTP(w, r)
				order = append(order, "committed")
			})
		}))
		app.Get("/", func(c fiber.Ctx) error {
			v, found := visitor.LookupVisitor(c.Context())
			if !found {
				v, found = visitor.LookupVisitor(c.RequestCtx())
			}
			if !found {
				order = append(order, "no session")
				return nil
			}
			order = append(order, "session")
			v.AddVisits(1)
			return nil
		})
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
		if err != nil {
			t.Fatal(err)
		}
		response, err := app.Test(request)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		if !slices.Equal(order, c.order) || len(response.Cookies()) != c.cookies {
			t.Errorf("with %s the order is %q, want %q; cookies: %v", c.name, order, c.order, response.Cookies())
		}
	}
}
