package engine

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/sessiongen/sessiongen/runtime/internal/header"
)

// rememberHeader keeps the header as it was before the handler, for the error page of a failed
// commit. An empty header, the usual one, costs nothing.
func (s *Session) rememberHeader() {
	if len(s.header) > 0 {
		s.rare().headerBefore = s.header.Clone()
	}
}

// restoreHeader makes the header what it was before the handler. What a handler has set may be
// meant for a proxy, such as X-Accel-Redirect, so only these are kept besides:
//
//   - Set-Cookie lines that a store has acknowledged, and lines that delete a cookie
//   - what middlewares inside of this one set for every response
//
// What the store has acknowledged is cleared in the browser all the same. The response then varies
// by the cookie, and nothing may store it.
func (s *Session) restoreHeader() {
	s.mu.Lock()
	defer s.mu.Unlock()
	h := s.header
	header.Canonicalize(h)
	cookies := s.keptCookies()
	for name := range h {
		if !isForEveryResponse(name) {
			delete(h, name)
		}
	}
	if s.more != nil {
		for name, lines := range s.more.headerBefore {
			switch {
			case h[name] == nil:
				h[name] = lines
			case http.CanonicalHeaderKey(name) == "Vary":
				h[name] = append(slices.Clip(lines), h[name]...)
			}
		}
	}
	delete(h, "Set-Cookie")
	if len(cookies) > 0 {
		h["Set-Cookie"] = cookies
	}
	s.clearSiteData()
	header.VaryByCookie(h, &s.cacheRoom.vary)
	setNoStore(h)
}

// forEveryResponse are the headers that middlewares set for every response, whatever is in it.
// A name that ends with "*" stands for all that begin so.
var forEveryResponse = []string{
	"Access-Control-*", "Content-Security-Policy*", "Cross-Origin-*", "Permissions-Policy", "Referrer-Policy",
	"Strict-Transport-Security", "Traceresponse", "Vary", "X-Content-Type-Options", "X-Request-Id",
}

func isForEveryResponse(name string) bool {
	name = http.CanonicalHeaderKey(name)
	return slices.ContainsFunc(forEveryResponse, func(one string) bool {
		if start, many := strings.CutSuffix(one, "*"); many {
			return strings.HasPrefix(name, start)
		}
		return name == one
	})
}

// keptCookies returns the Set-Cookie lines of an error page: those from before the handler, and
// of the handler's those that a store has acknowledged or that delete a cookie.
func (s *Session) keptCookies() (kept []string) {
	var names []string
	lines := s.header["Set-Cookie"]
	for _, line := range lines {
		name, _, _ := strings.Cut(line, "=")
		if slices.Contains(s.sentTokens(), name) || isDeletion(line) && !s.isRefusedDeletion(name, lines) {
			kept, names = append(kept, line), append(names, name)
		}
	}
	if s.more == nil {
		return kept
	}
	var before []string
	for _, line := range s.more.headerBefore["Set-Cookie"] {
		if name, _, _ := strings.Cut(line, "="); !slices.Contains(names, name) {
			before = append(before, line)
		}
	}
	return append(before, kept...)
}

// isDeletion reports whether a Set-Cookie line deletes the cookie in the browser.
func isDeletion(line string) bool {
	c, err := http.ParseSetCookie(line)
	return err == nil && (c.MaxAge < 0 || c.MaxAge == 0 && !c.Expires.IsZero() && c.Expires.Before(time.Now()))
}

// isRefusedDeletion reports whether a line must not delete a cookie: the session cookie while
// the session has not ended, or the earlier name of a cookie whose new value is not sent.
func (s *Session) isRefusedDeletion(name string, lines []string) bool {
	m := s.manager
	if m.cookie != nil && name == m.cookie.options.Name {
		return true
	}
	for _, c := range m.cookies {
		if c.was != nil && c.was.options.Name == name {
			return !slices.ContainsFunc(lines, func(line string) bool {
				return strings.HasPrefix(line, c.options.Name+"=") && isDeletion(line)
			})
		}
	}
	return false
}

// detachHeader lets nothing change the header of the error page any more. Code that asks for
// the header gets a copy, and what it changes in a header that it has asked for before is
// undone when the handler has returned: a writer outside of this one, such as that of
// http.TimeoutHandler, may read the header only then.
func (s *Session) detachHeader() {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.rare()
	r.headerSent, r.headerDetached = s.header.Clone(), s.header.Clone()
}

// settleHeader undoes changes of the header that was sent with an error page.
func (s *Session) settleHeader() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.writer.failed == nil || s.more == nil || s.more.headerSent == nil {
		return
	}
	clear(s.header)
	maps.Copy(s.header, s.more.headerSent)
}
