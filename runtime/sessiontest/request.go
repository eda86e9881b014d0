package sessiontest

import (
	"context"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/sessiongen/sessiongen/runtime/internal/aside"
)

// Request returns a request for a handler under test, as httptest.NewRequest makes it,
// that carries a session in which set has set what the test needs, in the order given.
// Cookies that set has set are sent, too. Without set it is a stranger's request. An
// error of the store, or of a value that cannot be kept, ends the test.
func Request[T any](t testing.TB, visitors Manager[T], method, target string, set ...func(*T)) *http.Request {
	t.Helper()
	r := httptest.NewRequest(method, target, nil)
	if len(set) > 0 {
		Give(t, visitors, r, set...)
	}
	return r
}

// Give makes a request carry a session in which set has set what the test needs. If it
// carries one already, that one is changed. The session is given as a sign-in would do
// it, through the store; with a principal, it is signed in.
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
	// Every generated type has it; a constraint that said so could not be inferred.
	if err := any(v).(interface{ Commit(context.Context) error }).Commit(quiet.Context()); err != nil {
		t.Fatalf("sessiontest: committing the session to give: %v", err)
	}
	follow(r, response.Result().Cookies())
}

// follow gives a request the cookies that a browser would send after a response.
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
