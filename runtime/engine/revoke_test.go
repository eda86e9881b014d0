package engine_test

import (
	"strings"
	"testing"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/internal/shop"
)

func TestRevokeOthersActsForWhoeverIsSignedInAtCommit(t *testing.T) {
	s := newSite(t)
	b, other7, other8 := s.browser(), s.browser(), s.browser()
	b.visit(func(v *shop.Visitor) { v.SetUserID(7) })
	other7.visit(func(v *shop.Visitor) { v.SetUserID(7) })
	other8.visit(func(v *shop.Visitor) { v.SetUserID(8) })
	s.store.took()
	b.visit(func(v *shop.Visitor) { v.RevokeOthers(); v.SetUserID(8) })
	equal(t, s.store.took(), "load update revoke", "store calls")
	equal(t, see(b, (*shop.Visitor).UserID), 8, "user")
	equal(t, see(other7, (*shop.Visitor).UserID), 7, "another session of the one before")
	equal(t, see(other8, (*shop.Visitor).UserID), 0, "another session of the one who signed in")
	equal(t, s.count(runtime.EventRevoked), 1, "revoked events")
	s.browser().visit(func(v *shop.Visitor) { v.SetVisits(1); v.RevokeOthers() })
	equal(t, strings.Contains(s.store.took(), "revoke"), false, "nobody revokes nobody's sessions")
	_, err := s.visitors.RevokeByUserID(t.Context(), 0)
	equal(t, err, nil, "error")
	equal(t, s.store.took(), "", "store calls to revoke nobody")
}

func TestRevokingIsRepeatedAndHeardOf(t *testing.T) {
	s := newSite(t)
	b := s.browser()
	b.visit(func(v *shop.Visitor) { v.SetUserID(7) })
	for call, revoke := range map[string]func() error{
		"delete": func() error { return s.visitors.Revoke(t.Context(), runtime.ID{1}) },
		"revoke": func() error { _, err := s.visitors.RevokeByUserID(t.Context(), 7); return err },
	} {
		before := s.count(runtime.EventRevoked)
		s.store.stand(once(call, errDown), nil)
		equal(t, revoke(), nil, "error of "+call)
		equal(t, s.count(runtime.EventRevoked), before+1, "events of "+call)
	}
}

func TestListShowsAllPages(t *testing.T) {
	s := newSite(t)
	const sessions = 250
	for range sessions {
		s.browser().visit(func(v *shop.Visitor) { v.SetUserID(7) })
	}
	infos, err := s.visitors.ListByUserID(t.Context(), 7)
	equal(t, err, nil, "error")
	equal(t, len(infos), sessions, "sessions")
}
