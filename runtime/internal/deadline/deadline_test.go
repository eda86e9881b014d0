package deadline

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

func TestDeadlineContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		type key struct{}
		parent, cancel := context.WithCancel(context.WithValue(t.Context(), key{}, "value"))
		var c Context
		c.Start(parent, time.Now().Add(time.Second), false)
		if c.Value(key{}) != "value" || c.Err() != nil {
			t.Error("the parent is not there")
		}
		<-time.After(2 * time.Second)
		if !errors.Is(c.Err(), context.DeadlineExceeded) {
			t.Errorf("after the deadline, nobody waiting: %v", c.Err())
		}
		c.Start(parent, time.Now().Add(time.Second), false)
		child, stop := context.WithCancel(&c)
		defer stop()
		<-child.Done()
		if !errors.Is(child.Err(), context.DeadlineExceeded) {
			t.Errorf("a child after the deadline: %v", child.Err())
		}
		var attached Context
		attached.Start(parent, time.Now().Add(time.Hour), false)
		cancel()
		<-attached.Done()
		if !errors.Is(attached.Err(), context.Canceled) {
			t.Errorf("after the parent ended: %v", attached.Err())
		}
		var detached Context
		detached.Start(parent, time.Now().Add(time.Hour), true)
		if detached.Err() != nil || detached.Value(key{}) != "value" {
			t.Errorf("detached from a parent that has ended: %v", detached.Err())
		}
		child, stop = context.WithCancel(&detached)
		defer stop()
		<-child.Done()
		if !errors.Is(child.Err(), context.DeadlineExceeded) {
			t.Errorf("a detached child after the deadline: %v", child.Err())
		}
	})
}
