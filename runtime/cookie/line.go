package cookie

import (
	"strconv"
	"strings"
	"time"
)

// Attributes are what follows the value in a Set-Cookie line, the same for setting
// and for deleting, Max-Age apart: a browser
// deletes a cookie only by its own name, domain and path. SameSite is always
// named, since browsers differ in what they assume.
func Attributes(o *Options) string {
	var b strings.Builder
	b.WriteString("; Path=" + o.Path)
	if o.Domain != "" {
		b.WriteString("; Domain=" + o.Domain)
	}
	b.WriteString("; SameSite=" + o.SameSiteName())
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

// Line is the value of a Set-Cookie header, with what [Attributes] returned.
// maxAge is in seconds; 0 leaves it out.
func Line(name, value string, maxAge int, attributes string) string {
	if maxAge <= 0 {
		return name + "=" + value + attributes
	}
	return name + "=" + value + "; Max-Age=" + strconv.Itoa(maxAge) + attributes
}

// Deletion is the value of a Set-Cookie header that makes a browser forget the cookie.
func Deletion(name, attributes string) string {
	return name + "=; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT" + attributes
}

// KeptFor is a Max-Age in seconds that a browser does not shorten: a session may live
// for longer than a cookie can be kept.
func KeptFor(life time.Duration) int { return int(min(life, MaxAge) / time.Second) }
