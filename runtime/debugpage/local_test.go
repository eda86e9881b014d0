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
