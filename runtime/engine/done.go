package engine

import (
	"context"
	"errors"
	"time"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/internal/retry"
)

// watch is the state of a session whose Done was called.
type watch struct {
	done   chan struct{}
	closed bool
	stop   context.CancelFunc
}

// Done returns a channel that is closed when the session ends, by logout, revocation or expiry,
// or when another request changes its principal or a renew field. A handler can then end what
// it streams. A [runtime.Watcher], such as memstore or redisstore, reports the end at once. In
// any case the session is checked every [runtime.WithPolling], and expiry is noticed no later
// than that. An open response does not keep its session from expiring. For a request without a
// session, Done is nil, which is never ready. Close of the manager closes the channel, too, so that
// a server can shut down while responses are open.
//
// One goroutine watches, from the first Done to the end of the request or of its context. After
// that the channel stays as it is: wait for the context of the request as well.
func (s *Session) Done() <-chan struct{} {
	s.lock()
	defer s.unlock()
	switch {
	case s.manager.keeper == nil, s.standing == absent && s.watch == nil:
		return nil
	case s.watch != nil:
		return s.watch.done
	}
	s.watch = &watch{done: make(chan struct{})}
	switch {
	case s.standing != live:
		s.closeDone()
	case s.phase != returned:
		ctx, stop := context.WithCancel(s.request.Context())
		s.watch.stop = stop
		go s.watchRecord(ctx)
	}
	return s.watch.done
}

// closeDone closes the channel of Done. The caller holds the lock.
func (s *Session) closeDone() {
	if s.watch != nil && !s.watch.closed {
		s.watch.closed = true
		close(s.watch.done)
		s.stopWatching()
	}
}

func (s *Session) stopWatchingAtReturn() {
	if s.phase == returned {
		s.stopWatching()
	}
}

func (s *Session) stopWatching() {
	if s.watch != nil && s.watch.stop != nil {
		s.watch.stop()
	}
}

// watchRecord checks the record until the session or ctx ends.
func (s *Session) watchRecord(ctx context.Context) {
	defer context.AfterFunc(s.manager.closing, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.closeDone()
	})()
	var changed <-chan struct{}
	if store, ok := s.manager.store.(runtime.Watcher); ok {
		s.mu.Lock()
		records := s.manager.keeper.watched(s.known())
		s.mu.Unlock()
		told, stop := store.Watch(records...)
		defer stop()
		changed = told
	}
	ticker := time.NewTicker(s.manager.options.Polling)
	defer ticker.Stop()
	for {
		// The first check comes at once: the session may have ended since it was loaded.
		if s.hasEnded(ctx) {
			s.mu.Lock()
			s.closeDone()
			s.mu.Unlock()
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-changed:
		case <-ticker.C:
		}
	}
}

// hasEnded checks the record once. If the store fails, the next check decides.
func (s *Session) hasEnded(ctx context.Context) bool {
	for ctx.Err() == nil {
		s.mu.Lock()
		for s.committing && s.await() {
		}
		if s.standing != live {
			s.mu.Unlock()
			return true
		}
		seen := s.known()
		s.mu.Unlock()

		bounded, cancel := context.WithTimeout(ctx, s.manager.options.Timeout)
		newest, found, err := s.manager.keeper.newest(seen, func(do func(context.Context) error) error {
			_, err := retry.Do(bounded, do)
			return err
		})
		cancel()

		s.mu.Lock()
		// A commit of this request, even one that changes the privilege, does not end the session.
		own := s.committing || seen != s.known()
		s.mu.Unlock()
		if !own {
			return errors.Is(err, runtime.ErrEnded) || found && (newest.barred || newest.head().Epoch != seen.epoch)
		}
	}
	return false
}
