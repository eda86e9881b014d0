package deadline

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// Context is a context.WithDeadline that costs nothing until a caller waits for it. A store in
// memory never does. The context is a part of the session, and a store may still use it after
// its call, so every field is guarded.
type Context struct {
	mu       sync.Mutex
	parent   context.Context
	detached bool // only the values of the parent count
	looked   bool // Err was called
	deadline time.Time
	timed    atomic.Pointer[timedContext]
}

// timedContext is created for the first caller that waits.
type timedContext struct {
	context.Context
	cancel context.CancelFunc
}

// Start sets the parent and the deadline. A detached context continues when the parent ends.
func (c *Context) Start(parent context.Context, deadline time.Time, detached bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.parent, c.detached, c.deadline, c.looked = parent, detached, deadline, false
}

// Used reports whether a caller has waited for the context, and may still do so. Such a context
// cannot be started again.
func (c *Context) Used() bool { return c.timed.Load() != nil }

// Stop releases the resources of waiting.
func (c *Context) Stop() {
	if timed := c.timed.Load(); timed != nil {
		timed.cancel()
	}
}

func (c *Context) materialize() context.Context {
	c.mu.Lock()
	defer c.mu.Unlock()
	timed := c.timed.Load()
	if timed == nil {
		parent := c.parent
		if c.detached {
			parent = context.WithoutCancel(parent)
		}
		timed = new(timedContext)
		timed.Context, timed.cancel = context.WithDeadline(parent, c.deadline)
		c.timed.Store(timed)
	}
	return timed.Context
}

// Deadline returns the deadline, or that of the parent if it is earlier.
func (c *Context) Deadline() (time.Time, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if earlier, has := c.parent.Deadline(); has && !c.detached && earlier.Before(c.deadline) {
		return earlier, true
	}
	return c.deadline, true
}

// Done returns the channel of a real context, which it creates on the first call.
func (c *Context) Done() <-chan struct{} { return c.materialize().Done() }

// Err returns an error once the deadline has passed or the parent has ended.
func (c *Context) Err() error {
	if timed := c.timed.Load(); timed != nil {
		return timed.Err()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.parent.Err(); err != nil && !c.detached {
		return err
	}
	// The first call comes right after Start, and a store in memory makes no second one. Reading
	// the clock would cost such a store more than the rest of the context.
	if c.looked && time.Now().After(c.deadline) {
		return context.DeadlineExceeded
	}
	c.looked = true
	return nil
}

// Value returns the value of the parent.
func (c *Context) Value(key any) any {
	c.mu.Lock()
	values := c.parent
	c.mu.Unlock()
	if timed := c.timed.Load(); timed != nil {
		values = timed.Context // package context recognises it and starts no goroutine
	}
	return values.Value(key)
}
