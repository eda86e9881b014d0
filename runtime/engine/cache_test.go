package engine_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/internal/shop"
	"github.com/sessiongen/sessiongen/runtime/internal/testsite"
)

// Some caches ignore Vary. A page of a session says by itself that it is for one browser, which asks
// before it shows the page again.
func TestASVS_14_3_2_APageOfASessionIsPrivate(t *testing.T) {
	for _, c := range []struct {
		name, own, want string
		signedIn        bool
		handle          func(v *shop.Visitor)
		options         []runtime.Option
	}{
		{name: "a page of a session", signedIn: true, want: "private, no-cache"},
		{name: "a page of a session that is not kept", signedIn: true, want: "no-store", options: []runtime.Option{runtime.WithNoStore()}},
		{name: "a page that changes the session", signedIn: true, want: "private, no-cache", handle: func(v *shop.Visitor) { v.AddVisits(1) }},
		{name: "an anonymous page", want: ""},
		{name: "an anonymous page that is not kept", want: "", options: []runtime.Option{runtime.WithNoStore()}},
		{name: "a page of a session with its own", signedIn: true, own: "max-age=60", want: "max-age=60"},
		{name: "a public page", signedIn: true, own: "public, max-age=60", want: "public, max-age=60", options: []runtime.Option{runtime.WithNoStore()}},
		{name: "a page with a cookie", signedIn: true, want: "no-store", handle: func(v *shop.Visitor) { v.SetTheme("dark") }},
		{name: "the end", signedIn: true, want: "no-store", handle: func(v *shop.Visitor) { v.Destroy() }},
	} {
		for _, spelling := range []string{"Cache-Control", "cache-control"} {
			s := testsite.New(t, c.options...)
			b := s.Browser()
			if c.signedIn {
				b.Visit(func(v *shop.Visitor) { v.SetUserID(7) })
			}
			response := b.Serve(func(v *shop.Visitor, w http.ResponseWriter, _ *http.Request) {
				if c.own != "" {
					w.Header()[spelling] = []string{c.own}
				}
				if v.UserID(); c.handle != nil {
					c.handle(v)
				}
				_, _ = io.WriteString(w, "page")
			})
			uncanonical := "cache-control"
			got := strings.Join(append(response.Header["Cache-Control"], response.Header[uncanonical]...), "|")
			testsite.Equal(t, got, c.want, c.name+", "+spelling)
			testsite.Equal(t, response.Header.Get("Vary"), "Cookie", c.name+": Vary")
		}
	}
}

// A handler without the middleware sends the same, unless it sets its own.
func TestASVS_14_3_2_LoadSaysPrivate(t *testing.T) {
	s := testsite.New(t)
	b := signedInBrowser(s)
	w := testsite.NewRecorder()
	if _, err := s.Visitors.Load(w, b.Request("GET")); err != nil {
		t.Fatal(err)
	}
	testsite.Equal(t, w.Header().Get("Cache-Control"), "private, no-cache", "Cache-Control of a session")
	w = testsite.NewRecorder()
	if _, err := s.Visitors.Load(w, s.Browser().Request("GET")); err != nil {
		t.Fatal(err)
	}
	testsite.Equal(t, w.Header().Get("Cache-Control"), "", "Cache-Control of an anonymous page")
}

// unasked is a request whose handler does not ask for the session by itself.
func unasked(s *testsite.Site, b *testsite.Browser, handle http.HandlerFunc) http.Header {
	w := testsite.NewRecorder()
	s.Visitors.Middleware(handle).ServeHTTP(w, b.Request("GET"))
	return w.Result().Header
}

// A page may look at the session after its first byte. A request with the session cookie says so,
// unless the page is said to be the same for all.
func TestVaryWhereTheCookieIsSent(t *testing.T) {
	s := testsite.New(t)
	b := signedInBrowser(s)
	for own, want := range map[string]string{"": "Cookie", "max-age=60": "Cookie", "public, max-age=60": "", "max-age=60, Immutable": ""} {
		header := unasked(s, b, func(w http.ResponseWriter, _ *http.Request) {
			if own != "" {
				w.Header().Set("Cache-Control", own)
			}
			_, _ = io.WriteString(w, "page")
		})
		testsite.Equal(t, header.Get("Vary"), want, "Vary of "+own)
		testsite.Equal(t, header.Get("Cache-Control"), own, "Cache-Control of a page that does not look")
		header = unasked(s, s.Browser(), func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "page") })
		testsite.Equal(t, header.Get("Vary"), "", "Vary without a cookie")
	}
}

// When a page looks at the session after its first byte, it is too late to tell caches. The developer
// is told, once a request, and only of pages that caches may give to others.
func TestALateLookAtTheSessionIsTold(t *testing.T) {
	look := func(r *http.Request) { shop.VisitorFrom(r.Context()).UserID() }
	write := func(w http.ResponseWriter) { _, _ = io.WriteString(w, "page") }
	for _, c := range []struct {
		name, header, value string
		signedIn            bool
		handle              func(w http.ResponseWriter, r *http.Request)
		want                int
	}{
		{name: "a public page", header: "Cache-Control", value: "public, max-age=60", signedIn: true, want: 1},
		{name: "a public anonymous page", header: "Cache-Control", value: "public, max-age=60", want: 1},
		{name: "a page that says nothing", signedIn: true, want: 1},
		{name: "an anonymous page that says nothing", want: 1},
		{name: "an anonymous page that varies", header: "Vary", value: "Cookie", want: 0},
		{name: "a private page", header: "Cache-Control", value: "private", signedIn: true, want: 0},
		{name: "a page that is not stored", header: "cache-control", value: "no-store", signedIn: true, want: 0},
		{name: "an access log", signedIn: true, handle: func(w http.ResponseWriter, r *http.Request) { write(w); write(w); look(r) }, want: 0},
		{name: "a look in time", signedIn: true, handle: func(w http.ResponseWriter, r *http.Request) { look(r); write(w); look(r); write(w) }, want: 0},
		{name: "no look", signedIn: true, handle: func(w http.ResponseWriter, _ *http.Request) { write(w); write(w) }, want: 0},
		{name: "a cookie", handle: func(w http.ResponseWriter, r *http.Request) {
			write(w)
			shop.VisitorFrom(r.Context()).Theme()
			write(w)
		}, want: 1},
	} {
		s := testsite.New(t)
		b := s.Browser()
		if c.signedIn {
			b = signedInBrowser(s)
		}
		unasked(s, b, func(w http.ResponseWriter, r *http.Request) {
			if c.header != "" {
				w.Header()[c.header] = []string{c.value}
			}
			if c.handle != nil {
				c.handle(w, r)
				return
			}
			write(w)
			look(r)
			write(w)
			write(w)
		})
		testsite.Equal(t, s.Count(runtime.EventReadLate), c.want, c.name+": events")
	}
}
