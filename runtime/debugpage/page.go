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
	"github.com/sessiongen/sessiongen/runtime/eventhook"
	"github.com/sessiongen/sessiongen/runtime/internal/origin"
)

// Manager has the method that the page needs of a generated manager. For example,
// *web.VisitorManager is a Manager[web.Visitor].
type Manager[T any] interface {
	Load(w http.ResponseWriter, r *http.Request) (*T, error)
}

// Option configures the page that [New] returns.
type Option func(*settings)

type settings struct {
	events   *Events
	counters *eventhook.Counters
	allow    func(*http.Request) bool
}

// WithEvents shows the events that were recorded.
func WithEvents(events *Events) Option { return func(s *settings) { s.events = events } }

// WithCounters shows the number of events of each kind.
func WithCounters(counters *eventhook.Counters) Option {
	return func(s *settings) { s.counters = counters }
}

// AllowIf also shows the page to requests for which allow returns true, such as those of an
// administrator on a private network. The page shows them the IDs of other visitors' sessions
// in the events. allow is called from several goroutines.
func AllowIf(allow func(*http.Request) bool) Option {
	return func(s *settings) { s.allow = allow }
}

// New returns a handler that serves the page for one manager's sessions. Nil options are
// ignored. The handler is safe for use by several goroutines.
func New[T any](visitors Manager[T], options ...Option) http.Handler {
	var s settings
	for _, option := range options {
		if option != nil {
			option(&s)
		}
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		isLocal := origin.IsLoopbackPeer(r) && refusal(r) == ""
		if !isLocal && (s.allow == nil || !s.allow(r)) {
			refuse(w, r)
			return
		}
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			http.Error(w, "Use GET or HEAD.", http.StatusMethodNotAllowed)
			return
		}
		view := look(visitors, r)
		s.addEvents(&view)
		serve(w, view)
	})
}

// view is the data of the template.
type view struct {
	Nonce   string
	Type    string // the type of the session, such as web.Visitor
	Problem string // the reason why no session can be shown
	Now     time.Time
	Keeps   bool // the schema has a session, not only cookies
	Known   bool // the browser has a session
	ID      string
	Times   []moment
	Client  runtime.Client
	Fields  []value
	Cookies []sentCookie
	Bytes   int // the size of all cookies
	Events  []event
	Heard   bool // events are recorded
	Kinds   []count
	Counted bool // events are counted
}

// look loads the session as another request would find it. It does not commit the session, so
// it changes nothing.
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

// informed is a generated type with a session. The type of a schema with cookies only does not
// have the method.
type informed interface{ Info() runtime.Info }

// describe adds the fields of a session and returns its opened cookies. It takes both from the
// JSON of the session, which redacts secrets, so that no secret can reach the page.
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
	if printed.Cookies == nil { // no cookie could be opened; nil would mean that this is unknown
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
		http.Error(w, "Cannot render the page: "+err.Error(), http.StatusInternalServerError)
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
