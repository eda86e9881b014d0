package redisstore

import (
	"bytes"
	"context"
	"crypto/rand"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/internal/shop"
)

// shopWith is a program that keeps its sessions in a store. Every page but the
// front door asks who is signed in.
type shopWith struct {
	t        testing.TB
	visitors *shop.VisitorManager
	mu       sync.Mutex
	events   map[runtime.EventKind]int
	log      bytes.Buffer
}

func newShop(t testing.TB, store runtime.Store, options ...runtime.Option) *shopWith {
	t.Helper()
	s := &shopWith{t: t, events: map[runtime.EventKind]int{}}
	keys, err := runtime.NewKeys([]byte("kX2vTq8ZpLw4RfYb7NsHc1JmGd5EaUo9"))
	if err != nil {
		t.Fatal(err)
	}
	logged := runtime.LogEvents(slog.New(slog.NewTextHandler(&s.log, &slog.HandlerOptions{Level: slog.LevelDebug})))
	s.visitors, err = shop.NewVisitorManager(store, append([]runtime.Option{
		runtime.WithKeys(keys),
		runtime.WithEvents(func(ctx context.Context, e runtime.Event) {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.events[e.Kind]++
			logged(ctx, e)
		}),
	}, options...)...)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *shopWith) count(kind runtime.EventKind) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.events[kind]
}

// browser keeps one program's session cookie.
type browser struct {
	shop   *shopWith
	cookie string
}

const sessionCookie = "__Host-visitor"

// visit makes a request, and keeps the session cookie of the answer.
func (b *browser) visit(handle func(v *shop.Visitor)) int {
	response := b.send(handle)
	for _, cookie := range response.Result().Cookies() {
		if cookie.Name == sessionCookie {
			b.cookie = cookie.Value
		}
	}
	return response.Code
}

func (b *browser) send(handle func(v *shop.Visitor)) *httptest.ResponseRecorder {
	request := httptest.NewRequest("GET", "https://shop.example/", nil)
	if b.cookie != "" {
		request.Header.Set("Cookie", sessionCookie+"="+b.cookie)
	}
	response := httptest.NewRecorder()
	b.shop.visitors.Middleware(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		handle(shop.VisitorFrom(r.Context()))
	})).ServeHTTP(response, request)
	return response
}

// clone is another tab of the browser, or the same one talking to another process.
func (b *browser) clone() *browser { return &browser{shop: b.shop, cookie: b.cookie} }

func (b *browser) at(other *shopWith) *browser { return &browser{shop: other, cookie: b.cookie} }

// user is who the browser is signed in as, which has to be told.
func (b *browser) user() (id int64) {
	b.shop.t.Helper()
	if status := b.clone().visit(func(v *shop.Visitor) { id = v.UserID() }); status != http.StatusOK {
		b.shop.t.Fatalf("status %d", status)
	}
	return id
}

func (b *browser) visits() (n int) {
	b.shop.t.Helper()
	if status := b.clone().visit(func(v *shop.Visitor) { n = v.Visits() }); status != http.StatusOK {
		b.shop.t.Fatalf("status %d", status)
	}
	return n
}

func signIn(t testing.TB, s *shopWith, user int64) *browser {
	t.Helper()
	b := &browser{shop: s}
	if status := b.visit(func(v *shop.Visitor) { v.SetUserID(user); v.SetNotice("Welcome") }); status != http.StatusOK || b.cookie == "" {
		t.Fatalf("signing in: status %d", status)
	}
	return b
}

func fresh[T ~[8]byte | ~[16]byte | ~[32]byte]() (v T) {
	switch p := any(&v).(type) {
	case *runtime.Rev:
		rand.Read(p[:])
	case *runtime.ID:
		rand.Read(p[:])
	case *runtime.Term:
		rand.Read(p[:])
	}
	return v
}

func record(terms ...runtime.Term) runtime.Record {
	return runtime.Record{Rev: fresh[runtime.Rev](), Terms: terms, Data: strings.Repeat("x", 200)}
}

func equal[T comparable](t testing.TB, got, want T, what string) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}
