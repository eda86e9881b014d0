package storetest

import (
	"context"
	"slices"
	"sync"

	"github.com/sessiongen/sessiongen/runtime"
)

// telling is a naive store that is a runtime.Watcher.
type telling struct {
	*naive
	mu       sync.Mutex
	watchers []*listener
}

type listener struct {
	ids     []runtime.ID
	told    chan struct{}
	stopped chan struct{}
}

func newTelling(clock *Clock, flaw flaw) *telling { return &telling{naive: newNaive(clock, flaw)} }

func (s *telling) Watch(ids ...runtime.ID) (<-chan struct{}, func()) {
	l := &listener{ids, make(chan struct{}, 1), make(chan struct{})}
	if s.has("watch tells of one of its records") {
		l.ids = ids[:1]
	}
	if s.has("watch waits for a watcher that does not receive") {
		l.told = make(chan struct{})
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.has("watch notifies only the latest watcher") {
		s.watchers = nil
	}
	s.watchers = append(s.watchers, l)
	return l.told, func() {
		close(l.stopped)
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.has("watch stops for all") {
			s.watchers = nil
		}
		s.watchers = slices.DeleteFunc(s.watchers, func(other *listener) bool { return other == l })
	}
}

// tell notifies the watchers of a record.
func (s *telling) tell(id runtime.ID) {
	s.mu.Lock()
	watchers := slices.Clone(s.watchers)
	s.mu.Unlock()
	for _, l := range watchers {
		if !slices.Contains(l.ids, id) {
			continue
		}
		if s.has("watch waits for a watcher that does not receive") {
			select {
			case l.told <- struct{}{}:
			case <-l.stopped:
			}
			continue
		}
		select {
		case l.told <- struct{}{}:
		default:
		}
	}
}

// after makes a call that changes a record, and notifies the watchers.
func (s *telling) after(id runtime.ID, silent flaw, change func() error) error {
	if s.has("watch tells before the change") {
		s.tell(id)
		pause(context.Background())
		return change()
	}
	err := change()
	if !s.has(silent) {
		s.tell(id)
	}
	return err
}

func (s *telling) Create(ctx context.Context, id runtime.ID, rec runtime.Record, ttl runtime.TTL) error {
	return s.after(id, "watch is silent about create", func() error { return s.naive.Create(ctx, id, rec, ttl) })
}

func (s *telling) Update(ctx context.Context, id runtime.ID, old runtime.Rev, rec runtime.Record, ttl runtime.TTL) error {
	return s.after(id, "watch is silent about update", func() error { return s.naive.Update(ctx, id, old, rec, ttl) })
}

func (s *telling) Delete(ctx context.Context, id runtime.ID) error {
	return s.after(id, "watch is silent about delete", func() error { return s.naive.Delete(ctx, id) })
}

func (s *telling) Revoke(ctx context.Context, t runtime.Term, keep runtime.ID) (count int, err error) {
	count, err = s.naive.Revoke(ctx, t, keep)
	if !s.has("watch is silent about revoke") {
		s.tellAll()
	}
	return count, err
}

func (s *telling) RevokeAll(ctx context.Context, prefix string) (count int, err error) {
	count, err = s.naive.RevokeAll(ctx, prefix)
	if !s.has("watch is silent about revoke all") {
		s.tellAll()
	}
	return count, err
}

// tellAll notifies all watchers, as a store may do at any time.
func (s *telling) tellAll() {
	s.mu.Lock()
	watchers := slices.Clone(s.watchers)
	s.mu.Unlock()
	for _, l := range watchers {
		for _, id := range l.ids {
			s.tell(id)
		}
	}
}
