// Package debugpage shows a developer what the running program knows about the browser
// that asks: its session with the fields, its cookies as they were sent, and the last
// events of all sessions.
//
//	events := debugpage.NewEvents(200)
//	counters := new(runtime.Counters)
//	hook := runtime.JoinEvents(runtime.LogEvents(slog.Default()), events.Record, counters.Record)
//	visitors, err := web.NewVisitorManager(store, runtime.WithEvents(hook))
//	…
//	mux.Handle("/debug/session", debugpage.New(visitors,
//		debugpage.WithEvents(events), debugpage.WithCounters(counters)))
//
// The page looks and does not touch: it needs no middleware around it, it changes nothing
// in the session, does not prolong it, and sets no cookie. It shows no token, no value
// that is marked secret, and no cookie that the schema does not declare, for that may be
// the session of another program on this machine.
// A sealed session is shown as others are, by its fields: the cookie that carries it is
// not. Of a schema with cookies only, the page is about these.
//
// Everybody else gets a 404: the page is for requests that come from this machine and
// name it, by localhost or a loopback address. A reverse proxy on the same machine makes
// every visitor look like that unless it says whom it forwards for, so leave the page
// out of a program that is deployed behind one.
package debugpage

import (
	"bytes"
	"crypto/rand"
	_ "embed"
	"encoding/json"
	"fmt"
	"html/template"
	"net/http"
	"reflect"
	"time"

	"github.com/sessiongen/sessiongen/runtime"
)

// Manager is what every generated manager has: *web.VisitorManager is a
// Manager[web.Visitor].
type Manager[T any] interface {
	Load(w http.ResponseWriter, r *http.Request) (*T, error)
}

// Option is given to [New].
type Option func(*settings)

type settings struct {
	events   *Events
	counters *runtime.Counters
	allow    func(*http.Request) bool
}

// WithEvents shows what events has recorded.
func WithEvents(events *Events) Option { return func(s *settings) { s.events = events } }

// WithCounters shows how many events were counted.
func WithCounters(counters *runtime.Counters) Option {
	return func(s *settings) { s.counters = counters }
}

// AllowIf shows the page to other requests too: those for which allow returns true, such
// as those of an administrator who came by a private network. They see the IDs of other
// visitors' sessions in the events.
func AllowIf(allow func(*http.Request) bool) Option {
	return func(s *settings) { s.allow = allow }
}

// New returns the page of one manager's sessions.
func New[T any](visitors Manager[T], options ...Option) http.Handler {
	var s settings
	for _, option := range options {
		if option != nil {
			option(&s)
		}
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !isLocal(r) && (s.allow == nil || !s.allow(r)) {
			http.NotFound(w, r)
			return
		}
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			http.Error(w, "The page is only looked at.", http.StatusMethodNotAllowed)
			return
		}
		view := look(visitors, r)
		s.addEvents(&view)
		serve(w, view)
	})
}

// view is what the template is given.
type view struct {
	Nonce   string
	Type    string // of the session: web.Visitor
	Problem string // why there is no session to show
	Now     time.Time
	Keeps   bool // the schema has a session, and not cookies only
	Known   bool
	ID      string
	Times   []moment
	Client  runtime.Client
	Fields  []value
	Cookies []sentCookie
	Bytes   int // of all cookies
	Events  []event
	Heard   bool // there is something that records events
	Kinds   []count
	Counted bool
}

// look loads the session as another request would find it. It is not committed, so
// nothing is changed.
func look[T any](visitors Manager[T], r *http.Request) view {
	v := view{Now: time.Now(), Type: reflect.TypeFor[T]().String()}
	_, v.Keeps = any((*T)(nil)).(informed)
	observer := &observer{header: http.Header{}}
	session, err := visitors.Load(observer, r)
	var opened map[string]json.RawMessage
	if err == nil {
		opened, err = v.describe(session)
	}
	if err != nil {
		v.Problem = err.Error()
	}
	v.Cookies, v.Bytes = observer.cookies(r, opened)
	return v
}

// informed is a generated type with a session. One of a schema with cookies only has no
// such method.
type informed interface{ Info() runtime.Info }

// describe takes what is shown of a session from what it prints of itself: there is no
// other way by which a secret could come here. It returns the cookies that were opened.
func (v *view) describe(session any) (map[string]json.RawMessage, error) {
	if described, ok := session.(informed); ok {
		v.addInfo(described.Info())
	}
	text, err := json.Marshal(session)
	if err != nil {
		return nil, fmt.Errorf("printing the session: %w", err)
	}
	var printed struct{ Fields, Cookies map[string]json.RawMessage }
	if err := json.Unmarshal(text, &printed); err != nil {
		return nil, fmt.Errorf("reading what the session prints: %w", err)
	}
	v.Fields = values(printed.Fields)
	if printed.Cookies == nil { // none could be read, which differs from not knowing
		printed.Cookies = map[string]json.RawMessage{}
	}
	return printed.Cookies, nil
}

func (v *view) addInfo(info runtime.Info) {
	if v.Known = !info.New; !v.Known {
		return
	}
	v.ID, v.Client = info.ID.String(), info.Client
	for _, t := range []struct {
		what string
		at   time.Time
	}{
		{"Created", info.Created}, {"Signed in", info.AuthenticatedAt},
		{"Last seen", info.LastSeen}, {"Expires", info.Expires},
	} {
		v.Times = append(v.Times, moment{t.what, t.at, v.Now})
	}
}

//go:embed page.html
var pageText string

//go:embed page.css
var style string

var page = template.Must(template.New("page").Funcs(template.FuncMap{
	"style": func() template.CSS { return template.CSS(style) },
}).Parse(pageText))

func serve(w http.ResponseWriter, v view) {
	v.Nonce = rand.Text()
	var body bytes.Buffer
	if err := page.Execute(&body, v); err != nil {
		http.Error(w, "The page could not be made: "+err.Error(), http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'nonce-"+v.Nonce+"'; img-src data:; "+
		"form-action 'none'; base-uri 'none'; frame-ancestors 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("X-Robots-Tag", "noindex")
	if v.Problem != "" {
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	_, _ = body.WriteTo(w)
}
