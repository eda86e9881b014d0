package engine_test

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/internal/shop"
	"github.com/sessiongen/sessiongen/runtime/internal/testsite"
)

// The most frequent report of all session libraries: over plain HTTP no visitor stays signed in,
// and the log is silent.
func TestSecureCookiesOverPlainHTTPAreReportedOnce(t *testing.T) {
	signIn := func(v *shop.Visitor) { v.SetUserID(7) }
	for _, c := range []struct {
		what, url, header, cookie string
		do                        func(v *shop.Visitor)
		field                     string // of the event; "" if there is none
	}{
		{what: "a phone", url: "http://192.168.1.5:8080/", do: signIn, field: testsite.SessionCookie},
		{what: "a cookie field", url: "http://shop.example/", do: func(v *shop.Visitor) { v.SetTheme("dark") }, field: "theme"},
		{what: "nothing to send", url: "http://shop.example/", do: func(v *shop.Visitor) { v.UserID() }},
		{what: "this machine", url: "http://localhost:8080/", do: signIn},
		{what: "HTTPS", url: "https://shop.example/", do: signIn},
		{what: "HTTPS at a proxy", url: "http://shop.example/", header: "X-Forwarded-Proto: https", do: signIn},
		{what: "HTTPS at a silent proxy", url: "http://shop.example/", header: "Sec-Fetch-Mode: navigate", do: signIn},
		{what: "HTTPS at a silent proxy, an old browser", url: "http://shop.example/", cookie: "theme=dark", do: signIn},
	} {
		s := testsite.New(t)
		for range 2 {
			r := httptest.NewRequest("POST", c.url, nil)
			if name, value, found := strings.Cut(c.header, ": "); found {
				r.Header.Set(name, value)
			}
			if c.cookie != "" {
				r.Header.Set("Cookie", c.cookie)
			}
			s.Visitors.Middleware(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				c.do(shop.VisitorFrom(r.Context()))
			})).ServeHTTP(httptest.NewRecorder(), r)
		}
		want := 0
		if c.field != "" {
			want = 1
		}
		testsite.Equal(t, s.Count(runtime.EventPlainHTTP), want, c.what+": events")
		e := lastOf(s, runtime.EventPlainHTTP)
		testsite.Equal(t, e.Field, c.field, c.what+": cookie")
		host := strings.TrimSuffix(c.url, "/")
		if want > 0 && (e.Level() != slog.LevelWarn || !strings.Contains(e.Reason, host+": serve HTTPS, or open the site as http://localhost")) {
			t.Errorf("%s: %v %s", c.what, e.Level(), e.Reason)
		}
	}
}
