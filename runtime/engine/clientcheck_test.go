package engine_test

import (
	"net/http"
	"testing"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/internal/shop"
)

func identifiedBy(header string) func(*http.Request) string {
	return func(r *http.Request) string { return r.Header.Get(header) }
}

func TestATokenIsWorthNothingToAnotherClient(t *testing.T) {
	s := newSite(t, runtime.WithClientCheck(identifiedBy("Network")))
	b := s.browser()
	b.header.Set("Network", "home")
	b.visit(func(v *shop.Visitor) { v.SetUserID(7); v.SetVisits(3) })
	equal(t, see(b, (*shop.Visitor).UserID), 7, "user at home")

	thief := b.clone()
	thief.header.Set("Network", "elsewhere")
	equal(t, see(thief, (*shop.Visitor).HasUserID), false, "somebody is signed in elsewhere")
	equal(t, s.count(runtime.EventClientChanged), 1, "events")
	// What the thief writes goes into a session of the thief's own.
	stolen := thief.cookies[sessionCookie]
	thief.visit(func(v *shop.Visitor) { v.SetVisits(100) })
	if thief.cookies[sessionCookie] == stolen {
		t.Error("the thief's changes went under the stolen token")
	}
	thief.visit(func(v *shop.Visitor) { v.Destroy() })
	equal(t, see(b, (*shop.Visitor).Visits), 3, "visits at home")
	equal(t, see(b, (*shop.Visitor).UserID), 7, "user at home afterwards")

	// Who cannot be told is not checked.
	b.header.Del("Network")
	equal(t, see(b, (*shop.Visitor).UserID), 7, "user of a client that cannot be told")
}

func TestAThiefCannotEndTheSessionOfAnotherClient(t *testing.T) {
	s := newSite(t, runtime.WithClientCheck(identifiedBy("Network")))
	b := s.browser()
	b.header.Set("Network", "home")
	b.visit(func(v *shop.Visitor) { v.SetUserID(7) })
	thief := b.clone()
	thief.header.Set("Network", "elsewhere")
	thief.visit(func(v *shop.Visitor) { v.Destroy() })
	equal(t, see(b, (*shop.Visitor).UserID), 7, "user at home")
}

func TestTheFirstWriteBindsASessionToItsClient(t *testing.T) {
	s := newSite(t)
	b := s.browser()
	b.header.Set("Network", "home")
	b.visit(func(v *shop.Visitor) { v.SetVisits(1) })
	b.manager = s.newManager(runtime.WithClientCheck(identifiedBy("Network")))
	elsewhere := func() bool {
		other := b.clone()
		other.header.Set("Network", "elsewhere")
		return see(other, (*shop.Visitor).HasVisits)
	}
	equal(t, elsewhere(), true, "a session that began without the option is open to all")
	b.visit(func(v *shop.Visitor) { v.AddVisits(1) })
	equal(t, elsewhere(), false, "after its first write it is open to all")
	// An earlier version of the program writes, and keeps what it does not know of.
	b.manager = s.visitors
	b.visit(func(v *shop.Visitor) { v.AddVisits(1) })
	b.manager = s.newManager(runtime.WithClientCheck(identifiedBy("Network")))
	equal(t, elsewhere(), false, "after a write without the option it is open to all")
	equal(t, see(b, (*shop.Visitor).Visits), 3, "visits at home")
}
