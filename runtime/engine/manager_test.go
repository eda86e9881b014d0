package engine_test

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"testing"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/internal/shop"
	"github.com/sessiongen/sessiongen/runtime/internal/testsite"
	"github.com/sessiongen/sessiongen/runtime/memstore"
)

type cautious struct {
	*memstore.Store
	caveat string
}

func (c cautious) Caveat() string { return c.caveat }

func TestAStoreWithACaveatIsNoticedAtStart(t *testing.T) {
	store := memstore.New()
	t.Cleanup(func() { store.Close() })
	for caveat, want := range map[string]int{"keeps sessions apart on Sundays only": 1, "": 0} {
		var events []runtime.Event
		_, err := shop.NewVisitorManager(cautious{store, caveat}, runtime.WithKeys(testsite.Keys),
			runtime.WithEvents(func(_ context.Context, e runtime.Event) { events = append(events, e) }))
		if err != nil {
			t.Fatal(err)
		}
		testsite.Equal(t, len(events), want, "events")
		for _, e := range events {
			testsite.Equal(t, e.Kind, runtime.EventStoreCaveat, "kind")
			testsite.Equal(t, e.Reason, caveat, "reason")
			testsite.Equal(t, e.Schema, "visitor", "schema")
		}
	}
}

// Nobody has to ask for it: without a hook it is a warning in the log.
func TestACaveatIsLoggedAsAWarning(t *testing.T) {
	var log bytes.Buffer
	store := memstore.New()
	t.Cleanup(func() { store.Close() })
	_, err := shop.NewVisitorManager(cautious{store, "on Sundays only"}, runtime.WithKeys(testsite.Keys),
		runtime.WithEvents(runtime.LogEvents(slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelWarn})))))
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{"level=WARN", "store with a caveat", "on Sundays only"} {
		if !strings.Contains(log.String(), part) {
			t.Errorf("the log lacks %q: %s", part, &log)
		}
	}
}
