package storetest

import (
	"bytes"
	"context"
	"maps"
	goruntime "runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/sessiongen/sessiongen/runtime"
)

// naive is a store as the contract describes it, one lock around two maps, and
// with at most one flaw. Each flaw is a mistake that a store could well make.
type naive struct {
	now  func() time.Time
	flaw flaw

	mu      sync.Mutex
	rows    map[runtime.ID]*row
	entries map[runtime.Term]map[runtime.ID]bool
	left    []runtime.Term // for one of the flaws
	revoked map[runtime.Term]time.Time
}

type flaw string

type row struct {
	rec        runtime.Record
	idle, life time.Time
	created    time.Time
	first      runtime.Rev
	tombstone  bool
}

func newNaive(clock *Clock, flaw flaw) *naive {
	now := time.Now
	if clock != nil {
		now = clock.Now
	}
	return &naive{
		now:     now,
		flaw:    flaw,
		rows:    map[runtime.ID]*row{},
		revoked: map[runtime.Term]time.Time{},
		entries: map[runtime.Term]map[runtime.ID]bool{},
	}
}

func (s *naive) has(f flaw) bool { return s.flaw == f }

// unlocked lets others in between reading and writing.
func (s *naive) unlocked(f flaw) {
	if s.has(f) {
		s.mu.Unlock()
		goruntime.Gosched()
		s.mu.Lock()
	}
}

func (s *naive) ctx(ctx context.Context) error {
	if s.has("a context is not looked at") {
		return nil
	}
	return ctx.Err()
}

func (s *naive) key(id runtime.ID) runtime.ID {
	switch s.flaw {
	case "IDs are compared without regard to case":
		return runtime.ID(asciiLower(id[:]))
	case "IDs lose trailing padding":
		return runtime.ID(unpadded(id[:]))
	}
	return id
}

func (s *naive) termKey(t runtime.Term) runtime.Term {
	switch s.flaw {
	case "terms are compared without regard to case":
		return runtime.Term(asciiLower(t[:]))
	case "terms lose trailing padding":
		return runtime.Term(unpadded(t[:]))
	}
	return t
}

func asciiLower(b []byte) []byte {
	b = slices.Clone(b)
	for i, c := range b {
		if c >= 'A' && c <= 'Z' {
			b[i] = c + 'a' - 'A'
		}
	}
	return b
}

func unpadded(b []byte) []byte {
	padded := make([]byte, len(b))
	copy(padded, bytes.TrimRight(b, "\x00 "))
	return padded
}

func (s *naive) carries(r *row, t runtime.Term) bool {
	return slices.ContainsFunc(r.rec.Terms, func(own runtime.Term) bool { return s.termKey(own) == s.termKey(t) })
}

// live finds a record that a call may use.
func (s *naive) live(id runtime.ID) (*row, error) {
	r := s.rows[s.key(id)]
	now := s.now()
	switch {
	case r == nil:
		return nil, runtime.ErrNotFound
	case r.tombstone && s.has("a tombstone is not told from nothing"):
		return nil, runtime.ErrNotFound
	case r.tombstone && now.Before(r.life):
		return nil, runtime.ErrGone
	case r.tombstone:
		return nil, runtime.ErrNotFound
	case s.has("the idle deadline is ignored") && now.Before(r.life):
		return r, nil
	case s.has("the absolute deadline is ignored") && now.Before(r.idle):
		return r, nil
	case s.has("deadlines are a second late"):
		now = now.Add(-time.Second)
	case s.has("deadlines are a second early"):
		now = now.Add(time.Second)
	case s.has("a deadline's own moment is still alive"):
		now = now.Add(-1)
	}
	if !now.Before(r.idle) || !now.Before(r.life) {
		return nil, runtime.ErrNotFound
	}
	for _, t := range r.rec.Terms {
		if at, revoked := s.revoked[t]; revoked && !r.created.After(at) {
			return nil, runtime.ErrGone
		}
	}
	return r, nil
}

func (s *naive) Create(ctx context.Context, id runtime.ID, rec runtime.Record, ttl runtime.TTL) error {
	if err := s.ctx(ctx); err != nil {
		return err
	}
	if (ttl.Idle <= 0 || ttl.Life <= 0) && !s.has("create takes any TTL") {
		return context.DeadlineExceeded
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
	if r.idle.After(r.life) && !s.has("idle goes past the absolute deadline") && !s.has("the absolute deadline is ignored") {
		r.idle = r.life
	}
}

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
	case rev != old && !s.has("update writes over any revision"):
		return runtime.ErrConflict
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
	until := s.now().Add(time.Minute)
	if s.has("a tombstone ends with its session") && !r.tombstone && !r.life.IsZero() && r.life.Before(until) {
		until = r.life
	}
	if s.has("a tombstone lasts half a minute") {
		until = s.now().Add(30 * time.Second)
	}
	*r = row{tombstone: true, life: until, rec: runtime.Record{Rev: r.rec.Rev}}
}

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
	for _, id := range all {
		if compare(id, after) <= 0 && after != (runtime.ID{}) && !(s.has("list includes the ID to begin behind") && id == after) {
			continue
		}
		if seen++; seen > max && s.has("list counts dead entries") {
			break
		}
		r, err := s.live(id)
		if err != nil && s.has("list shows what has expired") && err == runtime.ErrNotFound {
			r, err = s.rows[id], nil
		}
		if s.has("list is empty") || err != nil || !s.carries(r, t) && !s.has("list trusts its entries") {
			continue
		}
		if ids, records = append(ids, id), append(records, s.read(r)); len(ids) == max && !s.has("list knows no end") {
			break
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
		default:
			s.bury(r)
			count++
		}
	}
	switch {
	case s.has("revoke counts its entries"):
		return len(s.entries[t]), nil
	case s.has("revoke goes by the second"):
		s.revoked[t] = s.now()
	}
	return count, nil
}
