package engine_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/internal/shop"
	"github.com/sessiongen/sessiongen/runtime/internal/testsite"
	"github.com/sessiongen/sessiongen/runtime/memstore"
)

func TestASVS_14_3_1_DestroyClearsSiteData(t *testing.T) {
	s := testsite.New(t, runtime.WithClearSiteData("cache", "storage"))
	b := s.Browser()
	header := func(h func(v *shop.Visitor)) string { return b.Visit(h).Header.Get("Clear-Site-Data") }
	testsite.Equal(t, header(func(v *shop.Visitor) { v.SetUserID(7) }), "", "signing in clears")
	testsite.Equal(t, header(func(v *shop.Visitor) { v.UserID() }), "", "reading clears")
	testsite.Equal(t, header(func(v *shop.Visitor) { v.Destroy() }), `"cache", "storage"`, "ending the session clears")

	// Only a session that has ended is worth it.
	b.Visit(func(v *shop.Visitor) { v.SetUserID(7) })
	s.Store.Stand(func(call string) error {
		if call == "delete" {
			return http.ErrServerClosed
		}
		return nil
	}, nil)
	response := b.Visit(func(v *shop.Visitor) { v.Destroy() })
	testsite.Equal(t, response.StatusCode, http.StatusServiceUnavailable, "status when the store fails")
	testsite.Equal(t, response.Header.Get("Clear-Site-Data"), "", "a logout that failed clears")

	store := memstore.New()
	t.Cleanup(func() { store.Close() })
	_, err := shop.NewVisitorManager(store, runtime.WithKeys(testsite.Keys), runtime.WithClearSiteData("cookie"))
	if err == nil || !strings.Contains(err.Error(), `"cookie" is not a type of site data`) {
		t.Errorf("a type that is none: %v", err)
	}
}

func TestASVS_7_5_1_and_7_5_3_StepUpToTheSecond(t *testing.T) {
	s := testsite.New(t)
	b := s.Browser()
	within := func(d time.Duration) bool {
		return testsite.See(b, func(v *shop.Visitor) bool { return v.AuthenticatedWithin(d) })
	}
	testsite.Equal(t, within(time.Hour), false, "nobody was authenticated")
	b.Visit(func(v *shop.Visitor) {
		testsite.Equal(t, v.AuthenticatedWithin(time.Hour), false, "before signing in")
		v.SetUserID(7)
		testsite.Equal(t, v.AuthenticatedWithin(0), true, "in the request that signs in")
	})
	const limit = 15 * time.Minute
	s.Clock.Advance(limit - time.Second)
	testsite.Equal(t, within(limit), true, "a second before")
	s.Clock.Advance(time.Second)
	testsite.Equal(t, within(limit), true, "at the moment")
	s.Clock.Advance(time.Second)
	testsite.Equal(t, within(limit), false, "a second later")
	b.Visit(func(v *shop.Visitor) { v.SetVisits(1) })
	testsite.Equal(t, within(limit), false, "after a write that is no sign-in")
	b.Visit(func(v *shop.Visitor) { v.SetUserID(7) })
	testsite.Equal(t, within(limit), true, "after signing in again")
	b.Visit(func(v *shop.Visitor) { v.ClearUserID() })
	testsite.Equal(t, within(limit), false, "after signing out")
}

// Chromium takes the cookies of the response itself, too.
func TestR15_ClearingSiteDataSparesTheNextOnesCookie(t *testing.T) {
	for want, types := range map[string][]string{
		`"cookies", "storage"|"storage"`: {"cookies", "storage"},
		`"cookies"|`:                     {"cookies"},
		`"*"|"cache", "clientHints", "executionContexts", "prefetchCache", "prerenderCache", "storage"`: {"*"},
	} {
		s := testsite.New(t, runtime.WithClearSiteData(types...))
		b := s.Browser()
		header := func(h testsite.Handler) string { return b.Serve(h).Header.Get("Clear-Site-Data") }
		b.Visit(func(v *shop.Visitor) { v.SetUserID(7) })
		out := header(func(v *shop.Visitor, _ http.ResponseWriter, _ *http.Request) { v.Destroy() })
		b.Visit(func(v *shop.Visitor) { v.SetUserID(7) })
		over := header(func(v *shop.Visitor, _ http.ResponseWriter, _ *http.Request) { v.Destroy(); v.SetUserID(8) })
		testsite.Equal(t, out+"|"+over, want, "signing out | signing in as another")
		again := header(func(v *shop.Visitor, _ http.ResponseWriter, r *http.Request) {
			v.Destroy()
			_ = v.Commit(r.Context())
			v.SetUserID(9)
		})
		testsite.Equal(t, again, over, "the same in two commits")
	}
}
