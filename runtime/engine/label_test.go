package engine_test

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/engine"
	"github.com/sessiongen/sessiongen/runtime/internal/shop"
	"github.com/sessiongen/sessiongen/runtime/internal/testsite"
)

const staffCookie = "__Host-staff"

// staffOf is the back room of a shop: another schema of the same program on the same store,
// whose principal has the same key and number.
func staffOf(t testing.TB, s *testsite.Site, options ...runtime.Option) *engine.Manager {
	t.Helper()
	return testsite.NewMini(t, s, testsite.MiniSchema(staffCookie, nil), options...)
}

// inBackRoom makes one request to the back room.
func inBackRoom(b *testsite.Browser, staff *engine.Manager, handle func(m *testsite.Mini)) (status int) {
	w := httptest.NewRecorder()
	staff.Middleware(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { handle(testsite.MiniFrom(r)) })).ServeHTTP(w, b.Request("GET"))
	b.Keep(w.Result())
	return w.Code
}

func userOf(m *testsite.Mini) int64 { return engine.Get(&m.Session, testsite.MiniUser, &m.User) }
func signIn(id int64) func(m *testsite.Mini) {
	return func(m *testsite.Mini) { engine.Set(&m.Session, testsite.MiniUser, &m.User, id) }
}

// A customer who renames the cookie of the shop to that of the back room is not the member of
// the staff with the same number, reads nothing there, and ends nothing.
func TestATokenOpensNothingUnderTheCookieOfAnotherSchema(t *testing.T) {
	s := testsite.New(t)
	staff := staffOf(t, s)
	b := s.Browser()
	b.Visit(func(v *shop.Visitor) { v.SetUserID(5); v.SetVisits(3) })
	for name, handle := range map[string]func(m *testsite.Mini){
		"writes":    func(m *testsite.Mini) { engine.Add(&m.Session, testsite.MiniCount, &m.Count, 1) },
		"destroys":  func(m *testsite.Mini) { m.Session.Destroy() },
		"renews":    func(m *testsite.Mini) { m.Session.Renew() },
		"signs in":  signIn(6),
		"does both": func(m *testsite.Mini) { signIn(6)(m); m.Session.Destroy() },
		"revokes":   func(m *testsite.Mini) { m.Session.RevokeOthers() },
	} {
		thief := s.Browser()
		thief.Cookies[staffCookie] = b.Cookies[testsite.SessionCookie]
		seen := int64(-1)
		inBackRoom(thief, staff, func(m *testsite.Mini) {
			seen = userOf(m)
			testsite.Equal(t, engine.Get(&m.Session, testsite.MiniCount, &m.Count), 0, "visits read in the back room")
			testsite.Equal(t, m.Session.Info().New, true, "no session in the back room")
			handle(m)
		})
		testsite.Equal(t, seen, 0, "member of the staff by the token of a customer")
		testsite.Equal(t, testsite.See(b, (*shop.Visitor).UserID), 5, name+": customer afterwards")
		testsite.Equal(t, testsite.See(b, (*shop.Visitor).Visits), 3, name+": visits of the customer afterwards")
	}
	says := func(e runtime.Event) bool {
		return e.Kind == runtime.EventExpired && e.Reason == "the session belongs to another application or session cookie"
	}
	testsite.Equal(t, slices.ContainsFunc(s.Events, says), true, "an event says why")
}

// The same holds for a secret that was renewed a moment ago.
func TestAReplacedTokenEndsNothingUnderTheCookieOfAnotherSchema(t *testing.T) {
	s := testsite.New(t)
	staff := staffOf(t, s)
	b := s.Browser()
	b.Visit(func(v *shop.Visitor) { v.SetUserID(5) })
	thief := s.Browser()
	thief.Cookies[staffCookie] = b.Cookies[testsite.SessionCookie]
	b.Visit((*shop.Visitor).Renew)
	inBackRoom(thief, staff, func(m *testsite.Mini) { m.Session.Destroy() })
	testsite.Equal(t, testsite.See(b, (*shop.Visitor).UserID), 5, "customer afterwards")
}

