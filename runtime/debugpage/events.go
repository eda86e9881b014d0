package debugpage

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"

	"github.com/sessiongen/sessiongen/runtime"
)

// Events keeps the last events in memory. Its Record is a hook for runtime.WithEvents,
// to be joined with others by runtime.JoinEvents. It is safe for several goroutines.
type Events struct {
	mu    sync.Mutex
	last  []recorded // a ring
	next  int        // where the next one goes
	total int
}

type recorded struct {
	runtime.Event
	at time.Time
}

// NewEvents keeps as many events as most says, and at least one.
func NewEvents(most int) *Events { return &Events{last: make([]recorded, max(most, 1))} }

// Record keeps an event, in place of the oldest one.
func (e *Events) Record(_ context.Context, event runtime.Event) {
	now := time.Now()
	e.mu.Lock()
	defer e.mu.Unlock()
	e.last[e.next] = recorded{event, now}
	e.next = (e.next + 1) % len(e.last)
	e.total++
}

// newestFirst returns what is kept.
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
	This                    bool // it is about the session that is shown
	Details                 []detail
}

// detail is what an event says besides.
type detail struct{ Name, Text string }

// count is how often a kind of event happened.
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

// row takes the details from what the event logs, so that the page and a log line say
// the same.
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
