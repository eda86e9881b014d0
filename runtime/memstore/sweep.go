package memstore

import (
	"math"
	"time"

	"github.com/sessiongen/sessiongen/runtime/internal/expiry"
)

const (
	// batch is the number of entries that a sweep examines before it releases the
	// lock: about 20 microseconds if it removes all of them.
	batch = 64
	// stretch is the number of entries that a sweep examines before it sleeps for a
	// millisecond, so that readers get the processor, too.
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

// sweep removes the expired ones among the entries of a batch, from the given one
// downwards, and returns the entry to continue with. It goes downwards because the
// entry that takes the place of a removed one has then been examined already.
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

// Close stops the background sweeps and waits for one that is running. Every later call
// of another method than Watch returns an error, as that of a database would. Close may
// be called several times, and always returns nil.
func (s *Store) Close() error {
	s.closed.Store(true)
	s.sweeping.Lock()
	defer s.sweeping.Unlock()
	if s.timer != nil {
		s.timer.Stop()
	}
	return nil
}
