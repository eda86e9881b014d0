package sqlstore_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/internal/shop"
)

// events counts the events of a site's managers.
type events struct {
	mu    sync.Mutex
	seen  map[runtime.EventKind]int
	first error
}

func (e *events) record(_ context.Context, event runtime.Event) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.seen == nil {
		e.seen = map[runtime.EventKind]int{}
	}
	e.seen[event.Kind]++
	if e.first == nil {
		e.first = event.Err
	}
}

func (e *events) count(kind runtime.EventKind) int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.seen[kind]
}

// shopOn returns the manager of a process on a store. Its timeout is longer than an application's,
// so that the speed of the machine does not matter.
func shopOn(t testing.TB, store runtime.Store, e *events, options ...runtime.Option) *shop.VisitorManager {
	t.Helper()
	keys, err := runtime.NewKeys([]byte("kX2vTq8ZpLw4RfYb7NsHc1JmGd5EaUo9"))
	must(t, err)
	visitors, err := shop.NewVisitorManager(store, append([]runtime.Option{runtime.WithKeys(keys), runtime.WithEvents(e.record), runtime.WithTimeout(time.Minute)}, options...)...)
	must(t, err)
	return visitors
}

// browser keeps the session cookie.
type browser struct {
	visitors *shop.VisitorManager
	cookie   string
}

const sessionCookie = "__Host-visitor"

// visit makes one request and keeps the cookie of the response.
func (b *browser) visit(h func(v *shop.Visitor)) (status int, cookies int) {
	r := httptest.NewRequest("GET", "https://shop.example/", nil)
	if b.cookie != "" {
		r.Header.Set("Cookie", sessionCookie+"="+b.cookie)
	}
	recorder := httptest.NewRecorder()
	b.visitors.Middleware(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		h(shop.VisitorFrom(r.Context()))
	})).ServeHTTP(recorder, r)
	response := recorder.Result()
	for _, line := range response.Header["Set-Cookie"] {
		pair, attributes, _ := strings.Cut(line, ";")
		name, value, _ := strings.Cut(pair, "=")
		if name == sessionCookie {
			cookies++
			b.cookie = value
			if strings.Contains(attributes, "Max-Age=0") {
				b.cookie = ""
			}
		}
	}
	return response.StatusCode, cookies
}

// on returns the same browser with a connection to another process.
func (b *browser) on(visitors *shop.VisitorManager) *browser {
	return &browser{visitors: visitors, cookie: b.cookie}
}

// visitOK is visit for a request that must succeed.
func (b *browser) visitOK(t testing.TB, h func(v *shop.Visitor)) {
	t.Helper()
	if status, _ := b.visit(h); status != http.StatusOK {
		t.Fatalf("status %d", status)
	}
}

// see returns what a request sees of the session, without changing it.
func see[T any](t testing.TB, b *browser, get func(v *shop.Visitor) T) (seen T) {
	t.Helper()
	b.on(b.visitors).visitOK(t, func(v *shop.Visitor) { seen = get(v) })
	return seen
}

func summary(v *shop.Visitor) string {
	return fmt.Sprintf("user %d, %d visits", v.UserID(), v.Visits())
}
