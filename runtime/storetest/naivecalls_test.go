package storetest

import (
	"bytes"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/internal/expiry"
)

func (s *naive) Create(ctx context.Context, id runtime.ID, rec runtime.Record, ttl runtime.TTL) error {
	if err := s.ctx(ctx); err != nil {
		return err
	}
	if ttl.CheckCreate() != nil && !s.has("create takes any TTL") {
		return errFlaw
	}
	if len(rec.Terms) > 2 && rec.Terms[0] == rec.Terms[2] && s.has("a term carried twice is an error") {
		return errFlaw
	}
	if ttl.Idle < time.Second && s.has("times below a second are an error") {
		return errFlaw
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	old := s.rows[s.key(id)]
	_, err := s.live(id)
	s.unlocked("create looks and then writes")
	switch {
	case err == nil && old.rec.Rev == rec.Rev && s.has("create again is an error"):
		return runtime.ErrExists
	case err == nil && old.rec.Rev == rec.Rev && !s.has("create overwrites"):
		return nil
	case err == nil && !s.has("create overwrites"):
		return runtime.ErrExists
	case err == runtime.ErrGone && !s.has("create overwrites tombstones"):
		return err
	case err == runtime.ErrNotFound && old != nil && !old.tombstone && s.has("create is refused by an expired record"):
		return runtime.ErrExists
	}
	if old == nil && s.has("create that is cut short leaves something behind") && ctx.Err() != nil {
		stub := rec
		stub.Rev = runtime.Rev{}
		s.rows[s.key(id)] = &row{rec: stub, idle: s.now().Add(ttl.Idle), life: s.now().Add(ttl.Life)}
		return context.Canceled
	}
	r := &row{life: s.now().Add(ttl.Life), created: s.now(), first: rec.Rev}
	s.rows[s.key(id)] = r
	s.write(id, r, rec, ttl)
	return nil
}

func (s *naive) write(id runtime.ID, r *row, rec runtime.Record, ttl runtime.TTL) {
	if !s.has("terms are kept by reference") {
		rec.Terms = slices.Clone(rec.Terms)
	}
	if len(rec.Terms) > 16 && s.has("terms beyond some number are dropped") {
		rec.Terms = rec.Terms[:16]
	}
	if s.has("terms are kept in another order") {
		slices.SortFunc(rec.Terms, func(a, b runtime.Term) int { return bytes.Compare(a[:], b[:]) })
	}
	if len(rec.Data) > 65_535 && s.has("data is cut off at 64 KiB") {
		rec.Data = rec.Data[:65_535]
	}
	if s.has("data is text") {
		rec.Data = strings.ToValidUTF8(rec.Data, "\uFFFD")
	}
	if s.has("data is trimmed") {
		rec.Data = strings.TrimRight(rec.Data, " ")
	}
	if rec.Data == "" && s.has("empty data is no record") {
		delete(s.rows, s.key(id))
		return
	}
	if s.has("what was loaded is written over") && len(rec.Terms) == len(r.rec.Terms) {
		copy(r.rec.Terms, rec.Terms)
		rec.Terms = r.rec.Terms
	}
	for _, t := range rec.Terms {
		t = s.termKey(t)
		if slices.Contains(s.left, t) {
			delete(s.entries[t], id)
			continue
		}
		if s.entries[t] == nil {
			s.entries[t] = map[runtime.ID]bool{}
		}
		s.entries[t][id] = true
	}
	idle := ttl.Idle
	if s.has("deadlines come from the record") && rec.Idle > 0 {
		idle, r.life = rec.Idle, s.now().Add(rec.Life)
	}
	r.rec, r.idle = rec, s.now().Add(idle)
	if s.has("times are seconds in 32 bits") {
		r.idle, r.life = narrow(r.idle), narrow(r.life)
	}
	if r.idle.After(r.life) && !s.has("idle goes past the absolute deadline") && !s.has("the absolute deadline is ignored") {
		r.idle = r.life
	}
}

func narrow(t time.Time) time.Time { return time.Unix(int64(int32(t.Unix())), 0) }

func (s *naive) Load(ctx context.Context, id runtime.ID) (runtime.Record, error) {
	if err := s.ctx(ctx); err != nil {
		return runtime.Record{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	r, err := s.live(id)
	if err != nil {
		return runtime.Record{}, err
	}
	if s.has("load extends the idle deadline") {
		r.idle = s.now().Add(day.Idle)
	}
	if s.has("load returns a stranger") {
		for other := range s.rows {
			if other != id {
				return s.read(s.rows[other]), nil
			}
		}
	}
	return s.read(r), nil
}

func (s *naive) read(r *row) runtime.Record {
	rec := r.rec
	rec.Idle, rec.Life = r.idle.Sub(s.now()), r.life.Sub(s.now())
	switch {
	case s.has("load does not tell what is left"):
		rec.Idle, rec.Life = 0, 0
	case s.has("idle and life are swapped"):
		rec.Idle, rec.Life = rec.Life, rec.Idle
	}
	return rec
}

func (s *naive) Update(ctx context.Context, id runtime.ID, old runtime.Rev, rec runtime.Record, ttl runtime.TTL) error {
	if err := s.ctx(ctx); err != nil {
		return err
	}
	if ttl.CheckUpdate() != nil && !s.has("update takes any TTL") {
		return errFlaw
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	r, err := s.live(id)
	if err != nil {
		there := s.rows[s.key(id)]
		switch {
		case there == nil && s.has("update creates"),
			err == runtime.ErrGone && s.has("update brings back what was deleted"):
			if ttl.Life == 0 {
				ttl.Life = ttl.Idle
			}
			r = &row{life: s.now().Add(ttl.Life)}
			s.rows[s.key(id)] = r
			s.write(id, r, rec, ttl)
			return nil
		case err == runtime.ErrNotFound && there != nil && !there.tombstone && s.has("update brings back what has expired"):
			r = there
		case s.has("update on a tombstone is a conflict") && err == runtime.ErrGone:
			return runtime.ErrConflict
		default:
			return err
		}
	}
	rev := r.rec.Rev
	s.unlocked("update looks and then writes")
	switch {
	case rev == rec.Rev && !s.has("update again is a conflict"):
		return nil
	case rev != old && s.has("a refused update restarts the deadlines"):
		s.write(id, r, r.rec, ttl)
		return runtime.ErrConflict
	case rev != old && !s.has("update writes over any revision"):
		return runtime.ErrConflict
	}
	if s.has("an update that is interrupted has written half") {
		r.rec.Rev, r.rec.Data = rec.Rev, rec.Data
		if pause(ctx); ctx.Err() != nil {
			return ctx.Err()
		}
	}
	if s.has("update keeps the old terms") {
		rec.Terms = r.rec.Terms
	}
	if s.has("update leaves the index alone") {
		entries := s.entries
		s.entries = map[runtime.Term]map[runtime.ID]bool{}
		defer func() { s.entries = entries }()
	}
	switch {
	case ttl.Life > 0 && !s.has("update never restarts the absolute deadline"):
		r.life = s.now().Add(ttl.Life)
	case s.has("update with life 0 restarts the absolute deadline"):
		r.life = s.now().Add(24 * time.Hour)
	case s.has("update with life 0 ends the session"):
		r.life = s.now()
	}
	idle := r.idle
	for _, t := range r.rec.Terms {
		if s.has("a term that was left is never taken up again") && !slices.Contains(rec.Terms, t) {
			s.left = append(s.left, t)
		}
	}
	if s.has("update looks and then writes") {
		r = &row{life: s.now().Add(time.Hour)}
		s.rows[s.key(id)] = r
	}
	s.write(id, r, rec, ttl)
	if s.has("update does not restart the idle deadline") {
		r.idle = idle
	}
	return nil
}

func (s *naive) Touch(ctx context.Context, id runtime.ID, idle time.Duration) error {
	if err := s.ctx(ctx); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	r, err := s.live(id)
	if err != nil {
		there := s.rows[s.key(id)]
		switch {
		case there != nil && there.tombstone && s.has("touch brings back what was deleted"),
			there != nil && !there.tombstone && s.has("touch brings back what has expired"):
			*there = row{rec: there.rec, idle: s.now().Add(idle), life: s.now().Add(idle)}
			return nil
		case there == nil && s.has("touch creates"):
			s.rows[s.key(id)] = &row{idle: s.now().Add(idle), life: s.now().Add(idle)}
			return nil
		case s.has("touch never fails"):
			return nil
		}
		return err
	}
	rec := r.rec
	s.unlocked("touch reads and then writes")
	r.rec = rec
	until := s.now().Add(idle)
	switch {
	case s.has("touch does nothing"):
		return nil
	case until.After(r.life) && s.has("touch moves the absolute deadline too"):
		r.life = until
	case until.After(r.life) && !s.has("the absolute deadline is ignored"):
		until = r.life
	}
	if s.has("touch draws a new revision") {
		r.rec.Rev = random[runtime.Rev]()
	}
	if until.After(r.idle) || s.has("touch goes backwards") ||
		s.has("touch goes backwards when the clock does") && idle == time.Hour {
		r.idle = until
	}
	return nil
}

func (s *naive) Delete(ctx context.Context, id runtime.ID) error {
	if err := s.ctx(ctx); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.rows[s.key(id)]
	s.unlocked("delete looks and then writes")
	switch {
	case s.has("delete does nothing"):
		return nil
	case s.has("delete leaves no tombstone"),
		r == nil && s.has("delete over nothing leaves no tombstone"):
		delete(s.rows, s.key(id))
		return nil
	case r != nil && !r.tombstone && s.now().After(r.life) && s.has("delete of an expired record leaves no tombstone"),
		r != nil && r.tombstone && s.has("a second delete does not renew the tombstone"):
		return nil
	case r != nil && r.tombstone && s.has("a second delete is an error"):
		return runtime.ErrGone
	case s.has("delete deletes everything"):
		for _, r := range s.rows {
			s.bury(r)
		}
	}
	if r == nil && s.rows[s.key(id)] != nil && s.has("delete looks and then writes") {
		return nil
	}
	if r == nil {
		r = &row{}
		s.rows[s.key(id)] = r
	}
	s.bury(r)
	return nil
}

func (s *naive) bury(r *row) {
	until := s.now().Add(expiry.MinTombstoneLife)
	if s.has("a tombstone ends with its session") && !r.tombstone && !r.life.IsZero() && r.life.Before(until) {
		until = r.life
	}
	if s.has("a tombstone lasts half a minute") {
		until = s.now().Add(expiry.MinTombstoneLife / 2)
	}
	*r = row{tombstone: true, life: until, rec: runtime.Record{Rev: r.rec.Rev}}
}
