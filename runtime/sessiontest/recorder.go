package sessiontest

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
)

// Recorder is the response of a handler under test. It reports what the handler did to the
// session, by comparing what this request found with what the browser's next request would
// find. It is not safe for use by several goroutines.
type Recorder[T any] struct {
	*httptest.ResponseRecorder

	t        testing.TB
	visitors Manager[T]
	request  *http.Request
	before   snapshot
	found    *outcome[T]
}

// outcome is what the next request would find.
type outcome[T any] struct {
	snapshot
	session *T
	changed []string
	how     []string
}

// Serve sends a request to a handler, wrapped in the manager's middleware. The handler may be a
// mux of the program's pages.
func Serve[T any](t testing.TB, visitors Manager[T], handler http.Handler, r *http.Request) *Recorder[T] {
	t.Helper()
	return Send(t, visitors, visitors.Middleware(handler), r)
}

// Send sends a request to a handler that already contains the manager's middleware, such as the
// handler of a whole program.
func Send[T any](t testing.TB, visitors Manager[T], handler http.Handler, r *http.Request) *Recorder[T] {
	t.Helper()
	rec := &Recorder[T]{ResponseRecorder: httptest.NewRecorder(), t: t, visitors: visitors, request: r}
	rec.before, _ = look(t, visitors, r)
	handler.ServeHTTP(rec.ResponseRecorder, r)
	return rec
}

// Next returns the request that the browser would send after this response. It carries the
// cookies of this request, as changed by the response.
func (rec *Recorder[T]) Next(method, target string) *http.Request {
	next := newRequest(method, target)
	next.Header["Cookie"] = slices.Clone(rec.request.Header["Cookie"])
	next.RemoteAddr = rec.request.RemoteAddr
	if agent := rec.request.UserAgent(); agent != "" {
		next.Header.Set("User-Agent", agent)
	}
	follow(next, rec.Result().Cookies())
	return next
}

// Session returns the session that the next request would find. Changes to it are not kept.
func (rec *Recorder[T]) Session() *T {
	rec.t.Helper()
	return rec.outcome().session
}

// Changed returns the session fields and cookies that the next request would find changed, by
// the names of their accessors and in alphabetical order.
func (rec *Recorder[T]) Changed() []string {
	rec.t.Helper()
	return rec.outcome().changed
}

// Created reports whether the visitor had no session before and has one now.
func (rec *Recorder[T]) Created() bool {
	rec.t.Helper()
	return rec.outcome().known && !rec.before.known
}

// Renewed reports whether the session continues with a new secret, which the response has sent
// to the browser.
func (rec *Recorder[T]) Renewed() bool {
	rec.t.Helper()
	after := rec.outcome()
	if !after.known || !rec.before.known || after.id != rec.before.id {
		return false
	}
	// The cookies of this request no longer open the session.
	old, _ := look(rec.t, rec.visitors, rec.request)
	return !old.known
}

// Destroyed reports whether the session that this request found no longer exists.
func (rec *Recorder[T]) Destroyed() bool {
	rec.t.Helper()
	after := rec.outcome()
	return rec.before.known && (!after.known || after.id != rec.before.id)
}

func (rec *Recorder[T]) outcome() *outcome[T] {
	rec.t.Helper()
	if rec.found == nil {
		o := &outcome[T]{}
		o.snapshot, o.session = look(rec.t, rec.visitors, rec.Next("GET", "/"))
		o.changed, o.how = rec.before.changes(o.snapshot)
		rec.found = o
	}
	return rec.found
}

// cookie returns the last cookie of a name in the response, or nil.
func (rec *Recorder[T]) cookie(name string) *http.Cookie {
	var found *http.Cookie
	for _, c := range rec.Result().Cookies() {
		if c.Name == name {
			found = c
		}
	}
	return found
}

// cookieNames returns the names of the cookies that the response sets or deletes.
func (rec *Recorder[T]) cookieNames() string {
	var names []string
	for _, c := range rec.Result().Cookies() {
		name := c.Name
		if c.MaxAge < 0 {
			name += " (deleted)"
		}
		names = append(names, name)
	}
	if names == nil {
		return "none"
	}
	return strings.Join(names, ", ")
}
