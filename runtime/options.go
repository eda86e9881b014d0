package runtime

import (
	"context"
	"net/http"
	"reflect"
	"time"

	"github.com/gorilla/securecookie"

	"github.com/sessiongen/sessiongen/runtime/keyring"
	"github.com/sessiongen/sessiongen/runtime/legacy"
)

// Options configures a manager. Applications set its fields with the functions that begin
// with With; the engine reads them. A zero field stands for the default.
type Options struct {
	Keys                *keyring.Keys                                   // see [WithKeys]
	Application         string                                          // see [WithApplication]
	EarlierApplications []string                                        // see [WithApplication]
	Events              func(context.Context, Event)                    // see [WithEvents]
	Client              func(*http.Request) Client                      // see [WithClient]
	ClientCheck         func(*http.Request) string                      // see [WithClientCheck]
	SessionLimit        int                                             // see [WithSessionLimit]
	OverLimit           LimitPolicy                                     // see [WithSessionLimit]
	Timeout             time.Duration                                   // see [WithTimeout]
	Polling             time.Duration                                   // see [WithPolling]
	MaxSize             int                                             // in bytes; see [WithMaxSize]
	ErrorHandler        func(http.ResponseWriter, *http.Request, error) // see [WithErrorHandler]
	CommitOnError       bool                                            // see [WithCommitOnError]
	ClearSiteData       []string                                        // see [WithClearSiteData]
	NoStore             bool                                            // see [WithNoStore]
	SpeculationStatus   int                                             // see [WithSpeculationStatus]
	Clock               func() time.Time                                // see [WithClock]
	Legacy              *legacy.Takeover                                // see [WithLegacy]
	LegacyCookies       *legacy.Cookies                                 // see [WithLegacyCookies]
}

// Option sets one of the [Options] of a generated manager. The manager's constructor takes any
// number of them.
type Option func(*Options)

// WithKeys gives the manager the keys for signed and encrypted cookies.
func WithKeys(keys *keyring.Keys) Option { return func(o *Options) { o.Keys = keys } }

// WithApplication names the application. Cookies and sessions of an application with another
// name count as absent, even if both applications have the same keys and the same store: signed
// and encrypted cookies, sealed sessions (kept in the cookie), and sessions in a store. ListBy,
// RevokeBy and the like reach only the application's own sessions. Programs that mean to share
// sessions give the same name, and the session cookie the same name and path.
//
// To rename an application without signing visitors out, give its former names as earlier, or ""
// if it had none. Their sessions and cookies are still valid, and are written under the new name
// when they next change. While replicas of both kinds run, each must accept what the other
// writes, so two deployments are needed: the first adds the new name as an earlier one, and the
// second exchanges the two. Remove the former name once its last session has expired. Sealed
// sessions and [WithLegacy] do not work with earlier names, and the manager refuses them.
func WithApplication(name string, earlier ...string) Option {
	return func(o *Options) { o.Application, o.EarlierApplications = name, earlier }
}

// WithEvents calls hook with every [Event], instead of logging it with slog.Default(). To log
// events as well, join hook and the result of [LogEvents] with [github.com/sessiongen/sessiongen/runtime/eventhook.Join]. [github.com/sessiongen/sessiongen/runtime/eventhook.Counters] counts
// events. The hook is called by several goroutines, while a request waits, so it should be
// quick.
func WithEvents(hook func(context.Context, Event)) Option {
	return func(o *Options) {
		if hook != nil {
			o.Events = hook
		}
	}
}

// WithClient records what the application reports about the client, such as for a list of
// devices. It does so when a session is created and when it is renewed, that is, when its
// secret is replaced. Without the option nothing is recorded.
func WithClient(client func(*http.Request) Client) Option {
	return func(o *Options) { o.Client = client }
}

// WithErrorHandler answers requests that cannot be served, because the store could not load or
// persist the session, because a cookie cannot be sent, or because a sign-in was refused. The
// default answers 503 or, for [ErrCookie], [ErrEncoding], [ErrTooLarge] and errors.ErrUnsupported,
// 500, or, for [ErrSessionLimit], 403, with JSON (RFC 9457) where the request asks for JSON. The
// same status is used if handler sets none.
//
// The header is what it was before the request's own handler ran, with "Cache-Control: no-store"
// and "Vary: Cookie". Besides, it contains cookies that belong to a successful commit or a
// deletion, and what middlewares inside of the manager's set for every response:
// Access-Control-*, Content-Security-Policy*, Cross-Origin-*, Permissions-Policy,
// Referrer-Policy, Strict-Transport-Security, Traceresponse, Vary, X-Content-Type-Options and
// X-Request-Id. What the request's own handler changes in the header afterwards has no effect.
func WithErrorHandler(handler func(http.ResponseWriter, *http.Request, error)) Option {
	return func(o *Options) {
		if handler != nil {
			o.ErrorHandler = handler
		}
	}
}

