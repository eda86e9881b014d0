package storetest

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/sessiongen/sessiongen/runtime"
)

// ErrReplyLost is an error for the function that [Faulty] gets. The call then takes effect, and
// its caller gets ErrReplyLost instead of the answer.
var ErrReplyLost = errors.New("storetest: reply lost")

// Faulty wraps a store so that its calls can fail. Before each call, it calls fault with the
// name of the method (Create, Load, Update, Touch, Delete, List, Revoke, RevokeAll) and the number of the
// call, counted from 1 over all methods. If fault returns nil, the call is made. If fault
// returns an error, the call returns that error and, except for [ErrReplyLost], has no effect.
//
// The wrapped store is a [runtime.Indexer] if store is one, and reports the same as store for
// [runtime.Revoker], [runtime.SendsOnce] and [runtime.Watcher]. It is safe for use by several goroutines if store
// and fault are.
func Faulty(store runtime.Store, fault func(call string, n int) error) runtime.Store {
	f := &faulty{store: store, fault: fault}
	if index, ok := store.(runtime.Indexer); ok {
		return &faultyIndexer{faulty: f, index: index}
	}
	return f
}

type faulty struct {
	store runtime.Store
	fault func(call string, n int) error
	calls atomic.Int64
}

func (f *faulty) call(name string, made func() error) error {
	switch err := f.fault(name, int(f.calls.Add(1))); {
	case err == nil:
		return made()
	case errors.Is(err, ErrReplyLost):
		made()
		return err
	default:
		return err
	}
}

func (f *faulty) SendsOnce() bool {
	store, ok := f.store.(runtime.SendsOnce)
	return ok && store.SendsOnce()
}

func (f *faulty) Watch(ids ...runtime.ID) (changed <-chan struct{}, stop func()) {
	if store, ok := f.store.(runtime.Watcher); ok {
		return store.Watch(ids...)
	}
	return nil, func() {}
}

func (f *faulty) Create(ctx context.Context, id runtime.ID, rec runtime.Record, ttl runtime.TTL) error {
	return f.call("Create", func() error { return f.store.Create(ctx, id, rec, ttl) })
}

func (f *faulty) Load(ctx context.Context, id runtime.ID) (rec runtime.Record, err error) {
	err = f.call("Load", func() (err error) {
		rec, err = f.store.Load(ctx, id)
		return err
	})
	if err != nil {
		return runtime.Record{}, err
	}
	return rec, nil
}

func (f *faulty) Update(ctx context.Context, id runtime.ID, old runtime.Rev, rec runtime.Record, ttl runtime.TTL) error {
	return f.call("Update", func() error { return f.store.Update(ctx, id, old, rec, ttl) })
}

func (f *faulty) Touch(ctx context.Context, id runtime.ID, idle time.Duration) error {
	return f.call("Touch", func() error { return f.store.Touch(ctx, id, idle) })
}

func (f *faulty) Delete(ctx context.Context, id runtime.ID) error {
	return f.call("Delete", func() error { return f.store.Delete(ctx, id) })
}

// RevokeAll returns errors.ErrUnsupported if the wrapped store is no [runtime.Revoker].
func (f *faulty) RevokeAll(ctx context.Context, prefix string) (count int, err error) {
	store, ok := f.store.(runtime.Revoker)
	if !ok {
		return 0, fmt.Errorf("storetest: %T cannot revoke all sessions: %w", f.store, errors.ErrUnsupported)
	}
	err = f.call("RevokeAll", func() (err error) {
		count, err = store.RevokeAll(ctx, prefix)
		return err
	})
	if errors.Is(err, ErrReplyLost) {
		count = 0
	}
	return count, err
}

type faultyIndexer struct {
	*faulty
	index runtime.Indexer
}

func (f *faultyIndexer) List(ctx context.Context, t runtime.Term, after runtime.ID, max int) (ids []runtime.ID, records []runtime.Record, err error) {
	err = f.call("List", func() (err error) {
		ids, records, err = f.index.List(ctx, t, after, max)
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	return ids, records, nil
}

func (f *faultyIndexer) Revoke(ctx context.Context, t runtime.Term, keep runtime.ID) (count int, err error) {
	err = f.call("Revoke", func() (err error) {
		count, err = f.index.Revoke(ctx, t, keep)
		return err
	})
	if errors.Is(err, ErrReplyLost) {
		count = 0
	}
	return count, err
}
