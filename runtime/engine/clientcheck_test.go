package engine_test

import (
	"net/http"
	"testing"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/internal/shop"
	"github.com/sessiongen/sessiongen/runtime/internal/testsite"
)

func identifiedBy(header string) func(*http.Request) string {
	return func(r *http.Request) string { return r.Header.Get(header) }
}

func TestATokenIsWorthNothingToAnotherClient(t *testing.T) {
	s := testsite.New(t, runtime.WithClientCheck(identifiedBy("Network")))
	b := s.Browser()
	b.Header.Set("Network", "home")
	b.Visit(func(v *shop.Visitor) { v.SetUserID(7); v.SetVisits(3) })
	testsite.Equal(t, testsite.See(b, (*shop.Visitor).UserID), 7, "user at home")

	thief := b.Clone()
	thief.Header.Set("Network", "elsewhere")
	testsite.Equal(t, testsite.See(thief, (*shop.Visitor).HasUserID), false, "somebody is signed in elsewhere")
	testsite.Equal(t, s.Count(runtime.EventClientChanged), 1, "events")
	// What the thief writes goes into a session of the thief's own.
	stolen := thief.Cookies[testsite.SessionCookie]
	thief.Visit(func(v *shop.Visitor) { v.SetVisits(100) })
	if thief.Cookies[testsite.SessionCookie] == stolen {
		t.Error("the thief's changes went under the stolen token")
	}
	thief.Visit(func(v *shop.Visitor) { v.Destroy() })
	testsite.Equal(t, testsite.See(b, (*shop.Visitor).Visits), 3, "visits at home")
	testsite.Equal(t, testsite.See(b, (*shop.Visitor).UserID), 7, "user at home afterwards")

	// Who cannot be told is not checked.
	b.Header.Del("Network")
	testsite.Equal(t, testsite.See(b, (*shop.Visitor).UserID), 7, "user of a client that cannot be told")
}

func TestAThiefCannotEndTheSessionOfAnotherClient(t *testing.T) {
	s := testsite.New(t, runtime.WithClientCheck(identifiedBy("Network")))
	b := s.Browser()
	b.Header.Set("Network", "home")
	b.Visit(func(v *shop.Visitor) { v.SetUserID(7) })
	thief := b.Clone()
	thief.Header.Set("Network", "elsewhere")
	thief.Visit(func(v *shop.Visitor) { v.Destroy() })
	testsite.Equal(t, testsite.See(b, (*shop.Visitor).UserID), 7, "user at home")
}

func TestTheFirstWriteBindsASessionToItsClient(t *testing.T) {
	s := testsite.New(t)
	b := s.Browser()
	b.Header.Set("Network", "home")
	b.Visit(func(v *shop.Visitor) { v.SetVisits(1) })
	b.Manager = s.NewManager(runtime.WithClientCheck(identifiedBy("Network")))
	elsewhere := func() bool {
		other := b.Clone()
		other.Header.Set("Network", "elsewhere")
		return testsite.See(other, (*shop.Visitor).HasVisits)
	}
	testsite.Equal(t, elsewhere(), true, "a session that began without the option is open to all")
	b.Visit(func(v *shop.Visitor) { v.AddVisits(1) })
	testsite.Equal(t, elsewhere(), false, "after its first write it is open to all")
	// An earlier version of the program writes, and keeps what it does not know of.
	b.Manager = s.Visitors
	b.Visit(func(v *shop.Visitor) { v.AddVisits(1) })
	b.Manager = s.NewManager(runtime.WithClientCheck(identifiedBy("Network")))
	testsite.Equal(t, elsewhere(), false, "after a write without the option it is open to all")
	testsite.Equal(t, testsite.See(b, (*shop.Visitor).Visits), 3, "visits at home")
}
