package engine

import (
	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/cookie"
)

// refused returns the event for a value of a cookie that was refused. A browser sends such a
// value with every request for as long as it keeps the cookie, so the event is marked as
// repeated from the second time on. Values that may be forged are reported each time (ASVS 5.0
// 16.3.3).
func (m *Manager) refused(c *cookieSpec, reason error) runtime.Event {
	e := runtime.Event{Kind: runtime.EventCookieRefused, Field: c.options.Name, Reason: reason.Error()}
	if reason != errNotOurs && reason != errChanged {
		_, e.Repeated = m.reported.LoadOrStore(c, true)
	}
	return e
}

// refusals are the refused values of one cookie field.
type refusals struct {
	junk    *cookieSpec // a cookie with a value that no version of the program reads
	doubted bool        // another value of that cookie may be read by another version
}

func (r *refusals) add(c *cookieSpec, reason error) {
	final := c.options.Protection == cookie.Plain && cookie.IsFinal(reason)
	switch {
	case final && r.junk == nil:
		r.junk = c
	case !final && (r.junk == nil || r.junk == c):
		r.doubted = true
	}
}

// discardJunk makes the next commit delete a cookie that can never be read. found reports that
// the field has a valid value nevertheless: which of several values is whose is unknown then, so
// all of them stay. The caller holds the lock.
func (s *Session) discardJunk(of *refusals, found bool) {
	if of.junk == nil || of.doubted || found || s.phase != handling {
		return
	}
	s.rare().junk = append(s.rare().junk, of.junk)
	s.mayHaveChanged = true // there is something to commit
}

// junkLines returns the lines that delete what can never be read, before the lines of the
// cookies that the request sends. A later line for the same cookie replaces one of these.
func (s *Session) junkLines(before []cookieLine) []cookieLine {
	if s.more == nil || s.more.junk == nil {
		return before
	}
	var lines []cookieLine
	for _, c := range s.more.junk {
		lines = append(lines, cookieLine{name: c.options.Name, line: c.deletion(), cleared: true})
	}
	s.more.junk = nil
	return append(lines, before...)
}
