package storetest

import (
	"errors"
	"sync"
	"time"

	"github.com/sessiongen/sessiongen/runtime"
)

// watchRounds is the number of changes that a check makes. A store may report a change that
// did not happen, but hardly each time.
const watchRounds = 5

var watchChecks = []check{
	{name: "watch tells of every update", needs: watcher, run: func(t *trial) {
		id, rec := t.session(day)
		w := t.watch(id)
		defer w.end()
		for range watchRounds {
			next := newRecord()
			t.update(id, rec.Rev, next, day, nil)
			w.sees(id, next.Rev)
			rec = next
		}
	}},
	{name: "watch tells of a create and of a delete", needs: watcher, run: func(t *trial) {
		for range watchRounds {
			id, rec := newID(), newRecord()
			w := t.watch(id)
			t.create(id, rec, day, nil)
			w.sees(id, rec.Rev)
			t.delete(id)
			w.sees(id, gone)
			w.end()
		}
	}},
	{name: "watch tells of a revoke", needs: watcher | indexer, run: func(t *trial) {
		for range watchRounds {
			term := newTerm()
			id, _ := t.session(day, term)
			other, _ := t.session(day, term)
			w := t.watch(id, other)
			t.revoke(term, other, 1)
			w.sees(id, gone)
			t.revoke(term, runtime.ID{}, 1)
			w.sees(other, gone)
			w.end()
		}
	}},
	{name: "watch tells of each of its records", needs: watcher, run: func(t *trial) {
		ids := []runtime.ID{newID(), newID(), newID()}
		w := t.watch(ids...)
		defer w.end()
		for _, id := range ids {
			rec := newRecord()
			t.create(id, rec, day, nil)
			w.sees(id, rec.Rev)
		}
		for _, id := range ids {
			t.delete(id)
			w.sees(id, gone)
		}
	}},
	{name: "watch notifies every watcher of a record until it stops", needs: watcher, run: func(t *trial) {
		id, rec := t.session(day)
		watches := []*watch{t.watch(id), t.watch(id), t.watch(id)}
		for len(watches) > 0 {
			for range 2 {
				next := newRecord()
				t.update(id, rec.Rev, next, day, nil)
				for _, w := range watches {
					w.sees(id, next.Rev)
				}
				rec = next
			}
			watches[len(watches)/2].end()
			watches = append(watches[:len(watches)/2:len(watches)/2], watches[len(watches)/2+1:]...)
		}
		again := t.watch(id)
		defer again.end()
		for range watchRounds {
			next := newRecord()
			t.update(id, rec.Rev, next, day, nil)
			again.sees(id, next.Rev)
			rec = next
		}
	}},
	{name: "watch does not wait for a watcher that does not receive", needs: watcher, run: func(t *trial) {
		id, rec := t.session(day)
		_, stop := t.watcher.Watch(id)
		stop = sync.OnceFunc(stop)
		defer stop()
		written := make(chan struct{})
		go func() {
			defer close(written)
			for range 3 * watchRounds {
				next := newRecord()
				if err := t.store.Update(t.Context(), id, rec.Rev, next, day); err != nil {
					t.Errorf("Update: got %s", describe(err))
				}
				rec = next
			}
		}()
		select {
		case <-written:
		case <-time.After(t.load.patience):
			t.Errorf("Update waits for a watcher that does not receive")
			stop()
			<-written
		}
		t.alive(id, rec)
	}},
	{name: "many watch and change at once and all are told", needs: watcher, run: func(t *trial) {
		together(times(t.load.writers, func(int) {
			for range t.load.rounds {
				id, rec := t.session(day)
				w := t.watch(id)
				next := newRecord()
				if err := t.store.Update(t.Context(), id, rec.Rev, next, day); err != nil {
					t.Errorf("Update: got %s", describe(err))
				}
				w.sees(id, next.Rev)
				w.end()
			}
		})...)
	}},
}

// gone stands for the revision of a deleted session.
var gone = runtime.Rev{}

// watch loads records each time that a store reports a change.
type watch struct {
	*trial
	stop  func()
	ended chan struct{}
	done  sync.WaitGroup

	mu   sync.Mutex
	seen map[runtime.ID]runtime.Rev
	more chan struct{}
}

// watch returns after the records have been loaded for the first time.
func (t *trial) watch(ids ...runtime.ID) *watch {
	changed, stop := t.watcher.Watch(ids...)
	w := &watch{trial: t, stop: stop, ended: make(chan struct{}), seen: map[runtime.ID]runtime.Rev{}, more: make(chan struct{}, 1)}
	w.look(ids)
	w.done.Go(func() {
		for {
			select {
			case <-changed:
				w.look(ids)
			case <-w.ended:
				return
			}
		}
	})
	return w
}

func (w *watch) look(ids []runtime.ID) {
	for _, id := range ids {
		rec, err := w.store.Load(w.Context(), id)
		if err != nil && !errors.Is(err, runtime.ErrGone) && !errors.Is(err, runtime.ErrNotFound) {
			w.Errorf("Load after a reported change: got %s", describe(err))
		}
		w.mu.Lock()
		w.seen[id] = rec.Rev
		w.mu.Unlock()
	}
	select {
	case w.more <- struct{}{}:
	default:
	}
}

// sees waits until a revision has been loaded.
func (w *watch) sees(id runtime.ID, want runtime.Rev) {
	w.Helper()
	timer := time.NewTimer(w.load.patience)
	defer timer.Stop()
	for {
		w.mu.Lock()
		got := w.seen[id]
		w.mu.Unlock()
		if got == want {
			return
		}
		select {
		case <-w.more:
		case <-timer.C:
			w.Errorf("Watch: did not report a change for %v, or reported it before it could be loaded", w.load.patience)
			return
		}
	}
}

func (w *watch) end() {
	w.stop()
	close(w.ended)
	w.done.Wait()
}
