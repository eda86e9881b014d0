package runtime

import (
	"context"
	"log/slog"
	"strings"
)

// EventKind is the kind of an [Event].
type EventKind uint8

// The kinds of events. Each comment ends with the fields of [Event] that are set besides Schema.
const (
	// EventCreated: a session was stored for the first time. ID.
	EventCreated EventKind = iota
	// EventRenewed: the session's secret was replaced, by a sign-in, a change of a renew field or
	// Renew. Requests with the old secret are anonymous from now on. ID.
	EventRenewed
	// EventDestroyed: the session was ended by Destroy. ID.
	EventDestroyed
	// EventRevoked: sessions were ended by Revoke, RevokeBy, RevokeOthers, RevokeAll or a session
	// limit. Count; Reason if they cannot be counted or some are left; ID is that of the session that
	// was revoked, or that was kept. Revoke raises none for an ID that names no session.
	EventRevoked
	// EventExpired: the browser sent a token whose session has expired or never existed. ID.
	EventExpired
	// EventGone: the browser sent the token of a session that ended a moment ago. ID.
	EventGone
	// EventStale: the browser sent a secret that was replaced a moment ago; the visitor is
	// anonymous. A few of them follow each EventRenewed: requests that the page had sent before it
	// got the new secret. ID, Reason.
	EventStale
	// EventConflict: another request had changed the session, and this request's changes were
	// replayed. ID; Tries is at least 2.
	EventConflict
	// EventDropped: this request's changes to the session were dropped, because another request
	// has ended it or changed its privilege, or those of a field that cannot be read. ID, Field, Reason.
	EventDropped
	// EventDiscarded: this request's changes were discarded, because its response has a status of
	// 500 or above or its handler has panicked, see [WithCommitOnError]. ID; Field is the names
	// of the fields and cookies; Reason.
	EventDiscarded
	// EventFieldReset: a field could not be read, so it counts as unset for this request. It keeps its
	// bytes in the record: another version of the program may read them. ID, Field, Err.
	EventFieldReset
	// EventRecordRefused: a record, its principal or a renew field could not be read, or its principal
	// is not the one that it is indexed under; the visitor is anonymous. ID, Err.
	EventRecordRefused
	// EventCookieRefused: a cookie of the schema had an invalid value, and counts as absent.
	// Field is the cookie's name; Reason. Repeated is set if the process has said the same of
	// that cookie before, unless the value may be a forgery.
	EventCookieRefused
	// EventSeveralCookies: the request carried several session cookies, and it is unclear which
	// one is the browser's, so the visitor is anonymous until Destroy or a sign-in ends their
	// sessions. One is left over from another path or domain of the cookie, or was set by another
	// host of the domain. Field is the cookie's name; ID and Reason name the sessions, if two
	// cookies open one each.
	EventSeveralCookies
	// EventNested: a middleware or Load of a manager runs inside the middleware of another manager
	// whose session cookie has the same name (prefixes do not count), or inside its own for a request that has other
	// cookies or another response writer. Raised once. Field is the cookie's name; Reason.
	EventNested
	// EventClientChanged: the session's token came from another client than the session's own,
	// according to [WithClientCheck]; the visitor is anonymous. ID; Reason if the client could not
	// be identified.
	EventClientChanged
	// EventTooLate: a change was made when it could no longer be committed. ID, Field, Reason;
	// Err instead of Field and Reason if it is Destroy that came too late for a sealed session.
	EventTooLate
	// EventStoreFailed: the store failed; the visitor got an error page if the response had not
	// started. ID, Err.
	EventStoreFailed
	// EventCommitFailed: changes could not be committed for another reason, such as a session or
	// a cookie that is too large. ID, Err.
	EventCommitFailed
	// EventStoreCaveat: a manager was built on a store that obeys the contract only under some
	// condition, see [Caveat]. Reason.
	EventStoreCaveat
	// EventAdopted: a session of the former library was taken over, see [WithLegacy]. ID; Field
	// is the name of its cookie.
	EventAdopted
	// EventNotAdopted: a session of the former library was not taken over. It remains valid
	// unless Err reports that it cannot be read. Field is the name of its cookie; Reason, Err.
	EventNotAdopted
	// EventSpeculative: a page that a browser loads in advance was refused, and nothing was
	// committed, see [WithSpeculationStatus]. ID, Err.
	EventSpeculative
	// EventReadLate: a handler first looked at the session after the response had started, too
	// late for Vary and Cache-Control, and wrote more of a response that caches may give to other
	// visitors. ID, Reason.
	EventReadLate
	// EventClientGone: the client hung up while its session was loaded, so the handler did not
	// run. Many of them suggest a slow store. ID, Err.
	EventClientGone
	// EventPlainHTTP: a Secure cookie was sent over plain HTTP to a host that is not this machine,
	// so that the browser ignores it. Raised once per manager. Field is the cookie's name; Reason
	// names the host and the remedy.
	EventPlainHTTP
	// EventSignInRefused: a sign-in would have exceeded the limit, see [RefuseSignIn]. ID is that of
	// the session that the request had.
	EventSignInRefused
)

