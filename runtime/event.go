package runtime

import (
	"context"
	"log/slog"
)

// EventKind says what an [Event] is about.
type EventKind uint8

// The events, each with the fields of [Event] that it fills besides Schema.
const (
	// Created: a session was stored for the first time. ID.
	Created EventKind = iota
	// Renewed: the session's secret was replaced, at sign-in for instance. ID.
	Renewed
	// Destroyed: the session was ended by Destroy. ID.
	Destroyed
	// Revoked: sessions were ended by Revoke, RevokeBy or RevokeOthers. Count, or Reason
	// where they cannot be counted; ID of the session that was revoked, or that was kept.
	Revoked
	// Expired: the browser sent a token whose session is not there, any more or
	// at all. ID.
	Expired
	// Gone: the browser sent the token of a session that was ended a moment ago. ID.
	Gone
	// Stale: the browser sent a secret that was replaced a moment ago. ID.
	Stale
	// Conflict: another request had changed the session, and this one's changes
	// were replayed. ID; Tries, at least 2.
	Conflict
	// Dropped: this request's changes to the session were not kept, for another
	// request has ended it or changed its privilege. ID, Reason.
	Dropped
	// FieldReset: a field could not be read and has its default. ID, Field, Err.
	FieldReset
	// RecordRefused: a record could not be read, or its principal is not the one
	// that it is indexed under; the visitor is nobody. ID, Err.
	RecordRefused
	// CookieRefused: a cookie of ours had a value that is not one, and counts as
	// absent. Field has the cookie's name; Reason.
	CookieRefused
	// ClientChanged: the session's token came from another client than the one that
	// it was given to, as [WithClientCheck] tells them apart; the visitor is nobody. ID.
	ClientChanged
	// TooLate: something was changed when it could no longer be committed. ID, Reason.
	TooLate
	// StoreFailed: the store could not be used; the visitor got an error page if
	// there was one to send. ID, Err.
	StoreFailed
	// CommitFailed: changes could not be committed for another reason, such as a
	// cookie that is too large. ID, Err.
	CommitFailed
	// StoreCaveat: a manager was built on a store that keeps its rules only under
	// some condition. Reason.
	StoreCaveat
	// Adopted: a session of the library before was taken over, see [WithLegacy]. ID; Field
	// has the name of its cookie.
	Adopted
	// NotAdopted: one was not; unless Err says that it cannot be read, it stays as it is.
	// Field has the name of its cookie; Reason, Err.
	NotAdopted
)

var eventNames = [...]string{
	Created: "created", Renewed: "renewed", Destroyed: "destroyed", Revoked: "revoked", Expired: "expired",
	Gone: "gone", Stale: "stale", Conflict: "conflict", Dropped: "dropped", FieldReset: "field reset",
	RecordRefused: "record refused", CookieRefused: "cookie refused", ClientChanged: "client changed", TooLate: "too late",
	StoreFailed: "store failed", CommitFailed: "commit failed", StoreCaveat: "store with a caveat",
	Adopted: "adopted", NotAdopted: "not adopted",
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
	case Created, Renewed, Destroyed, Expired, Conflict, Adopted:
		return slog.LevelDebug
	case Revoked, Gone, Stale, Dropped, CookieRefused:
		return slog.LevelInfo
	case StoreFailed, CommitFailed:
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
