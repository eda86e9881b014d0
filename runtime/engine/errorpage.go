package engine

import (
	"errors"
	"net/http"

	"github.com/sessiongen/sessiongen/runtime"
)

// answerError calls the error handler. If the handler sets no status, the response gets the
// status of the default handler. net/http would send 200, which visitors and programs take for
// success.
func (m *Manager) answerError(w http.ResponseWriter, r *http.Request, err error) {
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

// defaultErrorHandler answers without details. They are for the log, not for visitors.
func defaultErrorHandler(w http.ResponseWriter, _ *http.Request, err error) {
	switch {
	case errors.Is(err, runtime.ErrSessionLimit):
		http.Error(w, "You are signed in on as many devices as your account allows. Sign out on one of them, then try again.", http.StatusForbidden)
		return
	case isPermanent(err):
		http.Error(w, "The page could not be completed.", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Retry-After", "1")
	http.Error(w, "Sessions are not available at the moment. Please try again.", http.StatusServiceUnavailable)
}
