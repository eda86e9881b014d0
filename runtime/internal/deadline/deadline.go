package deadline

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// Context is a context.WithDeadline that costs nothing until somebody
// waits for it: a store in memory never does. It lives inside the session, and a
// store may still look at it when its call is over, so every field is guarded.
type Context struct {
	mu       sync.Mutex
	parent   context.Context
	detached bool // only the parent's values count
	looked   bool // somebody has asked for Err
	deadline time.Time
	timed    atomic.Pointer[timedContext]
}

// timedContext is what somebody waits for.
type timedContext struct {
	context.Context
	cancel context.CancelFunc
}

// Start gives the context a parent and a deadline. Detached, it goes on when the
// parent ends.
func (c *Context) Start(parent context.Context, deadline time.Time, detached bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.parent, c.detached, c.deadline, c.looked = parent, detached, deadline, false
}

// Used says that somebody has waited for the context, and may do so still: it has
// ended for good then.
func (c *Context) Used() bool { return c.timed.Load() != nil }

// Stop frees what waiting cost.
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

func (c *Context) Deadline() (time.Time, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if earlier, has := c.parent.Deadline(); has && !c.detached && earlier.Before(c.deadline) {
		return earlier, true
	}
	return c.deadline, true
}

func (c *Context) Done() <-chan struct{} { return c.materialize().Done() }

func (c *Context) Err() error {
	if timed := c.timed.Load(); timed != nil {
		return timed.Err()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.parent.Err(); err != nil && !c.detached {
		return err
	}
	// The first look comes right after the start, and a store in memory takes no second one:
	// a look at the clock would cost it more than the context.
	if c.looked && time.Now().After(c.deadline) {
		return context.DeadlineExceeded
	}
	c.looked = true
	return nil
}

func (c *Context) Value(key any) any {
	c.mu.Lock()
	values := c.parent
	c.mu.Unlock()
	if timed := c.timed.Load(); timed != nil {
		values = timed.Context // which package context recognises, and needs no goroutine to follow
	}
	return values.Value(key)
}
