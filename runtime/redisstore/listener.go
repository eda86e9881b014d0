package redisstore

import (
	"sync"
	"time"
)

// listener receives the changes of watched sessions. Watching takes no round trip: one
// goroutine makes the subscriptions, see switchboard, and one goroutine for each server
// receives its messages.
//
// Messages may get lost, for example while a connection is down. Watchers are therefore
// notified when a subscription begins, and also poll.
type listener struct {
	store   *Store
	silence time.Duration // the time without a message after which a server is pinged

	mu      sync.Mutex
	watched map[string]map[chan struct{}]struct{} // by key
	turned  []string                              // keys that begin or cease to be watched
	lost    []loss
	wake    chan struct{} // of capacity 1: turned or lost has changed
	running bool
	closed  bool
}

// loss is the end of a subscription to one key or, if key is "", of a connection.
type loss struct {
	line *line
	key  string
	err  error
}

func newListener(s *Store) *listener {
	return &listener{store: s, silence: 30 * time.Second, watched: map[string]map[chan struct{}]struct{}{}, wake: make(chan struct{}, 1)}
}

func (l *listener) add(told chan struct{}, keys []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return
	}
	for _, key := range keys {
		if l.watched[key] == nil {
			l.watched[key] = map[chan struct{}]struct{}{}
			l.turned = append(l.turned, key)
		}
		l.watched[key][told] = struct{}{}
	}
	if !l.running && len(l.turned) > 0 {
		l.running = true
		go l.run()
	}
	l.poke()
}

func (l *listener) remove(told chan struct{}, keys []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, key := range keys {
		if _, watches := l.watched[key][told]; !watches {
			continue // the listener was closed when it was added
		}
		if delete(l.watched[key], told); len(l.watched[key]) == 0 {
			delete(l.watched, key)
			l.turned = append(l.turned, key)
		}
	}
	l.poke()
}

func (l *listener) close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
	l.poke()
}

func (l *listener) lose(what loss) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lost = append(l.lost, what)
	l.poke()
}

func (l *listener) poke() {
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

// tell notifies the watchers of a key.
func (l *listener) tell(key string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for told := range l.watched[key] {
		select {
		case told <- struct{}{}:
		default: // a notification is pending already
		}
	}
}

func (l *listener) isWatched(key string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.watched[key] != nil
}

// linger is the time for which connections stay open when nothing is watched any more, for
// short handlers that are called often.
const linger = time.Minute

// run makes and ends subscriptions until nothing has been watched for the linger time.
func (l *listener) run() {
	s := newSwitchboard(l)
	defer s.close()
	for {
		l.mu.Lock()
		turned, lost := l.turned, l.lost
		l.turned, l.lost = nil, nil
		unused, closed := len(l.watched) == 0, l.closed
		l.mu.Unlock()
		if closed {
			return
		}
		for _, what := range lost {
			s.lose(what)
		}
		for _, key := range turned {
			s.turn(key)
		}
		var over <-chan time.Time
		if unused {
			over = time.After(linger)
		}
		select {
		case <-l.wake:
		case <-s.retry():
			s.again()
		case <-over:
			if l.rest() {
				return
			}
		}
	}
}

// rest reports whether the goroutine may end because there is nothing to do. The next watch
// then starts another one.
func (l *listener) rest() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.watched) > 0 || len(l.turned) > 0 {
		return false
	}
	l.running, l.lost = false, nil
	return true
}
