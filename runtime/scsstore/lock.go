package scsstore

import (
	"context"
	"fmt"
	"hash/maphash"
	"sync"

	"github.com/sessiongen/sessiongen/runtime"
)

// locks has one lock for each key in use. A call that waits for a key does not wait for
// any other key, and waits no longer than its context lasts.
type locks struct {
	stripes [64]stripe
}

type stripe struct {
	mu    sync.Mutex
	inUse map[string]*lock
}

type lock struct {
	free chan struct{} // holds one value while the lock is free
	uses int           // number of calls that hold the lock or wait for it
}

var seed = maphash.MakeSeed()

// lock acquires the lock of a key. The function that it returns releases the lock.
func (l *locks) lock(ctx context.Context, key string) (unlock func(), err error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s := &l.stripes[maphash.String(seed, key)%uint64(len(l.stripes))]
	s.mu.Lock()
	k := s.inUse[key]
	if k == nil {
		if s.inUse == nil {
			s.inUse = map[string]*lock{}
		}
		k = &lock{free: make(chan struct{}, 1)}
		k.free <- struct{}{}
		s.inUse[key] = k
	}
	k.uses++
	s.mu.Unlock()

	leave := func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if k.uses--; k.uses == 0 {
			delete(s.inUse, key)
		}
	}
	select {
	case <-k.free:
		return func() {
			k.free <- struct{}{}
			leave()
		}, nil
	case <-ctx.Done():
		leave()
		return nil, ctx.Err()
	}
}

// locked calls f with the lock of a session held. It returns when f does or when ctx ends,
// but the lock stays held until f has returned: the underlying store may be unable to
// interrupt a call, whose late effect must not interfere with another call.
func locked[T any](s *Store, ctx context.Context, id runtime.ID, f func() (T, error)) (T, error) {
	unlock, err := s.locks.lock(ctx, recordKey(id))
	if err != nil {
		var none T
		return none, err
	}
	return await(ctx, func() (T, error) {
		defer unlock()
		return f()
	})
}

// await calls f and waits until it returns or ctx ends.
func await[T any](ctx context.Context, f func() (T, error)) (T, error) {
	type answer struct {
		value T
		err   error
	}
	answered := make(chan answer, 1)
	go func() {
		var a answer
		defer func() {
			// A panic in this goroutine would end the program instead of the request.
			if p := recover(); p != nil {
				a.err = fmt.Errorf("scsstore: the scs store panicked: %v", p)
			}
			answered <- a
		}()
		a.value, a.err = f()
	}()
	select {
	case a := <-answered:
		return a.value, a.err
	case <-ctx.Done():
		var none T
		return none, ctx.Err()
	}
}
