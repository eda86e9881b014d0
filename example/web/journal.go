package web

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/sessiongen/sessiongen/runtime"
)

// journal keeps the last events for the page that shows them.
type journal struct {
	mu     sync.Mutex
	events []happening
}

// happening is an event and when it was.
type happening struct {
	runtime.Event
	At time.Time
}

const maxEvents = 1000

// record is given to runtime.WithEvents, in place of what would write to the log:
// so it does that too.
func (j *journal) record(ctx context.Context, e runtime.Event) {
	runtime.LogEvents(slog.Default())(ctx, e)
	j.mu.Lock()
	defer j.mu.Unlock()
	if len(j.events) == maxEvents {
		j.events = slices.Delete(j.events, 0, maxEvents/2)
	}
	j.events = append(j.events, happening{e, time.Now()})
}

// of returns what happened to one session, the latest first.
func (j *journal) of(id runtime.ID) []happening {
	j.mu.Lock()
	defer j.mu.Unlock()
	var found []happening
	for _, h := range slices.Backward(j.events) {
		if h.ID == id && id != (runtime.ID{}) && len(found) < 8 {
			found = append(found, h)
		}
	}
	return found
}
