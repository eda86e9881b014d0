package parse

import (
	"fmt"
	"go/token"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/sessiongen/sessiongen/gen/internal/model"
	"github.com/sessiongen/sessiongen/runtime/cookie"
	"github.com/sessiongen/sessiongen/runtime/engine"
)

// FuzzCookieOptionsFromTagToHeader: what the generator accepts in a cookie's tag,
// the runtime accepts when the program starts, and it comes out as one header with exactly
// that.
func FuzzCookieOptionsFromTagToHeader(f *testing.F) {
	for _, seed := range []struct {
		name, path, domain, age, sameSite string
		flags                             byte
	}{
		{"theme", "/", "", "", "lax", 3},
		{"theme", "/app", "shop.example", "400d", "none", 7},
		{"theme", "/a%20b/", ".shop.example", "1h30m", "STRICT", 0},
		{"__Host-theme", "/", "", "90", "strict", 3},
		{"__host-http-theme", "/", "", "1d", "lax", 3},
		{"__Secure-theme", "/app", "a.b.c", "1w", "lax", 1},
		{"__Http-theme", "/'x", "127.0.0.1", "2w3d", "none", 3},
		{"!#$%&*+-.^_|~'", "/,=(~)", "localhost", "1s", "lax", 0},
		{"theme; Secure", "/; Domain=evil.example", "shop.example; Path=/", "400d1s", "lax; Secure", 3},
		{"theme", "/a\"b", "", "", "lax", 3},
		{"theme\r\n", "/\x00", "xn--bcher-kva.example", "1500ms", "Lax", 3},
	} {
		f.Add(seed.name, seed.path, seed.domain, seed.age, seed.sameSite, seed.flags)
	}
	f.Fuzz(func(t *testing.T, name, path, domain, age, sameSite string, flags byte) {
		quote := func(value string) string { return "'" + strings.ReplaceAll(value, "'", "''") + "'" }
		written := fmt.Sprintf("%s,path=%s,samesite=%s,secure=%t,httponly=%t,partitioned=%t", name, quote(path), quote(sameSite), flags&1 != 0, flags&2 != 0, flags&4 != 0)
		if domain != "" {
			written += ",domain=" + quote(domain)
		}
		if age != "" {
			written += ",max-age=" + quote(age)
		}
		p := &parser{ErrorList: model.ErrorList{Fset: token.NewFileSet()}}
		read := p.readTag(structTag{pos: fixedPos(0)}, tagPair{key: "cookie", value: plainText(written)}, cookieOptions)
		a := p.cookieOptions(read, read.name)
		if len(p.List) > 0 {
			return
		}
		field := engine.CookieField[string]{
			Text: cookie.StringText[string](),
			Options: cookie.Options{
				Name: a.Name, Path: a.Path, Domain: a.Domain, MaxAge: a.MaxAge, SameSite: a.SameSite,
				Secure: a.Secure, HTTPOnly: a.HTTPOnly, Partitioned: a.Partitioned,
			},
		}
		manager, err := engine.NewManager(&engine.Schema{
			Cookies: []engine.CookieDescriptor{&field},
			New: func() *engine.Session {
				return new(engine.Session).Bind(new(int), nil, nil, make([]engine.CookieState, 1))
			},
		}, nil)
		if err != nil {
			t.Fatalf("%q: the generator accepts it, and the runtime does not: %v", written, err)
		}
		w := httptest.NewRecorder()
		if err := engine.BindCookie(manager, &field).Write(w, ""); err != nil {
			t.Fatalf("%q: %v", written, err)
		}
		lines := w.Header()["Set-Cookie"]
		if len(lines) != 1 {
			t.Fatalf("%q: %q", written, lines)
		}
		got, err := http.ParseSetCookie(lines[0])
		if err != nil {
			t.Fatalf("%q: %q: %v", written, lines[0], err)
		}
		seconds := int(a.MaxAge.Seconds())
		if got.Name != read.name || got.Path != path || got.Domain != domain || got.MaxAge != seconds || (seconds == 0) != (age == "") ||
			!strings.EqualFold(sameSite, map[http.SameSite]string{2: "lax", 3: "strict", 4: "none"}[got.SameSite]) ||
			got.Secure != (flags&1 != 0) || got.HttpOnly != (flags&2 != 0) || got.Partitioned != (flags&4 != 0) || len(got.Unparsed) > 0 {
			t.Fatalf("%q comes out as %q", written, lines[0])
		}
	})
}
