package cookie

import (
	"strconv"
	"strings"
	"time"
)

// Attributes returns the attributes of a Set-Cookie line that setting and deleting a cookie
// have in common, which is all but Max-Age: a browser deletes a cookie only by the name,
// domain and path that it was set with. It reads nothing else of o. SameSite is always there,
// since browsers differ in what they assume without it. o must have passed [Check].
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

// Line returns the value of a Set-Cookie header. The value must be escaped already, and
// attributes are what [Attributes] returned. maxAge is in seconds. Zero or less leaves
// Max-Age out: [Deletion] deletes a cookie.
func Line(name, value string, maxAge int, attributes string) string {
	if maxAge <= 0 {
		return name + "=" + value + attributes
	}
	return name + "=" + value + "; Max-Age=" + strconv.Itoa(maxAge) + attributes
}

// Deletion returns the value of a Set-Cookie header that deletes the cookie from the browser.
// attributes are what [Attributes] returned. Expires is for browsers that ignore Max-Age.
func Deletion(name, attributes string) string {
	return name + "=; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT" + attributes
}

// KeptFor returns the Max-Age, in seconds, of the cookie of a session that lives for life. It
// is at most [MaxAge], to which browsers would shorten it.
func KeptFor(life time.Duration) int { return int(min(life, MaxAge) / time.Second) }
