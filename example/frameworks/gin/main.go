// Gin serves the recipe's pages with github.com/gin-gonic/gin. The manager's middleware goes
// around the engine, which is an http.Handler: all that gin writes then passes through the
// session's writer, so the session is committed before the first byte, also where gin keeps
// the header back (c.Status, c.Redirect).
package main

import (
	"io"
	"log"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

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
	gin.SetMode(gin.ReleaseMode)
	r := gin.New()
	r.Use(recovery) // gin.Recovery would let a broken connection commit what a handler has done by half
	r.GET("/", home)
	r.POST("/crash", crash)
	r.POST("/login", login)
	r.POST("/logout", logout)
	r.GET("/stream", stream(ticks))
	return http.NewCrossOriginProtection().Handler(visitors.Middleware(r))
}

// recovery answers the panic of a handler, which has done only half of its changes: Discard
// drops them. The session could see neither the panic nor, in a page with a status below 500,
// that something went wrong.
func recovery(c *gin.Context) {
	defer func() {
		problem := recover()
		switch problem {
		case nil:
			return
		case http.ErrAbortHandler:
			panic(problem)
		}
		visitor.VisitorFrom(c.Request.Context()).Discard()
		log.Print(problem)
		c.AbortWithStatus(http.StatusInternalServerError)
	}()
	c.Next()
}

func crash(c *gin.Context) {
	visitor.VisitorFrom(c.Request.Context()).AddVisits(100)
	panic("a bug")
}

// A *gin.Context finds the session only with Engine.ContextWithFallback; the request's
// context always does.
func home(c *gin.Context) {
	v := visitor.VisitorFrom(c.Request.Context())
	v.AddVisits(1)
	page := ""
	if notice, ok := v.TakeNotice(); ok {
		page = notice + "\n"
	}
	if v.HasUserID() {
		c.String(http.StatusOK, "%sUser %d\nVisit %d\n", page, v.UserID(), v.Visits())
	} else {
		c.String(http.StatusOK, "%sNobody is signed in\nVisit %d\n", page, v.Visits())
	}
}

func login(c *gin.Context) {
	v := visitor.VisitorFrom(c.Request.Context())
	v.SetUserID(7) // the secret is renewed by itself
	v.SetNotice("Welcome")
	c.Redirect(http.StatusSeeOther, "/")
}

func logout(c *gin.Context) {
	visitor.VisitorFrom(c.Request.Context()).Destroy()
	c.Redirect(http.StatusSeeOther, "/")
}

func stream(ticks <-chan time.Time) gin.HandlerFunc {
	return func(c *gin.Context) {
		v := visitor.VisitorFrom(c.Request.Context())
		v.AddVisits(1)
		c.Writer.WriteString("begun\n") // after this session was stored and its cookie is in the header
		c.Writer.Flush()

		step := 0
		c.Stream(func(w io.Writer) bool {
			<-ticks
			if step++; step == 1 {
				v.AddVisits(10) // needs no cookie: the browser has it
				if v.Commit(c.Request.Context()) == nil {
					io.WriteString(w, "kept\n")
				}
				return true
			}
			v.SetTheme("dark") // a cookie of its own
			if v.Commit(c.Request.Context()) != nil {
				io.WriteString(w, "too late\n")
			}
			return false
		})
	}
}
