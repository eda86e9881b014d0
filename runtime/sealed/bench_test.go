//go:build !race

package sealed_test

import (
	"context"
	"net/http"
	"testing"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/internal/kiosk"
	"github.com/sessiongen/sessiongen/runtime/memstore"
	"github.com/sessiongen/sessiongen/runtime/sealed"
)

// discard is a response that drops its body and reuses its header.
type discard struct{ header http.Header }

func (d *discard) Header() http.Header         { return d.header }
func (d *discard) Write(b []byte) (int, error) { return len(b), nil }
func (d *discard) WriteHeader(int)             {}

// cycle measures one request for each thing that a handler may do.
type cycle struct {
	name     string
	allocs   float64 // with the request and its context
	cookie   bool
	handle   func(v *kiosk.Visitor)
	request  *http.Request
	response *discard
	handler  http.Handler
}

func (c *cycle) run() {
	clear(c.response.header)
	c.handler.ServeHTTP(c.response, c.request)
}

func cycles(tb testing.TB, store runtime.Store) []*cycle {
	keys := ring(tb, secret)
	visitors, err := kiosk.NewVisitorManager(store, runtime.WithKeys(keys), runtime.WithEvents(func(context.Context, runtime.Event) {}))
	must(tb, err)
	all := []*cycle{
		{name: "untouched", allocs: 2, handle: func(*kiosk.Visitor) {}},
		{name: "read one", allocs: 4, cookie: true, handle: func(v *kiosk.Visitor) { v.UserID() }},
		{name: "read all", allocs: 6, cookie: true, handle: func(v *kiosk.Visitor) {
			v.UserID()
			v.Username()
			v.LoggedIn()
			v.LastSeen()
			v.Roles()
			v.Cart()
			v.Theme()
		}},
		{name: "write one", allocs: 7, cookie: true, handle: func(v *kiosk.Visitor) { v.SetVisits(1) }},
		{name: "new", allocs: 6, handle: func(v *kiosk.Visitor) {
			v.SetVisits(1)
			v.SetUsername("john_doe")
		}},
	}
	for _, c := range all {
		c.response = &discard{http.Header{}}
		c.request, _ = http.NewRequest("GET", "/", nil)
		c.handler = visitors.Middleware(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			c.handle(kiosk.VisitorFrom(r.Context()))
			w.WriteHeader(http.StatusOK)
		}))
		if !c.cookie {
			continue
		}
		b := (&site{t: tb, visitors: visitors}).browser()
		b.visit(content)
		c.request.Header.Set("Cookie", sessionCookie+"="+b.cookies[sessionCookie])
	}
	return all
}

func stores(tb testing.TB) map[string]runtime.Store {
	records := memstore.New()
	tb.Cleanup(func() { records.Close() })
	keys := ring(tb, secret)
	revocable, err := sealed.New(keys, sealed.WithRevocations(records))
	must(tb, err)
	replayed, err := sealed.New(keys, sealed.AcceptReplay())
	must(tb, err)
	deflated, err := sealed.New(keys, sealed.AcceptReplay(), sealed.WithDeflate(1))
	must(tb, err)
	return map[string]runtime.Store{"revocable": revocable, "replayed": replayed, "deflated": deflated, "in memstore": records}
}

// Time differs from machine to machine; allocations do not.
func TestAllocations(t *testing.T) {
	for name, store := range stores(t) {
		if name == "deflated" {
			continue // compress/flate allocates as it likes
		}
		for _, c := range cycles(t, store) {
			got := testing.AllocsPerRun(200, c.run)
			t.Logf("%s, %s: %v allocations", name, c.name, got)
			if name != "in memstore" && got > c.allocs {
				t.Errorf("%s, %s: %v allocations, want at most %v", name, c.name, got, c.allocs)
			}
		}
	}
}

func BenchmarkRequest(b *testing.B) {
	for _, name := range []string{"revocable", "replayed", "deflated", "in memstore"} {
		for _, c := range cycles(b, stores(b)[name]) {
			b.Run(name+"/"+c.name, func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					c.run()
				}
			})
		}
	}
}
