package storetest

import (
	"bytes"
	"context"
	"maps"
	"slices"
	"time"

	"github.com/sessiongen/sessiongen/runtime"
)

func (s *naive) List(ctx context.Context, t runtime.Term, after runtime.ID, max int) (ids []runtime.ID, records []runtime.Record, err error) {
	if err := s.ctx(ctx); err != nil {
		return nil, nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	all := slices.Collect(maps.Keys(s.entries[s.termKey(t)]))
	compare := func(a, b runtime.ID) int { return bytes.Compare(a[:], b[:]) }
	if s.has("list is ordered by signed bytes") {
		compare = func(a, b runtime.ID) int { return int(int8(a[0])) - int(int8(b[0])) }
	}
	slices.SortFunc(all, compare)
	seen := 0
	var stale []runtime.ID
	for i := 0; i < len(all); i++ {
		if s.has("list walks over what changes") {
			s.unlocked(s.flaw)
			all = slices.SortedFunc(maps.Keys(s.entries[s.termKey(t)]), compare)
			all = slices.DeleteFunc(all, func(id runtime.ID) bool {
				r, err := s.live(id)
				return err != nil || !s.carries(r, t)
			})
			if i >= len(all) {
				break
			}
		}
		id := all[i]
		if compare(id, after) <= 0 && after != (runtime.ID{}) && !(s.has("list includes the ID to begin behind") && id == after) {
			continue
		}
		if seen++; seen > max && s.has("list counts dead entries") {
			break
		}
		r, err := s.live(id)
		if err == nil && !s.carries(r, t) {
			stale = append(stale, id)
		}
		if err == nil && s.has("list leaves out what is about to expire") && s.now().Add(time.Second).After(r.idle.Add(-1)) {
			continue
		}
		if err != nil && s.has("list shows what has expired") && err == runtime.ErrNotFound {
			r, err = s.rows[id], nil
		}
		if s.has("list is empty") || err != nil || !s.carries(r, t) && !s.has("list trusts its entries") {
			continue
		}
		if s.has("list extends the idle deadline") {
			r.idle = s.now().Add(day.Idle)
		}
		if len(ids) >= max && !s.has("list knows no end") {
			break
		}
		rec := s.read(r)
		if len(rec.Data) > 65_535 && s.has("list cuts off data at 64 KiB") {
			rec.Data = rec.Data[:65_535]
		}
		ids, records = append(ids, id), append(records, rec)
		if len(rec.Terms) > 2 && rec.Terms[0] == rec.Terms[2] && s.has("a term carried twice is listed twice") {
			ids, records = append(ids, id), append(records, rec)
		}
	}
	if s.has("list tidies up what it found stale") {
		s.unlocked(s.flaw)
		for _, id := range stale {
			delete(s.entries[s.termKey(t)], id)
		}
	}
	if s.has("list tells only the IDs") {
		records = make([]runtime.Record, len(ids))
	}
	return ids, records, nil
}

func (s *naive) Revoke(ctx context.Context, t runtime.Term, keep runtime.ID) (int, error) {
	if err := s.ctx(ctx); err != nil {
		return 0, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	found := map[runtime.ID]runtime.Rev{}
	for id := range s.entries[s.termKey(t)] {
		if len(found) == 100 && s.has("revoke takes one page") {
			break
		}
		if s.has("revoke deletes what has expired") {
			found[id] = runtime.Rev{}
		}
		if r, err := s.live(id); err == nil && (s.carries(r, t) || s.has("revoke trusts its entries")) {
			found[id] = r.rec.Rev
		}
	}
	if s.has("revoke deletes everybody") {
		for id := range s.rows {
			found[id] = runtime.Rev{}
		}
	}
	s.unlocked("revoke deletes the revision that it saw")
	count := 0
	for id, rev := range found {
		r := s.rows[s.key(id)]
		switch {
		case id == keep && !s.has("revoke keeps none"):
		case r.rec.Rev != rev && s.has("revoke deletes the revision that it saw"):
		case r.rec.Rev != r.first && s.has("revoke goes by the revision of the login"):
		case s.has("revoke leaves no tombstones"):
			delete(s.rows, s.key(id))
			count++
		case s.has("revoke forgets half when its context ends") && ctx.Err() != nil:
			s.entries[t] = nil
			return count, ctx.Err()
		case s.has("revoke forgets half when its context ends"):
			pause(ctx)
			s.bury(r)
			count++
		default:
			s.bury(r)
			count++
		}
	}
	switch {
	case s.has("revoke counts its entries"):
		return len(s.entries[t]), nil
	case s.has("revoke empties the index"):
		s.unlocked(s.flaw)
		delete(s.entries, s.termKey(t))
	case s.has("revoke goes by the second"):
		s.revoked[t] = s.now()
	}
	return count, nil
}
