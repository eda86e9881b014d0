package web

import (
	"bytes"
	"embed"
	"html/template"
	"io/fs"
	"log"
	"net/http"
	"net/url"
	"path"
	"strings"
)

//go:embed templates
var templateFiles embed.FS

// page is what the templates are given. They call the session's getters themselves.
type page struct {
	Name     string
	Title    string
	Visitor  *Visitor
	Notice   string
	Swatches []swatch
	Content  any
}

func (s *site) show(w http.ResponseWriter, r *http.Request, status int, name, title string, content any) {
	v := VisitorFrom(r.Context())
	notice, _ := v.TakeNotice()
	var body bytes.Buffer
	err := s.pages[name].ExecuteTemplate(&body, "layout", page{name, title, v, notice, swatches, content})
	if err != nil {
		s.fail(w, r, err)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	body.WriteTo(w)
}

// refuse says why nothing was done.
func (s *site) refuse(w http.ResponseWriter, r *http.Request, status int, reason string) {
	s.show(w, r, status, "refused", http.StatusText(status), reason)
}

func (s *site) fail(w http.ResponseWriter, r *http.Request, err error) {
	log.Printf("%s %s: %v", r.Method, r.URL.Path, err)
	http.Error(w, "Something went wrong. The log says what.", http.StatusInternalServerError)
}

func redirect(w http.ResponseWriter, r *http.Request, to string) {
	http.Redirect(w, r, to, http.StatusSeeOther)
}

// redirectBack returns to the page that a form was on, and to the ink there.
func redirectBack(w http.ResponseWriter, r *http.Request, fragment string) {
	to := url.URL{Path: "/"}
	if from, err := url.Parse(r.Referer()); err == nil && from.Host == r.Host {
		to.Path = path.Clean("/" + from.Path)
	}
	if to.Path == "/" {
		to.Fragment = fragment
	}
	redirect(w, r, to.String())
}

// limit shortens what a form says to a number of characters.
func limit(text string, characters int) string {
	runes := []rune(strings.TrimSpace(text))
	return string(runes[:min(len(runes), characters)])
}

func parsePages() (map[string]*template.Template, error) {
	names, err := fs.Glob(templateFiles, "templates/*.html")
	if err != nil {
		return nil, err
	}
	shared := template.New("").Funcs(words)
	if shared, err = shared.ParseFS(templateFiles, "templates/shared/*.html"); err != nil {
		return nil, err
	}
	pages := map[string]*template.Template{}
	for _, name := range names {
		t, err := shared.Clone()
		if err != nil {
			return nil, err
		}
		if t, err = t.ParseFS(templateFiles, name); err != nil {
			return nil, err
		}
		pages[strings.TrimSuffix(path.Base(name), ".html")] = t
	}
	return pages, nil
}
