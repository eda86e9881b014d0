package asvs

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/cookie"
	"github.com/sessiongen/sessiongen/runtime/engine"
	"github.com/sessiongen/sessiongen/runtime/internal/shop"
	"github.com/sessiongen/sessiongen/runtime/internal/testsite"
	"github.com/sessiongen/sessiongen/runtime/keyring"
	"github.com/sessiongen/sessiongen/runtime/memstore"
)

// signedAfter lets a browser make or send a signed cookie so long after the beginning of the year 2000, where
// securecookie's clock can be turned.
func signedAfter(t *testing.T, later time.Duration, visit func(b *testsite.Browser)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		store := memstore.New(memstore.WithSweepInterval(0))
		defer store.Close()
		s := &testsite.Site{T: t, Store: &testsite.Watched{Store: store}, Clock: new(testsite.Clock)}
		s.Visitors = s.NewManager(runtime.WithClock(time.Now))
		time.Sleep(later)
		visit(s.Browser())
	})
}

// A server whose clock was years ahead has signed a cookie, or somebody who had the secret for a day. It is not
// good for all the years until then; and a cookie without a Max-Age is not good for ever.
func TestASVS_9_2_1_ASignedValueHasItsTime(t *testing.T) {
	const day = 24 * time.Hour
	for _, c := range []struct {
		made, read time.Duration
		accepted   bool
	}{
		{0, 0, true},
		{keyring.ClockTolerance, 0, true},
		{keyring.ClockTolerance + time.Second, 0, false},
		{time.Hour, 0, false},
		{3653 * day, 0, false},
		{3653 * day, 3653*day - time.Hour, false},
		{3653 * day, 3653 * day, true},
		{0, 30*day - time.Second, true},
		{0, 30*day + time.Second, false},
		{0, 3653 * day, false},
	} {
		value := ""
		signedAfter(t, c.made, func(b *testsite.Browser) {
			b.Visit(func(v *shop.Visitor) { v.SetCampaign("spring") })
			value = b.Cookies["campaign"]
		})
		signedAfter(t, c.read, func(b *testsite.Browser) {
			b.Cookies["campaign"] = value
			testsite.Equal(t, testsite.See(b, (*shop.Visitor).HasCampaign), c.accepted, "a cookie signed at "+c.made.String()+" and read at "+c.read.String())
		})
	}
	// One without a Max-Age is refused when no browser has it any more.
	for read, accepted := range map[time.Duration]bool{400*day - time.Second: true, 400*day + time.Second: false, 4000 * day: false} {
		value := ""
		field := engine.CookieField[string]{Options: cookie.Options{Name: "badge", Path: "/", Protection: cookie.Signed}, Text: cookie.StringText[string]()}
		manager, err := engine.NewManager(&engine.Schema{
			Cookies: []engine.CookieDescriptor{&field},
			New: func() *engine.Session {
				return new(engine.Session).Bind(new(int), nil, nil, make([]engine.CookieState, 1))
			},
		}, nil, runtime.WithKeys(testsite.Keys))
		check(t, err)
		badge := engine.BindCookie(manager, &field)
		signedAfter(t, 0, func(b *testsite.Browser) {
			w := testsite.NewRecorder()
			check(t, badge.Write(w, "gold"))
			value = w.Result().Cookies()[0].Value
		})
		signedAfter(t, read, func(b *testsite.Browser) {
			b.Cookies["badge"] = value
			_, found := badge.Read(b.Request("GET"))
			testsite.Equal(t, found, accepted, "a cookie without a Max-Age after "+read.String())
		})
	}
}
