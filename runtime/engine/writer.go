package engine

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"

	"github.com/sessiongen/sessiongen/runtime/internal/header"
)

// responseWriter commits the session before the first byte of the response. It keeps the
// features of the writer of net/http: Flush, Hijack and ReadFrom as methods, the others, such
// as deadlines, through Unwrap (http.ResponseController).
type responseWriter struct {
	http.ResponseWriter
	session *Session
	status  int16 // of the response, if it is an error; 0 otherwise
	begun   bool
	failed  error
}

// Format keeps the session out of a printed response writer.
func (w *responseWriter) Format(state fmt.State, _ rune) {
	fmt.Fprintf(state, "[response with a %s]", w.session.manager.schema.Type)
}

// Header returns the header of the response. After a failed commit, the response is the error
// page, and the header that the handler gets has no effect.
func (w *responseWriter) Header() http.Header {
	if w.failed != nil {
		if detached := w.session.headerDetached(); detached != nil {
			return detached
		}
	}
	return w.ResponseWriter.Header()
}

// begin commits, once. If the commit fails, the response is the error page, and the output of
// the handler is thrown away.
func (w *responseWriter) begin() error { return w.beginAt(atFirstByte, http.StatusOK) }

func (w *responseWriter) beginAt(at point, status int) error {
	s := w.session
	if w.begun {
		s.writesAfterLook()
		return w.failed
	}
	if s.manager.isError(status) {
		w.status = int16(status)
	}
	err := s.commit(s.request.Context(), at)
	w.begun = true
	if err != nil {
		w.failed = err
		s.restoreHeader()
		s.manager.answerError(w.ResponseWriter, s.request, err)
		s.detachHeader()
	} else if len(s.header["Set-Cookie"]) > 0 {
		s.keepCookiesPrivate()
	}
	return err
}

// keepCookiesPrivate lets no shared cache store a response with cookies. The lock is for
// goroutines of the handler that change the session meanwhile.
func (s *Session) keepCookiesPrivate() {
	s.mu.Lock()
	defer s.mu.Unlock()
	header.KeepPrivate(s.header, &s.rare().lines)
}

// acknowledged records that the store knows the secret in a session cookie. The browser must
// get that cookie even with an error page.
func (s *Session) acknowledged(name string) {
	s.rare().sends(name)
	s.tellOuter(name)
}

// tellOuter records in outer middlewares that a cookie has to be sent even with their error
// page.
func (s *Session) tellOuter(name string) {
	outer := s.writer.ResponseWriter
	for outer != nil {
		if w, ok := outer.(*responseWriter); ok {
			w.session.mu.Lock()
			w.session.rare().sends(name)
			w.session.mu.Unlock()
		}
		unwrapper, ok := outer.(interface{ Unwrap() http.ResponseWriter })
		if !ok {
			return
		}
		outer = unwrapper.Unwrap()
	}
}

func setNoStore(of http.Header) {
	header.RemoveTargeted(of)
	of["Cache-Control"] = []string{"no-store"}
}

// WriteHeader passes informational responses on without a commit. 101 counts as the response,
// because only the other protocol follows it. net/http panics at a status that is invalid.
func (w *responseWriter) WriteHeader(status int) {
	if status > 999 || status < 100 || status >= 100 && status <= 199 && status != http.StatusSwitchingProtocols {
		w.ResponseWriter.WriteHeader(status)
		return
	}
	if w.beginAt(atFirstByte, status) == nil {
		w.ResponseWriter.WriteHeader(status)
	}
}

func (w *responseWriter) Write(b []byte) (int, error) {
	if err := w.begin(); err != nil {
		return 0, err
	}
	return w.ResponseWriter.Write(b)
}

func (w *responseWriter) WriteString(s string) (int, error) {
	if err := w.begin(); err != nil {
		return 0, err
	}
	return io.WriteString(w.ResponseWriter, s)
}

// ReadFrom keeps file-to-socket copies by the kernel available to io.Copy.
func (w *responseWriter) ReadFrom(src io.Reader) (int64, error) {
	if err := w.begin(); err != nil {
		return 0, err
	}
	return io.Copy(w.ResponseWriter, src)
}

// Flush implements http.Flusher.
func (w *responseWriter) Flush() { _ = w.FlushError() }

// FlushError implements the flush of http.ResponseController.
func (w *responseWriter) FlushError() error {
	if err := w.begin(); err != nil {
		return err
	}
	return http.NewResponseController(w.ResponseWriter).Flush()
}

// Hijack commits first. The cookies are in Header for the code that writes the response.
func (w *responseWriter) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	if err := w.begin(); err != nil {
		return nil, nil, err
	}
	return http.NewResponseController(w.ResponseWriter).Hijack()
}

// Unwrap serves http.ResponseController.
func (w *responseWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// CloseNotify serves gin, whose Context.Stream requires it. The channel reports the end of the
// context of the request, which ends with the connection.
func (w *responseWriter) CloseNotify() <-chan bool {
	closed := make(chan bool, 1)
	context.AfterFunc(w.session.request.Context(), func() { closed <- true })
	return closed
}
