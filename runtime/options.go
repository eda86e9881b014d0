package runtime

import (
	"context"
	"net/http"
	"reflect"
	"time"

	"github.com/gorilla/securecookie"
	"github.com/sessiongen/sessiongen/runtime/keyring"
)

// Options are what a manager is built with. Applications fill them with the functions that
// begin with With; the engine reads them. A zero value stands for the default.
type Options struct {
	Keys          *keyring.Keys                                   // see [WithKeys]
	Application   string                                          // see [WithApplication]
	Events        func(context.Context, Event)                    // see [WithEvents]
	Client        func(*http.Request) Client                      // see [WithClient]
	ClientCheck   func(*http.Request) string                      // see [WithClientCheck]
	SessionLimit  int                                             // see [WithSessionLimit]
	Timeout       time.Duration                                   // see [WithTimeout]
	Polling       time.Duration                                   // see [WithPolling]
	ErrorHandler  func(http.ResponseWriter, *http.Request, error) // see [WithErrorHandler]
	ClearSiteData []string                                        // see [WithClearSiteData]
	Clock         func() time.Time                                // see [WithClock]
	Legacy        *Legacy                                         // see [WithLegacy]
	LegacyCookies *LegacyCookies                                  // see [WithLegacyCookies]
}

// Option is given to a generated manager's constructor.
type Option func(*Options)

// WithKeys gives the manager the keys for signed and encrypted cookies.
func WithKeys(keys *keyring.Keys) Option { return func(o *Options) { o.Keys = keys } }

// WithApplication names the application. Signed and encrypted cookies, and sealed
// sessions, of an application with another name count as absent, even if both
// have the same keys.
func WithApplication(name string) Option { return func(o *Options) { o.Application = name } }

// WithEvents makes hook hear of every [Event], instead of the one that logs them
// with slog.Default(): one that should log as well is joined with what [LogEvents]
// returns, by [JoinEvents]; [Counters] counts them. It is called by several goroutines,
// and while a request waits, so it should be quick.
func WithEvents(hook func(context.Context, Event)) Option {
	return func(o *Options) {
		if hook != nil {
			o.Events = hook
		}
	}
}

// WithClient records, when a session is created and when it is renewed, what the
// application says about the client: for a list of devices. Nothing is recorded
// without it.
func WithClient(client func(*http.Request) Client) Option {
	return func(o *Options) { o.Client = client }
}

// WithErrorHandler answers requests that cannot be served, because the store
// could not load or persist the session or because a cookie cannot be sent. The
// default answers 503 or, for [ErrCookie], [ErrEncoding] and errors.ErrUnsupported, 500; that is also
// the status where handler names none. What the handler of the request said about its
// body and the cookies that it set are no longer in the header.
func WithErrorHandler(handler func(http.ResponseWriter, *http.Request, error)) Option {
	return func(o *Options) {
		if handler != nil {
			o.ErrorHandler = handler
		}
	}
}

// WithTimeout bounds the time that a request waits for the store: once for the
// Load, once for all of a commit with its repetitions. The default is 5 seconds.
func WithTimeout(timeout time.Duration) Option {
	return func(o *Options) {
		if timeout > 0 {
			o.Timeout = timeout
		}
	}
}

// WithClock gives the manager another clock than time.Now, for tests. The expiry of
// sessions in a store is decided by the store's clock, that of sealed sessions and
// encrypted cookies by this one.
func WithClock(clock func() time.Time) Option {
	return func(o *Options) {
		if clock != nil {
			o.Clock = clock
		}
	}
}

// WithClientCheck binds a session to the client that it began with: identify says who
// sends a request, by whatever stays the same for one client and differs between them,
// such as the certificate of a TLS client or the network that an address is in. Only a
// hash of it is kept. A token that comes from another client opens nothing: the visitor is
// nobody, as without a cookie, there is an event of the kind [EventClientChanged], and the
// session stays as it is for the client that it belongs to.
//
// An empty string is for a client that cannot be told, which is then not checked. A
// session that began without the option is bound by the next write.
//
// Addresses change while people move, and browsers change their User-Agent when they are
// updated: a session that is bound to either ends then. identify is called once per
// request with a session cookie or a new session, and must be safe for several goroutines.
func WithClientCheck(identify func(*http.Request) string) Option {
	return func(o *Options) { o.ClientCheck = identify }
}

// WithSessionLimit lets a principal have no more than most sessions at a time: who
// signs in once more is signed out where the sign-in is the oldest. It takes a List
// for each sign-in, and a Delete for each session that ends. Of two sign-ins at the
// same moment one more than most may stay until the next. The manager refuses it for
// schemas without a principal, and for sealed sessions, which nobody can count.
func WithSessionLimit(most int) Option {
	return func(o *Options) { o.SessionLimit = most }
}

