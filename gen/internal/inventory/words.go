package inventory

import (
	"strings"

	"github.com/sessiongen/sessiongen/gen/internal/model"
)

// sessionReaders says who can read the session cookie.
func sessionReaders(a model.CookieAttributes, sealed bool) string {
	if sealed {
		return readers(a, holderCan(model.Encrypted)+", and whoever copies it has the session")
	}
	return readers(a, "it tells nothing about the visitor, but whoever copies it has the session")
}

// cookieReaders says who can read and change a cookie.
func cookieReaders(c *model.Cookie) string { return readers(c.Attributes, holderCan(c.Protection)) }

func holderCan(p model.Protection) string { return model.Holder + " " + p.HolderCan() }

// readers is who meets a cookie: holder is what those can do who have the browser
// in their hands.
func readers(a model.CookieAttributes, holder string) string {
	sent := "it is sent " + a.Scope()
	if !a.Secure {
		sent += ", where the network sees it"
	}
	return strings.Join([]string{a.Scripts(), holder, sent}, "; ")
}

// keptByBrowser is how long a cookie lives.
func keptByBrowser(a Attributes) string {
	if a.MaxAge == nil {
		return model.UntilClosed
	}
	return "for " + a.MaxAge.Text
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

// level says how a session's timeouts compare with those of one.
func (l Level) words() string {
	text := l.Level + " (" + l.Lifetime.Text
	if l.Idle != nil {
		text += ", and " + l.Idle.Text + " without a request"
	}
	return text + ")"
}
