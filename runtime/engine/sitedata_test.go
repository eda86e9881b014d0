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

// pagesAhead is what the browser clears when a session ends or changes its principal.
const pagesAhead = `"prefetchCache", "prerenderCache"`

// Pages that the browser has loaded in advance show the user of that moment. What ends the session
// or changes its principal has the browser drop them, and nothing else does.
func TestASVS_14_3_1_AChangeOfTheUserClearsPagesLoadedInAdvance(t *testing.T) {
	in := func(v *shop.Visitor) { v.SetUserID(7) }
	for name, c := range map[string]struct {
		before, change func(v *shop.Visitor)
		want           string
	}{
		"signing in":                       {nil, in, pagesAhead},
		"signing in with a session":        {func(v *shop.Visitor) { v.SetVisits(1) }, in, pagesAhead},
		"the same user again":              {in, in, ""},
		"another user":                     {in, func(v *shop.Visitor) { v.SetUserID(8) }, pagesAhead},
		"signing out":                      {in, func(v *shop.Visitor) { v.ClearUserID() }, pagesAhead},
		"the end":                          {in, func(v *shop.Visitor) { v.Destroy() }, pagesAhead},
		"the end, in a commit of its own":  {in, func(v *shop.Visitor) { v.Destroy(); _ = v.Commit(t.Context()) }, pagesAhead},
		"the end, and the same user again": {in, func(v *shop.Visitor) { v.Destroy(); v.SetUserID(7) }, pagesAhead},
		"reading":                          {in, func(v *shop.Visitor) { v.UserID() }, ""},
		"writing":                          {in, func(v *shop.Visitor) { v.AddVisits(1) }, ""},
		"the first write":                  {nil, func(v *shop.Visitor) { v.AddVisits(1) }, ""},
		"another privilege":                {in, func(v *shop.Visitor) { v.SetRole("admin") }, ""},
		"a new secret":                     {in, func(v *shop.Visitor) { v.Renew() }, ""},
	} {
		b := testsite.New(t).Browser()
		if c.before != nil {
			b.Visit(c.before)
		}
		testsite.Equal(t, b.Visit(c.change).Header.Get("Clear-Site-Data"), c.want, name)
	}
}

// What another request has ended or renewed meanwhile is dropped, and clears nothing.
func TestOnlyWhatTheStoreHasAcknowledgedClears(t *testing.T) {
	in := func(v *shop.Visitor) { v.SetUserID(7) }
	out := func(v *shop.Visitor) { v.ClearUserID() }
	s := testsite.New(t)
	b := s.Browser()
	b.Visit(in)
	response := testsite.Race(b, func(v *shop.Visitor) { v.Renew() }, out)
	testsite.Equal(t, response.Header.Get("Clear-Site-Data"), "", "a sign-out that was dropped")
	b = s.Browser()
	b.Visit(in)
	s.Store.Stand(testsite.Down("update"), nil)
	testsite.Equal(t, b.Visit(out).Header.Get("Clear-Site-Data"), "", "a sign-out that failed")

	// The session has ended, although what was to come after it has failed.
	s.Store.Stand(nil, nil)
	b = s.Browser()
	b.Visit(in)
	s.Store.Stand(testsite.Down("create"), nil)
	response = b.Visit(func(v *shop.Visitor) { v.Destroy(); v.SetUserID(8) })
	testsite.Equal(t, response.StatusCode, http.StatusServiceUnavailable, "status when the store fails")
	testsite.Equal(t, response.Header.Get("Clear-Site-Data"), pagesAhead, "an end that the store has acknowledged")
}

// The handler may clear more, whenever and however it says so.
func TestClearSiteDataIsAddedToTheHandlersOwn(t *testing.T) {
	const both = `"cache", "prefetchCache", "prerenderCache"`
	for name, handle := range map[string]testsite.Handler{
		"before": func(v *shop.Visitor, w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Clear-Site-Data", `"cache"`)
			v.SetUserID(7)
		},
		"after a commit": func(v *shop.Visitor, w http.ResponseWriter, r *http.Request) {
			v.SetUserID(7)
			_ = v.Commit(r.Context())
			w.Header().Set("Clear-Site-Data", `"cache"`)
		},
		"in another spelling": func(v *shop.Visitor, w http.ResponseWriter, _ *http.Request) {
			w.Header()["clear-site-data"] = []string{`"cache"`}
			v.SetUserID(7)
		},
		"a part of it": func(v *shop.Visitor, w http.ResponseWriter, _ *http.Request) {
			w.Header()["Clear-Site-Data"] = []string{`"prefetchCache" , "cache"`, `"cache"`}
			v.SetUserID(7)
		},
	} {
		header := testsite.New(t).Browser().Serve(handle).Header
		testsite.Equal(t, strings.Join(header["Clear-Site-Data"], "|"), both, name)
		testsite.Equal(t, len(header[strings.ToLower("Clear-Site-Data")]), 0, name+": lines in another spelling")
	}
}

func TestASVS_14_3_1_DestroyClearsSiteData(t *testing.T) {
	s := testsite.New(t, runtime.WithClearSiteData("cache", "storage"))
	b := s.Browser()
	header := func(h func(v *shop.Visitor)) string { return b.Visit(h).Header.Get("Clear-Site-Data") }
	testsite.Equal(t, header(func(v *shop.Visitor) { v.SetUserID(7) }), pagesAhead, "signing in clears")
	testsite.Equal(t, header(func(v *shop.Visitor) { v.UserID() }), "", "reading clears")
	testsite.Equal(t, header(func(v *shop.Visitor) { v.Destroy() }), `"cache", "prefetchCache", "prerenderCache", "storage"`, "ending the session clears")

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
		`"cookies", "prefetchCache", "prerenderCache", "storage"|"prefetchCache", "prerenderCache", "storage"`:                             {"cookies", "storage"},
		`"cookies", "prefetchCache", "prerenderCache"|"prefetchCache", "prerenderCache"`:                                                   {"cookies"},
		`"*", "prefetchCache", "prerenderCache"|"cache", "clientHints", "executionContexts", "prefetchCache", "prerenderCache", "storage"`: {"*"},
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
