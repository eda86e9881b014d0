package engine_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/internal/shop"
	"github.com/sessiongen/sessiongen/runtime/internal/testsite"
)

// lastOf returns the last event of a kind.
func lastOf(s *testsite.Site, kind runtime.EventKind) (last runtime.Event) {
	s.Mu.Lock()
	defer s.Mu.Unlock()
	for _, e := range s.Events {
		if e.Kind == kind {
			last = e
		}
	}
	return last
}

func TestTooLateSaysWhichFieldInWhichHandler(t *testing.T) {
	s := testsite.New(t)
	var left *shop.Visitor
	mux := http.NewServeMux()
	mux.HandleFunc("POST /reset/{token}", func(w http.ResponseWriter, r *http.Request) {
		left = shop.VisitorFrom(r.Context())
		w.WriteHeader(http.StatusOK)
		left.SetVisits(3)
		left.SetTheme("dark")
	})
	serve := func(h http.Handler) {
		r := httptest.NewRequest("POST", "https://shop.example/reset/8d7f?mail=a", nil)
		s.Visitors.Middleware(h).ServeHTTP(httptest.NewRecorder(), r)
	}
	wants := func(what, field, reason, route string) {
		t.Helper()
		e := lastOf(s, runtime.EventTooLate)
		testsite.Equal(t, e.Field, field, what+": field")
		testsite.Equal(t, e.Reason, reason, what+": reason")
		testsite.Equal(t, e.Method, "POST", what+": method")
		testsite.Equal(t, e.Route, route, what+": route")
		testsite.Equal(t, e.Err, nil, what+": an error that says the same")
	}
	serve(mux)
	wants("after the first byte", "visits, theme", "needs a cookie, but the response has started", "POST /reset/{token}")
	const returned = "changed after the handler returned"
	left.AddVisits(1)
	wants("a field", "visits", returned, "POST /reset/{token}")
	left.ClearTheme()
	wants("a cookie", "theme", returned, "POST /reset/{token}")
	left.Renew()
	wants("no field", "", returned, "POST /reset/{token}")

	// Another middleware gives the mux a copy of the request, or there is another router. The rest
	// of the path may be a secret, as here.
	serve(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { mux.ServeHTTP(w, r.WithContext(r.Context())) }))
	wants("an unknown pattern", "visits, theme", "needs a cookie, but the response has started", "/reset/…")
}

func TestDroppedChangesAreNamed(t *testing.T) {
	s := testsite.New(t)
	b := s.Browser()
	b.Visit(func(v *shop.Visitor) { v.SetUserID(7) })
	testsite.Race(b, func(v *shop.Visitor) { v.Destroy() }, func(v *shop.Visitor) { v.SetUsername("john"); v.AddVisits(1) })
	e := lastOf(s, runtime.EventDropped)
	testsite.Equal(t, e.Field, "username, visits", "fields")
	testsite.Equal(t, e.Method+" "+e.Route, "GET /", "request")
}

func TestErrorsOfANewManagerNameTheModuleOnce(t *testing.T) {
	_, err := shop.NewVisitorManager(testsite.New(t).Store, runtime.WithKeys(new(runtime.Keys)))
	if err == nil || err.Error() != "sessiongen: NewVisitorManager: NewCipher needs keys: see NewKeys" {
		t.Error(err)
	}
}
