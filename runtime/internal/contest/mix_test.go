package contest_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/internal/contest"
	"github.com/sessiongen/sessiongen/runtime/memstore"
)

// flawed is a store that breaks one rule of runtime.Store.
type flawed struct {
	*memstore.Store
	load   func(context.Context, runtime.ID) (runtime.Record, error)
	update func(context.Context, runtime.ID, runtime.Rev, runtime.Record, runtime.TTL) error
	revoke func(context.Context, runtime.Term, runtime.ID) (int, error)
}

func (f *flawed) Load(ctx context.Context, id runtime.ID) (runtime.Record, error) {
	if f.load == nil {
		return f.Store.Load(ctx, id)
	}
	return f.load(ctx, id)
}

func (f *flawed) Update(ctx context.Context, id runtime.ID, old runtime.Rev, rec runtime.Record, ttl runtime.TTL) error {
	if f.update == nil {
		return f.Store.Update(ctx, id, old, rec, ttl)
	}
	return f.update(ctx, id, old, rec, ttl)
}

func (f *flawed) Revoke(ctx context.Context, t runtime.Term, keep runtime.ID) (int, error) {
	if f.revoke == nil {
		return f.Store.Revoke(ctx, t, keep)
	}
	return f.revoke(ctx, t, keep)
}

var flaws = map[string]func(f *flawed){
	"a deleted session leaves no tombstone": func(f *flawed) {
		f.load = func(ctx context.Context, id runtime.ID) (runtime.Record, error) {
			rec, err := f.Store.Load(ctx, id)
			if errors.Is(err, runtime.ErrGone) {
				err = runtime.ErrNotFound
			}
			return rec, err
		}
	},
	"Update brings a deleted session back": func(f *flawed) {
		var revived sync.Map
		f.update = func(ctx context.Context, id runtime.ID, old runtime.Rev, rec runtime.Record, ttl runtime.TTL) error {
			err := f.Store.Update(ctx, id, old, rec, ttl)
			if errors.Is(err, runtime.ErrGone) {
				rec.Idle, rec.Life = time.Hour, time.Hour
				revived.Store(id, rec)
				return nil
			}
			return err
		}
		f.load = func(ctx context.Context, id runtime.ID) (runtime.Record, error) {
			if rec, found := revived.Load(id); found {
				return rec.(runtime.Record), nil
			}
			return f.Store.Load(ctx, id)
		}
	},
	"Update overwrites what others have written": func(f *flawed) {
		f.update = func(ctx context.Context, id runtime.ID, old runtime.Rev, rec runtime.Record, ttl runtime.TTL) error {
			err := f.Store.Update(ctx, id, old, rec, ttl)
			if errors.Is(err, runtime.ErrConflict) {
				newest, err := f.Store.Load(ctx, id)
				if err != nil {
					return err
				}
				return f.Store.Update(ctx, id, newest.Rev, rec, ttl)
			}
			return err
		}
	},
	"Load reads from a replica that lags": func(f *flawed) {
		var before sync.Map
		f.load = func(ctx context.Context, id runtime.ID) (runtime.Record, error) {
			rec, err := f.Store.Load(ctx, id)
			if err != nil {
				return rec, err
			}
			if earlier, found := before.Swap(id, rec); found {
				return earlier.(runtime.Record), nil
			}
			return rec, nil
		}
	},
	"Revoke misses a session": func(f *flawed) {
		f.revoke = func(ctx context.Context, t runtime.Term, keep runtime.ID) (int, error) {
			ids, _, err := f.Store.List(ctx, t, runtime.ID{}, 1)
			if err == nil && len(ids) == 1 && keep == (runtime.ID{}) {
				keep = ids[0]
			}
			n, err := f.Store.Revoke(ctx, t, keep)
			return n, err
		}
	},
}

// The mix is red within seconds on stores that break a rule, and says what it has seen.
func TestMixFindsFlawedStores(t *testing.T) {
	for name, flaw := range flaws {
		t.Run(name, func(t *testing.T) {
			f := &flawed{Store: memstore.New()}
			t.Cleanup(func() { f.Store.Close() })
			flaw(f)
			found := &findings{TB: t}
			start := time.Now()
			contest.Mix(found, contest.Ground{Open: func(testing.TB) runtime.Store { return f }}, time.Minute)
			took := time.Since(start)
			if !found.Failed() || took > 30*time.Second {
				t.Errorf("found after %v: %q", took, found.first)
			}
			t.Logf("red after %v: %s", took.Round(time.Millisecond), found.first)
		})
	}
}

// findings keeps the errors of a mix from failing the test.
type findings struct {
	testing.TB
	mu    sync.Mutex
	first string
}

func (f *findings) Errorf(format string, arguments ...any) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.first == "" {
		f.first = fmt.Sprintf(format, arguments...)
	}
}

func (f *findings) Failed() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.first != ""
}

func (f *findings) Logf(string, ...any) {}