// WithPolling says how often a session is looked at in the store while somebody waits for
// its Done, whether the store is a [Watcher] or not. The default is 10 seconds.
func WithPolling(interval time.Duration) Option {
	return func(o *Options) {
		if interval > 0 {
			o.Polling = interval
		}
	}
}

// WithClearSiteData makes the response that ends a session, after Destroy, tell the browser what else to
// forget of the site (ASVS 5.0 14.3.1): "cache", "storage", "cookies" or "*", for
// instance. Browsers heed it over HTTPS alone. "cookies" takes every cookie of the
// whole registrable domain, and "cache" may take seconds.
func WithClearSiteData(types ...string) Option {
	return func(o *Options) { o.ClearSiteData = types }
}

// WithLegacy keeps visitors signed in while an application moves here from another
// library. Until a moment, a request without a session of ours whose old cookie opens an
// old one gets a new session: fill sets its fields from the old values, and the
// first commit of that request stores it, under a secret of its own, before the old
// session is ended and the browser told to forget the old cookie.
//
//	runtime.WithLegacy(until, legacy.FromSCS("session", oldStore),
//		func(v *web.Visitor, old map[any]any) error {
//			if id, ok := old["user_id"].(int64); ok {
//				v.SetUserID(id)
//			}
//			return nil
//		})
//
// fill may also look at what is not in the session, such as whether the account still
// exists, and should set fields and do nothing else; Remember excepted. If it returns an
// error or panics, the visitor is nobody, and the old session stays as it is. Types that
// the old program registered with gob have to be registered under the same names.
//
// An old session is taken over once: neither its cookie nor a copy of it opens
// anything afterwards, be it after a logout or in two requests at the same time. Of these,
// each sees the old values, one commits, and another that has changed something itself
// gets the error page. A request that comes after the first was answered, and still has the
// old cookie alone, is nobody's; for a minute it gets no session cookie unless it signs in,
// since the browser has a better one.
// With gorilla's CookieStore, each response that saved made another cookie with the same
// session. Earlier ones cannot be told from the one that was taken over, so a copy of one
// opens what it opened in the old program, until it is as old as its codec allows or
// until the end: let that be soon, and change the old keys if that matters. RevokeBy knows
// nothing of old sessions that were not taken over: revoke those in the old store, or
// have fill ask.
//
// HEAD and prefetching requests take over, too: the browser keeps the cookies of their responses.
//
// Let the old program stop before the new one starts. Where both run at once, a request that
// the old one answers late may store the old session again; once that of ours has ended, a copy
// of the old cookie opens it.
//
// A deploy that is taken back signs out whoever was taken over, since their old sessions have
// ended; they sign in again, and whichever program comes next, the session of ours wins.
//
// The lifetime begins anew, but nobody counts as having signed in just now: Info has no
// AuthenticatedAt, and AuthenticatedWithin is false.
//
// The manager refuses an end more than a year ahead. One that has passed makes the option
// do nothing but raise an event: take it away then. Sealed sessions cannot be filled this
// way, since there is no store to remember in.
func WithLegacy[T any](until time.Time, source LegacySource, fill func(session *T, old map[any]any) error) Option {
	return func(o *Options) {
		o.Legacy = &Legacy{Until: until, Source: source, Session: reflect.TypeFor[*T]()}
		if fill != nil {
			o.Legacy.Fill = func(session any, old map[any]any) error { return fill(session.(*T), old) }
		}
	}
}

// Legacy is what [WithLegacy] was told.
type Legacy struct {
	Until   time.Time
	Source  LegacySource
	Session reflect.Type                             // what Fill fills
	Fill    func(session any, old map[any]any) error // nil if there is no function
}

// WithLegacyCookies makes signed and encrypted cookie fields accept, until a moment,
// the values that an application made with github.com/gorilla/securecookie before it
// moved here: whatever one of the codecs decodes into the field's type, under the
// cookie's name or the earlier one that its tag gives as was=. With securecookie's
// NopEncoder it is the text of a plain cookie that is expected. Nothing is ever written
// that way, so what is set again is worth more than before; and a value has to be what
// the field accepts, declared constants and all. Plain fields are not concerned.
//
// The end is the day of the deployment and the longest Max-Age that those cookies had.
// The manager refuses one that is further off than the 400 days for which browsers keep
// a cookie. An end that has passed makes the option do nothing: take it away then, and
// the codec's keys with it.
func WithLegacyCookies(until time.Time, codecs ...securecookie.Codec) Option {
	return func(o *Options) { o.LegacyCookies = &LegacyCookies{Until: until, Codecs: codecs} }
}

// LegacyCookies is what [WithLegacyCookies] was told.
type LegacyCookies struct {
	Until  time.Time
	Codecs []securecookie.Codec
}
