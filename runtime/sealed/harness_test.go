package sealed_test

import (
	"context"
	"crypto/sha256"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/internal/kiosk"
	"github.com/sessiongen/sessiongen/runtime/keyring"
	"github.com/sessiongen/sessiongen/runtime/memstore"
	"github.com/sessiongen/sessiongen/runtime/record"
	"github.com/sessiongen/sessiongen/runtime/sealed"
	"github.com/sessiongen/sessiongen/runtime/storetest"
)

// long asks for tests at full size, which takes minutes to hours: see .github/CONTRIBUTING.md.
var long = os.Getenv("SESSIONGEN_TEST_LONG") != ""

// rounds is the number of times that a race runs.
func rounds(short, many int) int {
	if long {
		return many
	}
	return short
}

func ring(t testing.TB, secrets ...string) *runtime.Keys {
	t.Helper()
	var raw [][]byte
	for _, s := range secrets {
		raw = append(raw, []byte(s))
	}
	keys, err := runtime.NewKeys(raw...)
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

const (
	secret      = "kX2vTq8ZpLw4RfYb7NsHc1JmGd5EaUo9"
	otherSecret = "T6wPn3Yd9Kf1Qz8Hb4Vx7Mc2Rs5Gj0La"
)

// site is a kiosk whose clock, revocations and events a test controls.
type site struct {
	t        testing.TB
	clock    *clock
	keys     *runtime.Keys
	records  *memstore.Store // the revocations
	visitors *kiosk.VisitorManager

	mu     sync.Mutex
	events []runtime.Event
	calls  []string

	loadsOfAll int
	before     func(call string) error // instead of the call if it returns an error
}

func newSite(t testing.TB, options ...sealed.Option) *site {
	t.Helper()
	s := &site{t: t, clock: &clock{now: time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)}, keys: ring(t, secret)}
	s.records = memstore.New(memstore.WithClock(s.clock.Now))
	t.Cleanup(func() { s.records.Close() })
	if options == nil {
		options = []sealed.Option{sealed.WithRevocations(s.watched())}
	}
	s.visitors = s.manager(s.sealer(options...))
	return s
}

// watched returns the store for revocations, whose calls are recorded and may fail.
func (s *site) watched() runtime.Store {
	return besidesAll{s, storetest.Faulty(s.records, func(call string, _ int) error {
		s.mu.Lock()
		s.calls = append(s.calls, call)
		before := s.before
		s.mu.Unlock()
		if before != nil {
			return before(call)
		}
		return nil
	})}
}

// besidesAll counts the Loads of the record that revokes all sessions apart from other calls: how
// many there are depends on how long a test takes.
type besidesAll struct {
	site *site
	runtime.Store
}

var allID = func() runtime.ID {
	use := record.SealedUse("", "visitor", sessionCookie)
	digest := sha256.Sum256(keyring.Label("sessiongen sealed everyone", use.Application, use.Purpose, use.Cookie))
	return runtime.ID(digest[:])
}()

func (b besidesAll) Load(ctx context.Context, id runtime.ID) (runtime.Record, error) {
	b.site.mu.Lock()
	aside := id == allID && b.site.before == nil
	if aside {
		b.site.loadsOfAll++
	}
	b.site.mu.Unlock()
	if aside {
		return b.site.records.Load(ctx, id)
	}
	return b.Store.Load(ctx, id)
}

func (b besidesAll) Watch(ids ...runtime.ID) (<-chan struct{}, func()) {
	return b.site.records.Watch(ids...)
}

func (s *site) sealer(options ...sealed.Option) *sealed.Store {
	s.t.Helper()
	store, err := sealed.New(s.keys, options...)
	if err != nil {
		s.t.Fatal(err)
	}
	return store
}

// manager returns the manager of another process with the same keys and revocations.
func (s *site) manager(store runtime.Store, options ...runtime.Option) *kiosk.VisitorManager {
	s.t.Helper()
	visitors, err := kiosk.NewVisitorManager(store, append([]runtime.Option{
		runtime.WithKeys(s.keys), runtime.WithClock(s.clock.Now), runtime.WithEvents(s.record),
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

func (s *site) count(kind runtime.EventKind) (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, e := range s.events {
		if e.Kind == kind {
			n++
		}
	}
	return n
}

// took returns the calls to the store since it was last asked.
func (s *site) took() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	calls := strings.Join(s.calls, " ")
	s.calls = nil
	return calls
}

func (s *site) stand(before func(call string) error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.before = before
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

// off returns the clock of a server that is off by d.
func (c *clock) off(d time.Duration) func() time.Time {
	return func() time.Time { return c.Now().Add(d) }
}

const sessionCookie = "__Host-visitor"

// browser keeps cookies by name, and every session cookie that it ever had.
type browser struct {
	site    *site
	manager *kiosk.VisitorManager
	cookies map[string]string
	header  http.Header
	had     []string
}

func (s *site) browser() *browser {
	return &browser{site: s, manager: s.visitors, cookies: map[string]string{}, header: http.Header{}}
}

// with is a browser that sends this session cookie.
func (s *site) with(cookie string) *browser {
	b := s.browser()
	b.cookies[sessionCookie] = cookie
	return b
}

// clone is a request that was sent before the original's next one.
func (b *browser) clone() *browser {
	cookies := map[string]string{}
	for name, value := range b.cookies {
		cookies[name] = value
	}
	return &browser{site: b.site, manager: b.manager, cookies: cookies, header: b.header.Clone()}
}

type handler = func(v *kiosk.Visitor, w http.ResponseWriter, r *http.Request)

func (b *browser) visit(h func(v *kiosk.Visitor)) *http.Response {
	return b.send("GET", func(v *kiosk.Visitor, _ http.ResponseWriter, _ *http.Request) { h(v) })
}

func (b *browser) serve(h handler) *http.Response { return b.send("GET", h) }

func (b *browser) send(method string, h handler) *http.Response {
	b.site.t.Helper()
	recorder := httptest.NewRecorder()
	b.manager.Middleware(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h(kiosk.VisitorFrom(r.Context()), w, r)
	})).ServeHTTP(recorder, b.request(method))
	response := recorder.Result()
	b.keep(response)
	return response
}

func (b *browser) request(method string) *http.Request {
	r := httptest.NewRequest(method, "https://kiosk.example/", nil)
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

// keep does as a browser does, and checks that it can: every cookie that a response
// sets is one that browsers keep.
func (b *browser) keep(response *http.Response) {
	b.site.t.Helper()
	for _, line := range response.Header["Set-Cookie"] {
		pair, attributes, _ := strings.Cut(line, ";")
		name, value, _ := strings.Cut(pair, "=")
		if len(name)+len(value) > 4096 {
			b.site.t.Errorf("%s has %d bytes", name, len(name)+len(value))
		}
		if strings.Contains(attributes, "Max-Age=0") {
			delete(b.cookies, name)
			continue
		}
		b.cookies[name] = value
		if name == sessionCookie {
			b.had = append(b.had, value)
		}
	}
}

// see returns what a request sees of the session, without changing it.
func see[T any](b *browser, get func(v *kiosk.Visitor) T) (seen T) {
	b.site.t.Helper()
	response := b.clone().visit(func(v *kiosk.Visitor) { seen = get(v) })
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

// setCookies are the lines of a response for the session cookie.
func setCookies(response *http.Response) (lines []string) {
	for _, line := range response.Header["Set-Cookie"] {
		if strings.HasPrefix(line, sessionCookie+"=") {
			lines = append(lines, line)
		}
	}
	return lines
}
