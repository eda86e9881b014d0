// Package shelf is a small lending library moved to sessiongen from scs, by sessiongen
// init and the edits that git diff --no-index before after shows.
package shelf

import (
	"html/template"
	"net/http"
	"time"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/legacy"
)

// Site serves the pages.
type Site struct {
	visitors *VisitorManager
	accounts map[string]int64 // by e-mail address; a real one asks a database
}

// New makes the site. Its sessions are in store; until the end of the move it takes
// those over that are in old.
func New(store runtime.Store, old legacy.SCSStore, until time.Time, options ...runtime.Option) (*Site, error) {
	visitors, err := NewVisitorManager(store, append(options,
		runtime.WithLegacy(until, legacy.FromSCS("shelf_session", old), FillVisitor))...)
	if err != nil {
		return nil, err
	}
	return &Site{visitors: visitors, accounts: map[string]int64{"ada@example.com": 7, "grace@example.com": 8}}, nil
}

// Handler is the whole site.
func (s *Site) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", s.home)
	mux.HandleFunc("POST /login", s.login)
	mux.HandleFunc("POST /logout", s.logout)
	mux.Handle("POST /borrow", s.members(http.HandlerFunc(s.borrow)))
	mux.Handle("POST /return", s.members(http.HandlerFunc(s.giveBack)))
	return s.visitors.Middleware(mux)
}

var page = template.Must(template.New("page").Parse(`{{with .Notice}}<p class="notice">{{.}}</p>
{{end}}{{if .Email}}<p>{{.Email}}, {{len .Loans}} on loan, {{.Pages}} pages seen.</p>{{else}}<p>Nobody is signed in.</p>{{end}}
`))

// render shows the page to whoever it is.
func render(w http.ResponseWriter, data any) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_ = page.Execute(w, data)
}
