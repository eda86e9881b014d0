package engine

import "net/http"

// answerError has the error handler answer. Where it names no status, it is the one that
// the default handler gives: net/http would take it for 200, and a visitor or a program
// for success.
func (m *Manager) answerError(w http.ResponseWriter, r *http.Request, err error) {
	page := &errorPage{ResponseWriter: w, status: statusOf(err)}
	m.options.ErrorHandler(page, r, err)
	page.begin()
}

func statusOf(err error) int {
	if isPermanent(err) {
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

// Flush is http.Flusher.
func (p *errorPage) Flush() { _ = p.FlushError() }

// FlushError is what http.ResponseController calls.
func (p *errorPage) FlushError() error {
	p.begin()
	return http.NewResponseController(p.ResponseWriter).Flush()
}

// Unwrap is for http.ResponseController.
func (p *errorPage) Unwrap() http.ResponseWriter { return p.ResponseWriter }

// refuse is the default error handler. What went wrong is for the log, not for a
// stranger.
func defaultErrorHandler(w http.ResponseWriter, _ *http.Request, err error) {
	if isPermanent(err) {
		http.Error(w, "The page could not be completed.", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Retry-After", "1")
	http.Error(w, "Sessions are not available at the moment. Please try again.", http.StatusServiceUnavailable)
}
