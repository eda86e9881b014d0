// Fiber serves the recipe's pages with github.com/gofiber/fiber, which is not net/http: the
// adapter in sessions.go is copied into an application.
//
// Fiber writes a response after its handlers have returned, and runs the function given to
// SendStreamWriter beside them. That may read the session and should change nothing: from
// when the handler has returned, a change is too late, and an event says so. A stream that
// changes its session is a net/http handler, inside visitors.Middleware as usual, that
// adaptor.HTTPHandler mounts: it sends each Flush at once, and keeps what is changed later.
// Its context does not end when the browser goes away; writing fails then.
package main

import (
	"fmt"
	"io"
	"log"
	"net/http"
	"time"

	"github.com/gofiber/fiber/v3"
	"github.com/gofiber/fiber/v3/middleware/adaptor"

	"github.com/sessiongen/sessiongen/example/frameworks/visitor"
	"github.com/sessiongen/sessiongen/runtime/memstore"
)

func main() {
	visitors, err := visitor.NewVisitorManager(memstore.New())
	if err != nil {
		log.Fatal(err)
	}
	log.Fatal(routes(visitors, time.Tick(time.Second)).Listen("localhost:8080"))
}

func routes(visitors *visitor.VisitorManager, ticks <-chan time.Time) *fiber.App {
	app := fiber.New()
	app.Get("/stream", adaptor.HTTPHandler(visitors.Middleware(stream(ticks))))
	protection := http.NewCrossOriginProtection()
	app.Use(sessions(func(next http.Handler) http.Handler { return protection.Handler(visitors.Middleware(next)) }), recovery)
	app.Get("/", home)
	app.Post("/crash", crash)
	app.Post("/login", login)
	app.Post("/logout", logout)
	return app
}

// recovery answers the panic of a handler, which has done only half of its changes: Discard
// drops them. The session could see neither the panic nor, in a page with a status below 500,
// that something went wrong.
func recovery(c fiber.Ctx) (err error) {
	defer func() {
		if problem := recover(); problem != nil {
			visitor.VisitorFrom(c.Context()).Discard()
			log.Print(problem)
			err = fiber.ErrInternalServerError
		}
	}()
	return c.Next()
}

func crash(c fiber.Ctx) error {
	visitor.VisitorFrom(c.Context()).AddVisits(100)
	panic("a bug")
}

func home(c fiber.Ctx) error {
	v := visitor.VisitorFrom(c.Context())
	v.AddVisits(1)
	page := ""
	if notice, ok := v.TakeNotice(); ok {
		page = notice + "\n"
	}
	if v.HasUserID() {
		page += fmt.Sprintln("User", v.UserID())
	} else {
		page += fmt.Sprintln("Nobody is signed in")
	}
	return c.SendString(page + fmt.Sprintln("Visit", v.Visits()))
}

func login(c fiber.Ctx) error {
	v := visitor.VisitorFrom(c.Context())
	v.SetUserID(7) // the secret is renewed by itself
	v.SetNotice("Welcome")
	return c.Redirect().Status(fiber.StatusSeeOther).To("/")
}

func logout(c fiber.Ctx) error {
	visitor.VisitorFrom(c.Context()).Destroy()
	return c.Redirect().Status(fiber.StatusSeeOther).To("/")
}

func stream(ticks <-chan time.Time) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		v := visitor.VisitorFrom(r.Context())
		flush := http.NewResponseController(w).Flush
		v.AddVisits(1)
		io.WriteString(w, "begun\n") // after this session was stored and its cookie is in the header
		flush()

		<-ticks
		v.AddVisits(10) // needs no cookie: the browser has it
		if v.Commit(r.Context()) == nil {
			io.WriteString(w, "kept\n")
			flush()
		}

		<-ticks
		v.SetTheme("dark") // a cookie of its own
		if v.Commit(r.Context()) != nil {
			io.WriteString(w, "too late\n")
		}
	}
}
