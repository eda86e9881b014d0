// Package board is a small message board moved to sessiongen from gorilla/sessions,
// by sessiongen init and the edits that git diff --no-index before after shows.
package board

import (
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/gorilla/securecookie"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/legacy"
)

// Site serves the pages.
type Site struct {
	visitors *VisitorManager
	accounts map[string]int // by name; a real one asks a database
	mu       sync.Mutex
	messages []string
}

// New makes the site. Its sessions are in store; until the end of the move it takes those
// over that are in cookies made with oldKeys.
func New(store runtime.Store, until time.Time, oldKeys [][]byte, options ...runtime.Option) (*Site, error) {
	visitors, err := NewVisitorManager(store, append(options,
		runtime.WithLegacy(until, legacy.FromGorilla("board", securecookie.CodecsFromPairs(oldKeys...)...), FillVisitor))...)
	if err != nil {
		return nil, err
	}
	return &Site{visitors: visitors, accounts: map[string]int{"ada": 7, "grace": 8}}, nil
}

// Handler is the whole site.
func (s *Site) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", s.home)
	mux.HandleFunc("POST /login", s.login)
	mux.HandleFunc("POST /logout", s.logout)
	mux.HandleFunc("POST /write", s.write)
	return s.visitors.Middleware(mux)
}

func (s *Site) home(w http.ResponseWriter, r *http.Request) {
	v := VisitorFrom(r.Context())
	v.AddVisits(1)
	notices, _ := v.TakeFlashes()
	for _, notice := range notices {
		fmt.Fprintln(w, notice)
	}
	if v.HasName() {
		fmt.Fprintf(w, "%s, visit %d.\n", v.Name(), v.Visits())
	} else {
		fmt.Fprintln(w, "Nobody is signed in.")
	}
}

func (s *Site) login(w http.ResponseWriter, r *http.Request) {
	name := r.FormValue("name")
	account, ok := s.accounts[name]
	if !ok {
		http.Error(w, "That is not an account.", http.StatusForbidden)
		return
	}
	v := VisitorFrom(r.Context())
	v.SetUserID(account)
	v.SetName(name)
	v.AppendFlashes("Welcome back.")
	v.Remember(true)
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

func (s *Site) logout(w http.ResponseWriter, r *http.Request) {
	VisitorFrom(r.Context()).Destroy()
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

func (s *Site) write(w http.ResponseWriter, r *http.Request) {
	if !VisitorFrom(r.Context()).HasUserID() {
		http.Error(w, "Sign in first.", http.StatusUnauthorized)
		return
	}
	s.mu.Lock()
	s.messages = append(s.messages, r.FormValue("text"))
	s.mu.Unlock()
	http.Redirect(w, r, "/", http.StatusSeeOther)
}
