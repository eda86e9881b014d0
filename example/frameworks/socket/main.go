// Socket serves WebSockets with net/http and either of two libraries, and closes them when
// their session ends. Copy coder.go or gorilla.go: they do the same.
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http"
	"time"

	"github.com/sessiongen/sessiongen/example/frameworks/visitor"
	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/memstore"
)

func main() {
	visitors, err := visitor.NewVisitorManager(memstore.New())
	if err != nil {
		log.Fatal(err)
	}
	log.Println("http://localhost:8080/: sign in, send something, log out in another window")
	log.Fatal(http.ListenAndServe("localhost:8080", routes(visitors, count)))
}

func routes(visitors *visitor.VisitorManager, answer answer) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", home)
	mux.HandleFunc("POST /login", login)
	mux.HandleFunc("POST /logout", logout)
	mux.HandleFunc("GET /coder", withCoder(answer))
	mux.HandleFunc("GET /gorilla", withGorilla(answer))
	// This protection lets every GET pass, and a WebSocket begins with one. A browser sends
	// cookies with it whatever page asks: it is for the libraries to compare the Origin.
	return http.NewCrossOriginProtection().Handler(visitors.Middleware(mux))
}

const page = `<!DOCTYPE html><title>Socket</title>
<p>Visit %d
<form method=post action=/login><button>Sign in</button></form>
<form method=post action=/logout><button>Log out</button></form>
<form id=chat>
<label>with <select id=library><option>coder<option>gorilla</select></label>
<input id=text aria-label=Message> <button>Send</button>
</form>
<pre id=log></pre>
<script>
let socket
const show = line => log.append(line + "\n")
const open = () => {
	socket?.close()
	socket = new WebSocket(location.origin.replace("http", "ws") + "/" + library.value)
	socket.onmessage = e => show(e.data)
	socket.onclose = e => show("closed: " + e.code + " " + e.reason)
}
library.onchange = open
chat.onsubmit = e => { e.preventDefault(); socket.send(text.value) }
open()
</script>
`

func home(w http.ResponseWriter, r *http.Request) {
	v := visitor.VisitorFrom(r.Context())
	v.AddVisits(1)
	fmt.Fprintf(w, page, v.Visits())
}

func login(w http.ResponseWriter, r *http.Request) {
	visitor.VisitorFrom(r.Context()).SetUserID(7)
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

func logout(w http.ResponseWriter, r *http.Request) {
	visitor.VisitorFrom(r.Context()).Destroy()
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

// answer is what a message does. It is all that may use the session: in each socket, one
// message comes after the other.
type answer func(ctx context.Context, v *visitor.Visitor, message string) (string, error)

func count(ctx context.Context, v *visitor.Visitor, message string) (string, error) {
	// What other requests have changed is seen only now.
	if err := v.Reload(ctx); err != nil {
		return "", err
	}
	if message != "" { // an empty one only asks
		v.AddVisits(1)
	}
	// Without this, the visit counts nowhere until the socket is closed. It also extends the
	// idle timeout, as each request does. After a logout since Reload, it returns ErrEnded.
	if err := v.Commit(ctx); err != nil {
		return "", err
	}
	return fmt.Sprintf("visit %d", v.Visits()), nil
}

// patience is how long a browser may take to accept a message or to close its side.
const patience = 5 * time.Second

// farewell is what the page is told when its socket is closed: 1008 is a violated policy,
// 1011 an error of ours.
func farewell(err error) (status int, reason string) {
	if errors.Is(err, runtime.ErrEnded) {
		return 1008, "the session has ended"
	}
	log.Print(err)
	return 1011, "try again later"
}
