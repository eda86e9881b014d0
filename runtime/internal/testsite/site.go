package testsite

import (
	"context"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/internal/shop"
	"github.com/sessiongen/sessiongen/runtime/keyring"
	"github.com/sessiongen/sessiongen/runtime/memstore"
)

// Site is a shop with a store that can be watched and made to fail.
type Site struct {
	T        testing.TB
	Store    *Watched
	Clock    *Clock
	Visitors *shop.VisitorManager
	Mu       sync.Mutex
	Events   []runtime.Event
}

var Keys = func() *keyring.Keys {
	keys, err := keyring.NewKeys([]byte("kX2vTq8ZpLw4RfYb7NsHc1JmGd5EaUo9"))
	if err != nil {
		panic(err)
	}
	return keys
}()

func New(t *testing.T, options ...runtime.Option) *Site {
	t.Helper()
	s := &Site{T: t, Clock: &Clock{At: time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)}}
	store := memstore.New(memstore.WithClock(s.Clock.Now))
	t.Cleanup(func() { store.Close() })
	s.Store = &Watched{Store: store}
	s.Visitors = s.NewManager(options...)
	return s
}

// NewManager is another process on the same store.
func (s *Site) NewManager(options ...runtime.Option) *shop.VisitorManager {
	s.T.Helper()
	visitors, err := shop.NewVisitorManager(s.Store, append([]runtime.Option{
		runtime.WithKeys(Keys), runtime.WithClock(s.Clock.Now), runtime.WithEvents(s.Record),
	}, options...)...)
	if err != nil {
		s.T.Fatal(err)
	}
	return visitors
}

func (s *Site) Record(_ context.Context, e runtime.Event) {
	s.Mu.Lock()
	defer s.Mu.Unlock()
	s.Events = append(s.Events, e)
}

func (s *Site) Count(kind runtime.EventKind) int {
	s.Mu.Lock()
	defer s.Mu.Unlock()
	n := 0
	for _, e := range s.Events {
		if e.Kind == kind {
			n++
		}
	}
	return n
}

type Clock struct {
	mu sync.Mutex
	At time.Time
}

func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.At
}

func (c *Clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.At = c.At.Add(d)
}

// Watched counts the calls of a store, and lets a test stand between.
type Watched struct {
	*memstore.Store
	mu     sync.Mutex
	calls  []string
	before func(call string) error // instead of the call if it returns an error
	after  func(call string) error // instead of its answer if it returns an error
}

func (w *Watched) around(call string, do func() error) error {
	w.mu.Lock()
	w.calls = append(w.calls, call)
	before, after := w.before, w.after
	w.mu.Unlock()
	if before != nil {
		if err := before(call); err != nil {
			return err
		}
	}
	err := do()
	if after != nil {
		if lost := after(call); lost != nil {
			return lost
		}
	}
	return err
}

func (w *Watched) Create(ctx context.Context, id runtime.ID, rec runtime.Record, ttl runtime.TTL) error {
	return w.around("create", func() error { return w.Store.Create(ctx, id, rec, ttl) })
}

func (w *Watched) Load(ctx context.Context, id runtime.ID) (rec runtime.Record, err error) {
	err = w.around("load", func() error {
		rec, err = w.Store.Load(ctx, id)
		return err
	})
	return rec, err
}

func (w *Watched) Update(ctx context.Context, id runtime.ID, old runtime.Rev, rec runtime.Record, ttl runtime.TTL) error {
	return w.around("update", func() error { return w.Store.Update(ctx, id, old, rec, ttl) })
}

func (w *Watched) Touch(ctx context.Context, id runtime.ID, idle time.Duration) error {
	return w.around("touch", func() error { return w.Store.Touch(ctx, id, idle) })
}

func (w *Watched) Delete(ctx context.Context, id runtime.ID) error {
	return w.around("delete", func() error { return w.Store.Delete(ctx, id) })
}

