package limit

import (
	"errors"
	"sync"
	"time"
)

type (
	id       [16]byte
	revision [8]byte
)

// Store is a map that keeps bytes.
type Store struct {
	mu      sync.RWMutex
	entries map[id]entry
}

type entry struct {
	revision revision
	data     string
	idle     time.Time // it ends then unless it is used
	life     time.Time // and then in any case
}

// What is the matter with a session.
var (
	ErrNotFound = errors.New("limit: no such session")
	ErrConflict = errors.New("limit: another request was faster")
)

// NewStore returns an empty store.
func NewStore() *Store { return &Store{entries: map[id]entry{}} }

// Len is how many sessions there are.
func (s *Store) Len() int {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return len(s.entries)
}

// Bytes is how many bytes it keeps of any one session, where all have the same content.
func (s *Store) Bytes() int {
	s.mu.RLock()
	defer s.mu.RUnlock()
	for _, e := range s.entries {
		return len(e.data)
	}
	return 0
}

// Clear removes all sessions. The map keeps its size.
func (s *Store) Clear() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.entries)
}

func (s *Store) load(id id, now time.Time) (entry, error) {
	s.mu.RLock()
	e, found := s.entries[id]
	s.mu.RUnlock()
	if !found || !now.Before(e.idle) {
		return entry{}, ErrNotFound
	}
	return e, nil
}

func (s *Store) create(id id, e entry) {
	s.mu.Lock()
	s.entries[id] = e
	s.mu.Unlock()
}

// update replaces a live session if its revision is still the old one.
func (s *Store) update(id id, old revision, e entry, now time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	current, found := s.entries[id]
	switch {
	case !found || !now.Before(current.idle):
		return ErrNotFound
	case current.revision != old:
		return ErrConflict
	}
	s.entries[id] = e
	return nil
}
