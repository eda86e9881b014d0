package engine_test

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

// site is a shop with a store that can be watched and made to fail.
type site struct {
	t        testing.TB
	store    *watched
	clock    *clock
	visitors *shop.VisitorManager
	mu       sync.Mutex
	events   []runtime.Event
}

var testKeys = func() *keyring.Keys {
	keys, err := keyring.NewKeys([]byte("kX2vTq8ZpLw4RfYb7NsHc1JmGd5EaUo9"))
	if err != nil {
		panic(err)
	}
	return keys
}()

func newSite(t *testing.T, options ...runtime.Option) *site {
	t.Helper()
	s := &site{t: t, clock: &clock{now: time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)}}
	store := memstore.New(memstore.WithClock(s.clock.Now))
	t.Cleanup(func() { store.Close() })
	s.store = &watched{Store: store}
	s.visitors = s.newManager(options...)
	return s
}

// newManager is another process on the same store.
func (s *site) newManager(options ...runtime.Option) *shop.VisitorManager {
	s.t.Helper()
	visitors, err := shop.NewVisitorManager(s.store, append([]runtime.Option{
		runtime.WithKeys(testKeys), runtime.WithClock(s.clock.Now), runtime.WithEvents(s.record),
	}, options...)...)
	if err != nil {
		s.t.Fatal(err)
	}
	return visitors
}

func (s *site) record(_ context.Context, e runtime.Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.events = append(s.events, e)
}

func (s *site) count(kind runtime.EventKind) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for _, e := range s.events {
		if e.Kind == kind {
			n++
		}
	}
	return n
}

type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// watched counts the calls of a store, and lets a test stand between.
type watched struct {
	*memstore.Store
	mu     sync.Mutex
	calls  []string
	before func(call string) error // instead of the call if it returns an error
	after  func(call string) error // instead of its answer if it returns an error
}

func (w *watched) around(call string, do func() error) error {
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

func (w *watched) Create(ctx context.Context, id runtime.ID, rec runtime.Record, ttl runtime.TTL) error {
	return w.around("create", func() error { return w.Store.Create(ctx, id, rec, ttl) })
}

func (w *watched) Load(ctx context.Context, id runtime.ID) (rec runtime.Record, err error) {
	err = w.around("load", func() error {
		rec, err = w.Store.Load(ctx, id)
		return err
	})
	return rec, err
}

func (w *watched) Update(ctx context.Context, id runtime.ID, old runtime.Rev, rec runtime.Record, ttl runtime.TTL) error {
	return w.around("update", func() error { return w.Store.Update(ctx, id, old, rec, ttl) })
}

func (w *watched) Touch(ctx context.Context, id runtime.ID, idle time.Duration) error {
	return w.around("touch", func() error { return w.Store.Touch(ctx, id, idle) })
}

func (w *watched) Delete(ctx context.Context, id runtime.ID) error {
	return w.around("delete", func() error { return w.Store.Delete(ctx, id) })
}

func (w *watched) Revoke(ctx context.Context, t runtime.Term, keep runtime.ID) (n int, err error) {
	err = w.around("revoke", func() error {
		n, err = w.Store.Revoke(ctx, t, keep)
		return err
	})
	return n, err
}

// took returns the calls since it was last asked.
func (w *watched) took() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	calls := strings.Join(w.calls, " ")
	w.calls = nil
	return calls
}

func (w *watched) stand(before, after func(call string) error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.before, w.after = before, after
}

// browser keeps cookies as a browser does, by name: the tests use one host and path.
type browser struct {
	site    *site
	manager *shop.VisitorManager
	cookies map[string]string
	header  http.Header
}

func (s *site) browser() *browser {
	return &browser{site: s, manager: s.visitors, cookies: map[string]string{}, header: http.Header{}}
}

// clone is a request that was sent before the original's next one.
func (b *browser) clone() *browser {
	cookies := map[string]string{}
	for name, value := range b.cookies {
		cookies[name] = value
	}
	return &browser{site: b.site, manager: b.manager, cookies: cookies, header: b.header.Clone()}
}

const sessionCookie = "__Host-visitor"

type handler = func(v *shop.Visitor, w http.ResponseWriter, r *http.Request)

// visit makes one request, and keeps the cookies of the response.
func (b *browser) visit(h func(v *shop.Visitor)) *http.Response {
	return b.serve(func(v *shop.Visitor, _ http.ResponseWriter, _ *http.Request) { h(v) })
}

func (b *browser) serve(h handler) *http.Response { return b.send("GET", h) }

func (b *browser) send(method string, h handler) *http.Response {
	b.site.t.Helper()
	recorder := httptest.NewRecorder()
	b.manager.Middleware(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h(shop.VisitorFrom(r.Context()), w, r)
	})).ServeHTTP(recorder, b.request(method))
	response := recorder.Result()
	b.keep(response)
	return response
}

func (b *browser) request(method string) *http.Request {
	r := httptest.NewRequest(method, "https://shop.example/", nil)
	for name, values := range b.header {
		r.Header[name] = values
	}
	var pairs []string
	for name, value := range b.cookies {
		pairs = append(pairs, name+"="+value)
	}
	slices.Sort(pairs)
	if pairs != nil {
		r.Header.Set("Cookie", strings.Join(pairs, "; "))
	}
	return r
}

func (b *browser) keep(response *http.Response) {
	for _, line := range response.Header["Set-Cookie"] {
		pair, attributes, _ := strings.Cut(line, ";")
		name, value, _ := strings.Cut(pair, "=")
		if strings.Contains(attributes, "Max-Age=0") {
			delete(b.cookies, name)
		} else {
			b.cookies[name] = value
		}
	}
}

// see returns what a request sees of the session, without changing it.
func see[T any](b *browser, get func(v *shop.Visitor) T) (seen T) {
	b.site.t.Helper()
	response := b.clone().visit(func(v *shop.Visitor) { seen = get(v) })
	if response.StatusCode != http.StatusOK {
		b.site.t.Fatalf("status %d", response.StatusCode)
	}
	return seen
}

func equal[T comparable](t testing.TB, got, want T, what string) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

func newRecorder() *httptest.ResponseRecorder { return httptest.NewRecorder() }

func clientOf(r *http.Request) runtime.Client {
	return runtime.Client{UserAgent: r.UserAgent(), Address: r.RemoteAddr}
}

type (
	responseWriter = http.ResponseWriter
	request        = http.Request
)

func contains(data, part string) bool { return strings.Contains(data, part) }
