package memstore

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/sessiongen/sessiongen/runtime"
)

// Checks the references in the tables after thousands of random calls and sweeps, on few shards
// so that chains get long.
func TestTablesStayWhole(t *testing.T) {
	now := time.Unix(0, 0)
	s := New(WithSweepInterval(0), WithClock(func() time.Time { return now }))
	random := rand.New(rand.NewPCG(1, 2))
	most := 0
	for step := range 20_000 {
		id := number[runtime.ID](random.IntN(300))
		id[0] %= 2
		var terms []runtime.Term
		for range random.IntN(4) {
			terms = append(terms, number[runtime.Term](random.IntN(40)))
		}
		var rev runtime.Rev
		rev[0], rev[1] = byte(step), byte(step>>8)
		rec := runtime.Record{Rev: rev, Terms: terms}
		ttl := runtime.TTL{Idle: time.Duration(1+random.IntN(600)) * time.Second, Life: 10 * time.Minute}
		ctx := t.Context()
		switch random.IntN(8) {
		case 0, 1, 2:
			_ = s.Create(ctx, id, rec, ttl)
		case 3, 4, 5:
			if old, err := s.Load(ctx, id); err == nil {
				if err := s.Update(ctx, id, old.Rev, rec, ttl); err != nil {
					t.Fatal(err)
				}
			}
		case 6:
			if err := s.Delete(ctx, id); err != nil {
				t.Fatal(err)
			}
		case 7:
			now = now.Add(time.Duration(random.IntN(3)) * time.Second)
			if random.IntN(20) == 0 {
				if _, err := s.Revoke(ctx, number[runtime.Term](random.IntN(40)), id); err != nil {
					t.Fatal(err)
				}
			}
			if random.IntN(50) == 0 {
				now = now.Add(time.Hour)
			}
			s.sweep()
		}
		most = max(most, count(s))
		if step%20 == 0 {
			for i := range s.shards {
				whole(t, &s.shards[i])
			}
		}
		if t.Failed() {
			t.Fatalf("after step %d", step)
		}
	}
	if most < 100 {
		t.Errorf("never more than %d entries: nothing has been tested", most)
	}
	now = now.Add(time.Hour)
	s.sweep()
	for i := range s.shards {
		h := &s.shards[i]
		whole(t, h)
		if h.entries.len != 0 || h.index.lists != 0 || len(h.entries.blocks) > 1 || len(h.index.links.blocks) > 0 {
			t.Errorf("shard %d is not empty after everything has expired", i)
		}
	}
}

// whole checks that the references within a shard agree in both directions.
func whole(t *testing.T, h *shard) {
	t.Helper()
	links := 0
	for r := ref(1); r <= h.entries.len; r++ {
		e := h.entries.at(r)
		if *h.place(e.id) != r {
			t.Errorf("entry %d cannot be found by its ID", r)
		}
		own := e.links
		for _, term := range e.terms {
			links++
			if own == 0 {
				t.Fatalf("entry %d has fewer links than terms", r)
			}
			l := h.index.links.at(own)
			if l.entry != r || l.hash != h.hash(term[:]) {
				t.Errorf("a link of entry %d belongs to entry %d", r, l.entry)
			}
			if !slices.Contains(h.list(l.hash), own) {
				t.Errorf("entry %d cannot be found by its term", r)
			}
			own = l.sibling
		}
		if own != 0 {
			t.Errorf("entry %d has more links than terms", r)
		}
	}
	listed, lists := 0, 0
	for _, r := range h.index.buckets {
		for ; r != 0; r = h.index.links.at(r).chain {
			lists++
			listed += len(h.list(h.index.links.at(r).hash))
		}
	}
	if listed != links || lists != h.index.lists {
		t.Errorf("%d links in %d lists, want %d in %d", listed, lists, links, h.index.lists)
	}
	for r := h.index.free; r != 0; r = h.index.links.at(r).next {
		links++
	}
	if links != int(h.index.links.len) {
		t.Errorf("%d links are used or free, want all %d", links, h.index.links.len)
	}
	chained := 0
	for _, r := range h.buckets {
		for ; r != 0; r = h.entries.at(r).next {
			chained++
		}
	}
	if chained != int(h.entries.len) {
		t.Errorf("%d entries in buckets, want %d", chained, h.entries.len)
	}
}

func (s *shard) list(hash uint32) (links []ref) {
	for r := s.index.first(hash); r != 0; r = s.index.links.at(r).next {
		if len(links) > 0 && s.index.links.at(r).prev != links[len(links)-1] {
			return nil
		}
		links = append(links, r)
	}
	return links
}
