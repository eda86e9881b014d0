package sessiontest

import (
	"slices"
	"strings"
)

// WantChanged fails the test unless the next request would find exactly these fields changed.
// Fields are given by the names of their accessors: WantChanged("UserID", "Notice"). Without
// names, no field may have changed.
func (rec *Recorder[T]) WantChanged(accessors ...string) {
	rec.t.Helper()
	after := rec.outcome()
	for _, name := range accessors {
		if !slices.Contains(after.order, name) {
			rec.t.Errorf("sessiontest: there is no field %s: choose from %s", name, strings.Join(after.order, ", "))
			return
		}
	}
	want := slices.Sorted(slices.Values(accessors))
	if !slices.Equal(after.changed, want) {
		rec.t.Errorf("sessiontest: want %s, but %s", changesOf(want), rec.summary())
	}
}

// WantCreated fails the test unless the visitor had no session before and has one now.
func (rec *Recorder[T]) WantCreated() {
	rec.t.Helper()
	if !rec.Created() {
		rec.t.Errorf("sessiontest: no session was created: %s", rec.summary())
	}
}

// WantRenewed fails the test unless the session continues with a new secret.
func (rec *Recorder[T]) WantRenewed() {
	rec.t.Helper()
	if !rec.Renewed() {
		rec.t.Errorf("sessiontest: the session's secret was not renewed: %s", rec.summary())
	}
}

// WantDestroyed fails the test unless the session that the request found no longer exists.
func (rec *Recorder[T]) WantDestroyed() {
	rec.t.Helper()
	if !rec.Destroyed() {
		rec.t.Errorf("sessiontest: the session was not destroyed: %s", rec.summary())
	}
}

// WantUntouched fails the test if the handler has created, renewed or destroyed the session,
// changed a field, or set any cookie.
func (rec *Recorder[T]) WantUntouched() {
	rec.t.Helper()
	if names := rec.cookieNames(); names != "none" {
		rec.t.Errorf("sessiontest: the response sets cookies: %s", names)
	}
	if rec.Created() || rec.Destroyed() || rec.Renewed() || len(rec.Changed()) > 0 {
		rec.t.Errorf("sessiontest: the session was to be left alone: %s", rec.summary())
	}
}

// WantCookie fails the test unless the response sets a cookie to a value. The value is the one
// that the browser sees, so WantCookie is for plain cookies. An empty value means that the
// response deletes the cookie.
func (rec *Recorder[T]) WantCookie(name, value string) {
	rec.t.Helper()
	c := rec.cookie(name)
	switch {
	case c == nil:
		rec.t.Errorf("sessiontest: the response sets no cookie %s; it sets %s", name, rec.cookieNames())
	case value == "" && c.MaxAge >= 0:
		rec.t.Errorf("sessiontest: the cookie %s is set, not deleted", name)
	case value != "" && c.MaxAge < 0:
		rec.t.Errorf("sessiontest: the cookie %s is deleted, not set", name)
	case c.Value != value:
		rec.t.Errorf("sessiontest: the cookie %s is set to %q, want %q", name, c.Value, value)
	}
}

// summary describes what happened to the session.
func (rec *Recorder[T]) summary() string {
	rec.t.Helper()
	after := rec.outcome()
	var said string
	switch {
	case rec.Created():
		said = "a session was created"
	case rec.Destroyed() && after.known:
		said = "the session was destroyed and another one begun"
	case rec.Destroyed():
		said = "the session was destroyed"
	case !after.known:
		said = "there is no session"
	case rec.Renewed():
		said = "the session was renewed"
	default:
		said = "the session goes on"
	}
	text := said + ", with " + changesOf(nil)
	if len(after.how) > 0 {
		text = said + ", with changed fields:\n\t" + strings.Join(after.how, "\n\t")
	}
	return text
}

func changesOf(names []string) string {
	if len(names) == 0 {
		return "no field changed"
	}
	return "changed fields " + strings.Join(names, ", ")
}
