package runtime

import (
	"context"
	"sync"
	"time"
)

// deadlineContext is a context.WithDeadline that costs nothing until somebody
// waits for it: a store in memory never does. It lives inside the session, and a
// store may still look at it when its call is over, so every field is guarded.
type deadlineContext struct {
	mu       sync.Mutex
	parent   context.Context
	detached bool // only the parent's values count
	looked   bool // somebody has asked for Err
	deadline time.Time
	timed    context.Context
	cancel   context.CancelFunc
}

// start gives the context a parent and a deadline. Detached, it goes on when the
// parent ends.
func (c *deadlineContext) start(parent context.Context, deadline time.Time, detached bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.parent, c.detached, c.deadline, c.looked = parent, detached, deadline, false
}

// used says that somebody has waited for the context, and may do so still: it has
// ended for good then.
func (c *deadlineContext) used() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.timed != nil
}

// stop frees what waiting cost.
func (c *deadlineContext) stop() {
	c.mu.Lock()
	cancel := c.cancel
	c.mu.Unlock()
	if cancel != nil {
		cancel() // without the lock: it may come back for a value
	}
}

func (c *deadlineContext) materialize() context.Context {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.timed == nil {
		parent := c.parent
		if c.detached {
			parent = context.WithoutCancel(parent)
		}
		c.timed, c.cancel = context.WithDeadline(parent, c.deadline)
	}
	return c.timed
}

func (c *deadlineContext) Deadline() (time.Time, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if earlier, has := c.parent.Deadline(); has && !c.detached && earlier.Before(c.deadline) {
		return earlier, true
	}
	return c.deadline, true
}

func (c *deadlineContext) Done() <-chan struct{} { return c.materialize().Done() }

func (c *deadlineContext) Err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.timed != nil {
		return c.timed.Err()
	}
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

func (c *deadlineContext) Value(key any) any {
	c.mu.Lock()
	values := c.parent
	if c.timed != nil {
		values = c.timed // which package context recognises, and needs no goroutine to follow
	}
	c.mu.Unlock()
	return values.Value(key)
}
