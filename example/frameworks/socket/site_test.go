package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/sessiongen/sessiongen/example/frameworks/visitor"
	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/memstore"
)

// sockets are where the recipe answers with each library.
var sockets = []string{"/coder", "/gorilla"}

// withEach runs a test with each library, and a store of its own.
func withEach(t *testing.T, test func(t *testing.T, socket string)) {
	for _, socket := range sockets {
		t.Run(strings.TrimPrefix(socket, "/"), func(t *testing.T) { test(t, socket) })
	}
}

// site is a running program.
type site struct {
	t      *testing.T
	server *httptest.Server

	mu     sync.Mutex
	events []runtime.Event
}

func newStore(t *testing.T) *memstore.Store {
	store := memstore.New()
	t.Cleanup(func() { store.Close() })
	return store
}

func start(t *testing.T, store runtime.Store, handler func(*visitor.VisitorManager) http.Handler) *site {
	s := &site{t: t}
	visitors, err := visitor.NewVisitorManager(store, runtime.WithEvents(s.hear))
	if err != nil {
		t.Fatal(err)
	}
	s.server = httptest.NewTLSServer(handler(visitors))
	t.Cleanup(s.server.Close)
	return s
}

// recipe is the program itself.
func recipe(visitors *visitor.VisitorManager) http.Handler { return routes(visitors, count) }

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

// browser keeps the cookies that pages and handshakes set.
type browser struct {
	*site
	client *http.Client
}

func (s *site) browser() *browser {
	jar, err := cookiejar.New(nil)
	if err != nil {
		s.t.Fatal(err)
	}
	client := *s.server.Client()
	client.Jar, client.Timeout = jar, 20*time.Second
	return &browser{s, &client}
}

func (b *browser) has(cookie string) bool {
	b.t.Helper()
	at, err := url.Parse(b.server.URL)
	if err != nil {
		b.t.Fatal(err)
	}
	return slices.ContainsFunc(b.client.Jar.Cookies(at), func(c *http.Cookie) bool { return c.Name == cookie })
}

// send follows redirects.
func (b *browser) send(method, path string) (page string) {
	b.t.Helper()
	request, err := http.NewRequestWithContext(b.t.Context(), method, b.server.URL+path, nil)
	if err != nil {
		b.t.Fatal(err)
	}
	response, err := b.client.Do(request)
	if err != nil {
		b.t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return string(body)
}

// visits says what the front page shows, which counts a visit itself.
func (b *browser) visits() (visits int) {
	b.t.Helper()
	_, after, _ := strings.Cut(b.send(http.MethodGet, "/"), "<p>Visit ")
	if _, err := fmt.Sscan(after, &visits); err != nil {
		b.t.Fatal(err)
	}
	return visits
}

// handshake asks for a socket as a page of an origin would. There is no socket unless the
// status is 101.
func (b *browser) handshake(path, origin string) (*socket, *http.Response) {
	b.t.Helper()
	dialer := websocket.Dialer{
		Jar:              b.client.Jar,
		TLSClientConfig:  &tls.Config{RootCAs: b.client.Transport.(*http.Transport).TLSClientConfig.RootCAs},
		HandshakeTimeout: 20 * time.Second,
	}
	conn, response, err := dialer.DialContext(b.t.Context(), "wss"+strings.TrimPrefix(b.server.URL, "https")+path, http.Header{"Origin": {origin}})
	if errors.Is(err, websocket.ErrBadHandshake) {
		return nil, response
	}
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() { conn.Close() })
	return &socket{b.t, conn}, response
}

// open is what a page of the site itself does.
func (b *browser) open(path string) *socket {
	b.t.Helper()
	opened, response := b.handshake(path, b.server.URL)
	if opened == nil {
		b.t.Fatalf("%s: status %d", path, response.StatusCode)
	}
	return opened
}

// socket is the browser's side.
type socket struct {
	t    *testing.T
	conn *websocket.Conn
}

func (s *socket) send(kind int, message []byte) {
	s.t.Helper()
	if err := s.conn.WriteMessage(kind, message); err != nil {
		s.t.Fatal(err)
	}
}

func (s *socket) says(message, want string) {
	s.t.Helper()
	s.send(websocket.TextMessage, []byte(message))
	s.conn.SetReadDeadline(time.Now().Add(20 * time.Second))
	if _, text, err := s.conn.ReadMessage(); err != nil || string(text) != want {
		s.t.Fatalf("the socket answers %q, %v, want %q", text, err, want)
	}
}

// soon is before a store that does not tell of changes would be asked again.
const soon = 8 * time.Second

// closes waits until the server closes the socket.
func (s *socket) closes(status int, within time.Duration) {
	s.t.Helper()
	s.conn.SetReadDeadline(time.Now().Add(within))
	if _, text, err := s.conn.ReadMessage(); !websocket.IsCloseError(err, status) {
		s.t.Fatalf("the socket goes on with %q, %v, want it closed with %d", text, err, status)
	}
}
