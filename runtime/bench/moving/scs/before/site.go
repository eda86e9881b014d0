// Package shelf is a small lending library as it was when it kept its sessions with
// scs: what the moved one beside it is compared with.
package shelf

import (
	"html/template"
	"net/http"
	"time"

	"github.com/alexedwards/scs/v2"
)

// Site serves the pages.
type Site struct {
	sessions *scs.SessionManager
	accounts map[string]int64 // by e-mail address; a real one asks a database
}

// New makes the site. Its sessions are in store.
func New(store scs.Store) *Site {
	sessions := scs.New()
	sessions.Store = store
	sessions.Lifetime = 12 * time.Hour
	sessions.IdleTimeout = 20 * time.Minute
	sessions.Cookie.Name = "shelf_session"
	sessions.Cookie.SameSite = http.SameSiteLaxMode
	sessions.Cookie.Secure = true
	return &Site{sessions: sessions, accounts: map[string]int64{"ada@example.com": 7, "grace@example.com": 8}}
}

// Handler is the whole site.
func (s *Site) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", s.home)
	mux.HandleFunc("POST /login", s.login)
	mux.HandleFunc("POST /logout", s.logout)
	mux.Handle("POST /borrow", s.members(http.HandlerFunc(s.borrow)))
	mux.Handle("POST /return", s.members(http.HandlerFunc(s.giveBack)))
	return s.sessions.LoadAndSave(mux)
}

var page = template.Must(template.New("page").Parse(`{{with .Notice}}<p class="notice">{{.}}</p>
{{end}}{{if .Email}}<p>{{.Email}}, {{len .Loans}} on loan, {{.Pages}} pages seen.</p>{{else}}<p>Nobody is signed in.</p>{{end}}
`))

// render shows the page to whoever it is.
func render(w http.ResponseWriter, data any) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_ = page.Execute(w, data)
}
