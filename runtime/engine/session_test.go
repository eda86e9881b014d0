package engine

import (
	"context"
	"testing"
	"time"

	sessionruntime "github.com/sessiongen/sessiongen/runtime"
)

// What a driver waits for stays ended when the session makes its next call.
func TestDoneContextStaysDone(t *testing.T) {
	s := &Session{manager: &Manager{options: sessionruntime.Options{Timeout: time.Hour}}}
	s.startDeadline(t.Context(), false)
	first := s.deadline
	child, cancel := context.WithCancel(first) // as database/sql does with each query
	defer cancel()
	first.Stop()
	s.startDeadline(t.Context(), true) // the next call to the store
	<-first.Done()
	<-child.Done()
	if first.Err() == nil || s.deadline.Err() != nil {
		t.Errorf("the first call's: %v, the next one's: %v", first.Err(), s.deadline.Err())
	}
}
