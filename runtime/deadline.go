package runtime

import (
	"context"
	"sync"
	"time"
)

// deadlineContext is a context.WithDeadline that costs nothing until somebody
// waits for it: a store in memory never does. It lives inside the session.
type deadlineContext struct {
	parent   context.Context
	deadline time.Time

	mu     sync.Mutex
	timed  context.Context
	cancel context.CancelFunc
}

// start gives the context a new parent and deadline; the time before it is over.
func (c *deadlineContext) start(parent context.Context, timeout time.Duration) {
	c.stop()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.parent, c.deadline, c.timed, c.cancel = parent, time.Now().Add(timeout), nil, nil
}

// stop frees what waiting cost.
func (c *deadlineContext) stop() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.cancel != nil {
		c.cancel()
	}
}

func (c *deadlineContext) materialize() context.Context {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.timed == nil {
		c.timed, c.cancel = context.WithDeadline(c.parent, c.deadline)
	}
	return c.timed
}

func (c *deadlineContext) Deadline() (time.Time, bool) {
	if earlier, has := c.parent.Deadline(); has && earlier.Before(c.deadline) {
		return earlier, true
	}
	return c.deadline, true
}

func (c *deadlineContext) Done() <-chan struct{} { return c.materialize().Done() }

func (c *deadlineContext) Err() error {
	c.mu.Lock()
	timed := c.timed
	c.mu.Unlock()
	if timed != nil {
		return timed.Err()
	}
	if err := c.parent.Err(); err != nil {
		return err
	}
	if time.Now().After(c.deadline) {
		return context.DeadlineExceeded
	}
	return nil
}

func (c *deadlineContext) Value(key any) any { return c.parent.Value(key) }
