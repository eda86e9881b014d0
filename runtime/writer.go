package runtime

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"strings"
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

// begin commits, once. If that fails, the error page is all that the visitor sees,
// and what the handler writes is thrown away.
func (w *responseWriter) begin() error {
	if w.begun {
		return w.failed
	}
	s := w.session
	s.varyByCookie()
	err := s.commit(s.request.Context(), true)
	w.begun = true
	if err != nil {
		w.failed = err
		clearEntity(s.header)
		s.keepOwnCookie()
		setNoStore(s.header)
		s.manager.refuse(w.ResponseWriter, s.request, err)
	}
	return err
}

// clearEntity removes what the handler said about a body that is not sent.
func clearEntity(header http.Header) {
	for _, name := range [...]string{
		"Accept-Ranges", "Content-Disposition", "Content-Encoding", "Content-Language", "Content-Length", "Content-Location",
		"Content-Range", "Content-Type", "Etag", "Expires", "Last-Modified", "Location", "Refresh", "Trailer", "Transfer-Encoding",
	} {
		delete(header, name)
	}
}

// keepOwnCookie removes the cookies that the handler set, but for a session cookie
// that the store has acknowledged.
func (s *Session) keepOwnCookie() {
	var kept []string
	for i, line := range s.header["Set-Cookie"] {
		if i < s.outerCookies || strings.HasPrefix(line, s.manager.cookie.options.Name+"=") && s.cookieSent {
			kept = append(kept, line)
		}
	}
	delete(s.header, "Set-Cookie")
	if kept != nil {
		s.header["Set-Cookie"] = kept
	}
}

func setNoStore(header http.Header) { header["Cache-Control"] = []string{"no-store"} }

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
