package engine_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/internal/shop"
	"github.com/sessiongen/sessiongen/runtime/internal/testsite"
)

func TestRevokeOthersActsForWhoeverIsSignedInAtCommit(t *testing.T) {
	s := testsite.New(t)
	b, other7, other8 := s.Browser(), s.Browser(), s.Browser()
	b.Visit(func(v *shop.Visitor) { v.SetUserID(7) })
	other7.Visit(func(v *shop.Visitor) { v.SetUserID(7) })
	other8.Visit(func(v *shop.Visitor) { v.SetUserID(8) })
	s.Store.Took()
	b.Visit(func(v *shop.Visitor) { v.RevokeOthers(); v.SetUserID(8) })
	testsite.Equal(t, s.Store.Took(), "load update revoke", "store calls")
	testsite.Equal(t, testsite.See(b, (*shop.Visitor).UserID), 8, "user")
	testsite.Equal(t, testsite.See(other7, (*shop.Visitor).UserID), 7, "another session of the one before")
	testsite.Equal(t, testsite.See(other8, (*shop.Visitor).UserID), 0, "another session of the signed-in user")
	testsite.Equal(t, s.Count(runtime.EventRevoked), 1, "revoked events")
	s.Browser().Visit(func(v *shop.Visitor) { v.SetVisits(1); v.RevokeOthers() })
	testsite.Equal(t, strings.Contains(s.Store.Took(), "revoke"), false, "an anonymous request revokes sessions")
	_, err := s.Visitors.RevokeByUserID(t.Context(), 0)
	testsite.Equal(t, err, nil, "error")
	testsite.Equal(t, s.Store.Took(), "", "store calls to revoke the sessions of no user")
}

func TestRevokingIsRepeatedAndHeardOf(t *testing.T) {
	s := testsite.New(t)
	b := s.Browser()
	b.Visit(func(v *shop.Visitor) { v.SetUserID(7) })
	other := s.Browser()
	other.Visit(func(v *shop.Visitor) { v.SetUserID(8) })
	id := testsite.IDOf(other)
	for call, revoke := range map[string]func() error{
		"delete": func() error { return s.Visitors.Revoke(t.Context(), id) },
		"revoke": func() error { _, err := s.Visitors.RevokeByUserID(t.Context(), 7); return err },
	} {
		before := s.Count(runtime.EventRevoked)
		s.Store.Stand(testsite.Once(call, testsite.ErrDown), nil)
		testsite.Equal(t, revoke(), nil, "error of "+call)
		testsite.Equal(t, s.Count(runtime.EventRevoked), before+1, "events of "+call)
	}
}

func TestARevocationIsCountedOnlyIfThereWasASession(t *testing.T) {
	s := testsite.New(t)
	b := s.Browser()
	b.Visit(func(v *shop.Visitor) { v.SetUserID(7) })
	id := testsite.IDOf(b)
	revoke := func(id runtime.ID) (events []runtime.Event) {
		t.Helper()
		s.Mu.Lock()
		s.Events = nil
		s.Mu.Unlock()
		testsite.Equal(t, s.Visitors.Revoke(t.Context(), id), nil, "error")
		return s.Events
	}
	if events := revoke(runtime.ID{1}); len(events) != 0 {
		t.Errorf("an ID that never was: %+v", events)
	}
	if events := revoke(id); len(events) != 1 || events[0].Count != 1 || events[0].ID != id {
		t.Errorf("a live session: %+v", events)
	}
	if events := revoke(id); len(events) != 0 {
		t.Errorf("a session that had ended: %+v", events)
	}
	testsite.Equal(t, testsite.See(b, (*shop.Visitor).UserID), 0, "user")
}

func TestListShowsAllPages(t *testing.T) {
	s := testsite.New(t)
	const sessions = 250
	for range sessions {
		s.Browser().Visit(func(v *shop.Visitor) { v.SetUserID(7) })
	}
	infos, err := s.Visitors.ListByUserID(t.Context(), 7)
	testsite.Equal(t, err, nil, "error")
	testsite.Equal(t, len(infos), sessions, "sessions")
}

