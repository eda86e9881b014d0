package storetest

import (
	"errors"
	goruntime "runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/internal/expiry"
)

var revokeChecks = []check{
	{name: "revoke deletes the sessions that carry a term and counts them", needs: indexer, run: func(t *trial) {
		term := newTerm()
		var ids []runtime.ID
		for range 12 {
			id, _ := t.session(day, newTerm(), term)
			ids = append(ids, id)
		}
		other, rec := t.session(day, newTerm())
		none, noneRec := t.session(day)
		t.revoke(term, runtime.ID{}, len(ids))
		for _, id := range ids {
			t.dead(id, runtime.ErrGone)
		}
		t.alive(other, rec)
		t.alive(none, noneRec)
		t.listed(term)
		t.revoke(term, runtime.ID{}, 0)
	}},
	{name: "revoke keeps one session", needs: indexer, run: func(t *trial) {
		term := newTerm()
		first, _ := t.session(day, term)
		keep, rec := t.session(day, term)
		last, _ := t.session(day, term)
		t.revoke(term, keep, 2)
		t.dead(first, runtime.ErrGone)
		t.dead(last, runtime.ErrGone)
		t.alive(keep, rec)
		t.listed(term, keep)
		t.revoke(term, newID(), 1) // keeps an ID that does not exist
		t.dead(keep, runtime.ErrGone)
	}},
	{name: "revoke leaves tombstones", needs: indexer, run: func(t *trial) {
		term := newTerm()
		id, rec := t.session(day, term)
		t.revoke(term, runtime.ID{}, 1)
		t.create(id, rec, day, runtime.ErrGone)
		t.create(id, newRecord(term), day, runtime.ErrGone)
		t.update(id, rec.Rev, newRecord(term), day, runtime.ErrGone)
		t.touch(id, time.Hour, runtime.ErrGone)
		t.listed(term)
	}},
	{name: "tombstones of revoke last 60 seconds", needs: indexer | turnableClock, run: func(t *trial) {
		term := newTerm()
		id, _ := t.session(runtime.TTL{Idle: 5 * time.Second, Life: 10 * time.Second}, term)
		t.revoke(term, runtime.ID{}, 1)
		t.clock.Advance(expiry.MinTombstoneLife - time.Second)
		t.dead(id, runtime.ErrGone)
	}},
	{name: "revoke neither counts nor touches what has ended before", needs: indexer | turnableClock, run: func(t *trial) {
		term := newTerm()
		t.session(runtime.TTL{Idle: time.Minute, Life: time.Minute}, term)
		deleted, _ := t.session(day, term)
		t.delete(deleted)
		t.session(day, term)
		t.clock.Advance(time.Minute)
		t.revoke(term, runtime.ID{}, 1)
	}},
	{name: "revoke goes by what the session carries now", needs: indexer, run: func(t *trial) {
		a, b := newTerm(), newTerm()
		left, rec := t.session(day, a)
		moved := newRecord(b)
		t.update(left, rec.Rev, moved, day, nil)
		came, rec := t.session(day, b)
		t.update(came, rec.Rev, newRecord(a), day, nil)
		t.revoke(a, runtime.ID{}, 1)
		t.alive(left, moved)
		t.dead(came, runtime.ErrGone)
	}},
	{name: "revoke finds a session that left a term and took it up again", needs: indexer, run: func(t *trial) {
		a, b := newTerm(), newTerm()
		id, rec := t.session(day, a)
		for _, term := range []runtime.Term{b, a, b, a} {
			next := newRecord(term)
			t.update(id, rec.Rev, next, day, nil)
			rec = next
		}
		t.revoke(b, runtime.ID{}, 0)
		t.alive(id, rec)
		t.revoke(a, runtime.ID{}, 1)
		t.dead(id, runtime.ErrGone)
	}},
	{name: "revoke finds sessions that were updated, touched and renewed", needs: indexer, run: func(t *trial) {
		term := newTerm()
		updated, rec := t.session(day, term)
		t.update(updated, rec.Rev, newRecord(term), day, nil)
		touched, _ := t.session(day, term)
		t.touch(touched, 2*time.Hour, nil)
		renewed, rec := t.session(day, term)
		t.update(renewed, rec.Rev, newRecord(term, newTerm()), runtime.TTL{Idle: time.Hour, Life: 48 * time.Hour}, nil)
		t.revoke(term, runtime.ID{}, 3)
		for _, id := range []runtime.ID{updated, touched, renewed} {
			t.dead(id, runtime.ErrGone)
		}
	}},
	{name: "revoke finds a session long after it was created", needs: indexer | turnableClock, run: func(t *trial) {
		term := newTerm()
		id, _ := t.session(runtime.TTL{Idle: time.Hour, Life: 24 * time.Hour}, term)
		for range 20 {
			t.clock.Advance(50 * time.Minute)
			t.touch(id, time.Hour, nil)
		}
		t.revoke(term, runtime.ID{}, 1)
		t.dead(id, runtime.ErrGone)
	}},
	{name: "a login after revoke stays", needs: indexer, run: func(t *trial) {
		term := newTerm()
		t.session(day, term)
		other, rec := t.session(day)
		t.revoke(term, runtime.ID{}, 1)
		id, created := t.session(day, term)
		taken := newRecord(term)
		t.update(other, rec.Rev, taken, day, nil)
		t.alive(id, created)
		t.alive(other, taken)
		t.listed(term, id, other)
	}},
	{name: "revoke reaches sessions that are updated meanwhile", needs: indexer, run: func(t *trial) {
		for range 1 + t.load.rounds/5 {
			t.revokeAgainstUpdates()
		}
	}},
	{name: "revoke reaches every older session while logins go on", needs: indexer, run: func(t *trial) {
		term := newTerm()
		var revoked, stop atomic.Bool
		var mu sync.Mutex
		var before, after []runtime.ID
		var enough sync.WaitGroup
		enough.Add(8)
		login := func(int) {
			for n := 0; !stop.Load() && n < 400; n++ {
				late := revoked.Load()
				id := newID()
				if err := t.store.Create(t.Context(), id, newRecord(term), day); err != nil {
					t.Errorf("Create while sessions are revoked: got %s, want none", describe(err))
				}
				mu.Lock()
				if late {
					after = append(after, id)
				} else if n < 20 {
					before = append(before, id)
				}
				mu.Unlock()
				if n == 19 {
					enough.Done()
				}
			}
		}
		revoke := func() {
			defer stop.Store(true)
			enough.Wait()
			if _, err := t.index.Revoke(t.Context(), term, runtime.ID{}); err != nil {
				t.Errorf("Revoke during logins: got %s, want none", describe(err))
			}
			revoked.Store(true)
		}
		together(append(times(8, login), revoke)...)
		for _, id := range before {
			t.dead(id, runtime.ErrGone)
		}
		late, _ := t.session(day, term)
		for _, id := range append(after, late) {
			if _, err := t.store.Load(t.Context(), id); err != nil {
				t.Fatalf("Load of a session that was created after Revoke returned: got %q, want none", err)
			}
		}
	}},
}

