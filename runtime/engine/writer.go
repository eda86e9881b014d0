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

// responseWriter commits the session before the first byte of the response. It keeps the
// features of the writer of net/http: Flush, Hijack and ReadFrom as methods, the others, such
// as deadlines, through Unwrap (http.ResponseController).
type responseWriter struct {
	http.ResponseWriter
	session *Session
	begun   bool
	failed  error
}

// Format keeps the session out of a printed response writer.
func (w *responseWriter) Format(state fmt.State, _ rune) {
	fmt.Fprintf(state, "[response with a %s]", w.session.manager.schema.Type)
}

// begin commits, once. If the commit fails, the response is the error page, and the output of
// the handler is thrown away.
func (w *responseWriter) begin() error { return w.beginAt(atFirstByte) }

func (w *responseWriter) beginAt(at point) error {
	s := w.session
	if w.begun {
		s.writesAfterLook()
		return w.failed
	}
	err := s.commit(s.request.Context(), at)
	w.begun = true
	if err != nil {
		w.failed = err
		clearEntity(s.header)
		s.removeCookies()
		setNoStore(s.header)
		s.clearSiteData()
		s.manager.answerError(w.ResponseWriter, s.request, err)
	} else if header.Canonicalize(s.header); len(s.header["Set-Cookie"]) > 0 {
		header.KeepPrivate(s.header, &s.rare().lines)
	}
	return err
}

// clearEntity removes the headers that describe the body of the handler, which is not sent.
func clearEntity(of http.Header) {
	for _, name := range [...]string{
		"Accept-Ranges", "Clear-Site-Data", "Content-Disposition", "Content-Encoding", "Content-Language", "Content-Length", "Content-Location",
		"Content-Range", "Content-Type", "Etag", "Expires", "Last-Modified", "Location", "Refresh", "Trailer", "Transfer-Encoding",
	} {
		delete(of, name)
	}
}

// acknowledged records that the store knows the secret in a session cookie. The browser must
// get that cookie even with an error page, so outer middlewares record it, too.
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

// removeCookies removes the cookies that the handler has set, except acknowledged session
// cookies.
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

// WriteHeader passes informational responses on without a commit. 101 counts as the response,
// because only the other protocol follows it.
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
