package memstore

import (
	"math"
	"time"

	"github.com/sessiongen/sessiongen/runtime/internal/expiry"
)

const (
	// batch is how many entries a sweep looks at before it lets go of the lock:
	// some 20 microseconds if all of them are to be removed.
	batch = 64
	// stretch is how many it looks at before it rests for a millisecond, so that
	// readers have the processor too.
	stretch = 4096
)

func (s *Store) schedule() {
	if s.interval <= 0 {
		return
	}
	s.sweeping.Lock()
	defer s.sweeping.Unlock()
	s.timer = time.AfterFunc(expiry.SweepPause(s.interval), s.run)
}

func (s *Store) run() {
	s.sweeping.Lock()
	defer s.sweeping.Unlock()
	s.sweep()
	if !s.closed.Load() {
		s.timer.Reset(expiry.SweepPause(s.interval))
	}
}

func (s *Store) sweep() {
	seen := 0
	for i := range s.shards {
		for from := ref(math.MaxUint32); from > 0 && !s.closed.Load(); {
			from = s.shards[i].sweep(from, s.now())
			if seen += batch; seen >= stretch && from > 0 {
				seen = 0
				time.Sleep(time.Millisecond)
			}
		}
	}
}

// sweep removes what has expired among some entries from the given one
// downwards, and returns where to go on. Downwards, because the entry that takes
// the place of a removed one has then been looked at.
func (s *shard) sweep(from ref, now int64) ref {
	s.mu.Lock()
	defer s.mu.Unlock()
	from = min(from, s.entries.len)
	for to := from - min(from, batch); from > to; from-- {
		if e := s.entries.at(from); e.expired(now) {
			s.remove(e)
		}
	}
	return from
}

// Close ends the background work and waits for it. The store can still be used
// afterwards, but no longer frees the memory of expired sessions. Close may be
// called several times and never fails.
func (s *Store) Close() error {
	s.closed.Store(true)
	s.sweeping.Lock()
	defer s.sweeping.Unlock()
	if s.timer != nil {
		s.timer.Stop()
	}
	return nil
}
