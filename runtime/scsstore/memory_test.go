package scsstore_test

import (
	"context"
	"maps"
	"strings"
	"sync"
	"testing"
	"time"
)

// memory is a store for scs that works like its memstore: it overwrites values without a
// condition, and drops a value at its expiry.
type memory struct {
	mu     sync.Mutex
	now    func() time.Time
	values map[string]value
	before func(call, key string) error // called without the lock; an error replaces the call
}

type value struct {
	b      []byte
	expiry time.Time
}

func newMemory(now func() time.Time) *memory {
	return &memory{now: now, values: map[string]value{}}
}

func (m *memory) call(name, key string) error {
	m.mu.Lock()
	before := m.before
	m.mu.Unlock()
	if before != nil {
		return before(name, key)
	}
	return nil
}

// stand sets a function to call before each call.
func (m *memory) stand(f func(call, key string) error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.before = f
}

func (m *memory) Find(key string) ([]byte, bool, error) {
	if err := m.call("Find", key); err != nil {
		return nil, false, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	v, found := m.values[key]
	if !found || !m.now().Before(v.expiry) {
		return nil, false, nil
	}
	return v.b, true, nil
}

func (m *memory) Commit(key string, b []byte, expiry time.Time) error {
	if err := m.call("Commit", key); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.values[key] = value{b, expiry}
	return nil
}

func (m *memory) Delete(key string) error {
	if err := m.call("Delete", key); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.values, key)
	return nil
}

// All is the method of scs's IterableStore.
func (m *memory) All() (map[string][]byte, error) {
	if err := m.call("All", ""); err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	all := map[string][]byte{}
	for key, v := range m.values {
		if m.now().Before(v.expiry) {
			all[key] = v.b
		}
	}
	return all, nil
}

// under returns the values whose keys begin with a prefix.
func (m *memory) under(prefix string) map[string]value {
	m.mu.Lock()
	defer m.mu.Unlock()
	found := maps.Clone(m.values)
	maps.DeleteFunc(found, func(key string, _ value) bool { return !strings.HasPrefix(key, prefix) })
	return found
}

// withContexts is a memory that implements scs's CtxStore. Its calls take a moment and end with
// their context, a Commit possibly after it has taken effect.
type withContexts struct {
	*memory
	t testing.TB
}

func (m withContexts) FindCtx(ctx context.Context, key string) ([]byte, bool, error) {
	if err := ctx.Err(); err != nil {
		return nil, false, err
	}
	b, found, err := m.memory.Find(key)
	if err := ctx.Err(); err != nil {
		return nil, false, err
	}
	return b, found, err
}

func (m withContexts) CommitCtx(ctx context.Context, key string, b []byte, expiry time.Time) error {
	if ctx.Done() != nil {
		m.t.Error("CommitCtx is given a context that can end: what it would leave behind could undo a later write")
	}
	return m.memory.Commit(key, b, expiry)
}

func (m withContexts) DeleteCtx(ctx context.Context, key string) error { return m.memory.Delete(key) }

func (m withContexts) Find(string) ([]byte, bool, error) {
	m.t.Error("Find is called although there is a FindCtx")
	return nil, false, nil
}

func (m withContexts) Commit(string, []byte, time.Time) error {
	m.t.Error("Commit is called although there is a CommitCtx")
	return nil
}

func (m withContexts) AllCtx(ctx context.Context) (map[string][]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return m.memory.All()
}

func (m withContexts) All() (map[string][]byte, error) {
	m.t.Error("All is called although there is an AllCtx")
	return nil, nil
}
