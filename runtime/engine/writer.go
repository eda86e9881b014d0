package engine

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"

	"github.com/sessiongen/sessiongen/runtime/internal/header"
)

// responseWriter commits the session before the first byte of the response. It
// keeps what net/http's writer can do working: Flush, Hijack, ReadFrom here, the
// rest, such as deadlines, through Unwrap (http.ResponseController).
type responseWriter struct {
	http.ResponseWriter
	session *Session
	begun   bool
	failed  error
}

// Format keeps the session out of what is printed of a response writer.
func (w *responseWriter) Format(state fmt.State, _ rune) {
	fmt.Fprintf(state, "[response with a %s]", w.session.manager.schema.Type)
}

// begin commits, once. If that fails, the error page is all that the visitor sees,
// and what the handler writes is thrown away.
func (w *responseWriter) begin() error { return w.beginAt(atFirstByte) }

func (w *responseWriter) beginAt(at point) error {
	if w.begun {
		return w.failed
	}
	s := w.session
	err := s.commit(s.request.Context(), at)
	w.begun = true
	if err != nil {
		w.failed = err
		clearEntity(s.header)
		s.removeCookies()
		setNoStore(s.header)
		s.manager.answerError(w.ResponseWriter, s.request, err)
	} else if len(s.header["Set-Cookie"]) > 0 {
		header.KeepPrivate(s.header, &s.rare().lines)
	}
	return err
}

// clearEntity removes what the handler said about a body that is not sent.
func clearEntity(of http.Header) {
	for _, name := range [...]string{
		"Accept-Ranges", "Clear-Site-Data", "Content-Disposition", "Content-Encoding", "Content-Language", "Content-Length", "Content-Location",
		"Content-Range", "Content-Type", "Etag", "Expires", "Last-Modified", "Location", "Refresh", "Trailer", "Transfer-Encoding",
	} {
		delete(of, name)
	}
}

// acknowledged notes that the store knows the secret in a session cookie, which
// the browser has to get even with an error page. Middlewares around this one
// hear of it too.
func (s *Session) acknowledged(name string) {
	s.rare().sends(name)
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

// removeCookies removes the cookies that the handler has set, but for acknowledged
// session cookies.
func (s *Session) removeCookies() {
	var kept []string
	if s.more != nil {
		kept = slices.Clone(s.more.outerCookies)
	}
	for _, line := range s.header["Set-Cookie"] {
		name, _, _ := strings.Cut(line, "=")
		if slices.Contains(s.sentTokens(), name) {
			kept = append(kept, line)
		}
	}
	delete(s.header, "Set-Cookie")
	if len(kept) > 0 {
		s.header["Set-Cookie"] = kept
	}
}

func setNoStore(of http.Header) {
	header.RemoveTargeted(of)
	of["Cache-Control"] = []string{"no-store"}
}

// WriteHeader lets informational responses pass: they are not the response yet.
// 101 is, for nothing but the other protocol follows it.
func (w *responseWriter) WriteHeader(status int) {
	if status >= 100 && status <= 199 && status != http.StatusSwitchingProtocols {
		w.ResponseWriter.WriteHeader(status)
		return
	}
	if w.begin() == nil {
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

// ReadFrom keeps the kernel's file-to-socket copy available to io.Copy.
func (w *responseWriter) ReadFrom(src io.Reader) (int64, error) {
	if err := w.begin(); err != nil {
		return 0, err
	}
	return io.Copy(w.ResponseWriter, src)
}

// Flush is http.Flusher.
func (w *responseWriter) Flush() { _ = w.FlushError() }

// FlushError is what http.ResponseController calls.
func (w *responseWriter) FlushError() error {
	if err := w.begin(); err != nil {
		return err
	}
	return http.NewResponseController(w.ResponseWriter).Flush()
}

// Hijack commits first; the cookies are in Header for whoever writes the response.
func (w *responseWriter) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	if err := w.begin(); err != nil {
		return nil, nil, err
	}
	return http.NewResponseController(w.ResponseWriter).Hijack()
}

// Unwrap is for http.ResponseController.
func (w *responseWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// CloseNotify is for gin, whose Context.Stream insists on it: the request's context, which
// ends with the connection, as the channel that net/http had before it had contexts.
func (w *responseWriter) CloseNotify() <-chan bool {
	closed := make(chan bool, 1)
	context.AfterFunc(w.session.request.Context(), func() { closed <- true })
	return closed
}
