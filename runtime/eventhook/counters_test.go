package eventhook_test

import (
	"bytes"
	"context"
	"encoding/json"
	"expvar"
	"log"
	"log/slog"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/eventhook"
	"github.com/sessiongen/sessiongen/runtime/internal/shop"
	"github.com/sessiongen/sessiongen/runtime/internal/testsite"
)

// counted is expvar's: what is published there cannot be taken back, so that a test that
// runs twice publishes once.
var counted = new(eventhook.Counters)

func init() { expvar.Publish("sessiongen_test_sessions", counted) }

func TestCountersCountWhatSeveralGoroutinesRecord(t *testing.T) {
	const goroutines, each = 16, 500
	var counters eventhook.Counters
	var all sync.WaitGroup
	for i := range goroutines {
		all.Go(func() {
			schema := []string{"visitor", "guest"}[i%2]
			for range each {
				counters.Record(t.Context(), runtime.Event{Schema: schema, Kind: runtime.EventCreated})
				counters.Record(t.Context(), runtime.Event{Schema: schema, Kind: runtime.EventNotAdopted})
				_ = counters.String()
			}
			counters.Record(t.Context(), runtime.Event{Schema: schema, Kind: 255})
		})
	}
	all.Wait()
	for kind, want := range map[runtime.EventKind]int64{
		runtime.EventCreated: goroutines * each, runtime.EventNotAdopted: goroutines * each, runtime.EventExpired: 0, 255: goroutines,
	} {
		if got := counters.Count(kind); got != want {
			t.Errorf("%v: %d were counted, want %d", kind, got, want)
		}
	}
	visitor := counters.Snapshot()["visitor"]
	if visitor["created"] != goroutines*each/2 || visitor["unknown"] != goroutines/2 {
		t.Errorf("of one of the two schemas there are %v", visitor)
	}
	if zero, listed := visitor["expired"]; !listed || zero != 0 {
		t.Error("a kind that did not happen is not there as 0")
	}
}

func TestCountersAreAnExpvar(t *testing.T) {
	s := testsite.New(t, runtime.WithEvents(counted.Record))
	created := counted.Count(runtime.EventCreated)
	b := s.Browser()
	b.Visit(func(v *shop.Visitor) { v.SetUserID(7) })
	b.Visit((*shop.Visitor).Renew)
	w := httptest.NewRecorder()
	expvar.Handler().ServeHTTP(w, httptest.NewRequest("GET", "/debug/vars", nil))
	var published struct {
		Sessions map[string]map[string]int64 `json:"sessiongen_test_sessions"`
	}
	if err := json.Unmarshal(w.Body.Bytes(), &published); err != nil {
		t.Fatalf("what expvar serves is not JSON: %v", err)
	}
	visitor := published.Sessions["visitor"]
	if visitor["created"] != created+1 || visitor["renewed"] < 1 {
		t.Errorf("after a session was created and renewed, expvar says %v", visitor)
	}
	if empty := new(eventhook.Counters).String(); empty != "{}" {
		t.Errorf("without any event, the counters are %s", empty)
	}
}

func TestCountingAllocatesNothing(t *testing.T) {
	var counters eventhook.Counters
	e := runtime.Event{Schema: "visitor", Kind: runtime.EventConflict}
	counters.Record(t.Context(), e)
	ctx := t.Context()
	if n := testing.AllocsPerRun(100, func() { counters.Record(ctx, e) }); n != 0 {
		t.Errorf("counting an event costs %v allocations", n)
	}
}

func TestJoinedHooksAllHear(t *testing.T) {
	var heard []string
	hook := func(name string) func(context.Context, runtime.Event) {
		return func(_ context.Context, e runtime.Event) { heard = append(heard, name+" "+e.Kind.String()) }
	}
	joined := eventhook.Join(hook("first"), nil, hook("second"))
	joined(t.Context(), runtime.Event{Kind: runtime.EventGone})
	if got := strings.Join(heard, ", "); got != "first gone, second gone" {
		t.Errorf("heard: %s", got)
	}
	eventhook.Join()(t.Context(), runtime.Event{})
}

// Without WithEvents, each event is one line of slog.Default(): with the session's ID, by
// which its lines are found, and without its token.
func TestTheDefaultHookLogsOneLineForEachEvent(t *testing.T) {
	var lines bytes.Buffer
	before, flags, writer := slog.Default(), log.Flags(), log.Writer()
	slog.SetDefault(slog.New(slog.NewTextHandler(&lines, &slog.HandlerOptions{Level: slog.LevelDebug})))
	t.Cleanup(func() {
		slog.SetDefault(before)
		log.SetFlags(flags) // slog.SetDefault took these, and does not give them back
		log.SetOutput(writer)
	})

	s := testsite.New(t)
	var err error
	if s.Visitors, err = shop.NewVisitorManager(s.Store, runtime.WithKeys(testsite.Keys), runtime.WithClock(s.Clock.Now)); err != nil {
		t.Fatal(err)
	}
	b := s.Browser()
	b.Visit(func(v *shop.Visitor) { v.SetUserID(7) })
	id, first := testsite.IDOf(b).String(), b.Cookies[testsite.SessionCookie]
	b.Visit((*shop.Visitor).Renew)
	second := b.Cookies[testsite.SessionCookie]
	b.Visit((*shop.Visitor).Destroy)

	for _, said := range []string{"session created", "session renewed", "session destroyed"} {
		line, rest, _ := strings.Cut(lines.String(), "\n")
		lines.Reset()
		lines.WriteString(rest)
		if !strings.Contains(line, said) || strings.Count(line, id) != 1 || !strings.Contains(line, "session.schema=visitor") {
			t.Errorf("the line of %q is %q", said, line)
		}
		for _, token := range []string{first, second} {
			if token == "" || strings.Contains(line, token[22:]) {
				t.Errorf("a token's secret is in the line of %q", said)
			}
		}
	}
	if lines.Len() > 0 {
		t.Errorf("there are more lines than events: %s", lines.String())
	}
}
