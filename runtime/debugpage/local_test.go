package debugpage_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/sessiongen/sessiongen/runtime/debugpage"
)

func TestOnlyThisMachineSeesThePage(t *testing.T) {
	s := newSite(t)
	page := s.page()
	for _, c := range []struct {
		from, host string
		header     string
		seen       bool
	}{
		{"127.0.0.1:1", "localhost:8080", "", true},
		{"127.8.9.1:1", "LOCALHOST", "", true},
		{"[::1]:1", "[::1]:8080", "", true},
		{"[::1]:1", "[::1]", "", true},
		{"[::ffff:127.0.0.1]:1", "127.0.0.1:80", "", true},
		{"127.0.0.1:1", "rebound.example:8080", "", false},
		{"127.0.0.1:1", "localhost.example", "", false},
		{"127.0.0.1:1", "127.0.0.1.example", "", false},
		{"127.0.0.1:1", "", "", false},
		{"192.0.2.7:1", "localhost:8080", "", false},
		{"[2001:db8::1]:1", "[::1]:8080", "", false},
		{"", "localhost", "", false},
		{"@", "localhost", "", false},
		{"127.0.0.1:1", "localhost", "X-Forwarded-For", false},
		{"127.0.0.1:1", "localhost", "Forwarded", false},
		{"127.0.0.1:1", "localhost", "Via", false},
		{"127.0.0.1:1", "localhost", "CF-Connecting-IP", false},
		{"127.0.0.1:1", "localhost", "True-Client-IP", false},
		{"127.0.0.1:1", "localhost", "X-Forwarded-Server", false},
		{"127.0.0.1:1", "localhost", "X-Forwardable", true},
		{"127.0.0.1:1", "localhost:80@evil.example", "", false},
		{"127.0.0.1:1", "0x7f.1", "", false},
		{"127.0.0.1", "localhost", "", false},
	} {
		r := s.request(signedIn)
		r.RemoteAddr, r.Host = c.from, c.host
		if c.header != "" {
			r.Header.Set(c.header, "")
		}
		w := get(page, r)
		if seen := w.Code == http.StatusOK; seen != c.seen || !seen && (w.Code != http.StatusNotFound || strings.Contains(w.Body.String(), "john_doe")) {
			t.Errorf("from %q to %q %s: the answer is %d", c.from, c.host, c.header, w.Code)
		}
	}
	old := s.request(signedIn)
	old.ProtoMinor = 0
	if code := get(page, old).Code; code != http.StatusNotFound {
		t.Errorf("a proxy that says nothing is answered by %d", code)
	}

	allowing := s.page(debugpage.AllowIf(func(r *http.Request) bool { return r.Header.Get("Administrator") == "yes" }))
	for value, want := range map[string]int{"yes": http.StatusOK, "no": http.StatusNotFound} {
		r := s.request(signedIn)
		r.RemoteAddr, r.Host = "192.0.2.7:1", "shop.example"
		r.Header.Set("Administrator", value)
		if code := get(allowing, r).Code; code != want {
			t.Errorf("administrator %s: the answer is %d", value, code)
		}
	}
}

// A proxy for development that puts localhost in the place of a foreign host would open the page
// to the script of a site whose name resolves to this machine. Browsers send no Sec-Fetch-Site to
// such a site, and the developer learns what is missing.
func TestThePageSaysWhatItRefuses(t *testing.T) {
	s := newSite(t)
	page := s.page()
	for _, c := range []struct {
		what string
		make func(r *http.Request)
		want string
	}{
		{"a proxy that rewrites Host", func(r *http.Request) { r.Header.Del("Sec-Fetch-Site") }, "it has no header Sec-Fetch-Site"},
		{"another site", func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") }, "it was sent by another site (Sec-Fetch-Site: \"cross-site\")"},
		{"a foreign host", func(r *http.Request) { r.Host = "rebound.example:8080" }, "its host is \"rebound.example:8080\": use localhost"},
		{"a proxy that says so", func(r *http.Request) { r.Header.Set("X-Forwarded-For", "192.0.2.7") }, "which has added the header X-Forwarded-For"},
		{"HTTP/1.0", func(r *http.Request) { r.ProtoMinor = 0 }, "it came over HTTP/1.0"},
	} {
		r := s.request(signedIn)
		c.make(r)
		w := get(page, r)
		if w.Code != http.StatusNotFound || !strings.Contains(w.Body.String(), c.want) || strings.Contains(w.Body.String(), "john_doe") {
			t.Errorf("%s: the answer is %d %s", c.what, w.Code, w.Body)
		}
		r.RemoteAddr = "192.0.2.7:1"
		if body := get(page, r).Body.String(); body != "404 page not found\n" {
			t.Errorf("%s, from elsewhere: %s", c.what, body)
		}
	}
	for _, site := range []string{"none", "same-origin", "same-site"} {
		r := s.request(signedIn)
		r.Header.Set("Sec-Fetch-Site", site)
		if code := get(page, r).Code; code != http.StatusOK {
			t.Errorf("%s: the answer is %d", site, code)
		}
	}
}
