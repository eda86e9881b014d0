package engine

import (
	"context"
	"fmt"
	"net/http"
	"slices"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/cookie"
	"github.com/sessiongen/sessiongen/runtime/internal/aside"
)

// innermost finds the innermost session in a context, of whatever manager.
type innermost struct{}

// within returns the session of a middleware of this manager around the current one, if it
// serves the same request: with the same cookies, and to the same response. Two sessions would
// load, commit and renew against each other. It is nil if there is none.
func (m *Manager) within(w http.ResponseWriter, r *http.Request) *Session {
	s, _ := r.Context().Value(innermost{}).(*Session)
	for ; s != nil; s, _ = s.context.Context.Value(innermost{}).(*Session) {
		switch {
		case s.manager == m && s.serves(w, r):
			return s
		case s.manager == m:
			m.tellNested(r.Context(), "it runs within itself, for a request with other cookies or with a response writer that does not unwrap to its own, and therefore with a session of its own")
			return nil
		case m.cookie != nil && s.manager.cookie != nil && cookie.BaseName(s.manager.cookie.options.Name) == cookie.BaseName(m.cookie.options.Name):
			m.tellNested(r.Context(), fmt.Sprintf("it runs within the middleware of another manager, of the schema %s, whose session cookie %s has the same name or the same but for its prefix: "+
				"each overwrites or opens the other's sessions; give one of them another name", s.manager.schema.Name, s.manager.cookie.options.Name))
		}
	}
	return nil
}

// serves reports whether a request and its response are those of the session.
func (s *Session) serves(w http.ResponseWriter, r *http.Request) bool {
	if !slices.Equal(s.sent, r.Header["Cookie"]) {
		return false
	}
	for w != nil {
		if ours, ok := w.(*responseWriter); ok && ours.session == s {
			return true
		}
		unwrapper, ok := w.(interface{ Unwrap() http.ResponseWriter })
		if !ok {
			return false
		}
		w = unwrapper.Unwrap()
	}
	return false
}

// tellNested raises an event about the order of middlewares, once: it is the same for every
// request.
func (m *Manager) tellNested(ctx context.Context, reason string) {
	if aside.Is(ctx) {
		return
	}
	if _, told := m.nested.LoadOrStore(reason, true); told {
		return
	}
	e := runtime.Event{Kind: runtime.EventNested, Reason: reason}
	if m.cookie != nil {
		e.Field = m.cookie.options.Name
	}
	m.raise(ctx, e)
}

// serveWithin serves a request that has the session already. The middleware that has loaded the
// session commits it, too.
func (s *Session) serveWithin(next http.Handler, w http.ResponseWriter, r *http.Request) {
	if r.Context().Value(s.manager.key) != s.self {
		// The session of another manager of the same type is nearer.
		s.asked.Store(true)
		r = r.WithContext(context.WithValue(r.Context(), s.manager.key, s.self))
	}
	returned := false
	defer func() {
		if !returned {
			s.abandonWithin()
		}
	}()
	next.ServeHTTP(w, r)
	returned = true
}

// abandonWithin handles a panic that passes a middleware within that of the session. A handler
// in between may recover, but of the session only what ends something is stored.
func (s *Session) abandonWithin() {
	s.mu.Lock()
	defer s.unlock()
	for s.committing && s.await() {
	}
	s.settleAll()
	s.keepEndingsOfError(hasPanicked)
	s.rare().panicked = true
}

// panicked reports whether a panic has passed a middleware within that of the session.
func (s *Session) panicked() bool { return s.more != nil && s.more.panicked }
