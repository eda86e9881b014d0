// Package endtoend holds the recipes of all frameworks to the same, over a real connection.
package endtoend

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sessiongen/sessiongen/example/frameworks/visitor"
	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/memstore"
)

// Start serves a recipe's pages until the test ends and returns where. The stream goes on
// whenever it receives from ticks.
type Start func(t *testing.T, visitors *visitor.VisitorManager, ticks <-chan time.Time) (url string)

// site is one running program.
type site struct {
	t     *testing.T
	url   string
	store *store
	ticks chan time.Time

	mu     sync.Mutex
	events []runtime.Event
}

func start(t *testing.T, serve Start) *site {
	s := &site{t: t, store: &store{Store: memstore.New()}, ticks: make(chan time.Time)}
	t.Cleanup(func() { s.store.Store.Close() })
	visitors, err := visitor.NewVisitorManager(s.store, runtime.WithEvents(s.hear), runtime.WithTimeout(200*time.Millisecond))
	if err != nil {
		t.Fatal(err)
	}
	s.url = serve(t, visitors, s.ticks)
	return s
}

func (s *site) hear(_ context.Context, e runtime.Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.events = append(s.events, e)
}

func (s *site) heard(kind runtime.EventKind) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.ContainsFunc(s.events, func(e runtime.Event) bool { return e.Kind == kind })
}

// store can be made to fail.
type store struct {
	*memstore.Store
	loadFails, updateFails atomic.Bool
}

var errDown = errors.New("the store is down")

func (s *store) Load(ctx context.Context, id runtime.ID) (runtime.Record, error) {
	if s.loadFails.Load() {
		return runtime.Record{}, errDown
	}
	return s.Store.Load(ctx, id)
}

func (s *store) Update(ctx context.Context, id runtime.ID, old runtime.Rev, rec runtime.Record, ttl runtime.TTL) error {
	if s.updateFails.Load() {
		return errDown
	}
	return s.Store.Update(ctx, id, old, rec, ttl)
}

// browser keeps cookies as browsers do for localhost, where Secure needs no TLS.
type browser struct {
	*site
	client http.Client
	jar    jar
}

type jar struct{ *cookiejar.Jar }

func secure(u *url.URL) *url.URL {
	https := *u
	https.Scheme = "https"
	return &https
}

func (j jar) SetCookies(u *url.URL, cookies []*http.Cookie) { j.Jar.SetCookies(secure(u), cookies) }
func (j jar) Cookies(u *url.URL) []*http.Cookie             { return j.Jar.Cookies(secure(u)) }

func (s *site) browser() *browser {
	kept, err := cookiejar.New(nil)
	if err != nil {
		s.t.Fatal(err)
	}
	b := &browser{site: s, jar: jar{kept}}
	b.client = http.Client{Jar: b.jar, Transport: &http.Transport{}, Timeout: 20 * time.Second}
	s.t.Cleanup(b.client.CloseIdleConnections)
	return b
}

// cookie is what the browser would send, "" for none.
func (b *browser) cookie(name string) string {
	at, err := url.Parse(b.url)
	if err != nil {
		b.t.Fatal(err)
	}
	for _, c := range b.jar.Cookies(at) {
		if c.Name == name {
			return c.Value
		}
	}
	return ""
}

const sessionCookie = "__Host-visitor"

// send follows redirects.
func (b *browser) send(method, path string) (status int, page string) {
	b.t.Helper()
	response := b.open(method, path)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return response.StatusCode, string(body)
}

func (b *browser) open(method, path string) *http.Response {
	b.t.Helper()
	request, err := http.NewRequestWithContext(b.t.Context(), method, b.url+path, nil)
	if err != nil {
		b.t.Fatal(err)
	}
	response, err := b.client.Do(request)
	if err != nil {
		b.t.Fatal(err)
	}
	return response
}

// sees says whether a page shows every one of the texts.
func (b *browser) sees(page string, texts ...string) {
	b.t.Helper()
	for _, text := range texts {
		if !strings.Contains(page, text) {
			b.t.Errorf("the page is %q, want %q in it", page, text)
		}
	}
}

// replay asks for the front page with a cookie that somebody has kept.
func (s *site) replay(value string) string {
	s.t.Helper()
	thief := s.browser()
	at, err := url.Parse(s.url)
	if err != nil {
		s.t.Fatal(err)
	}
	thief.jar.SetCookies(at, []*http.Cookie{{Name: sessionCookie, Value: value, Path: "/", Secure: true}})
	_, page := thief.send(http.MethodGet, "/")
	return page
}