// WithCommitOnError commits the changes of requests whose response has a status of 500 or above
// as those of any other. Without the option, such a request commits only what ends something:
// Destroy, leaving a principal (the signed-in user), RevokeOthers, and the deletion of cookies;
// an event of the kind [EventDiscarded] names the other changes. To keep a single change, such
// as the count of failed attempts, call Commit after it instead. A handler that panics commits
// only endings in any case.
func WithCommitOnError() Option { return func(o *Options) { o.CommitOnError = true } }

// WithTimeout bounds the time that a request waits for the store. The bound applies to the Load,
// and again to the whole commit with its repetitions. The default is 5 seconds.
func WithTimeout(timeout time.Duration) Option {
	return func(o *Options) {
		if timeout > 0 {
			o.Timeout = timeout
		}
	}
}

// WithClock replaces the manager's clock, time.Now, for tests. Sealed sessions and encrypted
// cookies expire by this clock. Sessions in a store expire by the store's clock.
func WithClock(clock func() time.Time) Option {
	return func(o *Options) {
		if clock != nil {
			o.Clock = clock
		}
	}
}

// WithClientCheck binds a session to the client that it began with. The result of identify
// should stay the same for one client and differ between clients, such as a fingerprint of a
// TLS client's certificate, or the network of an address. Only a hash of it is kept. A token
// from another client opens nothing: the visitor is anonymous, as without a cookie, and an event
// of the kind [EventClientChanged] is raised. The session remains valid for its own client.
//
// An empty string stands for a client that cannot be identified. Such a client opens only
// sessions that are not bound, and the sessions that it begins are not bound. A session that began
// without the option is bound at its next write.
//
// A session that is bound stays so. A manager without the option cannot tell whose it is, and
// does not open it either: while the option is being deployed, replicas without it take the
// visitors of bound sessions for anonymous, and so does the program once the option is removed.
//
// Addresses change while people move, and browsers change their User-Agent when they are
// updated. A session that is bound to either is lost then. identify is called once per request
// with a session cookie or a new session, and must be safe for several goroutines.
func WithClientCheck(identify func(*http.Request) string) Option {
	return func(o *Options) { o.ClientCheck = identify }
}

// LimitPolicy is what happens to one sign-in too many, see [WithSessionLimit].
type LimitPolicy uint8

const (
	// EndOldest ends the principal's oldest session.
	EndOldest LimitPolicy = iota
	// RefuseSignIn refuses the sign-in.
	RefuseSignIn
)

// WithSessionLimit limits the sessions of a principal, the signed-in user. One sign-in too many
// ends the principal's oldest session, or is refused if policy is [RefuseSignIn]. The manager
// refuses the option for schemas without a principal, and for sealed sessions, which cannot be
// counted.
//
// With [EndOldest], the default, a sign-in costs a List, and each session that ends a Delete.
// After two sign-ins at the same moment, one session too many may remain until the next sign-in.
// Of very many sessions, as when a limit is new, a sign-in ends as many as it can in half of
// [WithTimeout], and the next one continues.
//
// With RefuseSignIn, a sign-in costs two Lists. Of a refused one nothing is stored: Commit returns
// [ErrSessionLimit], after which the handler can answer in its own words, or the error handler
// receives it, whose default answers 403. A session that the request has ended, by Destroy before
// the sign-in, has ended all the same. A sign-in of a request that also calls RevokeOthers is not
// refused: it ends the other sessions, which makes room, and costs one List. Of two sign-ins at
// the same moment for the last place, the session of the later one is ended, with what it held
// before. To sign in again as the same principal takes no further place.
func WithSessionLimit(most int, policy ...LimitPolicy) Option {
	return func(o *Options) {
		o.SessionLimit, o.OverLimit = most, EndOldest
		for _, last := range policy {
			o.OverLimit = last
		}
	}
}

// WithMaxSize limits the bytes of a session's record, which are those of its encoded fields and up
// to a few hundred of the runtime's own. A commit that would store more fails with [ErrTooLarge]:
// the visitor gets the error page with the status 500, an event of the kind [EventCommitFailed]
// names the largest fields, and the stored session stays as it was. The default is 1 MiB. A limit
// of zero or less is ignored.
//
// Each request reads the whole record, so sessions should have a few kilobytes. The limit keeps a
// field that grows with each request from slowing the site down unnoticed. A session that is
// already larger can be read, ended, and made smaller. A sealed session (kept in the cookie) also
// has to fit into 4096 bytes.
func WithMaxSize(bytes int) Option {
	return func(o *Options) {
		if bytes > 0 {
			o.MaxSize = bytes
		}
	}
}

// WithPolling sets how often the store is asked for a session whose Done channel is in use. It
// applies to a [Watcher], too. The default is 10 seconds.
func WithPolling(interval time.Duration) Option {
	return func(o *Options) {
		if interval > 0 {
			o.Polling = interval
		}
	}
}

