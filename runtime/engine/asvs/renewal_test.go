package asvs

import (
	"fmt"
	"testing"
	"time"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/internal/shop"
	"github.com/sessiongen/sessiongen/runtime/internal/testsite"
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
				s := testsite.New(t)
				s.Visitors = s.NewManager(runtime.WithTimeout(time.Minute))
				b := s.Browser()
				b.Visit(c.from)
				old := b.Clone()
				old.Manager = s.NewManager() // another process
				before := testsite.See(b, func(v *shop.Visitor) runtime.ID { return v.Info().ID })
				authenticate := func() { b.Visit(c.change) }
				if !underWay {
					authenticate()
				}
				response := old.Clone().Visit(func(v *shop.Visitor) {
					if underWay {
						authenticate()
					}
					try(v)
				})
				about := fmt.Sprintf("%s, under way %v, then %s", name, underWay, what)
				testsite.Equal(t, len(response.Header["Set-Cookie"]), 0, about+": cookies for the old token")
				testsite.Equal(t, testsite.See(b, (*shop.Visitor).UserID), c.user, about+": user")
				testsite.Equal(t, testsite.See(b, (*shop.Visitor).Visits), 0, about+": visits")
				testsite.Equal(t, testsite.See(b, (*shop.Visitor).HasCart), false, about+": something was planted")
				testsite.Equal(t, testsite.See(b, (*shop.Visitor).Role) != "root", true, about+": the role")
				testsite.Equal(t, testsite.See(b, func(v *shop.Visitor) runtime.ID { return v.Info().ID }), before, about+": ID")
				for _, later := range []time.Duration{0, 59 * time.Second, 2 * time.Second, 10 * time.Minute} {
					s.Clock.Advance(later)
					nobody(t, old, about+": the old token "+later.String()+" later")
				}
			}
		}
	}
}

// Whoever has the token of a step-up that was given back, or of a role that was taken away, has nothing.
func TestASVS_7_5_3_APrivilegeEndsWithItsToken(t *testing.T) {
	s := testsite.New(t)
	b := s.Browser()
	b.Visit(func(v *shop.Visitor) { v.SetUserID(7) })
	b.Visit(func(v *shop.Visitor) { v.SetRole("admin") })
	admin := b.Clone()
	testsite.Equal(t, testsite.See(admin, (*shop.Visitor).Role), "admin", "role with the token of the step-up")
	b.Visit(func(v *shop.Visitor) { v.SetRole("clerk") })
	nobody(t, admin, "the token of the step-up, afterwards")
	testsite.Equal(t, testsite.See(b, (*shop.Visitor).Role), "clerk", "role")
	testsite.Equal(t, testsite.See(b, func(v *shop.Visitor) bool { return v.AuthenticatedWithin(time.Minute) }), true, "the sign-in still counts")
}