// A request that revokes its own session is signed out: the dead cookie is deleted, and a
// farewell is kept.
func TestRevokingTheSessionOfTheRequest(t *testing.T) {
	for name, revoke := range map[string]func(s *testsite.Site, r *http.Request, id runtime.ID) error{
		"by its user": func(s *testsite.Site, r *http.Request, _ runtime.ID) error {
			_, err := s.Visitors.RevokeByUserID(r.Context(), 7)
			return err
		},
		"by its team": func(s *testsite.Site, r *http.Request, _ runtime.ID) error {
			_, err := s.Visitors.RevokeByTeam(r.Context(), "red")
			return err
		},
		"by its ID": func(s *testsite.Site, r *http.Request, id runtime.ID) error {
			return s.Visitors.Revoke(r.Context(), id)
		},
	} {
		s := testsite.New(t)
		b := s.Browser()
		b.Visit(func(v *shop.Visitor) { v.SetUserID(7); v.SetTeam("red") })
		silent := b.Clone()
		handle := func(after func(v *shop.Visitor)) testsite.Handler {
			return func(v *shop.Visitor, _ http.ResponseWriter, r *http.Request) {
				v.SetUsername("before")
				testsite.Equal(t, revoke(s, r, v.Info().ID), nil, name+": error")
				testsite.Equal(t, v.HasUserID(), false, name+": signed in afterwards")
				testsite.Equal(t, v.Info().New, true, name+": new afterwards")
				after(v)
			}
		}
		response := silent.Serve(handle(func(*shop.Visitor) {}))
		testsite.Equal(t, response.StatusCode, 200, name+": status")
		testsite.Equal(t, silent.Cookies[testsite.SessionCookie], "", name+": cookie")
		testsite.Equal(t, s.Count(runtime.EventDropped), 1, name+": dropped events")

		b = s.Browser()
		b.Visit(func(v *shop.Visitor) { v.SetUserID(7); v.SetTeam("red") })
		b.Serve(handle(func(v *shop.Visitor) { v.SetNotice("Goodbye") }))
		b.Visit(func(v *shop.Visitor) {
			testsite.Equal(t, v.Notice(), "Goodbye", name+": notice")
			testsite.Equal(t, v.HasUserID(), false, name+": signed in")
			testsite.Equal(t, v.HasUsername(), false, name+": what was set before")
		})

		// After the first byte, the cookie cannot be deleted any more.
		b = s.Browser()
		b.Visit(func(v *shop.Visitor) { v.SetUserID(7); v.SetTeam("red") })
		late := b.Clone()
		response = late.Serve(func(v *shop.Visitor, w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(200)
			testsite.Equal(t, revoke(s, r, v.Info().ID), nil, name+": error")
		})
		testsite.Equal(t, len(response.Header["Set-Cookie"]), 0, name+": cookies after the first byte")
		testsite.Equal(t, testsite.See(b, (*shop.Visitor).HasUserID), false, name+": signed in")
	}
}

// A request whose session was not revoked keeps it.
func TestRevokingSessionsOfOthersWithinARequest(t *testing.T) {
	for name, handle := range map[string]testsite.Handler{
		"another user": func(_ *shop.Visitor, _ http.ResponseWriter, r *http.Request) {
			_, _ = visitorsOf(r).RevokeByUserID(r.Context(), 8)
		},
		"another team": func(_ *shop.Visitor, _ http.ResponseWriter, r *http.Request) {
			_, _ = visitorsOf(r).RevokeByTeam(r.Context(), "blue")
		},
		"another ID": func(_ *shop.Visitor, _ http.ResponseWriter, r *http.Request) {
			_ = visitorsOf(r).Revoke(r.Context(), runtime.ID{1})
		},
		"another context": func(v *shop.Visitor, _ http.ResponseWriter, r *http.Request) {
			_, _ = visitorsOf(r).RevokeByUserID(context.Background(), 8)
		},
		"others": func(v *shop.Visitor, _ http.ResponseWriter, _ *http.Request) { v.RevokeOthers() },
	} {
		s := testsite.New(t)
		b := s.Browser()
		b.Visit(func(v *shop.Visitor) { v.SetUserID(7); v.SetTeam("red") })
		b.Serve(func(v *shop.Visitor, w http.ResponseWriter, r *http.Request) {
			handle(v, w, r.WithContext(context.WithValue(r.Context(), visitorsKey{}, s.Visitors)))
			v.AddVisits(1)
		})
		testsite.Equal(t, testsite.See(b, (*shop.Visitor).UserID), 7, name+": user")
		testsite.Equal(t, testsite.See(b, (*shop.Visitor).Visits), 1, name+": visits")
	}
}