// Two schemas whose principals have the same key and the same value neither list nor end each
// other's sessions.
func TestListingAndRevokingReachOneSchemaAlone(t *testing.T) {
	s := testsite.New(t)
	limited := runtime.WithSessionLimit(1)
	staff := staffOf(t, s, limited)
	s.Visitors = s.NewManager(limited)
	customer, clerk := s.Browser(), s.Browser()
	customer.Visit(func(v *shop.Visitor) { v.SetUserID(5) })
	s.Clock.Advance(time.Second)
	testsite.Equal(t, inBackRoom(clerk, staff, signIn(5)), http.StatusOK, "status of the sign-in")
	both := func(what string) {
		t.Helper()
		testsite.Equal(t, testsite.See(customer, (*shop.Visitor).UserID), 5, what+": customer")
		inBackRoom(clerk, staff, func(m *testsite.Mini) { testsite.Equal(t, userOf(m), 5, what+": clerk") })
	}
	both("a limit of one session each")

	customers, err := s.Visitors.ListByUserID(t.Context(), 5)
	testsite.Equal(t, err, nil, "error")
	testsite.Equal(t, len(customers), 1, "sessions of customer 5")
	clerks, err := staff.ListBy(t.Context(), testsite.MiniUser, &testsite.Mini{User: 5})
	testsite.Equal(t, err, nil, "error")
	testsite.Equal(t, len(clerks), 1, "sessions of clerk 5")
	testsite.Equal(t, customers[0].ID == clerks[0].ID, false, "the session is in both lists")

	customer.Visit((*shop.Visitor).RevokeOthers)
	inBackRoom(clerk, staff, func(m *testsite.Mini) { m.Session.RevokeOthers() })
	both("RevokeOthers")
	count, err := s.Visitors.RevokeByUserID(t.Context(), 5)
	testsite.Equal(t, err, nil, "error")
	testsite.Equal(t, count, 1, "customers that were revoked")
	inBackRoom(clerk, staff, func(m *testsite.Mini) { testsite.Equal(t, userOf(m), 5, "clerk after the customers were revoked") })
}

// An ID of one schema's session, sent in a form of the other, ends nothing.
func TestRevokeReachesOneSchemaAlone(t *testing.T) {
	s := testsite.New(t)
	staff := staffOf(t, s)
	b := s.Browser()
	b.Visit(func(v *shop.Visitor) { v.SetUserID(5) })
	id := testsite.IDOf(b)
	testsite.Equal(t, staff.Revoke(t.Context(), id), nil, "error")
	testsite.Equal(t, testsite.See(b, (*shop.Visitor).UserID), 5, "customer afterwards")
	testsite.Equal(t, s.Count(runtime.EventRevoked), 0, "events")
	testsite.Equal(t, s.Visitors.Revoke(t.Context(), id), nil, "error")
	testsite.Equal(t, testsite.See(b, (*shop.Visitor).UserID), 0, "customer who was revoked")
}

// A page of devices lists the sessions of other cookie paths, too, and ends each that it lists.
func TestRevokeEndsWhatListByLists(t *testing.T) {
	s := testsite.New(t)
	admin := testsite.MiniSchema("mini", nil)
	admin.Cookie.Path = "/admin"
	site, back := testsite.NewMini(t, s, testsite.MiniSchema("mini", nil)), testsite.NewMini(t, s, admin)
	b := s.Browser()
	inBackRoom(b, back, signIn(7))
	user := func() (id int64) {
		inBackRoom(b, back, func(m *testsite.Mini) { id = userOf(m) })
		return id
	}
	testsite.Equal(t, user(), 7, "user before")
	list, err := site.ListBy(t.Context(), testsite.MiniUser, &testsite.Mini{User: 7})
	if err != nil || len(list) != 1 {
		t.Fatalf("ListBy of the other path: got %d sessions, %v, want 1", len(list), err)
	}
	testsite.Equal(t, site.Revoke(t.Context(), list[0].ID), nil, "error")
	testsite.Equal(t, user(), 0, "user after Revoke")
	testsite.Equal(t, s.Count(runtime.EventRevoked), 1, "events")
}

