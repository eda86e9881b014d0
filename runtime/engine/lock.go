package engine

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/internal/deadline"
)

// lock takes the lock to read. Reading is possible during a commit and after the handler has
// returned.
func (s *Session) lock() {
	s.mu.Lock()
	s.accessed = true
}

// lockToChange waits for a commit in progress and takes the lock to change something. It
// reports false, without the lock, if it is too late for changes. field is the index of what is
// to be changed, or noField.
func (s *Session) lockToChange(field int) bool {
	s.mu.Lock()
	if !s.awaitCommit(field, "changed") {
		s.unlock()
		return false
	}
	s.accessed, s.mayHaveChanged = true, true
	if s.phase == returned || s.failure() != nil || s.panicked() {
		reason := "changed after the handler returned"
		switch {
		case s.failure() != nil:
			reason = "changed after a commit failed"
		case s.panicked():
			reason = "changed after a panic"
		}
		s.note(runtime.Event{Kind: runtime.EventTooLate, Field: s.manager.nameOf(field), Reason: reason})
		s.unlock()
		return false
	}
	return true
}

// noField stands for a change of the session itself, such as Renew.
const noField = -1

// nameOf returns the key of a session field or the name of a cookie field, by its index.
func (m *Manager) nameOf(field int) string {
	switch fields := len(m.schema.Fields); {
	case field < 0:
		return ""
	case field < fields:
		return m.schema.Fields[field].Key
	default:
		return m.cookies[field-fields].options.Name
	}
}

// awaitCommit waits with the lock for a commit of another goroutine. It reports false if the
// commit does not finish in time, and notes that what was to be done is too late.
func (s *Session) awaitCommit(field int, done string) bool {
	for s.committing {
		if !s.await() {
			s.note(runtime.Event{Kind: runtime.EventTooLate, Field: s.manager.nameOf(field), Reason: done + " during a commit that did not finish in time"})
			return false
		}
	}
	return true
}

// await gives up the lock until the commit of another goroutine is over. It reports false if
// that takes longer than a commit may last, which only happens in a function given to Update
// that changes the session itself.
func (s *Session) await() bool {
	r := s.rare()
	if r.committed == nil {
		r.committed = make(chan struct{})
	}
	committed := r.committed
	s.mu.Unlock()
	defer s.mu.Lock()
	timer := time.NewTimer(s.manager.options.Timeout)
	defer timer.Stop()
	select {
	case <-committed:
		return true
	case <-timer.C:
		return false
	}
}

func (s *Session) wakeWaiters() {
	if r := s.more; r != nil && r.committed != nil {
		close(r.committed)
		r.committed = nil
	}
}

// note keeps an event until the lock is given back.
func (s *Session) note(e runtime.Event) {
	if e.ID == (runtime.ID{}) {
		e.ID = s.token.id
	}
	r := s.rare()
	if r.events == nil {
		r.events = r.firstEvent[:0]
	}
	r.events = append(r.events, e)
}

// unlock gives the lock back and raises the noted events.
func (s *Session) unlock() {
	if s.more == nil || s.more.events == nil {
		s.mu.Unlock()
		return
	}
	// Another goroutine may overwrite the first event once the lock is given back.
	first, others := s.more.events[0], s.more.events[1:]
	s.more.events = nil
	s.mu.Unlock()
	s.raise(first)
	for _, e := range others {
		s.raise(e)
	}
}

// raise raises an event of the request. The lock must not be held.
func (s *Session) raise(e runtime.Event) {
	e.Method, e.Route = s.request.Method, s.route()
	s.manager.raise(s.request.Context(), e)
}

func (s *Session) route() string {
	if s.served == nil {
		return routeOf(s.request)
	}
	return routeOf(s.served)
}

// routeOf returns the pattern of the handler that serves a request. If it is unknown, routeOf
// returns the first segment of the path: the others may be secret, such as in the link of a mail.
func routeOf(r *http.Request) string {
	if r.Pattern != "" || r.URL == nil {
		return r.Pattern
	}
	path := truncate(r.URL.Path)
	if end := strings.IndexByte(path[min(1, len(path)):], '/'); end >= 0 {
		return path[:end+2] + "…"
	}
	return path
}

// unlocked runs a function of the application without the lock.
func (s *Session) unlocked(run func()) {
	s.mu.Unlock()
	defer s.mu.Lock()
	run()
}

// startDeadline starts the deadline of the following calls to the store.
func (s *Session) startDeadline(parent context.Context, detached bool) {
	if s.deadline = &s.firstDeadline; s.deadline.Used() {
		s.deadline = new(deadline.Context)
	}
	s.at = time.Now()
	s.deadline.Start(parent, s.at.Add(s.manager.options.Timeout), detached)
	if s.manager.ownClock {
		s.at = s.manager.options.Clock()
	}
}
