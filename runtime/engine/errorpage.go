package engine

import (
	"context"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"strconv"
	"strings"

	"github.com/sessiongen/sessiongen/runtime"
)

// answerError calls the error handler. If the handler sets no status, the response gets the
// status of the default handler. net/http would send 200, which visitors and programs take for
// success. A speculative response is never seen, so the handler is not asked for it.
func (m *Manager) answerError(w http.ResponseWriter, r *http.Request, err error) {
	if errors.Is(err, runtime.ErrSpeculative) {
		w.WriteHeader(m.options.SpeculationStatus)
		return
	}
	page := &errorPage{ResponseWriter: w, status: statusOf(err)}
	m.options.ErrorHandler(page, r, err)
	page.begin()
}

func statusOf(err error) int {
	switch {
	case errors.Is(err, runtime.ErrSessionLimit):
		return http.StatusForbidden
	case isPermanent(err):
		return http.StatusInternalServerError
	}
	return http.StatusServiceUnavailable
}

// statusClientGone is what nginx logs for a client that has hung up. No client sees it, and for
// an outer handler that counts responses it is not a fault of the server.
const statusClientGone = 499

// clientGone reports whether net/http has ended a request because its client has hung up. A
// deadline, or an application that cancels with a cause of its own, is something else.
func clientGone(r *http.Request) bool { return context.Cause(r.Context()) == context.Canceled }

// loadFailed raises the event for a session that could not be loaded.
func (s *Session) loadFailed(e runtime.Event) {
	e.Kind = runtime.EventStoreFailed
	if clientGone(s.request) {
		e.Kind = runtime.EventClientGone
	}
	s.raise(e)
}

type errorPage struct {
	http.ResponseWriter
	status int
	begun  bool
}

func (p *errorPage) begin() {
	if !p.begun {
		p.WriteHeader(p.status)
	}
}

func (p *errorPage) WriteHeader(status int) {
	p.begun = p.begun || status >= 200
	p.ResponseWriter.WriteHeader(status)
}

func (p *errorPage) Write(b []byte) (int, error) {
	p.begin()
	return p.ResponseWriter.Write(b)
}

// Flush implements http.Flusher.
func (p *errorPage) Flush() { _ = p.FlushError() }

// FlushError implements the flush of http.ResponseController.
func (p *errorPage) FlushError() error {
	p.begin()
	return http.NewResponseController(p.ResponseWriter).Flush()
}

// Unwrap serves http.ResponseController.
func (p *errorPage) Unwrap() http.ResponseWriter { return p.ResponseWriter }

// defaultErrorHandler answers without details. They are for the log, not for visitors. Where
// JSON was asked for, the answer is a problem (RFC 9457).
func defaultErrorHandler(w http.ResponseWriter, r *http.Request, err error) {
	status, text := statusOf(err), ""
	switch status {
	case http.StatusForbidden:
		text = "You are signed in on as many devices as your account allows. Sign out on one of them, then try again."
	case http.StatusInternalServerError:
		text = "The page could not be completed."
	default:
		text = "Sessions are not available at the moment. Please try again."
		w.Header().Set("Retry-After", "1")
	}
	if !wantsJSON(r.Header["Accept"]) {
		http.Error(w, text, status)
		return
	}
	http.Error(problemWriter{w}, fmt.Sprintf(`{"type":"about:blank","title":%q,"status":%d,"detail":%q}`, http.StatusText(status), status, text), status)
}

// problemWriter makes the answer of http.Error a problem.
type problemWriter struct{ http.ResponseWriter }

func (w problemWriter) WriteHeader(status int) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.ResponseWriter.WriteHeader(status)
}

// wantsJSON reports whether a request prefers JSON to HTML, by its Accept headers (RFC 9110
// section 12.5.1). A request that accepts everything has not asked for JSON.
func wantsJSON(accept []string) bool {
	var json, html float64
	for _, line := range accept {
		for part := range strings.SplitSeq(line, ",") {
			kind, parameters, err := mime.ParseMediaType(part)
			if err != nil {
				continue
			}
			quality := 1.0
			if q, found := parameters["q"]; found {
				quality, _ = strconv.ParseFloat(q, 64)
			}
			switch {
			case kind == "application/json", strings.HasSuffix(kind, "+json"):
				json = max(json, quality)
			case kind == "text/html", kind == "application/xhtml+xml":
				html = max(html, quality)
			}
		}
	}
	return json > html
}
