package engine_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/internal/shop"
)

// authentications are the changes that make the secret before them worthless.
var authentications = map[string]struct {
	from   func(v *shop.Visitor) // what the session is before
	change func(v *shop.Visitor)
	user   int64 // who is signed in afterwards
}{
	"signing in":             {func(v *shop.Visitor) { v.SetTeam("red") }, func(v *shop.Visitor) { v.SetUserID(7) }, 7},
	"signing in again":       {func(v *shop.Visitor) { v.SetUserID(7) }, func(v *shop.Visitor) { v.SetUserID(7) }, 7},
	"signing in as another":  {func(v *shop.Visitor) { v.SetUserID(8) }, func(v *shop.Visitor) { v.SetUserID(7) }, 7},
	"signing out":            {func(v *shop.Visitor) { v.SetUserID(7) }, func(v *shop.Visitor) { v.ClearUserID() }, 0},
	"another privilege":      {func(v *shop.Visitor) { v.SetUserID(7) }, func(v *shop.Visitor) { v.SetRole("admin") }, 7},
	"a privilege given back": {func(v *shop.Visitor) { v.SetUserID(7); v.SetRole("admin") }, func(v *shop.Visitor) { v.ClearRole() }, 7},
}

// late are what a request with the old secret may still try.
var late = map[string]func(v *shop.Visitor){
	"nothing":  func(v *shop.Visitor) { v.UserID() },
	"Add":      func(v *shop.Visitor) { v.AddVisits(1000) },
	"Set":      func(v *shop.Visitor) { v.SetVisits(1000) },
	"Append":   func(v *shop.Visitor) { v.AppendCart(shop.Item{SKU: "planted"}) },
	"a role":   func(v *shop.Visitor) { v.SetRole("root") },
	"Renew":    func(v *shop.Visitor) { v.Renew(); v.AddVisits(1000) },
	"Remember": func(v *shop.Visitor) { v.Remember(true); v.AddVisits(1000) },
	"others":   func(v *shop.Visitor) { v.RevokeOthers(); v.AddVisits(1000) },
	"nobody":   func(v *shop.Visitor) { v.ClearUserID(); v.AddVisits(1000) },
}

// The token from before is dead at once, for a request that is sent afterwards and for one that is under way: what it
// changes is lost, and it gets no cookie that anything could be done with.
func TestASVS_7_2_4_TheOldTokenIsDeadAlsoInARequestUnderWay(t *testing.T) {
	for name, c := range authentications {
		for what, try := range late {
			for _, underWay := range []bool{false, true} {
				s := newSite(t)
				s.visitors = s.newManager(runtime.WithTimeout(time.Minute))
				b := s.browser()
				b.visit(c.from)
				old := b.clone()
				old.manager = s.newManager() // another process
				before := see(b, func(v *shop.Visitor) runtime.ID { return v.Info().ID })
				authenticate := func() { b.visit(c.change) }
				if !underWay {
					authenticate()
				}
				response := old.clone().visit(func(v *shop.Visitor) {
					if underWay {
						authenticate()
					}
					try(v)
				})
				about := fmt.Sprintf("%s, under way %v, then %s", name, underWay, what)
				equal(t, len(response.Header["Set-Cookie"]), 0, about+": cookies for the old token")
				equal(t, see(b, (*shop.Visitor).UserID), c.user, about+": user")
				equal(t, see(b, (*shop.Visitor).Visits), 0, about+": visits")
				equal(t, see(b, (*shop.Visitor).HasCart), false, about+": something was planted")
				equal(t, see(b, (*shop.Visitor).Role) != "root", true, about+": the role")
				equal(t, see(b, func(v *shop.Visitor) runtime.ID { return v.Info().ID }), before, about+": ID")
				for _, later := range []time.Duration{0, 59 * time.Second, 2 * time.Second, 10 * time.Minute} {
					s.clock.advance(later)
					nobody(t, old, about+": the old token "+later.String()+" later")
				}
			}
		}
	}
}

// Whoever has the token of a step-up that was given back, or of a role that was taken away, has nothing.
func TestASVS_7_5_3_APrivilegeEndsWithItsToken(t *testing.T) {
	s := newSite(t)
	b := s.browser()
	b.visit(func(v *shop.Visitor) { v.SetUserID(7) })
	b.visit(func(v *shop.Visitor) { v.SetRole("admin") })
	admin := b.clone()
	equal(t, see(admin, (*shop.Visitor).Role), "admin", "role with the token of the step-up")
	b.visit(func(v *shop.Visitor) { v.SetRole("clerk") })
	nobody(t, admin, "the token of the step-up, afterwards")
	equal(t, see(b, (*shop.Visitor).Role), "clerk", "role")
	equal(t, see(b, func(v *shop.Visitor) bool { return v.AuthenticatedWithin(time.Minute) }), true, "the sign-in still counts")
}
