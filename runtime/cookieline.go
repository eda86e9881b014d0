package runtime

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// CookieAttributes are what follows the value in a Set-Cookie line, the same for setting
// and for deleting, Max-Age apart: a browser
// deletes a cookie only by its own name, domain and path. SameSite is always
// named, since browsers differ in what they assume.
func CookieAttributes(o *CookieOptions) string {
	var b strings.Builder
	b.WriteString("; Path=" + o.Path)
	if o.Domain != "" {
		b.WriteString("; Domain=" + o.Domain)
	}
	switch o.SameSite {
	case http.SameSiteNoneMode:
		b.WriteString("; SameSite=None")
	case http.SameSiteStrictMode:
		b.WriteString("; SameSite=Strict")
	default:
		b.WriteString("; SameSite=Lax")
	}
	if o.Secure {
		b.WriteString("; Secure")
	}
	if o.HTTPOnly {
		b.WriteString("; HttpOnly")
	}
	if o.Partitioned {
		b.WriteString("; Partitioned")
	}
	return b.String()
}

// CookieLine is the value of a Set-Cookie header, with what [CookieAttributes] returned.
// maxAge is in seconds; 0 leaves it out.
func CookieLine(name, value string, maxAge int, attributes string) string {
	if maxAge <= 0 {
		return name + "=" + value + attributes
	}
	return name + "=" + value + "; Max-Age=" + strconv.Itoa(maxAge) + attributes
}

// CookieDeletion is the value of a Set-Cookie header that makes a browser forget the cookie.
func CookieDeletion(name, attributes string) string {
	return name + "=; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT" + attributes
}

// KeptFor is a Max-Age in seconds that a browser does not shorten: a session may live
// for longer than a cookie can be kept.
func KeptFor(life time.Duration) int { return int(min(life, MaxCookieAge) / time.Second) }
