package engine

import (
	"fmt"
	"time"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/cookie"
)

// Bounds of sending the cookie of a remembered session again.
const (
	resendFraction = 10               // of Max-Age, after which it is sent again
	resendWithin   = 10 * time.Second // after the load; a slower response may overtake a renewal
)

// resendDue reports whether the cookie of a remembered session would end before the session,
// because browsers keep no cookie for longer than [cookie.MaxAge], and a tenth of that has passed
// since it was sent. A request in whose place a browser may show nothing, or whose response is
// late, leaves it to another one.
func (s *Session) resendDue() bool {
	m := s.manager
	if m.schema.Lifetime <= cookie.MaxAge || m.sealed || s.phase != handling || s.standing != live || isSpeculative(s.request) {
		return false
	}
	sent := time.Duration(s.base.head().Remember) * time.Millisecond
	return sent > cookie.MaxAge && sent-s.base.life >= cookie.MaxAge/resendFraction && m.options.Clock().Sub(s.base.loaded) < resendWithin
}

// resend sends the cookie of a remembered session again, with a new Max-Age. The record says when
// that was, so the cookie goes out once, and only if the record has its secret still. A failure
// does not refuse the page.
func (s *Session) resend(unsent bool) (setCookie string) {
	setCookie, err := s.update(unsent)
	if err != nil {
		s.note(runtime.Event{Kind: kindOfFailure(err), Err: fmt.Errorf("sending the session cookie again: %w", err)})
		return ""
	}
	return setCookie
}
