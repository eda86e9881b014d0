package inventory

import (
	"github.com/sessiongen/sessiongen/gen/internal/model"
	"github.com/sessiongen/sessiongen/runtime/cookie"
)

// sessionReaders says how far the session cookie is exposed.
func sessionReaders(o cookie.Options, sealed bool) string {
	holder := "its value contains nothing about the visitor"
	if sealed {
		holder = cookie.Encrypted.HolderWords()
	}
	return readers(&o, holder+", and a copy of it gives access to the session")
}

// cookieReaders says how far a cookie is exposed.
func cookieReaders(c *model.Cookie) string {
	return readers(&c.Options, c.Options.Protection.HolderWords())
}

// readers says where a cookie is visible. holder is what the user of the browser can do with it.
func readers(o *cookie.Options, holder string) string {
	return "scripts on the page " + o.ScriptWords() + "; " + holder + "; it is sent " + o.ScopeWords()
}

// keptByBrowser is how long a cookie lives.
func keptByBrowser(a Attributes) string {
	if a.MaxAge == nil {
		return (&cookie.Options{}).KeptWords("")
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
