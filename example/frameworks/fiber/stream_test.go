package main

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net/http"
	"strconv"
	"testing"
	"time"

	"github.com/gofiber/fiber/v3"
	"github.com/gofiber/fiber/v3/middleware/adaptor"

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
		if e.Kind == runtime.EventTooLate {
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

// While the handler still runs, a change is kept: whether the writer comes before or after
// the commit is nothing that it can rely on.
func TestAFiberStreamWriterRunsBesideTheHandler(t *testing.T) {
	store := memstore.New()
	defer store.Close()
	visitors, err := visitor.NewVisitorManager(store)
	if err != nil {
		t.Fatal(err)
	}
	app := fiber.New()
	app.Use(sessions(visitors.Middleware))
	app.Get("/", func(c fiber.Ctx) error {
		v, changed := visitor.VisitorFrom(c.Context()), make(chan struct{})
		if err := c.SendStreamWriter(func(w *bufio.Writer) {
			v.AddVisits(10)
			close(changed)
			io.WriteString(w, "streamed")
		}); err != nil {
			return err
		}
		select {
		case <-changed:
			return nil
		case <-time.After(10 * time.Second):
			return errors.New("the writer waits for the handler to return")
		}
	})
	app.Get("/visits", func(c fiber.Ctx) error {
		return c.SendString(strconv.Itoa(visitor.VisitorFrom(c.Context()).Visits()))
	})
	send := func(path string, cookies []*http.Cookie) *http.Response {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, path, nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range cookies {
			request.AddCookie(c)
		}
		response, err := app.Test(request, fiber.TestConfig{Timeout: 20 * time.Second})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { response.Body.Close() })
		return response
	}
	visits, err := io.ReadAll(send("/visits", send("/", nil).Cookies()).Body)
	if err != nil || string(visits) != "10" {
		t.Errorf("the next page finds %q visits, %v", visits, err)
	}
}

// A stream that is a net/http handler has only its writing to find out that nobody reads it.
func TestAFiberStreamEndsWhenWritingFails(t *testing.T) {
	store := memstore.New()
	defer store.Close()
	visitors, err := visitor.NewVisitorManager(store)
	if err != nil {
		t.Fatal(err)
	}
	gone, ended := make(chan struct{}), make(chan error, 1)
	app := fiber.New()
	app.Get("/", adaptor.HTTPHandler(visitors.Middleware(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		flush := http.NewResponseController(w).Flush
		io.WriteString(w, "begun\n")
		flush()
		<-gone
		for until := time.Now().Add(10 * time.Second); time.Now().Before(until); {
			if _, err := w.Write(make([]byte, 1<<16)); err != nil {
				ended <- r.Context().Err()
				return
			}
			flush()
		}
		ended <- errors.New("writing goes on when the browser is gone")
	}))))
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, listen(t, app), nil)
	if err != nil {
		t.Fatal(err)
	}
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	response, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(response.Body).ReadString('\n'); line != "begun\n" {
		t.Errorf("the stream begins with %q, %v", line, err)
	}
	response.Body.Close()
	close(gone)
	if err := <-ended; err != nil {
		t.Errorf("when writing fails, the context says %v", err)
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

// Nothing is kept of a handler whose error is answered with 500.
func TestAFiberErrorOf500CommitsNothing(t *testing.T) {
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
		return errors.New("the handler has failed")
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
	if response.StatusCode != fiber.StatusInternalServerError || len(response.Cookies()) != 0 {
		t.Errorf("%s with the cookies %v", response.Status, response.Cookies())
	}
}
