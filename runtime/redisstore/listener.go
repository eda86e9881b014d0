package redisstore

import (
	"sync"
	"time"
)

// listener hears of changes of the sessions that somebody watches. To watch costs no call: one
// goroutine makes the subscriptions, see switchboard, and one for each server hears what it says.
//
// What is lost on the way, or while a connection is down, need not be made good: who watches is
// told when a subscription begins, and looks from time to time.
type listener struct {
	store   *Store
	silence time.Duration // after which a server is asked whether it is there

	mu      sync.Mutex
	watched map[string]map[chan struct{}]struct{} // by key
	turned  []string                              // keys that have come to be watched, or are not any more
	lost    []loss
	wake    chan struct{} // of capacity 1: there is something in turned or lost
	running bool
	closed  bool
}

// loss is what a connection does not hear any more: one key, or with "" nothing at all.
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
			continue // it was closed
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

// tell tells everybody who watches a key.
func (l *listener) tell(key string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for told := range l.watched[key] {
		select {
		case told <- struct{}{}:
		default: // there is something for it to see already
		}
	}
}

func (l *listener) isWatched(key string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.watched[key] != nil
}

// linger is for how long connections are kept when nothing is watched any more, for handlers
// that are called often and do not take long.
const linger = time.Minute

// run makes and ends subscriptions until nothing has been watched for a while.
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

// rest reports whether there is nothing to do any more. What comes next is another goroutine's.
func (l *listener) rest() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.watched) > 0 || len(l.turned) > 0 {
		return false
	}
	l.running, l.lost = false, nil
	return true
}
