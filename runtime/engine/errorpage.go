package engine

import (
	"context"
	"errors"
	"net/http"

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
