package storetest

import (
	"context"
	"crypto/rand"
	"errors"
	goruntime "runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/internal/expiry"
)

// revokesAll returns the store if it is a runtime.Revoker that can find its sessions, or else
// nil.
func (t *trial) revokesAll() runtime.Revoker {
	r, ok := t.store.(runtime.Revoker)
	if !ok {
		return nil
	}
	if _, err := r.RevokeAll(t.Context(), newPrefix()); errors.Is(err, errors.ErrUnsupported) {
		return nil
	}
	return r
}

// newPrefix returns a prefix of no other session. It has bytes that are special in patterns.
func newPrefix() string { return "\n\x10%_*?[\\\x00\xff" + rand.Text() + "aA" }

// labelled returns a new record whose data begins with a prefix.
func labelled(prefix string, terms ...runtime.Term) runtime.Record {
	rec := newRecord(terms...)
	rec.Data = prefix + rec.Data
	return rec
}

// belonging creates a session whose data begins with a prefix.
func (t *trial) belonging(prefix string, ttl runtime.TTL, terms ...runtime.Term) (runtime.ID, runtime.Record) {
	t.Helper()
	id, rec := newID(), labelled(prefix, terms...)
	t.create(id, rec, ttl, nil)
	return id, rec
}

func (t *trial) revokeAll(prefix string, want int) {
	t.Helper()
	count, err := t.revoker.RevokeAll(t.Context(), prefix)
	t.expect("RevokeAll", err, nil)
	if count != want {
		t.Errorf("RevokeAll: got count %d, want %d", count, want)
	}
}

var revokeAllChecks = []check{
	{name: "revoke all deletes the sessions whose data begins with a prefix and counts them", needs: revoker, run: func(t *trial) {
		prefix, term := newPrefix(), newTerm()
		var ids []runtime.ID
		for i := range 12 {
			var terms []runtime.Term
			if i%2 == 0 {
				terms = []runtime.Term{newTerm(), term}
			}
			id, _ := t.belonging(prefix, day, terms...)
			ids = append(ids, id)
		}
		exactly := runtime.Record{Rev: random[runtime.Rev](), Data: prefix}
		bare := newID()
		t.create(bare, exactly, day, nil)
		ids = append(ids, bare)
		others := map[runtime.ID]runtime.Record{}
		for _, data := range []string{
			"", prefix[:len(prefix)-1], prefix[1:], " " + prefix, "content " + prefix, strings.ToLower(prefix) + "content",
			strings.ToUpper(prefix) + "content", newPrefix() + "content",
		} {
			id, rec := newID(), runtime.Record{Rev: random[runtime.Rev](), Terms: []runtime.Term{term}, Data: data}
			t.create(id, rec, day, nil)
			others[id] = rec
		}
		t.revokeAll(prefix, len(ids))
		for _, id := range ids {
			t.dead(id, runtime.ErrGone)
		}
		var alive []runtime.ID
		for id, rec := range others {
			t.alive(id, rec)
			alive = append(alive, id)
		}
		if t.index != nil {
			t.listed(term, alive...)
		}
		t.revokeAll(prefix, 0)
	}},
	{name: "revoke all leaves tombstones", needs: revoker, run: func(t *trial) {
		prefix, term := newPrefix(), newTerm()
		id, rec := t.belonging(prefix, day, term)
		t.revokeAll(prefix, 1)
		t.create(id, rec, day, runtime.ErrGone)
		t.create(id, labelled(prefix, term), day, runtime.ErrGone)
		t.update(id, rec.Rev, labelled(prefix, term), day, runtime.ErrGone)
		t.touch(id, time.Hour, runtime.ErrGone)
	}},
	{name: "tombstones of revoke all last 60 seconds", needs: revoker | turnableClock, run: func(t *trial) {
		prefix := newPrefix()
		id, _ := t.belonging(prefix, runtime.TTL{Idle: 5 * time.Second, Life: 10 * time.Second})
		t.revokeAll(prefix, 1)
		t.clock.Advance(expiry.MinTombstoneLife - time.Second)
		t.dead(id, runtime.ErrGone)
	}},
	{name: "revoke all neither counts nor touches what has ended before", needs: revoker | turnableClock, run: func(t *trial) {
		prefix := newPrefix()
		expired, _ := t.belonging(prefix, runtime.TTL{Idle: time.Minute, Life: time.Minute})
		deleted, _ := t.belonging(prefix, day)
		t.delete(deleted)
		t.belonging(prefix, day)
		t.clock.Advance(time.Minute)
		t.revokeAll(prefix, 1)
		t.dead(expired, runtime.ErrNotFound)
	}},
	{name: "revoke all goes by the data that the session has now", needs: revoker, run: func(t *trial) {
		prefix := newPrefix()
		left, rec := t.belonging(prefix, day)
		moved := newRecord()
		t.update(left, rec.Rev, moved, day, nil)
		came, rec := t.session(day)
		t.update(came, rec.Rev, labelled(prefix), day, nil)
		t.revokeAll(prefix, 1)
		t.alive(left, moved)
		t.dead(came, runtime.ErrGone)
	}},
	{name: "revoke all finds every one of many sessions", needs: revoker, run: func(t *trial) {
		prefix := newPrefix()
		ids := t.many(prefix, 1200)
		t.revokeAll(prefix, len(ids))
		for _, id := range ids {
			if _, err := t.store.Load(t.Context(), id); !errors.Is(err, runtime.ErrGone) {
				t.Fatalf("Load of one of %d sessions after RevokeAll: got %s, want %q", len(ids), describe(err), runtime.ErrGone)
			}
		}
	}},
	{name: "a session that is created after revoke all stays", needs: revoker, run: func(t *trial) {
		prefix := newPrefix()
		t.belonging(prefix, day)
		t.revokeAll(prefix, 1)
		id, rec := t.belonging(prefix, day)
		t.alive(id, rec)
		next := labelled(prefix)
		t.update(id, rec.Rev, next, day, nil)
		t.alive(id, next)
	}},
	{name: "revoke all reaches sessions that are updated meanwhile", needs: revoker, run: func(t *trial) {
		for range 1 + t.load.rounds/5 {
			t.revokeAllAgainstUpdates()
		}
	}},
	{name: "revoke all reaches every older session while logins go on", needs: revoker, run: func(t *trial) {
		prefix := newPrefix()
		older := t.many(prefix, 150)
		var revoked, stop atomic.Bool
		var mu sync.Mutex
		var after []runtime.ID
		var begun sync.WaitGroup
		begun.Add(4)
		login := func(int) {
			once := sync.OnceFunc(begun.Done)
			defer once()
			for n := 0; !stop.Load() && n < 400; n++ {
				late, id := revoked.Load(), newID()
				if err := t.store.Create(t.Context(), id, labelled(prefix), day); err != nil {
					t.Errorf("Create while all sessions are revoked: got %s, want none", describe(err))
				}
				if late {
					mu.Lock()
					after = append(after, id)
					mu.Unlock()
				}
				once()
			}
		}
		revoke := func() {
			defer stop.Store(true)
			begun.Wait()
			if n, err := t.revoker.RevokeAll(t.Context(), prefix); err != nil || n < len(older) {
				t.Errorf("RevokeAll of %d sessions during logins: got count %d, %s", len(older), n, describe(err))
			}
			revoked.Store(true)
			dawdle()
		}
		together(append(times(4, login), revoke)...)
		for _, id := range older {
			if _, err := t.store.Load(t.Context(), id); !errors.Is(err, runtime.ErrGone) {
				t.Fatalf("Load of a session that was created before RevokeAll: got %s, want %q", describe(err), runtime.ErrGone)
			}
		}
		late, _ := t.belonging(prefix, day)
		for _, id := range append(after, late) {
			if _, err := t.store.Load(t.Context(), id); err != nil {
				t.Fatalf("Load of a session that was created after RevokeAll returned: got %q, want none", err)
			}
		}
	}},
	{name: "a revoke all whose context ends meanwhile has ended some sessions, counts them, and may be repeated", needs: revoker, run: func(t *trial) {
		for _, looks := range []int64{0, 1, 2, 3, 5, 10, 20, 100, 300} {
			prefix := newPrefix()
			records := map[runtime.ID]runtime.Record{}
			for range 8 {
				id, rec := t.belonging(prefix, day, newTerm())
				records[id] = rec
			}
			sum := 0
			t.twice("RevokeAll", looks, func(ctx context.Context) error {
				count, err := t.revoker.RevokeAll(ctx, prefix)
				sum += count
				gone := 0
				for id, rec := range records {
					t.wholeOrGone("Load after a RevokeAll whose context has ended", id, rec)
					if _, err := t.store.Load(t.Context(), id); errors.Is(err, runtime.ErrGone) {
						gone++
					}
				}
				if sum > gone {
					t.Errorf("RevokeAll, its context ending meanwhile: got count %d in all, with %d sessions that have ended", sum, gone)
				}
				return err
			})
			for id := range records {
				t.dead(id, runtime.ErrGone)
			}
		}
	}},
	{name: "watch tells of a revoke all", needs: watcher | revoker, run: func(t *trial) {
		for range watchRounds {
			prefix := newPrefix()
			id, _ := t.belonging(prefix, day)
			w := t.watch(id)
			t.revokeAll(prefix, 1)
			w.sees(id, gone)
			w.end()
		}
	}},
}

