package main

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"testing"

	"github.com/gofiber/fiber/v3"

	"github.com/sessiongen/sessiongen/example/frameworks/visitor"
	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/memstore"
)

// Fiber starts the writer beside the handler, which returns without waiting for it. From then
// on the session can be read, and what is changed is not lost without a word.
func TestAFiberStreamWriterReadsAndIsTooLateToChange(t *testing.T) {
	store := memstore.New()
	defer store.Close()
	tooLate := 0
	visitors, err := visitor.NewVisitorManager(store, runtime.WithEvents(func(_ context.Context, e runtime.Event) {
		if e.Kind == runtime.TooLate {
			tooLate++
		}
	}))
	if err != nil {
		t.Fatal(err)
	}
	app, returned := fiber.New(), make(chan struct{})
	app.Use(func(c fiber.Ctx) error {
		defer close(returned)
		return c.Next()
	})
	app.Use(sessions(visitors.Middleware))
	app.Get("/", func(c fiber.Ctx) error {
		v := visitor.VisitorFrom(c.Context())
		v.AddVisits(1)
		return c.SendStreamWriter(func(w *bufio.Writer) {
			<-returned
			v.AddVisits(10)
			io.WriteString(w, "streamed")
			if v.Visits() != 1 {
				t.Errorf("the session has %d visits while it is streamed, want 1", v.Visits())
			}
		})
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
	body, err := io.ReadAll(response.Body)
	if err != nil || string(body) != "streamed" {
		t.Fatalf("%q, %v", body, err)
	}
	if len(response.Cookies()) != 1 || tooLate != 1 {
		t.Errorf("%d cookies and %d events that it is too late, want one of each", len(response.Cookies()), tooLate)
	}
}

// What an error's handler answers goes out with the session's cookie, too.
func TestAFiberErrorKeepsItsStatusAndTheSession(t *testing.T) {
	store := memstore.New()
	defer store.Close()
	visitors, err := visitor.NewVisitorManager(store)
	if err != nil {
		t.Fatal(err)
	}
	app := fiber.New()
	app.Use(sessions(visitors.Middleware))
	app.Get("/", func(c fiber.Ctx) error {
		visitor.VisitorFrom(c.Context()).AddVisits(1)
		c.Set(fiber.HeaderCacheControl, "public, max-age=60")
		return fiber.NewError(fiber.StatusTeapot, "short and stout")
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
	body, err := io.ReadAll(response.Body)
	if err != nil || string(body) != "short and stout" || response.StatusCode != fiber.StatusTeapot || len(response.Cookies()) != 1 {
		t.Errorf("%s %q %v, %v", response.Status, body, response.Cookies(), err)
	}
	if got := response.Header["Cache-Control"]; len(got) != 1 || got[0] == "public, max-age=60" {
		t.Errorf("a response with a session cookie may be kept by shared caches: Cache-Control %q", got)
	}
}