// Applications on one store are kept apart by their names, even if everything else is the same.
func TestApplicationsAreKeptApart(t *testing.T) {
	s := testsite.New(t, runtime.WithApplication("shop"))
	b := s.Browser()
	b.Visit(func(v *shop.Visitor) { v.SetUserID(5) })
	for _, forum := range []*shop.VisitorManager{s.NewManager(runtime.WithApplication("forum")), s.NewManager()} {
		guest := b.Clone()
		guest.Manager = forum
		testsite.Equal(t, testsite.See(guest, (*shop.Visitor).UserID), 0, "user in another application")
		count, err := forum.RevokeByUserID(t.Context(), 5)
		testsite.Equal(t, err, nil, "error")
		testsite.Equal(t, count, 0, "sessions that another application has revoked")
	}
	again := b.Clone()
	again.Manager = s.NewManager(runtime.WithApplication("shop"))
	testsite.Equal(t, testsite.See(again, (*shop.Visitor).UserID), 5, "user in another program of the same name")
}

// renamed are the managers of an application that is renamed from "shop" to "store" by two
// deployments: each accepts what the other one writes.
func renamed(s *testsite.Site, options ...runtime.Option) (before, after *shop.VisitorManager) {
	return s.NewManager(append(options, runtime.WithApplication("shop", "store"))...), s.NewManager(append(options, runtime.WithApplication("store", "shop"))...)
}

// Renaming the application ends no session, whichever replicas serve the requests meanwhile,
// and no change is lost.
func TestAnApplicationIsRenamed(t *testing.T) {
	s := testsite.New(t)
	before, after := renamed(s)
	b := s.Browser()
	b.Manager = s.NewManager(runtime.WithApplication("shop"))
	b.Visit(func(v *shop.Visitor) { v.SetUserID(5); v.SetTeam("red"); v.SetCampaign("spring"); v.SetTicket(9) })
	const rounds = 6
	for i := range rounds {
		b.Manager = []*shop.VisitorManager{before, after}[i%2]
		b.Visit(func(v *shop.Visitor) {
			testsite.Equal(t, v.UserID(), 5, "user on another replica")
			testsite.Equal(t, v.Campaign(), "spring", "signed cookie on another replica")
			testsite.Equal(t, v.Ticket(), 9, "encrypted cookie on another replica")
			v.AddVisits(1)
		})
		for _, m := range []*shop.VisitorManager{before, after} {
			list, err := m.ListByTeam(t.Context(), "red")
			testsite.Equal(t, err, nil, "error")
			testsite.Equal(t, len(list), 1, "sessions of the team")
		}
	}
	b.Manager = after
	b.Visit(func(v *shop.Visitor) { v.AddVisits(1); v.SetCampaign("summer"); v.SetTicket(10) })
	b.Manager = s.NewManager(runtime.WithApplication("store")) // the former name is removed
	b.Visit(func(v *shop.Visitor) {
		testsite.Equal(t, v.UserID(), 5, "user under the new name")
		testsite.Equal(t, v.Visits(), rounds+1, "visits")
		testsite.Equal(t, v.Campaign(), "summer", "signed cookie under the new name")
		testsite.Equal(t, v.Ticket(), 10, "encrypted cookie under the new name")
	})
	count, err := b.Manager.RevokeByTeam(t.Context(), "red")
	testsite.Equal(t, err, nil, "error")
	testsite.Equal(t, count, 1, "sessions of the team under the new name")
}

