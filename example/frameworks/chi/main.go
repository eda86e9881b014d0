// Chi serves the recipe's pages with github.com/go-chi/chi. Its middleware is net/http's, so
// the manager's goes in as it is.
package main

import (
	"fmt"
	"io"
	"log"
	"net/http"
	"time"

	"github.com/go-chi/chi/v5"

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
	r := chi.NewRouter()
	r.Use(http.NewCrossOriginProtection().Handler, visitors.Middleware, recovery)
	r.Get("/", home)
	r.Post("/crash", crash)
	r.Post("/login", login)
	r.Post("/logout", logout)
	r.Get("/stream", stream(ticks))
	return r
}

// recovery answers the panic of a handler, which has done only half of its changes: Discard
// drops them. The session could see neither the panic nor, in a page with a status below 500,
// that something went wrong.
func recovery(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			problem := recover()
			switch problem {
			case nil:
				return
			case http.ErrAbortHandler:
				panic(problem)
			}
			visitor.VisitorFrom(r.Context()).Discard()
			log.Print(problem)
			http.Error(w, "This page has a bug.", http.StatusInternalServerError)
		}()
		next.ServeHTTP(w, r)
	})
}

func crash(_ http.ResponseWriter, r *http.Request) {
	visitor.VisitorFrom(r.Context()).AddVisits(100)
	panic("a bug")
}

func home(w http.ResponseWriter, r *http.Request) {
	v := visitor.VisitorFrom(r.Context())
	v.AddVisits(1)
	if notice, ok := v.TakeNotice(); ok {
		fmt.Fprintln(w, notice)
	}
	if v.HasUserID() {
		fmt.Fprintln(w, "User", v.UserID())
	} else {
		fmt.Fprintln(w, "Nobody is signed in")
	}
	fmt.Fprintln(w, "Visit", v.Visits())
}

func login(w http.ResponseWriter, r *http.Request) {
	v := visitor.VisitorFrom(r.Context())
	v.SetUserID(7) // the secret is renewed by itself
	v.SetNotice("Welcome")
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

func logout(w http.ResponseWriter, r *http.Request) {
	visitor.VisitorFrom(r.Context()).Destroy()
	http.Redirect(w, r, "/", http.StatusSeeOther)
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