type visitorsKey struct{}

func visitorsOf(r *http.Request) *shop.VisitorManager {
	return r.Context().Value(visitorsKey{}).(*shop.VisitorManager)
}

// A password that is reset in the request that signs in: the sign-in comes after what it
// revokes.
func TestRevokingBeforeASignInIsCommitted(t *testing.T) {
	for name, c := range map[string]struct {
		before int64 // who is signed in at first
		handle func(s *testsite.Site, v *shop.Visitor, r *http.Request)
	}{
		"revoked, then signed in": {0, func(s *testsite.Site, v *shop.Visitor, r *http.Request) {
			_, _ = s.Visitors.RevokeByUserID(r.Context(), 7)
			v.SetUserID(7)
		}},
		"signed in, then revoked": {0, func(s *testsite.Site, v *shop.Visitor, r *http.Request) {
			v.SetUserID(7)
			_, _ = s.Visitors.RevokeByUserID(r.Context(), 7)
		}},
		"signed in as another": {8, func(s *testsite.Site, v *shop.Visitor, r *http.Request) {
			v.SetUserID(7)
			_, _ = s.Visitors.RevokeByUserID(r.Context(), 7)
		}},
		"signed in again": {7, func(s *testsite.Site, v *shop.Visitor, r *http.Request) {
			_, _ = s.Visitors.RevokeByUserID(r.Context(), 7)
			v.SetUserID(7)
		}},
	} {
		s := testsite.New(t)
		b, phone := s.Browser(), s.Browser()
		b.Visit(func(v *shop.Visitor) { v.SetVisits(1); v.SetUserID(c.before) })
		phone.Visit(func(v *shop.Visitor) { v.SetUserID(7) })
		b.Serve(func(v *shop.Visitor, _ http.ResponseWriter, r *http.Request) { c.handle(s, v, r) })
		testsite.Equal(t, testsite.See(b, (*shop.Visitor).UserID), 7, name+": user")
		testsite.Equal(t, testsite.See(phone, (*shop.Visitor).HasUserID), false, name+": the phone is signed in")
	}
}

// Whoever looks for the handler that ended sessions finds it in the event.
func TestARevocationNamesItsHandler(t *testing.T) {
	s := testsite.New(t)
	b := s.Browser()
	b.Visit(func(v *shop.Visitor) { v.SetUserID(7) })
	id := runtime.ID{}
	b.Visit(func(v *shop.Visitor) { id = v.Info().ID })
	for name, revoke := range map[string]func(ctx context.Context) error{
		"RevokeBy":  func(ctx context.Context) error { _, err := s.Visitors.RevokeByUserID(ctx, 7); return err },
		"RevokeAll": func(ctx context.Context) error { _, err := s.Visitors.RevokeAll(ctx); return err },
		"Revoke":    func(ctx context.Context) error { return s.Visitors.Revoke(ctx, id) },
	} {
		b := s.Browser()
		b.Visit(func(v *shop.Visitor) { v.SetUserID(7); _ = v.Commit(context.Background()); id = v.Info().ID })
		s.Events = nil
		mux := http.NewServeMux()
		mux.HandleFunc("POST /admin/end/{id}", func(_ http.ResponseWriter, r *http.Request) {
			testsite.Equal(t, revoke(r.Context()), nil, name)
		})
		s.Visitors.Middleware(mux).ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("POST", "https://shop.example/admin/end/1", nil))
		e := lastOf(s, runtime.EventRevoked)
		testsite.Equal(t, e.Method, "POST", name+": method")
		testsite.Equal(t, e.Route, "POST /admin/end/{id}", name+": route")
		_ = revoke(t.Context())
	}
}