// revokeAgainstUpdates revokes sessions during continuous updates that keep the term.
func (t *trial) revokeAgainstUpdates() {
	t.Helper()
	term := newTerm()
	ids := make([]runtime.ID, t.load.writers/2)
	var busy sync.WaitGroup
	busy.Add(len(ids))
	var revoked atomic.Bool
	write := func(i int) {
		id, rec := newID(), newRecord(term)
		ids[i] = id
		once := sync.OnceFunc(busy.Done)
		defer once()
		if err := t.store.Create(t.Context(), id, rec, day); err != nil {
			t.Errorf("Create: got %s, want none", describe(err))
		}
		for n, late := 0, 0; late < 3; n++ {
			if revoked.Load() {
				late++
			}
			next := newRecord(term)
			if n%2 == 0 {
				next.Terms = append(next.Terms, newTerm())
			}
			err := t.store.Update(t.Context(), id, rec.Rev, next, day)
			if errors.Is(err, runtime.ErrGone) {
				return
			}
			if err != nil {
				t.Errorf("Update while sessions are revoked: got %s, want none or %q", describe(err), runtime.ErrGone)
				return
			}
			rec = next
			if n == 2 {
				once()
			}
			goruntime.Gosched()
		}
	}
	revoke := func() {
		busy.Wait()
		count, err := t.index.Revoke(t.Context(), term, runtime.ID{})
		if err != nil || count != len(ids) {
			t.Errorf("Revoke of %d sessions while they are updated: got count %d, %s", len(ids), count, describe(err))
		}
		revoked.Store(true)
	}
	together(append(times(len(ids), write), revoke)...)
	for _, id := range ids {
		t.dead(id, runtime.ErrGone)
	}
	t.listed(term)
}
