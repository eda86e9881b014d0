package engine

import (
	"net/http"

	"github.com/sessiongen/sessiongen/runtime/cookie"
)

// cookieObserver is a response writer to which [Load] reports the cookies that the manager
// declares. The debug page implements it: to show the cookies of a browser, it has to know
// which values are secret. The detection by the response writer costs other requests nothing,
// and generated code need not know of it.
type cookieObserver interface {
	http.ResponseWriter

	// ObserveCookies receives the session cookie and the declared cookies. The session cookie has
	// no name in a schema with only cookies. It counts as encrypted if it holds a sealed session.
	ObserveCookies(session cookie.Options, declared []cookie.Options)
}

// tellCookies reports the cookies to w, if w observes them.
func (m *Manager) tellCookies(w http.ResponseWriter) (observed bool) {
	observer, ok := w.(cookieObserver)
	if !ok {
		return false
	}
	declared := make([]cookie.Options, len(m.cookies))
	for i, c := range m.cookies {
		declared[i] = c.options
	}
	session := m.schema.Cookie
	if m.sealed {
		session.Protection = cookie.Encrypted
	}
	observer.ObserveCookies(session, declared)
	return true
}
