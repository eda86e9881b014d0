package engine

import (
	"net/http"

	"github.com/sessiongen/sessiongen/runtime/cookie"
)

// cookieObserver is a response writer that wants to be told, by [Load], which cookies the
// manager declares. The debug page is one: to show what a browser sent it has to know what
// must not be shown. Asking by the response writer costs other requests nothing, and
// generated code need not know of it.
type cookieObserver interface {
	http.ResponseWriter

	// ObserveCookies is given the session's cookie and the declared ones. The session's has
	// no name in a schema of cookies only, and counts as encrypted where it is the session
	// itself, sealed, and not the token of one in a store.
	ObserveCookies(session cookie.Options, declared []cookie.Options)
}

func (m *Manager) tellCookies(w http.ResponseWriter) {
	observer, ok := w.(cookieObserver)
	if !ok {
		return
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
}
