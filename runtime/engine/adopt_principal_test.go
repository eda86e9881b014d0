package engine_test

import (
	"strings"
	"testing"
	"time"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/internal/shop"
	"github.com/sessiongen/sessiongen/runtime/internal/testsite"
)

// Whoever signs in or out in the very request that takes an old session over leaves
// nothing of it to others.
func TestAnotherPrincipalSeesNothingOfTheOldSession(t *testing.T) {
	for _, from := range oldLibraries() {
		for name, leave := range map[string]func(v *shop.Visitor){
			"another":             func(v *shop.Visitor) { v.SetUserID(8) },
			"another, and nobody": func(v *shop.Visitor) { v.ClearUserID(); v.SetUserID(8) },
			"after a change":      func(v *shop.Visitor) { v.AddVisits(1); v.AppendCart(shop.Item{SKU: "ink"}); v.SetUserID(8) },
		} {
			s, b := moved(t, from)
			b.Visit(func(v *shop.Visitor) {
				leave(v)
				testsite.Equal(t, v.HasUsername(), false, from.name+", "+name+": a name")
				v.SetNotice("hello")
			})
			b.Visit(func(v *shop.Visitor) {
				testsite.Equal(t, v.UserID(), 8, from.name+", "+name+": principal")
				testsite.Equal(t, v.HasUsername(), false, from.name+", "+name+": a name in the next request")
				testsite.Equal(t, v.Visits() <= 1, true, from.name+", "+name+": visits")
				testsite.Equal(t, v.Notice(), "hello", from.name+", "+name+": what was set")
				testsite.Equal(t, v.AuthenticatedWithin(time.Hour), true, from.name+", "+name+": authenticated")
			})
			list, err := s.Visitors.ListByUserID(t.Context(), 7)
			testsite.Equal(t, err, nil, "listing")
			testsite.Equal(t, len(list), 0, from.name+", "+name+": sessions of the one who left")
		}
	}
}

// Remember in the function that fills makes the cookie outlive the browser.
func TestAnOldSessionIsRemembered(t *testing.T) {
	from := oldLibraries()[0]
	s, b := moved(t, from)
	b.Manager = s.NewManager(runtime.WithLegacy(s.Clock.Now().AddDate(0, 1, 0), from.source, func(v *shop.Visitor, old map[any]any) error {
		v.Remember(true)
		return fillVisitor(v, old)
	}))
	response := b.Visit(func(*shop.Visitor) {})
	kept := false
	for _, line := range response.Header["Set-Cookie"] {
		kept = kept || strings.HasPrefix(line, testsite.SessionCookie+"=") && strings.Contains(line, "Max-Age=43200")
	}
	testsite.Equal(t, kept, true, "a cookie with a Max-Age")
}

// The limit of sessions counts those that are taken over, and ends them first.
func TestAnOldSessionCountsAgainstTheLimit(t *testing.T) {
	for _, from := range oldLibraries() {
		s, b := moved(t, from)
		b.Manager = s.NewManager(runtime.WithLegacy(s.Clock.Now().AddDate(0, 1, 0), from.source, fillVisitor), runtime.WithSessionLimit(1))
		fresh := s.Browser()
		fresh.Manager = b.Manager
		fresh.Visit(func(v *shop.Visitor) { v.SetUserID(7) })
		b.Visit(func(*shop.Visitor) {})
		b.Visit(func(v *shop.Visitor) { testsite.Equal(t, v.HasUserID(), false, from.name+": the older sign-in") })
		testsite.Equal(t, testsite.See(fresh, (*shop.Visitor).UserID), 7, from.name+": the newer one")
	}
}

// Being known from before is not having signed in just now.
func TestATakenOverPrincipalHasNotJustSignedIn(t *testing.T) {
	for _, from := range oldLibraries() {
		_, b := moved(t, from)
		fresh := b.Clone()
		fresh.Cookies[oldCookie] = from.issue(t, map[string]any{"user_id": int64(7)})
		for range 2 {
			b.Visit(func(v *shop.Visitor) {
				testsite.Equal(t, v.AuthenticatedWithin(time.Hour), false, from.name+": authenticated")
				testsite.Equal(t, v.Info().AuthenticatedAt.IsZero(), true, from.name+": no time of authentication")
			})
		}
		fresh.Visit(func(v *shop.Visitor) {
			v.SetUserID(7)
			testsite.Equal(t, v.AuthenticatedWithin(time.Hour), true, from.name+": authenticated after signing in again")
		})
		testsite.Equal(t, testsite.See(fresh, func(v *shop.Visitor) bool { return v.AuthenticatedWithin(time.Hour) }), true, from.name+": in the next request")
	}
}
