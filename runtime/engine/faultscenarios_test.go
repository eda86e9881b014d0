package engine_test

import (
	"net/http"
	"time"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/internal/shop"
)

// faultScenario is one request of one browser. What it asks the store to do may come in
// stages, of which a fault may let the first ones happen and not the others: each
// stage is a handler that does only so much, in a manager with only so many options.
type faultScenario struct {
	name    string
	options []runtime.Option
	prepare func(b, other *browser) // what there is before the request
	loaded  func(b, other *browser) // what happens after the handler has begun, before its changes
	stages  []faultStage
	late    bool // the response has begun when the changes are made
	renews  bool // who does not get the answer has to sign in again
	touches bool // a fault is no reason to refuse the page
}

type faultStage struct {
	act       func(v *shop.Visitor)
	unlimited bool
}

func only(act func(v *shop.Visitor)) []faultStage { return []faultStage{{act: act}} }

func signedIn(b, other *browser) {
	b.visit(func(v *shop.Visitor) {
		v.SetUserID(7)
		v.SetVisits(1)
		v.SetTeam("red")
		v.SetNotice("hello")
		v.AppendCart(shop.Item{SKU: "tea"})
	})
	b.site.clock.advance(time.Second) // who signs in later ends whom is a matter of time
	other.visit(func(v *shop.Visitor) { v.SetUserID(7); v.SetVisits(2) })
	b.site.clock.advance(time.Second)
}

func stranger(b, _ *browser) { b.visit(func(v *shop.Visitor) { v.SetVisits(1) }) }

func unprepared(_, _ *browser) {}

// foreign is another process that is faster.
func foreign(act func(v *shop.Visitor)) func(b, other *browser) {
	return func(b, _ *browser) {
		process := b.clone()
		process.manager = b.site.newManager()
		process.visit(act)
	}
}