func (w *Watched) Revoke(ctx context.Context, t runtime.Term, keep runtime.ID) (n int, err error) {
	err = w.around("revoke", func() error {
		n, err = w.Store.Revoke(ctx, t, keep)
		return err
	})
	return n, err
}

func (w *Watched) RevokeAll(ctx context.Context, prefix string) (n int, err error) {
	err = w.around("revoke all", func() error {
		n, err = w.Store.RevokeAll(ctx, prefix)
		return err
	})
	return n, err
}

// Took returns the calls since it was last asked.
func (w *Watched) Took() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	calls := strings.Join(w.calls, " ")
	w.calls = nil
	return calls
}

func (w *Watched) Stand(before, after func(call string) error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.before, w.after = before, after
}

// Browser keeps cookies as a browser does, by name: the tests use one host and path.
type Browser struct {
	Site    *Site
	Manager *shop.VisitorManager
	Cookies map[string]string
	Header  http.Header
}

func (s *Site) Browser() *Browser {
	return &Browser{Site: s, Manager: s.Visitors, Cookies: map[string]string{}, Header: http.Header{}}
}

// Clone is a request that was sent before the original's next one.
func (b *Browser) Clone() *Browser {
	cookies := map[string]string{}
	for name, value := range b.Cookies {
		cookies[name] = value
	}
	return &Browser{Site: b.Site, Manager: b.Manager, Cookies: cookies, Header: b.Header.Clone()}
}

const SessionCookie = "__Host-visitor"

type Handler = func(v *shop.Visitor, w http.ResponseWriter, r *http.Request)

// Visit makes one request, and keeps the cookies of the response.
func (b *Browser) Visit(h func(v *shop.Visitor)) *http.Response {
	return b.Serve(func(v *shop.Visitor, _ http.ResponseWriter, _ *http.Request) { h(v) })
}

func (b *Browser) Serve(h Handler) *http.Response { return b.Send("GET", h) }

func (b *Browser) Send(method string, h Handler) *http.Response {
	b.Site.T.Helper()
	recorder := httptest.NewRecorder()
	b.Manager.Middleware(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h(shop.VisitorFrom(r.Context()), w, r)
	})).ServeHTTP(recorder, b.Request(method))
	response := recorder.Result()
	b.Keep(response)
	return response
}

func (b *Browser) Request(method string) *http.Request {
	r := httptest.NewRequest(method, "https://shop.example/", nil)
	for name, values := range b.Header {
		r.Header[name] = values
	}
	var pairs []string
	for name, value := range b.Cookies {
		pairs = append(pairs, name+"="+value)
	}
	slices.Sort(pairs)
	if pairs != nil {
		r.Header.Set("Cookie", strings.Join(pairs, "; "))
	}
	return r
}

func (b *Browser) Keep(response *http.Response) {
	for _, line := range response.Header["Set-Cookie"] {
		pair, attributes, _ := strings.Cut(line, ";")
		name, value, _ := strings.Cut(pair, "=")
		if strings.Contains(attributes, "Max-Age=0") {
			delete(b.Cookies, name)
		} else {
			b.Cookies[name] = value
		}
	}
}

// See returns what a request sees of the session, without changing it.
func See[T any](b *Browser, get func(v *shop.Visitor) T) (seen T) {
	b.Site.T.Helper()
	response := b.Clone().Visit(func(v *shop.Visitor) { seen = get(v) })
	if response.StatusCode != http.StatusOK {
		b.Site.T.Fatalf("status %d", response.StatusCode)
	}
	return seen
}

func Equal[T comparable](t testing.TB, got, want T, what string) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

func NewRecorder() *httptest.ResponseRecorder { return httptest.NewRecorder() }

func ClientOf(r *http.Request) runtime.Client {
	return runtime.Client{UserAgent: r.UserAgent(), Address: r.RemoteAddr}
}

type (
	ResponseWriter = http.ResponseWriter
	Request        = http.Request
)

func Contains(data, part string) bool { return strings.Contains(data, part) }
