package engine_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/internal/shop"
	"github.com/sessiongen/sessiongen/runtime/internal/testsite"
)

// skewed is a replica whose clock differs from the store's.
func skewed(s *testsite.Site, skew time.Duration, options ...runtime.Option) *shop.VisitorManager {
	return s.NewManager(append(options, runtime.WithClock(func() time.Time { return s.Clock.Now().Add(skew) }))...)
}

// A page that asks for a sign-in within the last five minutes asks for it after five minutes,
// whatever the clocks of the replica that signed the visitor in and of this one say.
func TestAuthenticatedWithinIsByTheStoresClock(t *testing.T) {
	const d = 5 * time.Minute
	for _, signedInAt := range testsite.Skews {
		for _, askedAt := range testsite.Skews {
			s := testsite.New(t)
			b := s.Browser()
			b.Manager = skewed(s, signedInAt)
			b.Visit(func(v *shop.Visitor) { v.SetUserID(7) })
			b.Manager = skewed(s, askedAt)
			within := func() bool {
				return testsite.See(b, func(v *shop.Visitor) bool { return v.AuthenticatedWithin(d) })
			}
			what := fmt.Sprintf("signed in at %v, asked at %v: ", signedInAt, askedAt)
			testsite.Equal(t, within(), true, what+"at once")
			s.Clock.Advance(d / 2)
			b.Visit(func(v *shop.Visitor) { v.AddVisits(1) }) // a write keeps the time of the sign-in
			s.Clock.Advance(d/2 - time.Second)
			testsite.Equal(t, within(), true, what+"a second before")
			s.Clock.Advance(time.Second)
			testsite.Equal(t, within(), true, what+"after exactly that time")
			s.Clock.Advance(time.Second)
			testsite.Equal(t, within(), false, what+"a second after")
			b.Visit((*shop.Visitor).Renew)
			testsite.Equal(t, within(), false, what+"after a renewal, which is no sign-in")
			b.Visit(func(v *shop.Visitor) { v.SetUserID(7) })
			testsite.Equal(t, within(), true, what+"after signing in again")
		}
	}
}

// Time that passes within a request counts, and so does a sign-in that it has committed.
func TestAuthenticatedWithinARequest(t *testing.T) {
	s := testsite.New(t)
	b := s.Browser()
	b.Visit(func(v *shop.Visitor) { v.SetUserID(7) })
	b.Visit(func(v *shop.Visitor) {
		s.Clock.Advance(time.Minute)
		testsite.Equal(t, v.AuthenticatedWithin(time.Minute-time.Second), false, "a minute later in the same request")
		testsite.Equal(t, v.AuthenticatedWithin(time.Minute), true, "within a minute")
		v.SetUserID(7)
		testsite.Equal(t, v.Commit(t.Context()), nil, "error")
		testsite.Equal(t, v.AuthenticatedWithin(0), true, "after a sign-in that was committed")
		s.Clock.Advance(time.Minute)
		testsite.Equal(t, v.AuthenticatedWithin(time.Second), false, "a minute after that")
	})
	b.Visit(func(v *shop.Visitor) { v.ClearUserID(); v.SetVisits(1) })
	testsite.Equal(t, testsite.See(b, func(v *shop.Visitor) bool { return v.AuthenticatedWithin(time.Hour) }), false, "after a sign-out")
}
