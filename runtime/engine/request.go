package engine

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"

	"github.com/sessiongen/sessiongen/runtime/internal/header"
)

// sessionContext is the context of a request with a session. It lives inside the
// session, so that a request costs one allocation for all of it.
type sessionContext struct {
	context.Context
	session *Session
}

func (c *sessionContext) Value(key any) any {
	switch key {
	case c.session.manager.key:
		// Whoever asks for it may look at it after the first byte of the response, when it is too
		// late to tell caches so: a template does.
		c.session.asked.Store(true)
		return c.session.self
	case c.session.manager: // for what has a manager alone, such as Cookie.Read
		return c.session
	}
	return c.Context.Value(key)
}

// String names the context as those of package context are named.
func (c *sessionContext) String() string {
	return fmt.Sprintf("%v.WithSession(%s)", c.Context, c.session.manager.schema.Type)
}

// Format keeps the session out of what is printed of a context: with a verb that does not fit, fmt
// would look into it.
func (c *sessionContext) Format(state fmt.State, _ rune) { _, _ = io.WriteString(state, c.String()) }

// Lookup finds the session of type T in a context.
func Lookup[T any](ctx context.Context) (*T, bool) {
	found, ok := ctx.Value((*T)(nil)).(*T)
	return found, ok
}

// From is [Lookup] for a handler that cannot go without.
func From[T any](ctx context.Context, schema *Schema) *T {
	found, ok := Lookup[T](ctx)
	if !ok {
		panic(fmt.Sprintf("sessiongen: no %[1]s in the context: wrap the handler in %[1]sManager.Middleware, and pass r.Context() on", schema.Type))
	}
	return found
}

// Load makes the session of a request that does not go through the middleware. The
// response is said to depend on it. The error is the store's.
func Load[T any](m *Manager, w http.ResponseWriter, r *http.Request) (*T, error) {
	m.tellCookies(w)
	s, err := m.start(w, r)
	if err != nil {
		return nil, err
	}
	header.VaryByCookie(s.header, &s.varyLine)
	return s.self.(*T), nil
}

// Middleware gives next a session in the request's context and commits it before
// the first byte of the response, or when next returns. If the session cannot be
// loaded, next does not run: nobody is taken for nobody because a store is down.
func (m *Manager) Middleware(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s, err := m.start(w, r)
		if err != nil {
			setNoStore(w.Header())
			m.answerError(w, r, err)
			return
		}
		s.context = sessionContext{r.Context(), s}
		s.writer = responseWriter{ResponseWriter: w, session: s}
		returned := false
		defer func() {
			if !returned {
				s.abandon()
			}
		}()
		next.ServeHTTP(&s.writer, r.WithContext(&s.context))
		returned = true
		s.finish()
	})
}

// finish commits what has not been committed, now that the handler has returned.
func (s *Session) finish() {
	if !s.writer.begun {
		_ = s.writer.beginAt(atReturn)
	} else {
		// Whoever reads events hears of it; there is nobody else left to tell.
		_ = s.commit(s.request.Context(), atReturn)
	}
}

// abandon is for a handler that panics: nothing that it did is kept, unless it
// ended the session.
func (s *Session) abandon() {
	s.mu.Lock()
	destroyed := s.destroyPending()
	s.discard()
	if !destroyed {
		s.phase = returned
	}
	s.stopWatchingAtReturn()
	s.unlock()
	if destroyed {
		_ = s.commit(s.request.Context(), atReturn)
	}
}

// start makes the session of a request.
func (m *Manager) start(w http.ResponseWriter, r *http.Request) (*Session, error) {
	s := m.schema.New()
	s.manager, s.request, s.header = m, r, w.Header()
	if outer := s.header["Set-Cookie"]; len(outer) > 0 {
		s.rare().outerCookies = slices.Clip(outer)
	}
	if m.keeper == nil {
		return s, nil
	}
	if err := s.find(); err != nil {
		return nil, err
	}
	s.checkClient()
	if m.takeover != nil {
		if err := m.adopt(s); err != nil {
			return nil, err
		}
	}
	if s.more != nil && s.more.events != nil {
		s.mu.Lock()
		s.unlock()
	}
	return s, nil
}
