package shop

import (
	"context"
	"net/http"
)

func updates(w http.ResponseWriter, r *http.Request) {
	v := VisitorFrom(r.Context())
	v.UpdateVisits(func(n int) int {
		v.SetUsername("twice")    // want `the function for Visitor.UpdateVisits may run again, on a newer value, and calls SetUsername of the session: use its argument, and do the rest outside of it`
		return v.Visits() + n + 1 // want `calls Visits of the session`
	})
	v.UpdateVisits(func(int) int { return v.Visits() + 1 })  // want `calls Visits of the session`
	v.UpdateVisits(func(n int) int { return len(v.Cart()) }) // want `calls Cart of the session`
	v.UpdateCart(func(cart []string) []string {
		other := VisitorFrom(r.Context())
		return append(cart, other.Username()) // want `the function for Visitor.UpdateCart may run again, on a newer value, and calls Username`
	})
	v.UpdateVisits(func(n int) int {
		for n := range 3 {
			_ = v.Visits() + n // want `calls Visits of the session`
		}
		count(v) // want `the function for Visitor.UpdateVisits may run again, on a newer value, and hands the session on`
		return n
	})

	other := VisitorFrom(r.Context())
	v.UpdateVisits(func(n int) int { return n + other.Visits() }) // want `calls Visits of the session`

	name := v.Username()
	v.UpdateCart(func(cart []string) []string { return append(cart[:len(cart):len(cart)], name) })
	v.UpdateVisits(func(n int) int { return max(n, len(name)) })
	updater{}.UpdateAll(func() { v.SetUsername("once") })
	v.UpdateVisits(increment)
}

func increment(n int) int { return n + 1 }

func count(v *Visitor) { v.AddVisits(1) }

// updater is no session.
type updater struct{}

func (updater) UpdateAll(f func()) { f() }

// A function that another session runs may touch this one.
func foreign(ctx context.Context, a *Visitor, log func(*Visitor)) {
	log(a)
}
