package rules

import (
	"net/http"
	"time"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/internal/shop"
	"github.com/sessiongen/sessiongen/runtime/internal/testsite"
)

// faultScenario is one request of one browser. What it asks the store to do may come in
// stages, of which a fault may let the first ones happen and not the others: each
// stage is a handler that does only so much, in a manager with only so many options.
type faultScenario struct {
	name    string
	options []runtime.Option
	prepare func(b, other *testsite.Browser) // what there is before the request
	loaded  func(b, other *testsite.Browser) // what happens after the handler has begun, before its changes
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

func signedIn(b, other *testsite.Browser) {
	b.Visit(func(v *shop.Visitor) {
		v.SetUserID(7)
		v.SetVisits(1)
		v.SetTeam("red")
		v.SetNotice("hello")
		v.AppendCart(shop.Item{SKU: "tea"})
	})
	b.Site.Clock.Advance(time.Second) // who signs in later ends whom is a matter of time
	other.Visit(func(v *shop.Visitor) { v.SetUserID(7); v.SetVisits(2) })
	b.Site.Clock.Advance(time.Second)
}

func stranger(b, _ *testsite.Browser) { b.Visit(func(v *shop.Visitor) { v.SetVisits(1) }) }

func unprepared(_, _ *testsite.Browser) {}

// foreign is another process that is faster.
func foreign(act func(v *shop.Visitor)) func(b, other *testsite.Browser) {
	return func(b, _ *testsite.Browser) {
		process := b.Clone()
		process.Manager = b.Site.NewManager()
		process.Visit(act)
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
		loaded: func(b, _ *testsite.Browser) {
			process := b.Clone()
			process.Manager = b.Site.NewManager()
			process.Visit(func(v *shop.Visitor) { v.Renew() })
			b.Cookies = process.Cookies // which the browser has by now
		},
		stages: only(func(v *shop.Visitor) { v.AddVisits(1) }),
	},
	{
		name: "add after a slow handler", prepare: signedIn,
		loaded: func(b, _ *testsite.Browser) { b.Site.Clock.Advance(2 * time.Second) },
		stages: only(func(v *shop.Visitor) { v.AddVisits(1) }),
	},
	{name: "sign-in", prepare: unprepared, stages: only(func(v *shop.Visitor) { v.SetUserID(8) })},
	{name: "sign-in on a live session", prepare: stranger, renews: true, stages: only(func(v *shop.Visitor) { v.SetUserID(8) })},
	{
		name: "sign-in on a session that has ended", renews: true,
		prepare: func(b, other *testsite.Browser) {
			stranger(b, other)
			old := b.Clone()
			b.Visit((*shop.Visitor).Destroy)
			b.Cookies = old.Cookies
		},
		stages: only(func(v *shop.Visitor) { v.SetUserID(8) }),
	},
	{
		name: "sign-in with a secret that was replaced", renews: true,
		prepare: func(b, other *testsite.Browser) {
			stranger(b, other)
			old := b.Clone()
			b.Visit(func(v *shop.Visitor) { v.SetUserID(7) })
			b.Cookies = old.Cookies
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
		prepare: func(b, other *testsite.Browser) { signedIn(b, other); b.Site.Clock.Advance(10 * time.Minute) },
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
		prepare: func(b, other *testsite.Browser) { b.Header.Set("Network", "home"); signedIn(b, other) },
		stages:  only(func(v *shop.Visitor) { v.AddVisits(1) }),
	},
	{
		name: "client check refuses", renews: true,
		options: []runtime.Option{runtime.WithClientCheck(func(r *http.Request) string { return r.Header.Get("Network") })},
		prepare: func(b, other *testsite.Browser) {
			check := b.Site.NewManager(runtime.WithClientCheck(func(r *http.Request) string { return "home" }))
			was := b.Manager
			b.Manager = check
			signedIn(b, other)
			b.Manager = was
			b.Header.Set("Network", "elsewhere")
		},
		stages: only(func(v *shop.Visitor) { v.AddVisits(1) }),
	},
}
