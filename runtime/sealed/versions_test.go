package sealed_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/cookie"
	"github.com/sessiongen/sessiongen/runtime/engine"
	"github.com/sessiongen/sessiongen/runtime/internal/contest"
	"github.com/sessiongen/sessiongen/runtime/internal/contest/newer"
	"github.com/sessiongen/sessiongen/runtime/sealed"
	"github.com/sessiongen/sessiongen/runtime/wire"
)

// versions are programs of several versions that share sealed sessions.
type versions struct {
	t      *testing.T
	store  runtime.Store
	cookie string
	events map[string]int
}

func newVersions(t *testing.T) *versions {
	store, err := sealed.New(ring(t, secret), sealed.AcceptReplay())
	must(t, err)
	return &versions{t: t, store: store}
}

func (v *versions) options() runtime.Option {
	return runtime.WithEvents(func(_ context.Context, e runtime.Event) { v.events[e.Kind.String()+" "+e.Field]++ })
}

// visit makes a request, of which it keeps the cookie.
func (v *versions) visit(middleware func(http.Handler) http.Handler, handle func(ctx context.Context)) {
	v.t.Helper()
	v.events = map[string]int{}
	w, r := httptest.NewRecorder(), httptest.NewRequest("GET", "https://inn.example/", nil)
	r.Header.Set("Cookie", v.cookie)
	middleware(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { handle(r.Context()) })).ServeHTTP(w, r)
	equal(v.t, w.Code, http.StatusOK, "status")
	for _, c := range w.Result().Cookies() {
		v.cookie = c.Name + "=" + c.Value
	}
}

// What a newer program has written into an element of a sealed session, and into a field that an
// older one cannot read, stays there.
func TestAnOlderProgramErasesNothing(t *testing.T) {
	v := newVersions(t)
	guests, err := contest.NewGuestManager(v.store, v.options())
	must(t, err)
	newGuests, err := newer.NewGuestManager(v.store, v.options())
	must(t, err)
	v.visit(newGuests.Middleware, func(ctx context.Context) {
		guest := newer.GuestFrom(ctx)
		guest.AppendLog(newer.Entry{Text: "first", By: "newer"})
		guest.SetSum(1000)
	})
	v.visit(guests.Middleware, func(ctx context.Context) {
		guest := contest.GuestFrom(ctx)
		guest.AppendLog(contest.Entry{Text: "second"})
		guest.AddSum(1)
	})
	equal(t, v.events["field reset sum"], 1, "events of the field")
	equal(t, v.events["dropped sum"], 1, "events of what was dropped")
	v.visit(newGuests.Middleware, func(ctx context.Context) {
		guest := newer.GuestFrom(ctx)
		equal(t, fmt.Sprint(guest.Log(), guest.Sum()), "[{first newer} {second }] 1000", "what the newer program has written")
	})
}

// roles is a program to which a role is a number.
type roles struct {
	session engine.Session
	fields  [1]engine.FieldState
	role    int64
}

func (r *roles) Holds(int) bool { return true }
func (r *roles) Append(b []byte, _ int) []byte {
	return wire.AppendInt(b, wire.FieldNumber("role"), r.role)
}
func (r *roles) Reset(int)     { r.role = 0 }
func (r *roles) Value(int) any { return r.role }
func (r *roles) Consume(_ int, in *wire.Reader) {
	for in.Next() {
		r.role = wire.ReadInt[int64](in)
	}
}

// A sealed session whose renew field cannot be read is refused.
func TestASealedSessionWithAnUnreadablePrivilegeIsRefused(t *testing.T) {
	v := newVersions(t)
	guests, err := contest.NewGuestManager(v.store, v.options())
	must(t, err)
	other, err := engine.NewManager(&engine.Schema{
		Name: "guest", Type: "Guest", Idle: time.Hour, Lifetime: time.Hour,
		Cookie: cookie.Options{Name: "__Host-guest", Path: "/", Secure: true, HTTPOnly: true},
		Fields: []engine.Field{{Key: "role", Number: wire.FieldNumber("role"), Traits: engine.Renew}},
		New: func() *engine.Session {
			r := new(roles)
			return r.session.Bind(r, r, r.fields[:], nil)
		},
	}, v.store, v.options())
	must(t, err)
	v.visit(other.Middleware, func(ctx context.Context) {
		r, _ := engine.Lookup[roles](ctx)
		engine.Set(&r.session, 0, &r.role, 3)
	})
	sent := v.cookie
	v.visit(guests.Middleware, func(ctx context.Context) {
		guest := contest.GuestFrom(ctx)
		equal(t, guest.Info().New, true, "it has no session")
		equal(t, guest.HasRole(), false, "it has a role")
	})
	equal(t, v.events["record refused "], 1, "refused events")
	equal(t, v.cookie, sent, "the cookie of the browser")
}
