package debugpage

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"

	"github.com/sessiongen/sessiongen/runtime"
)

// Events keeps the last events in memory. Its method Record is a hook for
// [runtime.WithEvents], which [eventhook.Join] can join with others. Events is safe for
// use by several goroutines.
type Events struct {
	mu    sync.Mutex
	last  []recorded // a ring buffer
	next  int        // the position of the next event
	total int
}

type recorded struct {
	runtime.Event
	at time.Time
}

// NewEvents returns an Events that keeps up to most events, and at least one.
func NewEvents(most int) *Events { return &Events{last: make([]recorded, max(most, 1))} }

// Record keeps an event. If there is no space left, it replaces the oldest one.
func (e *Events) Record(_ context.Context, event runtime.Event) {
	now := time.Now()
	e.mu.Lock()
	defer e.mu.Unlock()
	e.last[e.next] = recorded{event, now}
	e.next = (e.next + 1) % len(e.last)
	e.total++
}

// newestFirst returns the events, the newest one first.
func (e *Events) newestFirst() []recorded {
	e.mu.Lock()
	defer e.mu.Unlock()
	kept := slices.Concat(e.last[e.next:], e.last[:e.next])
	slices.Reverse(kept)
	return kept[:min(e.total, len(kept))]
}

// event is a row of the table.
type event struct {
	moment
	Schema, Kind, Level, ID string
	This                    bool // the event is about the session on the page
	Details                 []detail
}

// detail is an attribute of an event.
type detail struct{ Name, Text string }

// count is the number of events of a kind.
type count struct {
	Schema, Kind string
	N            int64
}

func (s *settings) addEvents(v *view) {
	if v.Heard = s.events != nil; v.Heard {
		for _, e := range s.events.newestFirst() {
			v.Events = append(v.Events, v.row(e))
		}
	}
	if v.Counted = s.counters != nil; !v.Counted {
		return
	}
	for schema, kinds := range s.counters.Snapshot() {
		for kind, n := range kinds {
			if n > 0 {
				v.Kinds = append(v.Kinds, count{schema, kind, n})
			}
		}
	}
	slices.SortFunc(v.Kinds, func(a, b count) int {
		return cmp.Or(cmp.Compare(a.Schema, b.Schema), cmp.Compare(a.Kind, b.Kind))
	})
}

// row takes the details from the log value of the event, so that the page and a log line
// agree.
func (v *view) row(e recorded) event {
	r := event{moment: moment{At: e.at, now: v.Now}, Level: e.Level().String()}
	for _, a := range e.LogValue().Group() {
		switch text := printable(a.Value.String()); a.Key {
		case "schema":
			r.Schema = text
		case "kind":
			r.Kind = text
		case "id":
			r.ID, r.This = text, text == v.ID
		default:
			r.Details = append(r.Details, detail{a.Key, text})
		}
	}
	return r
}
