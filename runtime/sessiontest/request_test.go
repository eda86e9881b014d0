package sessiontest_test

import (
	"context"
	"log/slog"
	"testing"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/internal/shop"
	"github.com/sessiongen/sessiongen/runtime/sessiontest"
)

func TestARequestCarriesASession(t *testing.T) {
	s := open(t)
	r := sessiontest.Request(t, s.visitors, "GET", "/", signedIn, func(v *shop.Visitor) { v.SetVisits(3) })
	answer := sessiontest.Serve(t, s.visitors, page(func(v *shop.Visitor) {
		if v.UserID() != 7 || v.Username() != "john_doe" || v.Visits() != 3 {
			t.Errorf("the handler finds %v", v)
		}
	}), r)
	answer.WantUntouched()
	if n := s.store.Calls(sessiontest.Load); n != 1 {
		t.Errorf("the store counts %d loads, want the request's alone", n)
	}

	stranger := sessiontest.Request[shop.Visitor](t, s.visitors, "GET", "/")
	sessiontest.Serve(t, s.visitors, page(func(v *shop.Visitor) {
		if v.HasUserID() || !v.Info().New {
			t.Errorf("a stranger is %v", v)
		}
	}), stranger).WantUntouched()
}

// Requests are those of a site with HTTPS: no event warns of cookies that a browser would lose.
func TestRequestsComeOverHTTPS(t *testing.T) {
	var raised []runtime.Event
	clock := sessiontest.NewClock()
	visitors, err := shop.NewVisitorManager(sessiontest.NewStore(t, clock), runtime.WithKeys(sessiontest.Keys(t)), runtime.WithClock(clock.Now), runtime.WithEvents(func(_ context.Context, e runtime.Event) {
		if e.Level() > slog.LevelInfo {
			raised = append(raised, e)
		}
	}))
	if err != nil {
		t.Fatal(err)
	}
	signIn := page(func(v *shop.Visitor) { v.SetUserID(7) })
	answer := sessiontest.Serve(t, visitors, signIn, sessiontest.Request[shop.Visitor](t, visitors, "POST", "/login"))
	sessiontest.Serve(t, visitors, page(func(v *shop.Visitor) { v.SetTheme("dark") }), answer.Next("GET", "/"))
	if len(raised) > 0 {
		t.Errorf("events: %v", raised)
	}
	if r := sessiontest.Request[shop.Visitor](t, visitors, "GET", "http://nas.lan/"); r.TLS != nil {
		t.Error("a request for http:// comes over HTTPS")
	}
}
