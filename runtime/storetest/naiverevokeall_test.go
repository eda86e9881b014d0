package storetest

import (
	"bytes"
	"context"
	"strings"

	"github.com/sessiongen/sessiongen/runtime"
)

func (s *naive) begins(data, prefix string) bool {
	switch s.flaw {
	case "revoke all looks for the prefix anywhere":
		return strings.Contains(data, prefix)
	case "revoke all ignores case":
		return strings.HasPrefix(string(bytes.ToLower([]byte(data))), string(bytes.ToLower([]byte(prefix))))
	case "revoke all reads the prefix as text":
		return strings.HasPrefix(data, prefix[:strings.IndexByte(prefix, 0)])
	case "revoke all deletes everything":
		return true
	}
	return strings.HasPrefix(data, prefix)
}

func (s *naive) RevokeAll(ctx context.Context, prefix string) (int, error) {
	if err := s.ctx(ctx); err != nil {
		return 0, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	found := map[runtime.ID]runtime.Rev{}
	for id, r := range s.rows {
		_, err := s.live(id)
		switch {
		case r.rec.Rev != r.first && s.has("revoke all goes by the first revision"):
		case r.tombstone && s.has("revoke all restarts tombstones and counts them"):
			found[id] = r.rec.Rev
		case err == nil && s.begins(r.rec.Data, prefix), !r.tombstone && s.has("revoke all deletes what has expired") && s.begins(r.rec.Data, prefix):
			found[id] = r.rec.Rev
		}
	}
	s.unlocked("revoke all deletes the revision that it saw")
	count := 0
	for id, rev := range found {
		r := s.rows[s.key(id)]
		switch {
		case r.rec.Rev != rev && s.has("revoke all deletes the revision that it saw"):
			continue
		case s.has("revoke all does nothing"):
		case s.has("revoke all leaves no tombstones"):
			delete(s.rows, s.key(id))
		case s.has("revoke all takes one page") && count == 1000:
			return count, nil
		case s.has("revoke all counts what it has not reached") && ctx.Err() != nil:
			return len(found), ctx.Err()
		default:
			s.bury(r)
		}
		count++
	}
	if s.has("revoke all goes by the second") {
		s.cleared = prefix
		s.clearedAt = s.now()
	}
	return count, nil
}
