package memstore

import (
	"sync"

	"github.com/sessiongen/sessiongen/runtime"
)

// watchers are the channels that changes are reported on.
type watchers struct {
	mu   sync.Mutex
	byID map[runtime.ID]map[chan struct{}]struct{}
}

// Watch implements [runtime.Watcher]. The expiry of a session is not reported.
func (s *Store) Watch(ids ...runtime.ID) (changed <-chan struct{}, stop func()) {
	told := make(chan struct{}, 1)
	w := &s.watchers
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.byID == nil {
		w.byID = map[runtime.ID]map[chan struct{}]struct{}{}
	}
	for _, id := range ids {
		if w.byID[id] == nil {
			w.byID[id] = map[chan struct{}]struct{}{}
		}
		w.byID[id][told] = struct{}{}
	}
	s.watched.Add(1)
	return told, func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		s.watched.Add(-1)
		for _, id := range ids {
			if delete(w.byID[id], told); len(w.byID[id]) == 0 {
				delete(w.byID, id)
			}
		}
	}
}

// changed notifies the watchers of a session. It requires that the shard's lock is
// held, so that a watcher that loads the session finds the change.
func (s *Store) changed(id runtime.ID) {
	if s.watched.Load() == 0 {
		return
	}
	s.watchers.mu.Lock()
	defer s.watchers.mu.Unlock()
	for told := range s.watchers.byID[id] {
		select {
		case told <- struct{}{}:
		default: // a notification is pending already
		}
	}
}
