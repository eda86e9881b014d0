package engine

import (
	"context"
	"time"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/internal/deadline"
)

// lock takes the lock to read; reading is possible while a commit is under way,
// and after the handler has returned.
func (s *Session) lock() {
	s.mu.Lock()
	s.accessed = true
}

// lockToChange takes the lock to change something, after a commit under way has
// ended. It reports false, and holds no lock, if it is too late for changes.
func (s *Session) lockToChange() bool {
	s.mu.Lock()
	for s.committing {
		if !s.await() {
			s.note(runtime.Event{Kind: runtime.EventTooLate, Reason: "changed while a commit was under way that did not end", Err: runtime.ErrTooLate})
			s.unlock()
			return false
		}
	}
	s.accessed, s.mayHaveChanged = true, true
	if s.phase == returned || s.failure() != nil {
		reason := "changed after the handler returned"
		if s.failure() != nil {
			reason = "changed after a commit failed"
		}
		s.note(runtime.Event{Kind: runtime.EventTooLate, Reason: reason, Err: runtime.ErrTooLate})
		s.unlock()
		return false
	}
	return true
}

// await gives up the lock until the commit that another goroutine has under way
// ends. It reports false after longer than a commit may last, which it
// does only in a function given to Update that changes the session itself.
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

// unlock gives the lock back and raises what was noted.
func (s *Session) unlock() {
	if s.more == nil || s.more.events == nil {
		s.mu.Unlock()
		return
	}
	// The first one may be noted over as soon as the lock is given back.
	first, others := s.more.events[0], s.more.events[1:]
	s.more.events = nil
	s.mu.Unlock()
	s.manager.raise(s.request.Context(), first)
	for _, e := range others {
		s.manager.raise(s.request.Context(), e)
	}
}

// unlocked runs a function of the application without the lock.
func (s *Session) unlocked(run func()) {
	s.mu.Unlock()
	defer s.mu.Lock()
	run()
}

// startDeadline bounds the calls to the store that follow, from now on.
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