// A request that was loaded under the former name and meets a write under the new one replays
// its changes; it does not take the session for renewed.
func TestAnApplicationIsRenamedWhileARequestIsUnderWay(t *testing.T) {
	s := testsite.New(t)
	before, after := renamed(s)
	for _, sides := range [][2]*shop.VisitorManager{{before, after}, {after, before}, {after, after}} {
		b := s.Browser()
		b.Manager = before
		b.Visit(func(v *shop.Visitor) { v.SetUserID(5) })
		other := b.Clone()
		b.Manager, other.Manager = sides[0], sides[1]
		b.Visit(func(v *shop.Visitor) {
			v.AddVisits(1)
			other.Visit(func(v *shop.Visitor) { v.AddVisits(1) })
			v.SetUserID(5) // renews the secret, which only the current secret may
		})
		testsite.Equal(t, testsite.See(b, (*shop.Visitor).Visits), 2, "visits")
		testsite.Equal(t, testsite.See(b, (*shop.Visitor).UserID), 5, "user")
		testsite.Equal(t, testsite.See(other, (*shop.Visitor).UserID), 0, "user of the secret that was renewed")
	}
	testsite.Equal(t, s.Count(runtime.EventStale), 3, "secrets that count as renewed a moment ago")
	testsite.Equal(t, s.Count(runtime.EventDropped), 0, "changes that were dropped")
}

// Revoking reaches the sessions under the former name, and a limit counts them.
func TestRevokingReachesTheFormerName(t *testing.T) {
	s := testsite.New(t)
	before, after := renamed(s)
	visit := func(m *shop.VisitorManager, id int64) *testsite.Browser {
		b := s.Browser()
		b.Manager = m
		b.Visit(func(v *shop.Visitor) { v.SetUserID(id) })
		return b
	}
	first, second := visit(before, 5), visit(after, 5)
	list, err := after.ListByUserID(t.Context(), 5)
	testsite.Equal(t, err, nil, "error")
	testsite.Equal(t, len(list), 2, "sessions under both names")
	second.Visit((*shop.Visitor).RevokeOthers)
	testsite.Equal(t, testsite.See(first, (*shop.Visitor).UserID), 0, "user of the other session, under the former name")
	testsite.Equal(t, testsite.See(second, (*shop.Visitor).UserID), 5, "user of the session that was kept")

	first = visit(before, 5)
	count, err := after.RevokeByUserID(t.Context(), 5)
	testsite.Equal(t, err, nil, "error")
	testsite.Equal(t, count, 2, "sessions that were revoked")
	testsite.Equal(t, testsite.See(first, (*shop.Visitor).UserID), 0, "user under the former name")

	_, limited := renamed(s, runtime.WithSessionLimit(1))
	first = visit(before, 6)
	s.Clock.Advance(time.Second)
	second = visit(limited, 6)
	testsite.Equal(t, testsite.See(first, (*shop.Visitor).UserID), 0, "user of the older sign-in")
	testsite.Equal(t, testsite.See(second, (*shop.Visitor).UserID), 6, "user of the newer sign-in")
}

// What does not work with earlier names is refused when the manager is made.
func TestEarlierNamesThatAreRefused(t *testing.T) {
	s := testsite.New(t)
	source := oldLibraries()[0].source
	fill := func(*shop.Visitor, map[any]any) error { return nil }
	_, err := shop.NewVisitorManager(s.Store, runtime.WithKeys(testsite.Keys), runtime.WithApplication("store", "shop"),
		runtime.WithClock(s.Clock.Now), runtime.WithLegacy(s.Clock.Now().AddDate(0, 1, 0), source, fill))
	if err == nil || !strings.Contains(err.Error(), "WithLegacy and an earlier name of WithApplication exclude each other") {
		t.Errorf("error: %v", err)
	}
}

// Two schemas of one program may take over the same old session, each in a session of its own.
func TestTwoSchemasTakeOverOneOldSession(t *testing.T) {
	from := oldLibraries()[1]
	s, b := moved(t, from)
	staff := staffOf(t, s, runtime.WithLegacy(s.Clock.Now().AddDate(0, 1, 0), from.source, func(m *testsite.Mini, old map[any]any) error {
		engine.Set(&m.Session, testsite.MiniUser, &m.User, old["user_id"].(int64))
		return nil
	}))
	clerk := b.Clone()
	b.Visit(func(v *shop.Visitor) { testsite.Equal(t, v.UserID(), 7, "customer who was taken over") })
	inBackRoom(clerk, staff, func(m *testsite.Mini) {
		testsite.Equal(t, userOf(m), 7, "clerk who was taken over")
		m.Session.Destroy()
	})
	testsite.Equal(t, testsite.See(b, (*shop.Visitor).UserID), 7, "customer after the clerk has signed out")
}
