package engine

import (
	"context"
	"errors"
	"time"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/internal/retry"
)

// watch is what is kept of a session whose Done was asked for.
type watch struct {
	done   chan struct{}
	closed bool
	stop   context.CancelFunc
}

// Done returns a channel that is closed when the session ends, by logout, revocation or
// expiry, or when another request changes its principal or a renew field, so that a
// handler can end what it streams. A store that is a [runtime.Watcher] tells at once, as memstore and
// redisstore do; every [runtime.WithPolling] the session is looked at in any case, and expiry is noticed
// no later than that. An open response does not keep its session from expiring. Done is nil,
// which never is ready, for a request without a session.
//
// One goroutine looks, from the first Done to the end of the request or of its context.
// Then the channel stays as it is: wait for the request's context as well.
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

// closeDone is called with the lock held.
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

// look looks at the record until the session ends, or ctx.
func (s *Session) watchRecord(ctx context.Context) {
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
		// The first time at once: it may have ended since it was loaded.
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

// hasEnded looks once. A store that cannot say is asked again later.
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
		// What this request commits itself, be it another privilege, is no end.
		own := s.committing || seen != s.known()
		s.mu.Unlock()
		if !own {
			return errors.Is(err, runtime.ErrEnded) || found && newest.head().Epoch != seen.epoch
		}
	}
	return false
}
