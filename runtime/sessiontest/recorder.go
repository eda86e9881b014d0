package sessiontest

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
)

// Recorder is the response of a handler under test, and tells what the handler did to
// the session: what the browser's next request would find, compared with what this one
// found. It is not safe for several goroutines.
type Recorder[T any] struct {
	*httptest.ResponseRecorder

	t        testing.TB
	visitors Manager[T]
	request  *http.Request
	before   snapshot
	found    *outcome[T]
}

// outcome is what the next request finds.
type outcome[T any] struct {
	snapshot
	session *T
	changed []string
	how     []string
}

// Serve sends a request through the manager's middleware to the handler that it is to
// wrap, such as a mux of the program's pages.
func Serve[T any](t testing.TB, visitors Manager[T], handler http.Handler, r *http.Request) *Recorder[T] {
	t.Helper()
	return Send(t, visitors, visitors.Middleware(handler), r)
}

// Send sends a request to a handler that has the manager's middleware in it already,
// such as a whole program.
func Send[T any](t testing.TB, visitors Manager[T], handler http.Handler, r *http.Request) *Recorder[T] {
	t.Helper()
	rec := &Recorder[T]{ResponseRecorder: httptest.NewRecorder(), t: t, visitors: visitors, request: r}
	rec.before, _ = look(t, visitors, r)
	handler.ServeHTTP(rec.ResponseRecorder, r)
	return rec
}

// Next returns the request that the browser would send after this response: the cookies
// that this one carried, as the response has changed them.
func (rec *Recorder[T]) Next(method, target string) *http.Request {
	next := httptest.NewRequest(method, target, nil)
	next.Header["Cookie"] = slices.Clone(rec.request.Header["Cookie"])
	next.RemoteAddr = rec.request.RemoteAddr
	if agent := rec.request.UserAgent(); agent != "" {
		next.Header.Set("User-Agent", agent)
	}
	follow(next, rec.Result().Cookies())
	return next
}

// Session is what the next request would find. What is set in it is not kept.
func (rec *Recorder[T]) Session() *T {
	rec.t.Helper()
	return rec.outcome().session
}

// Changed are the fields, by the names of their accessors and in alphabetical order,
// that the next request would find changed: those of the session, and cookies.
func (rec *Recorder[T]) Changed() []string {
	rec.t.Helper()
	return rec.outcome().changed
}

// Created says whether the visitor has a session now and had none.
func (rec *Recorder[T]) Created() bool {
	rec.t.Helper()
	return rec.outcome().known && !rec.before.known
}

// Renewed says whether the session goes on with another secret, which the response has
// told the browser.
func (rec *Recorder[T]) Renewed() bool {
	rec.t.Helper()
	after := rec.outcome()
	if !after.known || !rec.before.known || after.id != rec.before.id {
		return false
	}
	// What the browser had before opens it no more.
	old, _ := look(rec.t, rec.visitors, rec.request)
	return !old.known
}

// Destroyed says whether the session that this request found is gone.
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

// cookie is the last Set-Cookie of a name in the response.
func (rec *Recorder[T]) cookie(name string) *http.Cookie {
	var found *http.Cookie
	for _, c := range rec.Result().Cookies() {
		if c.Name == name {
			found = c
		}
	}
	return found
}

// cookieNames are the names of the cookies that the response sets or deletes.
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