var faultScenarios = []faultScenario{
	{name: "anonymous read", prepare: unprepared, stages: only(func(v *shop.Visitor) { v.Visits() })},
	{name: "read", prepare: signedIn, stages: only(func(v *shop.Visitor) { v.Visits(); v.Cart() })},
	{name: "first write", prepare: unprepared, stages: only(func(v *shop.Visitor) { v.AddVisits(1) })},
	{name: "write", prepare: signedIn, stages: only(func(v *shop.Visitor) { v.SetUsername("x") })},
	{name: "add", prepare: signedIn, stages: only(func(v *shop.Visitor) { v.AddVisits(1) })},
	{
		name: "add in conflict", prepare: signedIn, loaded: foreign(func(v *shop.Visitor) { v.AddVisits(10) }),
		stages: only(func(v *shop.Visitor) { v.AddVisits(1); v.AppendCart(shop.Item{SKU: "mug"}) }),
	},
	{
		name: "add across a renewal", prepare: signedIn,
		loaded: func(b, _ *browser) {
			process := b.clone()
			process.manager = b.site.newManager()
			process.visit(func(v *shop.Visitor) { v.Renew() })
			b.cookies = process.cookies // which the browser has by now
		},
		stages: only(func(v *shop.Visitor) { v.AddVisits(1) }),
	},
	{
		name: "add after a slow handler", prepare: signedIn,
		loaded: func(b, _ *browser) { b.site.clock.advance(2 * time.Second) },
		stages: only(func(v *shop.Visitor) { v.AddVisits(1) }),
	},
	{name: "sign-in", prepare: unprepared, stages: only(func(v *shop.Visitor) { v.SetUserID(8) })},
	{name: "sign-in on a live session", prepare: stranger, renews: true, stages: only(func(v *shop.Visitor) { v.SetUserID(8) })},
	{
		name: "sign-in on a session that has ended", renews: true,
		prepare: func(b, other *browser) {
			stranger(b, other)
			old := b.clone()
			b.visit((*shop.Visitor).Destroy)
			b.cookies = old.cookies
		},
		stages: only(func(v *shop.Visitor) { v.SetUserID(8) }),
	},
	{
		name: "sign-in with a secret that was replaced", renews: true,
		prepare: func(b, other *browser) {
			stranger(b, other)
			old := b.clone()
			b.visit(func(v *shop.Visitor) { v.SetUserID(7) })
			b.cookies = old.cookies
		},
		stages: only(func(v *shop.Visitor) { v.SetUserID(8) }),
	},
	{
		name: "sign-in on a session that ends meanwhile", prepare: stranger, renews: true,
		loaded: foreign((*shop.Visitor).Destroy),
		stages: only(func(v *shop.Visitor) { v.SetUserID(8) }),
	},
	{name: "renewal", prepare: signedIn, renews: true, stages: only((*shop.Visitor).Renew)},
	{name: "step-up", prepare: signedIn, renews: true, stages: only(func(v *shop.Visitor) { v.SetRole("admin") })},
	{name: "A to B", prepare: signedIn, renews: true, stages: only(func(v *shop.Visitor) { v.SetUserID(8); v.SetVisits(5) })},
	{name: "sign-out", prepare: signedIn, renews: true, stages: only((*shop.Visitor).ClearUserID)},
	{name: "destroy", prepare: signedIn, stages: only((*shop.Visitor).Destroy)},
	{
		name: "destroy and sign-in", prepare: signedIn, renews: true,
		stages: []faultStage{{act: (*shop.Visitor).Destroy}, {act: func(v *shop.Visitor) { v.Destroy(); v.SetUserID(8) }}},
	},
	{name: "RevokeOthers", prepare: signedIn, stages: only((*shop.Visitor).RevokeOthers)},
	{
		name: "renewal and RevokeOthers", prepare: signedIn, renews: true,
		stages: []faultStage{{act: (*shop.Visitor).Renew}, {act: func(v *shop.Visitor) { v.Renew(); v.RevokeOthers() }}},
	},
	{name: "remember", prepare: signedIn, stages: only(func(v *shop.Visitor) { v.Remember(true) })},
	{name: "flash set", prepare: signedIn, stages: only(func(v *shop.Visitor) { v.SetNotice("again") })},
	{name: "flash taken", prepare: signedIn, stages: only(func(v *shop.Visitor) { v.TakeNotice() })},
	{
		name: "touch", touches: true,
		prepare: func(b, other *browser) { signedIn(b, other); b.site.clock.advance(10 * time.Minute) },
		stages:  only(func(v *shop.Visitor) { v.Visits() }),
	},
	{name: "late change", prepare: signedIn, late: true, stages: only(func(v *shop.Visitor) { v.AddVisits(1) })},
	{name: "late destroy", prepare: signedIn, late: true, stages: only((*shop.Visitor).Destroy)},
	{name: "index change", prepare: signedIn, stages: only(func(v *shop.Visitor) { v.SetTeam("blue") })},
	{
		name: "session limit", prepare: signedIn, renews: true,
		options: []runtime.Option{runtime.WithSessionLimit(1)},
		stages:  []faultStage{{act: func(v *shop.Visitor) { v.SetUserID(7) }, unlimited: true}, {act: func(v *shop.Visitor) { v.SetUserID(7) }}},
	},
	{
		name:    "client check",
		options: []runtime.Option{runtime.WithClientCheck(func(r *http.Request) string { return r.Header.Get("Network") })},
		prepare: func(b, other *browser) { b.header.Set("Network", "home"); signedIn(b, other) },
		stages:  only(func(v *shop.Visitor) { v.AddVisits(1) }),
	},
	{
		name: "client check refuses", renews: true,
		options: []runtime.Option{runtime.WithClientCheck(func(r *http.Request) string { return r.Header.Get("Network") })},
		prepare: func(b, other *browser) {
			check := b.site.newManager(runtime.WithClientCheck(func(r *http.Request) string { return "home" }))
			was := b.manager
			b.manager = check
			signedIn(b, other)
			b.manager = was
			b.header.Set("Network", "elsewhere")
		},
		stages: only(func(v *shop.Visitor) { v.AddVisits(1) }),
	},
}
