package memstore

import (
	"context"
	"math"
	"strings"
	"time"
)

// RevokeAll implements [runtime.Revoker]. It examines the sessions of a shard in small
// batches, as a sweep does, and spares most of those that are created during the call.
func (s *Store) RevokeAll(ctx context.Context, prefix string) (count int, err error) {
	seen := 0
	for i := range s.shards {
		for from := ref(math.MaxUint32); from > 0; {
			if err := s.usable(ctx); err != nil {
				return count, err
			}
			var n int
			n, from = s.revokeBatch(&s.shards[i], from, prefix)
			count += n
			if seen += batch; seen >= stretch && from > 0 {
				seen = 0
				time.Sleep(time.Millisecond)
			}
		}
	}
	return count, nil
}

// revokeBatch buries the sessions with a prefix among the entries of a batch, from the
// given one downwards, and returns the entry to continue with. It goes downwards for the
// reason that sweep does.
func (s *Store) revokeBatch(h *shard, from ref, prefix string) (count int, next ref) {
	now := s.now()
	h.mu.Lock()
	defer h.mu.Unlock()
	from = min(from, h.entries.len)
	for to := from - min(from, batch); from > to; from-- {
		e := h.entries.at(from)
		if e.gone() || e.expired(now) || !strings.HasPrefix(e.data, prefix) {
			continue
		}
		id := e.id
		h.bury(e, now)
		s.changed(id)
		count++
	}
	return count, from
}
