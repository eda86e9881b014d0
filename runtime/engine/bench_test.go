//go:build !race

package engine_test

import (
	"context"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/internal/shop"
	"github.com/sessiongen/sessiongen/runtime/internal/testsite"
	"github.com/sessiongen/sessiongen/runtime/memstore"
)

// discard is a response that nobody reads; its header is used again.
type discard struct{ header http.Header }

func (d *discard) Header() http.Header         { return d.header }
func (d *discard) Write(b []byte) (int, error) { return len(b), nil }
func (d *discard) WriteHeader(int)             {}

// cycle is what one request costs, for each thing that a handler may do.
type cycle struct {
	name     string
	allocs   float64 // with the request and its context
	cookie   bool
	handle   func(v *shop.Visitor)
	request  *http.Request
	response *discard
	handler  http.Handler
}

func (c *cycle) run() {
	clear(c.response.header)
	c.handler.ServeHTTP(c.response, c.request)
}

func cycles(tb testing.TB) []*cycle {
	store := memstore.New()
	tb.Cleanup(func() { store.Close() })
	visitors, err := shop.NewVisitorManager(store, runtime.WithKeys(testsite.Keys), runtime.WithEvents(func(context.Context, runtime.Event) {}))
	if err != nil {
		tb.Fatal(err)
	}
	all := []*cycle{
		{name: "untouched", allocs: 2, handle: func(*shop.Visitor) {}},
		{name: "read one", allocs: 2, cookie: true, handle: func(v *shop.Visitor) { v.UserID() }},
		{name: "read all", allocs: 3, cookie: true, handle: func(v *shop.Visitor) {
			v.UserID()
			v.Username()
			v.Role()
			v.LastSeen()
			v.Cart()
			v.Team()
			v.Visits()
		}},
		{name: "write one", allocs: 4, cookie: true, handle: func(v *shop.Visitor) { v.SetVisits(1) }},
		{name: "new", allocs: 8, handle: func(v *shop.Visitor) {
			v.SetVisits(1)
			v.SetUsername("john_doe")
		}},
	}
	for _, c := range all {
		c.response = &discard{http.Header{}}
		c.request, _ = http.NewRequest("GET", "/", nil)
		c.handler = visitors.Middleware(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			c.handle(shop.VisitorFrom(r.Context()))
			w.WriteHeader(http.StatusOK)
		}))
		if !c.cookie {
			continue
		}
		b := (&testsite.Site{T: tb, Visitors: visitors}).Browser()
		b.Visit(func(v *shop.Visitor) {
			v.SetUserID(7)
			v.SetUsername("john_doe_123")
			v.SetRole("admin")
			v.SetLastSeen(time.Now())
			for i := range 5 {
				v.AppendCart(shop.Item{SKU: fmt.Sprint("article-", i), Count: i})
			}
		})
		c.request.Header.Set("Cookie", testsite.SessionCookie+"="+b.Cookies[testsite.SessionCookie])
	}
	return all
}

// Time differs from machine to machine; allocations do not.
func TestAllocations(t *testing.T) {
	for _, c := range cycles(t) {
		if got := testing.AllocsPerRun(200, c.run); got > c.allocs {
			t.Errorf("%s: %v allocations, want at most %v", c.name, got, c.allocs)
		} else {
			t.Logf("%s: %v allocations", c.name, got)
		}
	}
}

func BenchmarkRequest(b *testing.B) {
	for _, c := range cycles(b) {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				c.run()
			}
		})
	}
}
