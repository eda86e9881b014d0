package eventhook

import (
	"context"
	"encoding/json"
	"sync"
	"sync/atomic"

	"github.com/sessiongen/sessiongen/runtime"
)

// Counters counts events by schema and kind. The zero value is ready for use. Several goroutines
// and several managers may share one. It must not be copied. Its method Record is a hook:
//
//	counters := new(eventhook.Counters)
//	expvar.Publish("sessions", counters) // at /debug/vars
//	hook := eventhook.Join(runtime.LogEvents(slog.Default()), counters.Record)
//	visitors, err := web.NewVisitorManager(store, runtime.WithEvents(hook))
//
// OpenTelemetry has counters of its own, so a hook of a few lines takes the place of Counters:
//
//	meter := otel.Meter("example.com/shop")
//	events, err := meter.Int64Counter("session.events",
//		metric.WithDescription("What happened to sessions and cookies."), metric.WithUnit("{event}"))
//	if err != nil {
//		return err
//	}
//	count := func(ctx context.Context, e runtime.Event) {
//		events.Add(ctx, 1, metric.WithAttributes(
//			attribute.String("session.schema", e.Schema),
//			attribute.String("session.event", e.Kind.String()),
//		))
//	}
//	hook := eventhook.Join(runtime.LogEvents(slog.Default()), count)
//
// Do not make the ID an attribute: each of its values would be a time series.
type Counters struct {
	mu      sync.RWMutex // guards the map, not what is in it
	schemas map[string]*kindCounters
}

// kindCounters has one counter for each number that a kind may have.
type kindCounters [1 << 8]atomic.Int64

// unknown is what a number says that is no kind.
var unknown = runtime.EventKind(1<<8 - 1).String()

// Record counts one event.
func (c *Counters) Record(_ context.Context, e runtime.Event) {
	c.of(e.Schema)[e.Kind].Add(1)
}

func (c *Counters) of(schema string) *kindCounters {
	c.mu.RLock()
	found := c.schemas[schema]
	c.mu.RUnlock()
	if found != nil {
		return found
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if found = c.schemas[schema]; found == nil {
		if c.schemas == nil {
			c.schemas = map[string]*kindCounters{}
		}
		found = new(kindCounters)
		c.schemas[schema] = found
	}
	return found
}

// Count returns the number of events of a kind, of all schemas together.
func (c *Counters) Count(kind runtime.EventKind) int64 {
	c.mu.RLock()
	defer c.mu.RUnlock()
	var sum int64
	for _, counters := range c.schemas {
		sum += counters[kind].Load()
	}
	return sum
}

// Snapshot returns the counts by schema and by kind in words. From its first event on, a schema
// is listed with all kinds, so that a dashboard finds a 0 instead of a gap.
func (c *Counters) Snapshot() map[string]map[string]int64 {
	c.mu.RLock()
	defer c.mu.RUnlock()
	all := make(map[string]map[string]int64, len(c.schemas))
	for schema, counters := range c.schemas {
		kinds := map[string]int64{}
		for number := range counters {
			kind, count := runtime.EventKind(number).String(), counters[number].Load()
			if kind != unknown || count != 0 {
				kinds[kind] += count
			}
		}
		all[schema] = kinds
	}
	return all
}

// String returns the snapshot as JSON, which makes *Counters an expvar.Var:
// {"visitor":{"created":3,"renewed":1,…}}.
func (c *Counters) String() string {
	text, _ := json.Marshal(c.Snapshot()) // maps of strings and numbers always have a form
	return string(text)
}

// Join returns a hook that calls each of the hooks in turn. Nil hooks are left out.
func Join(hooks ...func(context.Context, runtime.Event)) func(context.Context, runtime.Event) {
	var present []func(context.Context, runtime.Event)
	for _, hook := range hooks {
		if hook != nil {
			present = append(present, hook)
		}
	}
	return func(ctx context.Context, e runtime.Event) {
		for _, hook := range present {
			hook(ctx, e)
		}
	}
}
