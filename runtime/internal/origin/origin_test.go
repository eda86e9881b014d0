package origin_test

import (
	"crypto/tls"
	"net/http/httptest"
	"testing"

	"github.com/sessiongen/sessiongen/runtime/internal/origin"
)

func TestLoopbackHosts(t *testing.T) {
	for host, want := range map[string]bool{
		"localhost": true, "LOCALHOST:8080": true, "shop.localhost:8080": true, "127.0.0.1": true, "127.8.9.1:80": true,
		"[::1]": true, "[::1]:8080": true,
		"": false, "localhost.example": false, "notlocalhost": false, "127.0.0.1.example": false, "0x7f.1": false,
		"localhost:80@evil.example": false, "192.168.1.5:8080": false, "app:8080": false,
	} {
		if got := origin.IsLoopbackHost(host); got != want {
			t.Errorf("%s: %v", host, got)
		}
	}
}

func TestThePlainHostOfABrowser(t *testing.T) {
	for _, c := range []struct {
		what, host string
		header     map[string]string
		minor      int
		tls        bool
		want       string
	}{
		{what: "a phone in the same network", host: "192.168.1.5:8080", minor: 1, want: "192.168.1.5:8080"},
		{what: "a deploy without TLS", host: "shop.example", minor: 1, want: "shop.example"},
		{what: "this machine", host: "localhost:8080", minor: 1},
		{what: "TLS", host: "shop.example", minor: 1, tls: true},
		{what: "nginx as it is by default", host: "app:8080"},
		{what: "nginx that says how it was asked", host: "app:8080", header: map[string]string{"X-Forwarded-Proto": "https"}, minor: 1},
		{what: "a proxy that says nothing of TLS", host: "shop.example", header: map[string]string{"X-Forwarded-For": "192.0.2.7"}, minor: 1},
		{what: "a proxy without TLS", host: "app:8080", header: map[string]string{"X-Forwarded-Proto": "http", "X-Forwarded-Host": "shop.example"}, minor: 1, want: "shop.example"},
		{what: "a proxy on this machine", host: "app:8080", header: map[string]string{"X-Forwarded-Proto": "http", "X-Forwarded-Host": "localhost:3000"}, minor: 1},
		{what: "a browser that takes the origin for secure", host: "shop.example", header: map[string]string{"Sec-Fetch-Site": "none"}, minor: 1},
	} {
		r := httptest.NewRequest("GET", "http://shop.example/", nil)
		r.Host, r.ProtoMinor = c.host, c.minor
		for name, value := range c.header {
			r.Header.Set(name, value)
		}
		if c.tls {
			r.TLS = new(tls.ConnectionState)
		}
		if got := origin.PlainHost(r); got != c.want {
			t.Errorf("%s: %q, want %q", c.what, got, c.want)
		}
	}
	h2c := httptest.NewRequest("GET", "http://shop.example/", nil)
	h2c.ProtoMajor, h2c.ProtoMinor = 2, 0
	if got := origin.PlainHost(h2c); got != "" {
		t.Errorf("HTTP/2 without TLS, which only proxies speak: %q", got)
	}
}
