package engine_test

import (
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
	testsite.Equal(t, testsite.See(other8, (*shop.Visitor).UserID), 0, "another session of the one who signed in")
	testsite.Equal(t, s.Count(runtime.EventRevoked), 1, "revoked events")
	s.Browser().Visit(func(v *shop.Visitor) { v.SetVisits(1); v.RevokeOthers() })
	testsite.Equal(t, strings.Contains(s.Store.Took(), "revoke"), false, "nobody revokes nobody's sessions")
	_, err := s.Visitors.RevokeByUserID(t.Context(), 0)
	testsite.Equal(t, err, nil, "error")
	testsite.Equal(t, s.Store.Took(), "", "store calls to revoke nobody")
}

func TestRevokingIsRepeatedAndHeardOf(t *testing.T) {
	s := testsite.New(t)
	b := s.Browser()
	b.Visit(func(v *shop.Visitor) { v.SetUserID(7) })
	for call, revoke := range map[string]func() error{
		"delete": func() error { return s.Visitors.Revoke(t.Context(), runtime.ID{1}) },
		"revoke": func() error { _, err := s.Visitors.RevokeByUserID(t.Context(), 7); return err },
	} {
		before := s.Count(runtime.EventRevoked)
		s.Store.Stand(testsite.Once(call, testsite.ErrDown), nil)
		testsite.Equal(t, revoke(), nil, "error of "+call)
		testsite.Equal(t, s.Count(runtime.EventRevoked), before+1, "events of "+call)
	}
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
