// Echo serves the recipe's pages with github.com/labstack/echo. echo.WrapMiddleware puts the
// session's writer under echo's Response, so whatever echo writes or flushes commits the
// session first, an error page of e.HTTPErrorHandler included. The function sessions is
// copied into an application; it is only there for what is logged.
package main

import (
	"fmt"
	"io"
	"log"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/sessiongen/sessiongen/example/frameworks/visitor"
	"github.com/sessiongen/sessiongen/runtime/memstore"
)

func main() {
	visitors, err := visitor.NewVisitorManager(memstore.New())
	if err != nil {
		log.Fatal(err)
	}
	log.Println("http://localhost:8080/")
	log.Fatal(http.ListenAndServe("localhost:8080", routes(visitors, time.Tick(time.Second))))
}

func routes(visitors *visitor.VisitorManager, ticks <-chan time.Time) http.Handler {
	e := echo.New()
	e.Use(echo.WrapMiddleware(http.NewCrossOriginProtection().Handler), sessions(visitors.Middleware), recovery)
	e.GET("/", home)
	e.POST("/crash", crash)
	e.POST("/login", login)
	e.POST("/logout", logout)
	e.GET("/stream", stream(ticks))
	return e
}

// sessions runs the rest of the chain inside a manager's middleware, and then puts the
// Response from outside of it back. echo.WrapMiddleware alone leaves the one from inside,
// which never hears of what the session sends by itself, such as the 503 when the store is
// down: a logger outside would read 200 there.
func sessions(middleware func(http.Handler) http.Handler) echo.MiddlewareFunc {
	wrap := echo.WrapMiddleware(middleware)
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		inside := wrap(next)
		return func(c echo.Context) error {
			outside := c.Response()
			defer c.SetResponse(outside)
			return inside(c)
		}
	}
}

// recovery answers the panic of a handler, which has done only half of its changes: Discard
// drops them. The session could see neither the panic nor, in a page with a status below 500,
// that something went wrong.
func recovery(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) (err error) {
		defer func() {
			problem := recover()
			switch problem {
			case nil:
				return
			case http.ErrAbortHandler:
				panic(problem)
			}
			visitor.VisitorFrom(c.Request().Context()).Discard()
			log.Print(problem)
			err = echo.NewHTTPError(http.StatusInternalServerError)
		}()
		return next(c)
	}
}

func crash(c echo.Context) error {
	visitor.VisitorFrom(c.Request().Context()).AddVisits(100)
	panic("a bug")
}

func home(c echo.Context) error {
	v := visitor.VisitorFrom(c.Request().Context())
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
	return c.String(http.StatusOK, page+fmt.Sprintln("Visit", v.Visits()))
}

func login(c echo.Context) error {
	v := visitor.VisitorFrom(c.Request().Context())
	v.SetUserID(7) // the secret is renewed by itself
	v.SetNotice("Welcome")
	return c.Redirect(http.StatusSeeOther, "/")
}

func logout(c echo.Context) error {
	visitor.VisitorFrom(c.Request().Context()).Destroy()
	return c.Redirect(http.StatusSeeOther, "/")
}

func stream(ticks <-chan time.Time) echo.HandlerFunc {
	return func(c echo.Context) error {
		v, w := visitor.VisitorFrom(c.Request().Context()), c.Response()
		v.AddVisits(1)
		io.WriteString(w, "begun\n") // after this session was stored and its cookie is in the header
		w.Flush()

		<-ticks
		v.AddVisits(10) // needs no cookie: the browser has it
		if err := v.Commit(c.Request().Context()); err != nil {
			return err
		}
		io.WriteString(w, "kept\n")
		w.Flush()

		<-ticks
		v.SetTheme("dark") // a cookie of its own
		if v.Commit(c.Request().Context()) != nil {
			io.WriteString(w, "too late\n")
		}
		return nil
	}
}