// WithClearSiteData adds to the Clear-Site-Data header of the response to Destroy, which tells
// the browser what else to forget of the site (ASVS 5.0 14.3.1): "cache", "storage", "cookies"
// or "*", for instance. Browsers obey it over HTTPS alone. "cookies" deletes every cookie of the
// whole registrable domain, and "cache" may take seconds.
//
// Without the option, a response that ends a session or changes its principal says
// "prefetchCache" and "prerenderCache": the browser drops the pages that it has loaded in advance,
// which still show the former user. The types are added to those that the handler has set.
func WithClearSiteData(types ...string) Option {
	return func(o *Options) { o.ClearSiteData = types }
}

// WithNoStore keeps pages that depend on a session out of the browser's own cache, too (ASVS 5.0
// 14.3.2): they say "Cache-Control: no-store" instead of "private, no-cache", unless the handler
// sets Cache-Control itself. The browser then loads a page again when the visitor goes back to
// it.
func WithNoStore() Option { return func(o *Options) { o.NoStore = true } }

// WithSpeculationStatus sets the status of a page that is refused because the browser loads it in
// advance (prefetch, prerender): one that takes a flash, signs in or out, or ends sessions. A
// browser would show that page when it is opened, without asking again. The refusal commits
// nothing, and the browser asks again when the page is opened. The default is 503. Give another
// status, such as 403, if a proxy in front takes a server with many 503 responses for broken.
// The manager refuses a status that is not from 400 to 599, because browsers keep such a page.
func WithSpeculationStatus(status int) Option {
	return func(o *Options) { o.SpeculationStatus = status }
}

// WithLegacy keeps visitors signed in while an application moves here from another library. It
// applies to requests that have no session of ours but the cookie of an old one. Such a request
// gets a new session: fill sets its fields from the old values. The request's first commit stores
// the new session under a secret of its own; then the old session is ended, and the browser is
// told to delete the old cookie. The option has an effect until the time given.
//
//	runtime.WithLegacy(until, legacy.FromSCS("session", oldStore),
//		func(v *web.Visitor, old map[any]any) error {
//			if id, ok := old["user_id"].(int64); ok {
//				v.SetUserID(id)
//			}
//			return nil
//		})
//
// fill may look at more than the session, such as whether the account still exists. It should
// have no effect but setting fields; it may also call Remember. If it returns an error or panics,
// the visitor is anonymous, and the old session stays as it is. Types that the old program
// registered with gob have to be registered under the same names.
//
// An old session is taken over once. Afterwards neither its cookie nor a copy of it opens
// anything, be it after a logout or in two requests at the same time. Of these two, each reads
// the old values, and one commits. The other one gets the error page if it has changed something
// itself. A request that comes after the first was answered, and still carries only the old
// cookie, is anonymous. For a minute it gets no session cookie unless it signs in, since the
// browser already has a better one.
//
// With gorilla's CookieStore, each response that saved the session made another cookie for it.
// Earlier cookies cannot be told from the one that was taken over. A copy of one opens what it
// opened in the old program, until it is as old as its codec allows or until the option ends:
// choose an early time, and change the old keys if that matters. RevokeBy does not reach old
// sessions that have not been taken over: revoke those in the old store, or check in fill.
//
// HEAD and prefetching requests take a session over, too, because browsers keep the cookies of
// their responses.
//
// Stop the old program before the new one starts. While both run, a request that the old program
// answers late may store the old session again. Once the new session has ended, a copy of the old
// cookie opens that one.
//
// Rolling the deploy back signs out the visitors whose sessions were taken over, since their old
// sessions have ended. They sign in again, and after the next deploy the new session counts.
//
// The lifetime begins anew, but taking over is not a sign-in: Info has no AuthenticatedAt, and
// AuthenticatedWithin is false.
//
// The manager refuses a time more than a year ahead. After the time has passed, the option only
// raises an event: remove it then. Sealed sessions cannot be filled this way, since they have no
// store to remember in.
func WithLegacy[T any](until time.Time, source legacy.Source, fill func(session *T, old map[any]any) error) Option {
	return func(o *Options) {
		o.Legacy = &legacy.Takeover{Until: until, Source: source, Session: reflect.TypeFor[*T]()}
		if fill != nil {
			o.Legacy.Fill = func(session any, old map[any]any) error { return fill(session.(*T), old) }
		}
	}
}

// WithLegacyCookies makes signed and encrypted cookie fields accept values that the application
// made with github.com/gorilla/securecookie before it moved here. It accepts whatever one of the
// codecs decodes into the field's type, under the cookie's name or its earlier name, which the
// tag gives as was=. The value must be one that the field accepts, so declared constants are
// checked. With securecookie's NopEncoder the text of a plain cookie is expected. New values are
// always written in our own form. Plain fields are not concerned.
//
// The time is the day of the deployment plus the longest Max-Age of those cookies. The manager
// refuses a time further off than the 400 days for which browsers keep a cookie. After it has
// passed, the option has no effect: remove it then, and the codecs' keys with it.
func WithLegacyCookies(until time.Time, codecs ...securecookie.Codec) Option {
	return func(o *Options) { o.LegacyCookies = &legacy.Cookies{Until: until, Codecs: codecs} }
}
