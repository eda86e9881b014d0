package engine

import (
	"net/http"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/internal/header"
)

// Cache-Control of a response that depends on a session. A browser may keep the page, but asks
// before it shows it again.
const (
	privatePage  = "private, no-cache"
	unstoredPage = "no-store"
)

// cacheRoom holds the header lines that a session adds to a response without a cookie.
type cacheRoom struct{ vary, control [1]string }

// looked reports whether the request has used the session or a cookie, or has the session at
// hand and may use it in the rest of the response.
func (s *Session) looked() bool { return s.accessed || s.asked.Load() }

// varyByCookie tells caches that the response depends on the cookies. A request with the session
// cookie may look at the session later, so its response says that, too, unless the handler
// states that the response is the same for all.
func (s *Session) varyByCookie() {
	looked := s.looked()
	if !looked && !s.carried {
		return
	}
	if looked || !header.SaysPublic(s.header) {
		header.VaryByCookie(s.header, &s.cacheRoom.vary)
	}
}

// keepFromCaches sets the Cache-Control of a response that depends on a session, unless it has
// one.
func (s *Session) keepFromCaches() {
	switch {
	case s.more != nil && s.more.unkept:
		setNoStore(s.header)
	case s.standing == live && s.looked() && len(s.header["Cache-Control"]) == 0:
		s.keepPrivate()
	}
}

func (s *Session) keepPrivate() {
	s.cacheRoom.control[0] = privatePage
	if s.manager.options.NoStore {
		s.cacheRoom.control[0] = unstoredPage
	}
	s.header["Cache-Control"] = s.cacheRoom.control[:]
}

// keepRefreshed is keepFromCaches for a response whose only cookie is one that the browser has
// already, with a later deadline. The browser may keep the page.
func (s *Session) keepRefreshed() {
	if len(s.header["Set-Cookie"]) == 0 && !header.IsPrivate(s.header) {
		s.keepPrivate()
	}
}

// watchForLook notes whether a look at the session comes too late for the header: the response
// starts, and shared caches may keep it. The caller holds the lock.
func (s *Session) watchForLook() {
	method := s.request.Method
	if s.manager.keeper == nil && len(s.cookies) == 0 || s.looked() || method != http.MethodGet && method != http.MethodHead {
		return
	}
	kept := header.IsPrivate(s.header) || s.standing != live && header.VariesByCookie(s.header)
	s.exposed.Store(!kept)
}

// writesAfterLook raises an event when a response goes on after the first look at the session
// came too late for the header. What only looks after the last byte, such as an access log,
// shows nothing to the cache.
func (s *Session) writesAfterLook() {
	if !s.exposed.Load() {
		return
	}
	s.mu.Lock()
	if s.looked() && s.exposed.CompareAndSwap(true, false) {
		s.note(runtime.Event{Kind: runtime.EventReadLate, Reason: reasonReadLate})
	}
	s.unlock()
}

const reasonReadLate = "the session was first looked at after the response had started, and caches may give the response to other visitors: " +
	"look at the session before the first write, or set Cache-Control: private"
