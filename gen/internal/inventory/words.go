package inventory

import (
	"strings"

	"github.com/sessiongen/sessiongen/gen/internal/model"
)

// sessionReaders says who can read the session cookie.
func sessionReaders(a model.CookieAttributes, sealed bool) string {
	if sealed {
		return readers(a, "whoever has the browser can neither read nor change it, and whoever copies it has the session")
	}
	return readers(a, "it tells nothing about the visitor, but whoever copies it has the session")
}

// cookieReaders says who can read and change a cookie.
func cookieReaders(c *model.Cookie) string {
	switch c.Protection {
	case model.Signed:
		return readers(c.Attributes, "whoever has the browser can read it, but a change is refused")
	case model.Encrypted:
		return readers(c.Attributes, "whoever has the browser can neither read nor change it")
	}
	return readers(c.Attributes, "whoever has the browser can read and change it")
}

// readers is who meets a cookie: holder is what those can do who have the browser
// in their hands.
func readers(a model.CookieAttributes, holder string) string {
	scripts := "scripts of the page cannot reach it"
	if !a.HTTPOnly {
		scripts = "scripts of the page reach it"
	}
	hosts := "it is sent to this host only"
	if a.Domain != "" {
		hosts = "it is sent to " + strings.TrimPrefix(a.Domain, ".") + " and all hosts below it"
	}
	if !a.Secure {
		hosts += ", over plain HTTP too, where the network sees it"
	}
	return strings.Join([]string{scripts, holder, hosts}, "; ")
}

// keptByBrowser is how long a cookie lives.
func keptByBrowser(a Attributes) string {
	if a.MaxAge == nil {
		return "until the browser closes"
	}
	return a.MaxAge.Text
}

// keptInSession is where a field lives, and how long.
func keptInSession(s *Session, f Field) string {
	where := "on the server, "
	if s.Sealed {
		where = "in the browser, encrypted, "
	}
	if f.Flash {
		return where + "until it is read, once, or the session ends"
	}
	return where + "until the session ends"
}

// beginning is since when a session's lifetime is counted.
func (s *Session) beginning() string {
	if s.Principal == "" {
		return "the session began"
	}
	return "the session began or somebody last signed in"
}

// level says how a session's timeouts compare with those of one.
func (l Level) words() string {
	text := l.Level + " (" + l.Lifetime.Text
	if l.Idle != nil {
		text += ", and " + l.Idle.Text + " without a request"
	}
	return text + ")"
}
