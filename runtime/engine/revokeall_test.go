package engine_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/internal/shop"
	"github.com/sessiongen/sessiongen/runtime/internal/testsite"
)

// ASVS 5.0 7.4.5: an administrator ends the sessions of all users. When RevokeAll has returned,
// none of them is served, whatever is in progress.
func TestRevokeAllEndsEverySession(t *testing.T) {
	s := testsite.New(t)
	user, other, guest := s.Browser(), s.Browser(), s.Browser()
	user.Visit(func(v *shop.Visitor) { v.SetUserID(7) })
	other.Visit(func(v *shop.Visitor) { v.SetUserID(8) })
	guest.Visit(func(v *shop.Visitor) { v.AddVisits(1) })
	late := user.Clone()
	late.Visit(func(v *shop.Visitor) {
		v.UserID()
		n, err := s.Visitors.RevokeAll(t.Context())
		if n != 3 || err != nil {
			t.Errorf("RevokeAll: got %d, %v, want the 3 sessions that there are", n, err)
		}
		v.AddVisits(1)
	})
	for name, b := range map[string]*testsite.Browser{"user": user, "other": other, "late": late} {
		testsite.Equal(t, testsite.See(b, (*shop.Visitor).HasUserID), false, name+" is signed in")
	}
	testsite.Equal(t, testsite.See(guest, (*shop.Visitor).Visits), 0, "the guest's visits")
	testsite.Equal(t, s.Count(runtime.EventRevoked), 1, "events")
	user.Visit(func(v *shop.Visitor) { v.SetUserID(7) })
	testsite.Equal(t, testsite.See(user, (*shop.Visitor).UserID), 7, "who signs in again")
}

// A sign-in in progress counts as later, in a new session or in one that was there before.
func TestRevokeAllSparesASignInInProgress(t *testing.T) {
	s := testsite.New(t)
	known := s.Browser()
	known.Visit(func(v *shop.Visitor) { v.AddVisits(1) })
	for _, b := range []*testsite.Browser{s.Browser(), known} {
		b.Visit(func(v *shop.Visitor) {
			v.Visits()
			if _, err := s.Visitors.RevokeAll(t.Context()); err != nil {
				t.Error(err)
			}
			v.SetUserID(7)
		})
		testsite.Equal(t, testsite.See(b, (*shop.Visitor).UserID), 7, "user")
	}
}

// What a store has ended counts, whether or not its answer arrives, and a call that fails for good
// says so.
func TestRevokeAllOfAStoreThatFails(t *testing.T) {
	s := testsite.New(t)
	s.Browser().Visit(func(v *shop.Visitor) { v.SetUserID(7) })
	s.Store.Stand(nil, testsite.Once("revoke all", testsite.ErrDown))
	n, err := s.Visitors.RevokeAll(t.Context())
	if n != 1 || err != nil {
		t.Errorf("one answer lost: got %d, %v, want 1 and no error", n, err)
	}
	s.Store.Stand(testsite.Down("revoke all"), nil)
	if n, err := s.Visitors.RevokeAll(t.Context()); n != 0 || !errors.Is(err, testsite.ErrDown) || !strings.HasPrefix(err.Error(), "sessiongen: revoking all sessions: ") {
		t.Errorf("a store that is down: got %d, %v", n, err)
	}
}

// plain is a store that is an Indexer but no Revoker.
type plain struct {
	runtime.Store
	runtime.Indexer
}

// unable is a Revoker that cannot find its sessions.
type unable struct{ plain }

var (
	errUnable = fmt.Errorf("made of paper: %w", errors.ErrUnsupported)
	calls     int
)

func (unable) RevokeAll(context.Context, string) (int, error) { calls++; return 0, errUnable }

func TestRevokeAllOfAStoreThatCannotDoIt(t *testing.T) {
	s := testsite.New(t)
	for name, store := range map[string]runtime.Store{"no Revoker": plain{s.Store, s.Store}, "a Revoker that cannot": unable{plain{s.Store, s.Store}}} {
		visitors, err := shop.NewVisitorManager(store, runtime.WithKeys(testsite.Keys))
		if err != nil {
			t.Fatal(err)
		}
		calls = 0
		if _, err := visitors.RevokeAll(t.Context()); !errors.Is(err, errors.ErrUnsupported) || !strings.HasPrefix(err.Error(), "sessiongen: revoking all sessions: ") {
			t.Errorf("%s: got %v, want %v", name, err, errors.ErrUnsupported)
		}
		if calls > 1 {
			t.Errorf("%s: asked %d times", name, calls)
		}
	}
}

// RevokeAll ends the sessions of its own application, under its present and its earlier names, and
// no others in the store.
func TestRevokeAllEndsOnlyTheApplicationsOwnSessions(t *testing.T) {
	s := testsite.New(t, runtime.WithApplication("shop", "old shop"))
	staff, before := s.Browser(), s.Browser()
	staff.Manager = s.NewManager(runtime.WithApplication("staff"))
	before.Manager = s.NewManager(runtime.WithApplication("old shop"))
	user := s.Browser()
	for _, b := range []*testsite.Browser{staff, before, user} {
		b.Visit(func(v *shop.Visitor) { v.SetUserID(7) })
	}
	if n, err := s.Visitors.RevokeAll(t.Context()); n != 2 || err != nil {
		t.Errorf("RevokeAll: got %d, %v, want 2", n, err)
	}
	testsite.Equal(t, testsite.See(user, (*shop.Visitor).HasUserID), false, "user")
	testsite.Equal(t, testsite.See(before, (*shop.Visitor).HasUserID), false, "user of the earlier name")
	testsite.Equal(t, testsite.See(staff, (*shop.Visitor).UserID), 7, "user of another application")
}

// The administrator who ends all sessions from a page has none any more: the dead cookie is
// deleted, and what is set afterwards begins a new session.
func TestRevokeAllInAHandlerEndsItsOwnSession(t *testing.T) {
	s := testsite.New(t)
	b := s.Browser()
	b.Visit(func(v *shop.Visitor) { v.SetUserID(7) })
	b.Serve(func(v *shop.Visitor, _ testsite.ResponseWriter, r *testsite.Request) {
		if _, err := s.Visitors.RevokeAll(r.Context()); err != nil {
			t.Error(err)
		}
		testsite.Equal(t, v.HasUserID(), false, "signed in after RevokeAll")
	})
	testsite.Equal(t, b.Cookies[testsite.SessionCookie], "", "session cookie")
	b.Visit(func(v *shop.Visitor) { v.SetUserID(7) })
	b.Serve(func(v *shop.Visitor, _ testsite.ResponseWriter, r *testsite.Request) {
		s.Visitors.RevokeAll(r.Context())
		v.SetNotice("All are signed out")
	})
	testsite.Equal(t, testsite.See(b, (*shop.Visitor).Notice), "All are signed out", "notice")
	guest := s.Browser()
	guest.Visit(func(v *shop.Visitor) { v.SetVisits(1) })
	guest.Serve(func(v *shop.Visitor, _ testsite.ResponseWriter, r *testsite.Request) {
		v.SetUserID(7)
		s.Visitors.RevokeAll(r.Context())
	})
	testsite.Equal(t, testsite.See(guest, (*shop.Visitor).UserID), 7, "a sign-in that was not committed yet")
}
