package runtime

import (
	"context"
	"net/http"
	"time"
)

// Option is given to a generated manager's constructor.
type Option func(*Manager)

// defaultTimeout bounds a Load, and all of a commit with its repetitions.
const defaultTimeout = 5 * time.Second

// WithKeys gives the manager the keys for signed and encrypted cookies.
func WithKeys(keys *Keys) Option { return func(m *Manager) { m.keys = keys } }

// WithApplication names the application. Signed and encrypted cookies, and sealed
// sessions, of an application with another name count as absent, even if both
// have the same keys.
func WithApplication(name string) Option { return func(m *Manager) { m.application = name } }

// WithEvents makes hook hear of every [Event], instead of the one that logs them
// with slog.Default(): one that should log as well is joined with what [LogEvents]
// returns, by [JoinEvents]; [Counters] counts them. It is called by several goroutines,
// and while a request waits, so it should be quick.
func WithEvents(hook func(context.Context, Event)) Option {
	return func(m *Manager) {
		if hook != nil {
			m.events = hook
		}
	}
}

// WithClient records, when a session is created and when it is renewed, what the
// application says about the client: for a list of devices. Nothing is recorded
// without it.
func WithClient(client func(*http.Request) Client) Option {
	return func(m *Manager) { m.client = client }
}

// WithErrorHandler answers requests that cannot be served, because the store
// could not load or persist the session or because a cookie cannot be sent. The
// default answers 503 or, for [ErrCookie], [ErrEncoding] and errors.ErrUnsupported, 500; that is also
// the status where handler names none. What the handler of the request said about its
// body and the cookies that it set are no longer in the header.
func WithErrorHandler(handler func(http.ResponseWriter, *http.Request, error)) Option {
	return func(m *Manager) {
		if handler != nil {
			m.refuse = handler
		}
	}
}

// WithTimeout bounds the time that a request waits for the store: once for the
// Load, once for all of a commit with its repetitions. The default is 5 seconds.
func WithTimeout(timeout time.Duration) Option {
	return func(m *Manager) {
		if timeout > 0 {
			m.timeout = timeout
		}
	}
}

// WithClock gives the manager another clock than time.Now, for tests. The expiry of
// sessions in a store is decided by the store's clock, that of sealed sessions and
// encrypted cookies by this one.
func WithClock(clock func() time.Time) Option {
	return func(m *Manager) {
		if clock != nil {
			m.clock, m.ownClock = clock, true
		}
	}
}

// refuse is the default error handler. What went wrong is for the log, not for a
// stranger.
func refuse(w http.ResponseWriter, _ *http.Request, err error) {
	if isPermanent(err) {
		http.Error(w, "The page could not be completed.", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Retry-After", "1")
	http.Error(w, "Sessions are not available at the moment. Please try again.", http.StatusServiceUnavailable)
}
