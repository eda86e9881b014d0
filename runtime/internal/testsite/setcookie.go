package testsite

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/cookie"
	"github.com/sessiongen/sessiongen/runtime/engine"
)

// CookieAsRead is what a browser makes of one Set-Cookie header, by the algorithm in
// section 5.6 of RFC 6265bis and without net/http. The attributes are in the order of the
// header, each by its name in small letters.
type CookieAsRead struct {
	Name, Value string
	Attributes  []string
}

func ReadSetCookie(line string) (CookieAsRead, error) {
	for i := range len(line) {
		if c := line[i]; c < ' ' && c != '\t' || c == 0x7f {
			return CookieAsRead{}, fmt.Errorf("control character %q", c)
		}
	}
	pair, rest, more := strings.Cut(line, ";")
	name, value, named := strings.Cut(pair, "=")
	if !named {
		name, value = "", pair
	}
	read := CookieAsRead{Name: strings.Trim(name, " \t"), Value: strings.Trim(value, " \t")}
	if len(read.Name)+len(read.Value) > 4096 {
		return CookieAsRead{}, fmt.Errorf("name and value of %d bytes", len(read.Name)+len(read.Value))
	}
	for more {
		var attribute string
		attribute, rest, more = strings.Cut(rest, ";")
		name, value, _ := strings.Cut(attribute, "=")
		value = strings.Trim(value, " \t")
		if len(value) > 1024 {
			return CookieAsRead{}, fmt.Errorf("attribute of %d bytes", len(value))
		}
		read.Attributes = append(read.Attributes, strings.ToLower(strings.Trim(name, " \t"))+"="+value)
	}
	return read, nil
}

// WantedAttributes are those of a cookie's options, in the same notation.
func WantedAttributes(o cookie.Options) []string {
	var wanted []string
	if o.MaxAge > 0 {
		wanted = append(wanted, fmt.Sprintf("max-age=%d", o.MaxAge/time.Second))
	}
	wanted = append(wanted, "path="+o.Path)
	if o.Domain != "" {
		wanted = append(wanted, "domain="+o.Domain)
	}
	sameSite := map[http.SameSite]string{http.SameSiteStrictMode: "Strict", http.SameSiteNoneMode: "None"}[o.SameSite]
	if sameSite == "" {
		sameSite = "Lax"
	}
	wanted = append(wanted, "samesite="+sameSite)
	for name, on := range map[string]bool{"secure=": o.Secure, "httponly=": o.HTTPOnly, "partitioned=": o.Partitioned} {
		if on {
			wanted = append(wanted, name)
		}
	}
	return wanted
}

// TextCookie is a manager of nothing but one cookie with text.
func TextCookie(t testing.TB, options cookie.Options) (runtime.Cookie[string], error) {
	t.Helper()
	field := engine.CookieField[string]{Options: options, Text: cookie.StringText[string]()}
	manager, err := engine.NewManager(&engine.Schema{
		Name: "jar", Type: "Jar", Cookies: []engine.CookieDescriptor{&field},
		New: func() *engine.Session {
			return new(engine.Session).Bind(new(int), nil, nil, make([]engine.CookieState, 1))
		},
	}, nil, runtime.WithKeys(Keys))
	if err != nil {
		return nil, err
	}
	return engine.BindCookie(manager, &field), nil
}

// SetCookieLines are the Set-Cookie headers that write puts into a response.
func SetCookieLines(write func(w http.ResponseWriter)) []string {
	w := httptest.NewRecorder()
	write(w)
	return w.Header()["Set-Cookie"]
}
