package sessiontest_test

import (
	"context"
	"testing"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/eventhook"
	"github.com/sessiongen/sessiongen/runtime/internal/shop"
	"github.com/sessiongen/sessiongen/runtime/sessiontest"
)

// Hooks receive the events of the handler, and none of this package's own accesses.
func TestEventsAreTheHandlers(t *testing.T) {
	counters := new(eventhook.Counters)
	visitors, err := shop.NewVisitorManager(sessiontest.NewStore(t, nil), runtime.WithKeys(sessiontest.Keys(t)),
		runtime.WithEvents(eventhook.Join(func(context.Context, runtime.Event) {}, counters.Record)))
	if err != nil {
		t.Fatal(err)
	}
	r := sessiontest.Request(t, visitors, "POST", "/", signedIn)
	if n := counters.Count(runtime.EventCreated); n != 0 {
		t.Errorf("%d sessions were created, and no handler has run", n)
	}
	r.Header.Set("Cookie", r.Header.Get("Cookie")+"; ticket=forged")
	answer := sessiontest.Serve(t, visitors, page(func(v *shop.Visitor) { _ = v.Ticket(); v.Renew() }), r)
	answer.WantRenewed()
	sessiontest.Serve(t, visitors, page(func(v *shop.Visitor) { v.Destroy() }), answer.Next("POST", "/")).WantDestroyed()
	for kind, want := range map[runtime.EventKind]int64{
		runtime.EventCreated: 0, runtime.EventCookieRefused: 1, runtime.EventRenewed: 1, runtime.EventStale: 0, runtime.EventDestroyed: 1, runtime.EventGone: 0, runtime.EventExpired: 0,
	} {
		if n := counters.Count(kind); n != want {
			t.Errorf("%v was heard of %d times, want %d", kind, n, want)
		}
	}
}