var eventNames = [...]string{
	EventCreated: "created", EventRenewed: "renewed", EventDestroyed: "destroyed", EventRevoked: "revoked", EventExpired: "expired",
	EventGone: "gone", EventStale: "stale", EventConflict: "conflict", EventDropped: "dropped", EventDiscarded: "discarded", EventFieldReset: "field reset",
	EventRecordRefused: "record refused", EventCookieRefused: "cookie refused", EventSeveralCookies: "several cookies", EventNested: "nested", EventClientChanged: "client changed", EventTooLate: "too late",
	EventStoreFailed: "store failed", EventCommitFailed: "commit failed", EventStoreCaveat: "store with a caveat",
	EventAdopted: "adopted", EventNotAdopted: "not adopted", EventSignInRefused: "sign-in refused",
	EventSpeculative: "speculative request refused", EventReadLate: "read too late",
	EventClientGone: "client gone", EventPlainHTTP: "cookie lost over plain HTTP",
}

// String returns the kind in words, such as "field reset".
func (k EventKind) String() string {
	if int(k) < len(eventNames) {
		return eventNames[k]
	}
	return "unknown"
}

// Event reports something worth knowing about a session or cookie. It never holds a token, a
// key or a field's value (ASVS 5.0 16.2.5). Events of a request have its Method and Route.
type Event struct {
	Kind   EventKind
	Schema string // the name of the schema, the annotated struct: visitor
	ID     ID     // zero if there is none
	Field  string // a field's key or a cookie's name; several are separated by commas
	Tries  int    // how often the commit was tried
	Count  int    // how many sessions were ended
	Reason string // a phrase
	Err    error
	Method string // of the request
	// Route is the pattern under which net/http's ServeMux has found the handler, such as
	// "POST /cart/{id}". If it is unknown, because the handler has not been found yet or another
	// router looks for it, Route is the first segment of the request's path, such as "/cart/…".
	Route string
	// Repeated reports that the process has raised the same before. See EventCookieRefused.
	Repeated bool
}

// LogValue returns the event as a group of attributes for log/slog.
func (e Event) LogValue() slog.Value {
	return slog.GroupValue(append([]slog.Attr{slog.String("kind", e.Kind.String())}, e.attributes()...)...)
}

// attributes returns everything but the kind.
func (e Event) attributes() []slog.Attr {
	attributes := []slog.Attr{slog.String("schema", e.Schema)}
	text := func(key, value string) {
		if value != "" {
			attributes = append(attributes, slog.String(key, value))
		}
	}
	number := func(key string, value int) {
		if value != 0 {
			attributes = append(attributes, slog.Int(key, value))
		}
	}
	if e.ID != (ID{}) {
		text("id", e.ID.String())
	}
	text("field", e.Field)
	number("tries", e.Tries)
	number("count", e.Count)
	text("reason", e.Reason)
	if e.Err != nil {
		// Errors of this module name it, and errors that wrap others name it again.
		text("error", strings.ReplaceAll(e.Err.Error(), "sessiongen: ", ""))
	}
	text("method", e.Method)
	text("route", e.Route)
	return attributes
}

// Level returns the level at which the default hook logs the event: Debug for routine events,
// Info for what a browser or an old program causes, and Warn or Error for what an operator
// should look into. What is repeated is routine.
func (e Event) Level() slog.Level {
	if e.Repeated {
		return slog.LevelDebug
	}
	switch e.Kind {
	case EventSeveralCookies:
		if e.ID == (ID{}) {
			return slog.LevelInfo // no session is known to be behind them
		}
		return slog.LevelWarn
	case EventCreated, EventRenewed, EventDestroyed, EventExpired, EventConflict, EventAdopted, EventSpeculative, EventClientGone:
		return slog.LevelDebug
	case EventRevoked, EventGone, EventStale, EventDropped, EventCookieRefused, EventSignInRefused:
		return slog.LevelInfo
	case EventStoreFailed, EventCommitFailed:
		return slog.LevelError
	default:
		return slog.LevelWarn
	}
}

// LogEvents returns a hook that writes one line per event to logger: the message is "session "
// and the kind, and the group "session" has the rest. Without [WithEvents] a manager uses it
// with slog.Default().
func LogEvents(logger *slog.Logger) func(context.Context, Event) {
	return func(ctx context.Context, e Event) {
		if level := e.Level(); logger.Enabled(ctx, level) {
			logger.LogAttrs(ctx, level, "session "+e.Kind.String(), slog.Attr{Key: "session", Value: slog.GroupValue(e.attributes()...)})
		}
	}
}
