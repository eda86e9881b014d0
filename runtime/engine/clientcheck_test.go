package engine_test

import (
	"context"
	"net/http"
	"slices"
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
}

// A thief who shows nothing to be identified by, such as no client certificate, opens nothing and
// ends nothing that is bound.
func TestATokenIsWorthNothingToAClientThatCannotBeIdentified(t *testing.T) {
	s := testsite.New(t, runtime.WithClientCheck(identifiedBy("Network")))
	b := s.Browser()
	b.Header.Set("Network", "home")
	b.Visit(func(v *shop.Visitor) { v.SetUserID(7); v.SetVisits(3) })
	for name, manager := range map[string]*shop.VisitorManager{"with the option": s.Visitors, "without the option": s.NewManager()} {
		for _, handle := range []func(v *shop.Visitor){(*shop.Visitor).Destroy, func(v *shop.Visitor) { v.AddVisits(1) }, (*shop.Visitor).RevokeOthers} {
			thief := b.Clone()
			thief.Header.Del("Network")
			thief.Manager = manager
			thief.Visit(func(v *shop.Visitor) {
				testsite.Equal(t, v.HasUserID() || v.HasVisits(), false, name+": anything of the session is seen")
				handle(v)
			})
		}
		testsite.Equal(t, testsite.See(b, (*shop.Visitor).UserID), 7, name+": user at home afterwards")
		testsite.Equal(t, testsite.See(b, (*shop.Visitor).Visits), 3, name+": visits at home afterwards")
	}
	for _, reason := range []string{
		"the session is bound to a client, and the one of the request cannot be identified",
		"the session is bound to a client, and this manager lacks runtime.WithClientCheck",
	} {
		says := func(e runtime.Event) bool { return e.Kind == runtime.EventClientChanged && e.Reason == reason }
		testsite.Equal(t, slices.ContainsFunc(s.Events, says), true, "an event says that "+reason)
	}
}

// A session that such a client begins is not bound: it is as good as a token alone.
func TestAClientThatCannotBeIdentifiedHasASession(t *testing.T) {
	s := testsite.New(t, runtime.WithClientCheck(identifiedBy("Network")))
	b := s.Browser()
	b.Visit(func(v *shop.Visitor) { v.SetUserID(7) })
	testsite.Equal(t, testsite.See(b, (*shop.Visitor).UserID), 7, "user of a client that cannot be identified")
	b.Header.Set("Network", "home")
	b.Visit(func(v *shop.Visitor) { v.AddVisits(1) })
	b.Header.Del("Network")
	testsite.Equal(t, testsite.See(b, (*shop.Visitor).HasUserID), false, "signed in once the session is bound, and the client cannot be identified")
}

// A secret that was renewed a moment ago ends the session for its own client alone.
func TestAReplacedTokenEndsNothingForAnotherClient(t *testing.T) {
	s := testsite.New(t, runtime.WithClientCheck(identifiedBy("Network")))
	for _, network := range []string{"elsewhere", "", "home"} {
		b := s.Browser()
		b.Header.Set("Network", "home")
		b.Visit(func(v *shop.Visitor) { v.SetUserID(7) })
		thief := b.Clone()
		b.Visit((*shop.Visitor).Renew)
		thief.Header.Set("Network", network)
		thief.Visit((*shop.Visitor).Destroy)
		testsite.Equal(t, testsite.See(b, (*shop.Visitor).HasUserID), network != "home", "signed in at home after a logout from "+network)
	}
}

// A thief whose request is under way while the session is bound to its client writes nothing to
// it any more, and reads nothing new.
func TestASessionIsBoundWhileARequestOfAThiefIsUnderWay(t *testing.T) {
	for name, handle := range map[string]func(v *shop.Visitor){
		"commit": func(v *shop.Visitor) { v.AddVisits(100) },
		"reload": func(v *shop.Visitor) {
			testsite.Equal(t, v.Reload(context.Background()), runtime.ErrEnded, "error of Reload")
			testsite.Equal(t, v.Visits(), 0, "visits that are read")
		},
	} {
		s := testsite.New(t)
		b := s.Browser()
		b.Header.Set("Network", "home")
		b.Visit(func(v *shop.Visitor) { v.SetUserID(7) })
		b.Manager = s.NewManager(runtime.WithClientCheck(identifiedBy("Network")))
		thief := b.Clone()
		thief.Header.Set("Network", "elsewhere")
		thief.Visit(func(v *shop.Visitor) {
			b.Visit(func(v *shop.Visitor) { v.AddVisits(1) })
			handle(v)
		})
		testsite.Equal(t, testsite.See(b, (*shop.Visitor).Visits), 1, name+": visits at home")
	}
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
	testsite.Equal(t, testsite.See(b, (*shop.Visitor).Visits), 2, "visits at home")
}
