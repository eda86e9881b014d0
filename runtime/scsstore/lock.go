package scsstore

import (
	"context"
	"fmt"
	"hash/maphash"
	"sync"

	"github.com/sessiongen/sessiongen/runtime"
)

// locks are one for each key that is in use. Who waits for one waits for nobody
// else's, and no longer than its context lasts.
type locks struct {
	stripes [64]stripe
}

type stripe struct {
	mu    sync.Mutex
	inUse map[string]*lock
}

type lock struct {
	free chan struct{} // holds one value while nobody has the lock
	uses int           // who has it or waits for it
}

var seed = maphash.MakeSeed()

// lock waits for the lock of a key. The function that it returns lets go of it.
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

// locked calls f with the lock of a session. It returns when f does or when ctx
// ends, but the lock is held until f has returned: the underlying store may not
// be able to let go of a call, and what it does late must not meet another's.
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

// await calls f and waits for it or for ctx.
func await[T any](ctx context.Context, f func() (T, error)) (T, error) {
	type answer struct {
		value T
		err   error
	}
	answered := make(chan answer, 1)
	go func() {
		var a answer
		defer func() {
			// A panic here would end the program, and not only a request.
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
