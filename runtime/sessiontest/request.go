package sessiontest

import (
	"context"
	"crypto/tls"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/sessiongen/sessiongen/runtime/internal/aside"
)

// newRequest is httptest.NewRequest for a site with HTTPS, unless target says http. Over plain
// HTTP a browser would not keep the Secure cookies.
func newRequest(method, target string) *http.Request {
	r := httptest.NewRequest(method, target, nil)
	if r.TLS == nil && !strings.HasPrefix(target, "http:") {
		r.TLS = &tls.ConnectionState{HandshakeComplete: true, ServerName: r.Host}
	}
	return r
}

// Request returns a request for a handler under test, such as httptest.NewRequest returns, over
// HTTPS. It carries a session on which the functions set were called, in this order. It also
// carries the cookies that they have set. Without any function, the request has no session. An
// error of the store, or a value that cannot be stored, ends the test.
func Request[T any](t testing.TB, visitors Manager[T], method, target string, set ...func(*T)) *http.Request {
	t.Helper()
	r := newRequest(method, target)
	if len(set) > 0 {
		Give(t, visitors, r, set...)
	}
	return r
}

// Give makes a request carry a session on which the functions set were called. If the request
// has a session already, Give changes that one. The session goes through the store, as for any
// request; if the functions set a principal (the signed-in user), the visitor is signed in. An
// error ends the test.
func Give[T any](t testing.TB, visitors Manager[T], r *http.Request, set ...func(*T)) {
	t.Helper()
	quiet := r.Clone(aside.With(r.Context()))
	response := httptest.NewRecorder()
	v, err := visitors.Load(response, quiet)
	if err != nil {
		t.Fatalf("sessiontest: loading the session to give: %v", err)
	}
	for _, change := range set {
		change(v)
	}
	// Every generated type has this method. A type constraint could not be inferred.
	if err := any(v).(interface{ Commit(context.Context) error }).Commit(quiet.Context()); err != nil {
		t.Fatalf("sessiontest: committing the session to give: %v", err)
	}
	follow(r, response.Result().Cookies())
}

// follow updates the cookies of a request as a browser does after a response.
func follow(r *http.Request, sent []*http.Cookie) {
	values := map[string]string{}
	var names []string
	put := func(name, value string) {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
		values[name] = value
	}
	for _, c := range r.Cookies() {
		if _, twice := values[c.Name]; !twice {
			put(c.Name, c.Value)
		}
	}
	for _, c := range sent {
		if c.MaxAge < 0 {
			delete(values, c.Name)
			continue
		}
		put(c.Name, c.Value)
	}
	r.Header.Del("Cookie")
	var pairs []string
	for _, name := range names {
		if value, kept := values[name]; kept {
			pairs = append(pairs, name+"="+value)
		}
	}
	if len(pairs) > 0 {
		r.Header.Set("Cookie", strings.Join(pairs, "; "))
	}
}
