package sealed_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/internal/kiosk"
	"github.com/sessiongen/sessiongen/runtime/internal/shop"
	"github.com/sessiongen/sessiongen/runtime/sealed"
)

func TestConstruction(t *testing.T) {
	s := newSite(t)
	for name, c := range map[string]struct {
		keys    *runtime.Keys
		options []sealed.Option
		says    string
	}{
		"neither":         {s.keys, nil, "AcceptReplay"},
		"both":            {s.keys, []sealed.Option{sealed.WithRevocations(s.records), sealed.AcceptReplay()}, "give one of them"},
		"no keys":         {nil, []sealed.Option{sealed.AcceptReplay()}, "NewKeys"},
		"nil store":       {s.keys, []sealed.Option{sealed.WithRevocations(nil)}, "memstore"},
		"nil pointer":     {s.keys, []sealed.Option{sealed.WithRevocations((*nilStore)(nil))}, "memstore"},
		"sealed in turn":  {s.keys, []sealed.Option{sealed.WithRevocations(s.sealer(sealed.AcceptReplay()))}, "give WithRevocations another store"},
		"deflate from 0":  {s.keys, []sealed.Option{sealed.AcceptReplay(), sealed.WithDeflate(0)}, "threshold"},
		"deflate from -1": {s.keys, []sealed.Option{sealed.AcceptReplay(), sealed.WithDeflate(-1)}, "threshold"},
	} {
		if _, err := sealed.New(c.keys, c.options...); err == nil || !strings.HasPrefix(err.Error(), "sealed: ") || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := kiosk.NewVisitorManager((*sealed.Store)(nil), runtime.WithKeys(s.keys)); err == nil {
		t.Error("a nil sealed.Store was accepted")
	}
}

func TestAcceptedReplay(t *testing.T) {
	s := newSite(t, sealed.AcceptReplay())
	b := s.browser()
	b.visit(func(v *kiosk.Visitor) { v.SetUserID(7) })
	b.visit((*kiosk.Visitor).Renew)
	b.visit(func(v *kiosk.Visitor) { v.AddVisits(1) })
	equal(t, see(b, (*kiosk.Visitor).UserID), 7, "user")
	kept := b.clone()
	response := b.visit((*kiosk.Visitor).Destroy)
	equal(t, len(b.cookies), 0, "cookies after Destroy")
	equal(t, response.StatusCode, 200, "status of Destroy")
	equal(t, see(kept, (*kiosk.Visitor).UserID), 7, "the copy is good: that is what was accepted")

	response = kept.visit(func(v *kiosk.Visitor) { v.AddVisits(1); v.RevokeOthers() })
	equal(t, response.StatusCode, 500, "status of RevokeOthers")
	equal(t, len(setCookies(response)), 0, "cookies of RevokeOthers")
	for name, err := range map[string]error{
		"Revoke":   s.visitors.Revoke(t.Context(), runtime.ID{1}),
		"RevokeBy": func() error { _, err := s.visitors.RevokeByUserID(t.Context(), 7); return err }(),
		"Load":     func() error { _, err := s.sealer(sealed.AcceptReplay()).Load(t.Context(), runtime.ID{}); return err }(),
	} {
		if !errors.Is(err, errors.ErrUnsupported) || !strings.Contains(err.Error(), "WithRevocations") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestTheCaveatOfRevocationsIsPassedOn(t *testing.T) {
	s := newSite(t)
	s.manager(s.sealer(sealed.WithRevocations(singleProcess{s.records})))
	equal(t, s.count(runtime.EventStoreCaveat), 1, "events")
}

// Sealed sessions are in the browsers, so an index cannot find them.
func TestIndexFieldsAreRefused(t *testing.T) {
	s := newSite(t)
	_, err := shop.NewVisitorManager(s.sealer(sealed.AcceptReplay()), runtime.WithKeys(s.keys))
	if err == nil || !strings.Contains(err.Error(), "index field team") || !strings.Contains(err.Error(), "runtime.Indexer") {
		t.Errorf("error: %v", err)
	}
}

type nilStore struct{ runtime.Store }

type singleProcess struct{ runtime.Store }

func (singleProcess) Caveat() string { return "within one process" }
