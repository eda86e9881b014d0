package asvs

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	runtimecookie "github.com/sessiongen/sessiongen/runtime/cookie"
	"github.com/sessiongen/sessiongen/runtime/internal/testsite"
)

// strangersCookie is a cookie all parts of which a stranger has chosen.
func strangersCookie(name, value, path, domain string, seconds int64, flags uint16) (runtimecookie.Options, string) {
	return runtimecookie.Options{
		Name: name, Path: path, Domain: domain,
		MaxAge:      time.Duration(seconds) * time.Second,
		SameSite:    http.SameSite(flags & 7),
		Secure:      flags&8 != 0,
		HTTPOnly:    flags&16 != 0,
		Partitioned: flags&32 != 0,
		Protection:  runtimecookie.Protection(flags >> 6 & 3),
	}, value
}

// FuzzAttributeInjection: whatever is in a cookie's name, value and attributes, the
// header that comes out is one cookie with exactly these, by two parsers, and the browser's
// answer gives the value back; or there is an error and no header at all.
func FuzzAttributeInjection(f *testing.F) {
	const day = 24 * 60 * 60
	for _, seed := range []struct {
		name, value, path, domain string
		seconds                   int64
		flags                     uint16
	}{
		{"theme", "dark", "/", "", 3600, 8 + 16},
		{"theme; Domain=evil.example", "dark", "/", "", 0, 8},
		{"theme=x", "a=b; Secure", "/", "", 0, 8},
		{"theme", "dark; Domain=evil.example", "/", "", 0, 8 + 16},
		{"theme", "dark\r\nSet-Cookie: a=b", "/", "", 0, 8},
		{"theme", "\"dark\"", "/app", "shop.example", 400 * day, 8 + 4},
		{"theme", "dark", "/; Domain=evil.example", "", 0, 8},
		{"theme", "dark", "/\r\nSet-Cookie: a=b", "", 0, 8},
		{"theme", "dark", "/", "shop.example; HttpOnly=", 0, 8},
		{"theme", "dark", "/", "shop.example, evil.example", 0, 8},
		{"theme", "dark", "app", "", 0, 8},
		{"__Host-theme", "dark", "/", "shop.example", 0, 8},
		{"__hOsT-HtTp-theme", "dark", "/", "", 0, 8 + 16},
		{"__Secure-theme", "dark", "/", "", 0, 0},
		{"", "dark", "/", "", 0, 8},
		{" theme", "dark", "/", "", 0, 8},
		{"th\x00eme", "da\x00rk", "/\x00", "\x00", 0, 8},
		{"theme", "ümlaut \xff\U0001f36a%", "/", "", 0, 8 + 16 + 64},
		{"theme", "", "/", ".shop.example", 401 * day, 8 + 16 + 128},
		{"theme", strings.Repeat("x", 4092), "/", "", 0, 8},
		{"theme", "dark", "/" + strings.Repeat("p", 1024), "", -1, 8 + 32 + 4},
		{"theme", "dark", "/", "", 1 << 40, 4},
		{"th=eme", "dark", "/a?b#c", "shop..example", 1, 7 + 192},
	} {
		f.Add(seed.name, seed.value, seed.path, seed.domain, seed.seconds, seed.flags)
	}
	f.Fuzz(func(t *testing.T, name, value, path, domain string, seconds int64, flags uint16) {
		if seconds > 1<<33 || seconds < -1<<33 {
			seconds %= 1 << 33 // a time.Duration holds no more seconds
		}
		options, value := strangersCookie(name, value, path, domain, seconds, flags)
		cookie, err := testsite.TextCookie(t, options)
		if err != nil {
			return
		}
		var failed error
		lines := testsite.SetCookieLines(func(w http.ResponseWriter) { failed = cookie.Write(w, value) })
		if failed != nil {
			if len(lines) > 0 {
				t.Fatalf("%v, and yet there is a header: %q", failed, lines)
			}
			return
		}
		sent := exactlyOneCookie(t, lines, options)
		if options.Protection == runtimecookie.Plain && sent.Value != encodeURIComponent(value) {
			t.Fatalf("%q is sent as %q", value, sent.Value)
		}
		request := httptest.NewRequest("GET", "/", nil)
		request.Header.Set("Cookie", sent.Name+"="+sent.Value)
		if again, found := cookie.Read(request); !found || again != value {
			t.Fatalf("%q comes back as %q, %v", value, again, found)
		}
		deleted := exactlyOneCookie(t, testsite.SetCookieLines(cookie.Delete), runtimecookie.Options{
			Name: name, Path: path, Domain: domain, SameSite: options.SameSite,
			Secure: options.Secure, HTTPOnly: options.HTTPOnly, Partitioned: options.Partitioned,
		}, "max-age=0", "expires=Thu, 01 Jan 1970 00:00:00 GMT")
		if deleted.Value != "" {
			t.Fatalf("deleted with the value %q", deleted.Value)
		}
	})
}

// exactlyOneCookie wants one header that two parsers take for the cookie that options
// describe, with these attributes and no others.
func exactlyOneCookie(t *testing.T, lines []string, options runtimecookie.Options, more ...string) testsite.CookieAsRead {
	t.Helper()
	if len(lines) != 1 {
		t.Fatalf("%d headers: %q", len(lines), lines)
	}
	ours, err := testsite.ReadSetCookie(lines[0])
	if err != nil {
		t.Fatalf("%q: %v", lines[0], err)
	}
	wanted := append(testsite.WantedAttributes(options), more...)
	slices.Sort(wanted)
	got := slices.Sorted(slices.Values(ours.Attributes))
	if ours.Name != options.Name || !slices.Equal(got, wanted) {
		t.Fatalf("%q is the cookie %q with %q, and was to have %q", lines[0], ours.Name, got, wanted)
	}
	theirs, err := http.ParseSetCookie(lines[0])
	if err != nil {
		t.Fatalf("net/http: %q: %v", lines[0], err)
	}
	sameSite := options.SameSite
	if sameSite < http.SameSiteLaxMode {
		sameSite = http.SameSiteLaxMode
	}
	maxAge := int(options.MaxAge / time.Second)
	if len(more) > 0 {
		maxAge = -1 // net/http's word for "delete now"
	}
	if theirs.Name != options.Name || theirs.Value != ours.Value || theirs.Path != options.Path || theirs.Domain != options.Domain ||
		theirs.MaxAge != maxAge || theirs.SameSite != sameSite || theirs.Secure != options.Secure || theirs.HttpOnly != options.HTTPOnly ||
		theirs.Partitioned != options.Partitioned || len(theirs.Unparsed) > 0 {
		t.Fatalf("net/http takes %q for %+v", lines[0], theirs)
	}
	return ours
}

// encodeURIComponent is JavaScript's, of any bytes.
func encodeURIComponent(text string) string {
	var b strings.Builder
	for i := range len(text) {
		if c := text[i]; strings.IndexByte("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.!~*'()", c) >= 0 {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}
