package runtime

import (
	"context"
	"log/slog"
)

// EventKind says what an [Event] is about.
type EventKind uint8

// The events, each with the fields of [Event] that it fills besides Schema.
const (
	// EventCreated: a session was stored for the first time. ID.
	EventCreated EventKind = iota
	// EventRenewed: the session's secret was replaced, at sign-in for instance. ID.
	EventRenewed
	// EventDestroyed: the session was ended by Destroy. ID.
	EventDestroyed
	// EventRevoked: sessions were ended by Revoke, RevokeBy or RevokeOthers. Count, or Reason
	// where they cannot be counted; ID of the session that was revoked, or that was kept.
	EventRevoked
	// EventExpired: the browser sent a token whose session is not there, any more or
	// at all. ID.
	EventExpired
	// EventGone: the browser sent the token of a session that was ended a moment ago. ID.
	EventGone
	// EventStale: the browser sent a secret that was replaced a moment ago. ID.
	EventStale
	// EventConflict: another request had changed the session, and this one's changes
	// were replayed. ID; Tries, at least 2.
	EventConflict
	// EventDropped: this request's changes to the session were not kept, for another
	// request has ended it or changed its privilege. ID, Reason.
	EventDropped
	// EventFieldReset: a field could not be read and has its default. ID, Field, Err.
	EventFieldReset
	// EventRecordRefused: a record could not be read, or its principal is not the one
	// that it is indexed under; the visitor is nobody. ID, Err.
	EventRecordRefused
	// EventCookieRefused: a cookie of ours had a value that is not one, and counts as
	// absent. Field has the cookie's name; Reason.
	EventCookieRefused
	// EventClientChanged: the session's token came from another client than the one that
	// it was given to, as [WithClientCheck] tells them apart; the visitor is nobody. ID.
	EventClientChanged
	// EventTooLate: something was changed when it could no longer be committed. ID, Reason.
	EventTooLate
	// EventStoreFailed: the store could not be used; the visitor got an error page if
	// there was one to send. ID, Err.
	EventStoreFailed
	// EventCommitFailed: changes could not be committed for another reason, such as a
	// cookie that is too large. ID, Err.
	EventCommitFailed
	// EventStoreCaveat: a manager was built on a store that keeps its rules only under
	// some condition. Reason.
	EventStoreCaveat
	// EventAdopted: a session of the library before was taken over, see [WithLegacy]. ID; Field
	// has the name of its cookie.
	EventAdopted
	// EventNotAdopted: one was not; unless Err says that it cannot be read, it stays as it is.
	// Field has the name of its cookie; Reason, Err.
	EventNotAdopted
)

var eventNames = [...]string{
	EventCreated: "created", EventRenewed: "renewed", EventDestroyed: "destroyed", EventRevoked: "revoked", EventExpired: "expired",
	EventGone: "gone", EventStale: "stale", EventConflict: "conflict", EventDropped: "dropped", EventFieldReset: "field reset",
	EventRecordRefused: "record refused", EventCookieRefused: "cookie refused", EventClientChanged: "client changed", EventTooLate: "too late",
	EventStoreFailed: "store failed", EventCommitFailed: "commit failed", EventStoreCaveat: "store with a caveat",
	EventAdopted: "adopted", EventNotAdopted: "not adopted",
}

// String is the kind in words: "field reset".
func (k EventKind) String() string {
	if int(k) < len(eventNames) {
		return eventNames[k]
	}
	return "unknown"
}

// Event is something worth knowing about a session or cookie. It never holds a
// token, a key or a field's value (ASVS 5.0 16.2.5).
type Event struct {
	Kind   EventKind
	Schema string // the schema's name: visitor
	ID     ID     // zero where there is none
	Field  string // a field's key or a cookie's name
	Tries  int
	Count  int
	Reason string
	Err    error
}

// LogValue is the event as a group of attributes for log/slog.
func (e Event) LogValue() slog.Value {
	attributes := []slog.Attr{slog.String("kind", e.Kind.String()), slog.String("schema", e.Schema)}
	if e.ID != (ID{}) {
		attributes = append(attributes, slog.String("id", e.ID.String()))
	}
	if e.Field != "" {
		attributes = append(attributes, slog.String("field", e.Field))
	}
	if e.Tries != 0 {
		attributes = append(attributes, slog.Int("tries", e.Tries))
	}
	if e.Count != 0 {
		attributes = append(attributes, slog.Int("count", e.Count))
	}
	if e.Reason != "" {
		attributes = append(attributes, slog.String("reason", e.Reason))
	}
	if e.Err != nil {
		attributes = append(attributes, slog.String("error", e.Err.Error()))
	}
	return slog.GroupValue(attributes...)
}

// Level is how the default hook logs the event: what goes well at Debug, what a
// browser or an old program causes at Info, what asks for somebody's attention at Warn
// or Error.
func (e Event) Level() slog.Level {
	switch e.Kind {
	case EventCreated, EventRenewed, EventDestroyed, EventExpired, EventConflict, EventAdopted:
		return slog.LevelDebug
	case EventRevoked, EventGone, EventStale, EventDropped, EventCookieRefused:
		return slog.LevelInfo
	case EventStoreFailed, EventCommitFailed:
		return slog.LevelError
	default:
		return slog.LevelWarn
	}
}

// LogEvents returns the hook that writes one line per event to logger; without
// [WithEvents] a manager uses it with slog.Default().
func LogEvents(logger *slog.Logger) func(context.Context, Event) {
	return func(ctx context.Context, e Event) {
		if level := e.Level(); logger.Enabled(ctx, level) {
			logger.LogAttrs(ctx, level, "session "+e.Kind.String(), slog.Any("session", e))
		}
	}
}
