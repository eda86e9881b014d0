package engine_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/internal/shop"
	"github.com/sessiongen/sessiongen/runtime/memstore"
)

func TestASVS_14_3_1_DestroyClearsSiteData(t *testing.T) {
	s := newSite(t, runtime.WithClearSiteData("cache", "storage"))
	b := s.browser()
	header := func(h func(v *shop.Visitor)) string { return b.visit(h).Header.Get("Clear-Site-Data") }
	equal(t, header(func(v *shop.Visitor) { v.SetUserID(7) }), "", "signing in clears")
	equal(t, header(func(v *shop.Visitor) { v.UserID() }), "", "reading clears")
	equal(t, header(func(v *shop.Visitor) { v.Destroy() }), `"cache", "storage"`, "ending the session clears")

	// Only a session that has ended is worth it.
	b.visit(func(v *shop.Visitor) { v.SetUserID(7) })
	s.store.stand(func(call string) error {
		if call == "delete" {
			return http.ErrServerClosed
		}
		return nil
	}, nil)
	response := b.visit(func(v *shop.Visitor) { v.Destroy() })
	equal(t, response.StatusCode, http.StatusServiceUnavailable, "status when the store fails")
	equal(t, response.Header.Get("Clear-Site-Data"), "", "a logout that failed clears")

	store := memstore.New()
	t.Cleanup(func() { store.Close() })
	_, err := shop.NewVisitorManager(store, runtime.WithKeys(testKeys), runtime.WithClearSiteData("cookie"))
	if err == nil || !strings.Contains(err.Error(), `"cookie" is not a type of site data`) {
		t.Errorf("a type that is none: %v", err)
	}
}

func TestASVS_7_5_1_and_7_5_3_StepUpToTheSecond(t *testing.T) {
	s := newSite(t)
	b := s.browser()
	within := func(d time.Duration) bool {
		return see(b, func(v *shop.Visitor) bool { return v.AuthenticatedWithin(d) })
	}
	equal(t, within(time.Hour), false, "nobody was authenticated")
	b.visit(func(v *shop.Visitor) {
		equal(t, v.AuthenticatedWithin(time.Hour), false, "before signing in")
		v.SetUserID(7)
		equal(t, v.AuthenticatedWithin(0), true, "in the request that signs in")
	})
	const limit = 15 * time.Minute
	s.clock.advance(limit - time.Second)
	equal(t, within(limit), true, "a second before")
	s.clock.advance(time.Second)
	equal(t, within(limit), true, "at the moment")
	s.clock.advance(time.Second)
	equal(t, within(limit), false, "a second later")
	b.visit(func(v *shop.Visitor) { v.SetVisits(1) })
	equal(t, within(limit), false, "after a write that is no sign-in")
	b.visit(func(v *shop.Visitor) { v.SetUserID(7) })
	equal(t, within(limit), true, "after signing in again")
	b.visit(func(v *shop.Visitor) { v.ClearUserID() })
	equal(t, within(limit), false, "after signing out")
}

// Chromium takes the cookies of the response itself, too.
func TestR15_ClearingSiteDataSparesTheNextOnesCookie(t *testing.T) {
	for want, types := range map[string][]string{
		`"cookies", "storage"|"storage"`: {"cookies", "storage"},
		`"cookies"|`:                     {"cookies"},
		`"*"|"cache", "clientHints", "executionContexts", "prefetchCache", "prerenderCache", "storage"`: {"*"},
	} {
		s := newSite(t, runtime.WithClearSiteData(types...))
		b := s.browser()
		header := func(h handler) string { return b.serve(h).Header.Get("Clear-Site-Data") }
		b.visit(func(v *shop.Visitor) { v.SetUserID(7) })
		out := header(func(v *shop.Visitor, _ http.ResponseWriter, _ *http.Request) { v.Destroy() })
		b.visit(func(v *shop.Visitor) { v.SetUserID(7) })
		over := header(func(v *shop.Visitor, _ http.ResponseWriter, _ *http.Request) { v.Destroy(); v.SetUserID(8) })
		equal(t, out+"|"+over, want, "signing out | signing in as another")
		again := header(func(v *shop.Visitor, _ http.ResponseWriter, r *http.Request) {
			v.Destroy()
			_ = v.Commit(r.Context())
			v.SetUserID(9)
		})
		equal(t, again, over, "the same in two commits")
	}
}
