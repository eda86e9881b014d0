package engine

import (
	"fmt"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/internal/header"
	"github.com/sessiongen/sessiongen/runtime/internal/origin"
)

// warnOfPlainHTTP notes, once per manager, that the browser will ignore the cookie that the
// response sets. Without a word, each request would begin a new session, and no sign-in would
// last.
func (s *Session) warnOfPlainHTTP(c *cookieSpec) {
	m := s.manager
	if !c.options.Secure || s.request.TLS != nil || m.toldPlain.Load() {
		return
	}
	host := origin.PlainHost(s.request)
	if host == "" || m.carriesSecure(s.request.Header["Cookie"]) || !m.toldPlain.CompareAndSwap(false, true) {
		return
	}
	s.note(runtime.Event{Kind: runtime.EventPlainHTTP, Field: c.options.Name, Reason: fmt.Sprintf(
		"browsers ignore Secure cookies over plain HTTP, as for http://%s: serve HTTPS, or open the site as http://localhost in a browser other than Safari; "+
			"if a proxy in front has HTTPS, let it send X-Forwarded-Proto", truncate(host))})
}

// carriesSecure reports whether a request carries one of the Secure cookies. The browser then
// takes the connection for secure.
func (m *Manager) carriesSecure(lines []string) bool {
	carries := func(c *cookieSpec) bool {
		for ; c != nil; c = c.was {
			scanner := header.Scanner{Lines: lines}
			if _, found := scanner.Next(c.options.Name); found && c.options.Secure {
				return true
			}
		}
		return false
	}
	for _, c := range m.cookies {
		if carries(c) {
			return true
		}
	}
	return carries(m.cookie)
}
