// Package board is a small message board as it was when it kept its sessions with
// gorilla/sessions, in cookies: what the moved one beside it is compared with.
package board

import (
	"fmt"
	"net/http"
	"sync"

	"github.com/gorilla/sessions"
)

// Site serves the pages.
type Site struct {
	store    *sessions.CookieStore
	accounts map[string]int // by name; a real one asks a database
	mu       sync.Mutex
	messages []string
}

const sessionName = "board"

// New makes the site. Its cookies are made with keys.
func New(keys ...[]byte) *Site {
	store := sessions.NewCookieStore(keys...)
	store.Options = &sessions.Options{Path: "/", MaxAge: 86400 * 7, HttpOnly: true, Secure: true, SameSite: http.SameSiteLaxMode}
	return &Site{store: store, accounts: map[string]int{"ada": 7, "grace": 8}}
}

// Handler is the whole site.
func (s *Site) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", s.home)
	mux.HandleFunc("POST /login", s.login)
	mux.HandleFunc("POST /logout", s.logout)
	mux.HandleFunc("POST /write", s.write)
	return mux
}

func (s *Site) home(w http.ResponseWriter, r *http.Request) {
	session, _ := s.store.Get(r, sessionName)
	visits, _ := session.Values["visits"].(int)
	session.Values["visits"] = visits + 1
	notices := session.Flashes()
	if err := session.Save(r, w); err != nil {
		http.Error(w, "Please try again.", http.StatusInternalServerError)
		return
	}
	for _, notice := range notices {
		fmt.Fprintln(w, notice)
	}
	if name, ok := session.Values["name"].(string); ok {
		fmt.Fprintf(w, "%s, visit %d.\n", name, visits+1)
	} else {
		fmt.Fprintln(w, "Nobody is signed in.")
	}
}

func (s *Site) login(w http.ResponseWriter, r *http.Request) {
	session, _ := s.store.Get(r, sessionName)
	name := r.FormValue("name")
	account, ok := s.accounts[name]
	if !ok {
		http.Error(w, "That is not an account.", http.StatusForbidden)
		return
	}
	session.Values["user_id"] = account
	session.Values["name"] = name
	session.AddFlash("Welcome back.")
	if err := session.Save(r, w); err != nil {
		http.Error(w, "Please try again.", http.StatusInternalServerError)
		return
	}
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

func (s *Site) logout(w http.ResponseWriter, r *http.Request) {
	session, _ := s.store.Get(r, sessionName)
	session.Options.MaxAge = -1
	if err := session.Save(r, w); err != nil {
		http.Error(w, "Please try again.", http.StatusInternalServerError)
		return
	}
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

func (s *Site) write(w http.ResponseWriter, r *http.Request) {
	session, _ := s.store.Get(r, sessionName)
	if _, ok := session.Values["user_id"]; !ok {
		http.Error(w, "Sign in first.", http.StatusUnauthorized)
		return
	}
	s.mu.Lock()
	s.messages = append(s.messages, r.FormValue("text"))
	s.mu.Unlock()
	http.Redirect(w, r, "/", http.StatusSeeOther)
}
