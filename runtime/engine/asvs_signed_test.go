package engine_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/cookie"
	"github.com/sessiongen/sessiongen/runtime/engine"
	"github.com/sessiongen/sessiongen/runtime/internal/shop"
	"github.com/sessiongen/sessiongen/runtime/keyring"
	"github.com/sessiongen/sessiongen/runtime/memstore"
)

// signedAfter lets a browser make or send a signed cookie so long after the beginning of the year 2000, where
// securecookie's clock can be turned.
func signedAfter(t *testing.T, later time.Duration, visit func(b *browser)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		store := memstore.New(memstore.WithSweepInterval(0))
		defer store.Close()
		s := &site{t: t, store: &watched{Store: store}, clock: new(clock)}
		s.visitors = s.newManager(runtime.WithClock(time.Now))
		time.Sleep(later)
		visit(s.browser())
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
		signedAfter(t, c.made, func(b *browser) {
			b.visit(func(v *shop.Visitor) { v.SetCampaign("spring") })
			value = b.cookies["campaign"]
		})
		signedAfter(t, c.read, func(b *browser) {
			b.cookies["campaign"] = value
			equal(t, see(b, (*shop.Visitor).HasCampaign), c.accepted, "a cookie signed at "+c.made.String()+" and read at "+c.read.String())
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
		}, nil, runtime.WithKeys(testKeys))
		check(t, err)
		badge := engine.BindCookie(manager, &field)
		signedAfter(t, 0, func(b *browser) {
			w := newRecorder()
			check(t, badge.Write(w, "gold"))
			value = w.Result().Cookies()[0].Value
		})
		signedAfter(t, read, func(b *browser) {
			b.cookies["badge"] = value
			_, found := badge.Read(b.request("GET"))
			equal(t, found, accepted, "a cookie without a Max-Age after "+read.String())
		})
	}
}
