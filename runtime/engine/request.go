package engine

import (
	"context"
	"fmt"
	"io"
	"net/http"

	"github.com/sessiongen/sessiongen/runtime/internal/header"
)

// sessionContext is the context of a request with a session. It is a part of the session, which
// saves an allocation.
type sessionContext struct {
	context.Context
	session *Session
}

func (c *sessionContext) Value(key any) any {
	switch key {
	case c.session.manager.key:
		// A template, for example, may read the session after the response has started. That is too
		// late for Vary, so the look-up counts as use of the session.
		c.session.asked.Store(true)
		return c.session.self
	case innermost{}:
		return c.session
	case c.session.manager: // for callers with a manager but no type, such as Cookie.Read
		return c.session
	}
	return c.Context.Value(key)
}

// String names the context in the style of package context.
func (c *sessionContext) String() string {
	return fmt.Sprintf("%v.WithSession(%s)", c.Context, c.session.manager.schema.Type)
}

// Format keeps the session out of a printed context. For a verb that does not fit, fmt would
// print the fields of the struct.
func (c *sessionContext) Format(state fmt.State, _ rune) { _, _ = io.WriteString(state, c.String()) }

// Open returns the memory that a session type leads to. It panics for a zero value, which leads
// to none.
func Open[M any](memory **M, schema *Schema) *M {
	if memory == nil {
		panic(unbound(schema))
	}
	return *memory
}

// unbound is not inlined, so that generated methods stay small.
//
//go:noinline
func unbound(schema *Schema) any {
	return fmt.Sprintf("sessiongen: this %[1]s is a zero value, which belongs to no request: get one with %[1]sFrom(r.Context()), or with the Load method of the %[1]sManager", schema.Type)
}

// Lookup finds the session of type T in a context.
func Lookup[T any](ctx context.Context) (*T, bool) {
	found, ok := ctx.Value((*T)(nil)).(*T)
	return found, ok
}

// From is [Lookup] for a handler that requires the session: it panics without one.
func From[T any](ctx context.Context, schema *Schema) *T {
	found, ok := Lookup[T](ctx)
	if !ok {
		panic(fmt.Sprintf("sessiongen: no %[1]s in the context: wrap the handler in %[1]sManager.Middleware, and pass r.Context() on", schema.Type))
	}
	return found
}

// Load returns the session of a request that does not go through the middleware, and sets Vary
// and, unless it is set, Cache-Control in the response. The error is that of the store. Inside
// the middleware it returns the session that is there.
func Load[T any](m *Manager, w http.ResponseWriter, r *http.Request) (*T, error) {
	if !m.tellCookies(w) { // an observer sees what another request would find
		if s := m.within(w, r); s != nil {
			s.asked.Store(true)
			return s.self.(*T), nil
		}
	}
	s, err := m.start(w, r)
	if err != nil {
		return nil, err
	}
	s.asked.Store(true)
	header.Canonicalize(s.header)
	s.varyByCookie()
	s.keepFromCaches()
	return s.self.(*T), nil
}

// Middleware puts a session into the context of the request for next. It commits before the
// first byte of the response, or when next returns. If the session cannot be loaded, next does
// not run: a store failure never makes a signed-in visitor anonymous. A middleware of the same
// manager inside it uses the same session.
//
// If next panics, or its response has a status of 500 or above, only what ends something is
// committed; see [Session.Discard] and [runtime.WithCommitOnError].
func (m *Manager) Middleware(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if s := m.within(w, r); s != nil {
			s.serveWithin(next, w, r)
			return
		}
		m.serving.Add(1)
		defer m.served()
		s, err := m.start(w, r)
		if err != nil {
			setNoStore(w.Header())
			if clientGone(r) {
				w.WriteHeader(statusClientGone)
			} else {
				m.answerError(w, r, err)
			}
			return
		}
		s.context = sessionContext{r.Context(), s}
		s.rememberHeader()
		returned := false
		defer func() {
			if !returned {
				s.abandon()
			}
			s.settleHeader()
		}()
		s.served = r.WithContext(&s.context)
		next.ServeHTTP(&s.writer, s.served)
		returned = true
		s.finish()
	})
}

// finish commits the remaining changes after the handler has returned.
func (s *Session) finish() {
	if !s.writer.begun {
		_ = s.writer.beginAt(atReturn, http.StatusOK)
	} else {
		// The response has started, so an error becomes an event only.
		_ = s.commit(s.request.Context(), atReturn)
	}
}

// abandon handles a panic of the handler: only what ends something is committed.
func (s *Session) abandon() {
	s.writer.status = hasPanicked
	_ = s.commit(s.request.Context(), atReturn)
}

// start makes the session of a request.
func (m *Manager) start(w http.ResponseWriter, r *http.Request) (*Session, error) {
	s := m.schema.New()
	s.manager, s.request, s.header, s.sent = m, r, w.Header(), r.Header["Cookie"]
	s.writer = responseWriter{ResponseWriter: w, session: s}
	if m.keeper == nil {
		return s, nil
	}
	if err := s.find(); err != nil {
		return nil, err
	}
	s.identifyClient()
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