// many creates sessions whose data begins with a prefix, several at a time.
func (t *trial) many(prefix string, n int) []runtime.ID {
	t.Helper()
	ids := make([]runtime.ID, n)
	for i := range ids {
		ids[i] = newID()
	}
	var creators []func()
	for part := range slices.Chunk(ids, (n+7)/8) {
		creators = append(creators, func() {
			for _, id := range part {
				if err := t.store.Create(t.Context(), id, labelled(prefix), day); err != nil {
					t.Errorf("Create: got %s, want none", describe(err))
					return
				}
			}
		})
	}
	together(creators...)
	return ids
}

// revokeAllAgainstUpdates revokes sessions during continuous updates.
func (t *trial) revokeAllAgainstUpdates() {
	t.Helper()
	prefix := newPrefix()
	ids := make([]runtime.ID, t.load.writers/2)
	var busy sync.WaitGroup
	busy.Add(len(ids))
	var revoked atomic.Bool
	write := func(i int) {
		id, rec := newID(), labelled(prefix)
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
			next := labelled(prefix, newTerm())
			err := t.store.Update(t.Context(), id, rec.Rev, next, day)
			if errors.Is(err, runtime.ErrGone) {
				return
			}
			if err != nil {
				t.Errorf("Update while all sessions are revoked: got %s, want none or %q", describe(err), runtime.ErrGone)
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
		count, err := t.revoker.RevokeAll(t.Context(), prefix)
		if err != nil || count != len(ids) {
			t.Errorf("RevokeAll of %d sessions while they are updated: got count %d, %s", len(ids), count, describe(err))
		}
		revoked.Store(true)
	}
	together(append(times(len(ids), write), revoke)...)
	for _, id := range ids {
		t.dead(id, runtime.ErrGone)
	}
}
