// Live serves server-sent events with net/http alone, and ends the stream when its session
// ends. For WebSockets there is the folder socket.
package main

import (
	"fmt"
	"log"
	"net/http"
	"time"

	"github.com/sessiongen/sessiongen/example/frameworks/visitor"
	"github.com/sessiongen/sessiongen/runtime/memstore"
)

func main() {
	visitors, err := visitor.NewVisitorManager(memstore.New())
	if err != nil {
		log.Fatal(err)
	}
	log.Println("http://localhost:8080/: sign in, open /events in another window, log out")
	log.Fatal(http.ListenAndServe("localhost:8080", routes(visitors, time.Tick(time.Second))))
}

func routes(visitors *visitor.VisitorManager, ticks <-chan time.Time) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", home)
	mux.HandleFunc("POST /login", login)
	mux.HandleFunc("POST /logout", logout)
	mux.HandleFunc("GET /events", events(ticks))
	return http.NewCrossOriginProtection().Handler(visitors.Middleware(mux))
}

const page = `<!DOCTYPE html><title>Live</title>
<form method=post action=/login><button>Sign in</button></form>
<form method=post action=/logout><button>Log out</button></form>
<a href=/events>Events</a>
`

func home(w http.ResponseWriter, r *http.Request) {
	visitor.VisitorFrom(r.Context()).AddVisits(1)
	fmt.Fprint(w, page)
}

func login(w http.ResponseWriter, r *http.Request) {
	visitor.VisitorFrom(r.Context()).SetUserID(7)
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

func logout(w http.ResponseWriter, r *http.Request) {
	visitor.VisitorFrom(r.Context()).Destroy()
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

func events(ticks <-chan time.Time) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		v := visitor.VisitorFrom(r.Context())
		if !v.HasUserID() {
			http.Error(w, "Nobody is signed in", http.StatusUnauthorized)
			return
		}
		ended := v.Done() // once: it is the same channel each time
		w.Header().Set("Content-Type", "text/event-stream")
		w.Header().Set("Cache-Control", "no-store")
		flush := http.NewResponseController(w).Flush
		for {
			// The first Flush commits what was changed before it. From then on, only
			// Commit does, and only what needs no cookie.
			fmt.Fprintf(w, "data: visit %d\n\n", v.Visits())
			if flush() != nil {
				return
			}
			select {
			case <-r.Context().Done(): // the browser has gone
				return
			case <-ended: // logged out, revoked, expired, or somebody else signed in
				fmt.Fprint(w, "event: ended\ndata:\n\n")
				return
			case <-ticks:
				// Others' changes are seen only now. If the session has ended, so says ended.
				if err := v.Reload(r.Context()); err != nil {
					log.Print(err)
				}
			}
		}
	}
}
