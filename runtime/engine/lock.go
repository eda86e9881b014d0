package engine

import (
	"context"
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
// reports false, without the lock, if it is too late for changes.
func (s *Session) lockToChange() bool {
	s.mu.Lock()
	for s.committing {
		if !s.await() {
			s.note(runtime.Event{Kind: runtime.EventTooLate, Reason: "changed during a commit that did not finish in time", Err: runtime.ErrTooLate})
			s.unlock()
			return false
		}
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
		s.note(runtime.Event{Kind: runtime.EventTooLate, Reason: reason, Err: runtime.ErrTooLate})
		s.unlock()
		return false
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
