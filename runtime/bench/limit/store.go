package limit

import (
	"errors"
	"sync"
	"time"
)

type (
	id       [16]byte
	revision [8]byte
	term     [32]byte
)

// shards are enough for requests at once not to wait for each other.
const shards = 64

// Store is a map that keeps bytes, in shards of which each has its lock.
type Store struct{ shards [shards]shard }

type shard struct {
	mu      sync.RWMutex
	entries map[id]entry
}

type entry struct {
	revision revision
	data     string
	term     term      // what the session is indexed by
	idle     time.Time // it ends then unless it is used
	life     time.Time // and then in any case
}

// What is the matter with a session.
var (
	ErrNotFound = errors.New("limit: no such session")
	ErrConflict = errors.New("limit: another request was faster")
)

// NewStore returns an empty store.
func NewStore() *Store {
	s := &Store{}
	for i := range s.shards {
		s.shards[i].entries = map[id]entry{}
	}
	return s
}

// of is where a session is kept: IDs are random.
func (s *Store) of(id id) *shard { return &s.shards[id[0]%shards] }

// Len is how many sessions there are.
func (s *Store) Len() (n int) {
	for i := range s.shards {
		s.shards[i].mu.RLock()
		n += len(s.shards[i].entries)
		s.shards[i].mu.RUnlock()
	}
	return n
}

// Bytes is how many bytes it keeps of any one session, where all have the same content.
func (s *Store) Bytes() int {
	for i := range s.shards {
		s.shards[i].mu.RLock()
		for _, e := range s.shards[i].entries {
			s.shards[i].mu.RUnlock()
			return len(e.data)
		}
		s.shards[i].mu.RUnlock()
	}
	return 0
}

// Clear removes all sessions. The maps keep their sizes.
func (s *Store) Clear() {
	for i := range s.shards {
		s.shards[i].mu.Lock()
		clear(s.shards[i].entries)
		s.shards[i].mu.Unlock()
	}
}

func (s *Store) load(id id, now time.Time) (entry, error) {
	shard := s.of(id)
	shard.mu.RLock()
	e, found := shard.entries[id]
	shard.mu.RUnlock()
	if !found || !now.Before(e.idle) {
		return entry{}, ErrNotFound
	}
	return e, nil
}

func (s *Store) create(id id, e entry) {
	shard := s.of(id)
	shard.mu.Lock()
	shard.entries[id] = e
	shard.mu.Unlock()
}

// update replaces a live session if its revision is still the old one.
func (s *Store) update(id id, old revision, e entry, now time.Time) error {
	shard := s.of(id)
	shard.mu.Lock()
	defer shard.mu.Unlock()
	current, found := shard.entries[id]
	switch {
	case !found || !now.Before(current.idle):
		return ErrNotFound
	case current.revision != old:
		return ErrConflict
	}
	shard.entries[id] = e
	return nil
}
