package engine_test

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/internal/shop"
	"github.com/sessiongen/sessiongen/runtime/internal/testsite"
)

// inAdvance are the headers of a page that a browser loads in advance, and of other requests.
var (
	prefetch  = http.Header{"Sec-Purpose": {"prefetch"}, "Sec-Fetch-Dest": {"document"}}
	prerender = http.Header{"Sec-Purpose": {"prefetch;prerender"}, "Sec-Fetch-Dest": {"document"}}
	oldest    = http.Header{"Purpose": {"prefetch"}, "Accept": {"text/html,*/*;q=0.8"}} // before Sec-Purpose and Sec-Fetch-Dest
	fetched   = http.Header{"Sec-Purpose": {"prefetch;prerender"}, "Sec-Fetch-Dest": {"empty"}}
	framed    = http.Header{"Sec-Purpose": {"prefetch;prerender"}, "Sec-Fetch-Dest": {"iframe"}}
	linked    = http.Header{"Sec-Purpose": {"prefetch"}, "Sec-Fetch-Dest": {"empty"}, "Accept": {"*/*"}}
)

func signedInBrowser(s *testsite.Site) *testsite.Browser {
	b := s.Browser()
	b.Visit(func(v *shop.Visitor) { v.SetUserID(7); v.SetNotice("hello") })
	return b
}

// with sends a request with other headers.
func with(b *testsite.Browser, header http.Header, h testsite.Handler) *http.Response {
	before := b.Header
	b.Header = header
	defer func() { b.Header = before }()
	return b.Serve(h)
}

// A page that is loaded in advance is shown without asking again, so a page that shows a flash
// or changes the user is refused, and the request that is seen does what it says.
func TestAPageInAdvanceIsRefused(t *testing.T) {
	for name, handle := range map[string]func(v *shop.Visitor){
		"takes a flash":          func(v *shop.Visitor) { v.TakeNotice(); v.AddVisits(1); v.SetTheme("dark") },
		"takes it and commits":   func(v *shop.Visitor) { v.TakeNotice(); _ = v.Commit(t.Context()); v.AddVisits(1) },
		"signs out":              func(v *shop.Visitor) { v.ClearUserID() },
		"signs out and commits":  func(v *shop.Visitor) { v.ClearUserID(); _ = v.Commit(t.Context()) },
		"signs in another":       func(v *shop.Visitor) { v.SetUserID(8) },
		"ends the session":       func(v *shop.Visitor) { v.Destroy() },
		"ends it and commits":    func(v *shop.Visitor) { v.Destroy(); _ = v.Commit(t.Context()); v.Destroy() },
		"ends it, and a new one": func(v *shop.Visitor) { v.Destroy(); v.SetUserID(8) },
	} {
		for kind, header := range map[string]http.Header{"prefetch": prefetch, "prerender": prerender, "of an old browser": oldest} {
			s := testsite.New(t)
			b := signedInBrowser(s)
			s.Store.Took()
			response := with(b, header, func(v *shop.Visitor, w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Cache-Control", "public, max-age=60")
				handle(v)
				_, _ = io.WriteString(w, "page")
			})
			about := name + ", " + kind
			body, _ := io.ReadAll(response.Body)
			testsite.Equal(t, response.StatusCode, http.StatusServiceUnavailable, about+": status")
			testsite.Equal(t, string(body), "", about+": page")
			testsite.Equal(t, response.Header.Get("Cache-Control"), "no-store", about+": Cache-Control")
			testsite.Equal(t, response.Header.Get("Vary"), "Cookie", about+": Vary")
			testsite.Equal(t, len(response.Header["Set-Cookie"]), 0, about+": cookies")
			testsite.Equal(t, response.Header.Get("Clear-Site-Data"), "", about+": Clear-Site-Data")
			testsite.Equal(t, s.Store.Took(), "load", about+": store calls")
			testsite.Equal(t, s.Count(runtime.EventSpeculative), 1, about+": events")
			testsite.Equal(t, testsite.See(b, (*shop.Visitor).UserID), 7, about+": user")
			testsite.Equal(t, testsite.See(b, (*shop.Visitor).Visits), 0, about+": visits")
			response = b.Visit(handle)
			testsite.Equal(t, response.StatusCode, http.StatusOK, about+": status of the request that is seen")
			_, found := take(b)
			testsite.Equal(t, found, false, about+": flash after the request that is seen")
		}
	}
}

// A page that may never be seen signs no other device out.
func TestAPageInAdvanceEndsNoOtherSession(t *testing.T) {
	for name, handle := range map[string]func(v *shop.Visitor){
		"ends the others":             func(v *shop.Visitor) { v.RevokeOthers() },
		"ends the others and commits": func(v *shop.Visitor) { v.RevokeOthers(); _ = v.Commit(t.Context()) },
	} {
		for kind, header := range map[string]http.Header{"prefetch": prefetch, "prerender": prerender, "of an old browser": oldest} {
			s := testsite.New(t)
			b, elsewhere := signedInBrowser(s), signedInBrowser(s)
			s.Store.Took()
			response := with(b, header, func(v *shop.Visitor, _ http.ResponseWriter, _ *http.Request) { handle(v) })
			about := name + ", " + kind
			testsite.Equal(t, response.StatusCode, http.StatusServiceUnavailable, about+": status")
			testsite.Equal(t, s.Store.Took(), "load", about+": store calls")
			testsite.Equal(t, s.Count(runtime.EventSpeculative), 1, about+": events")
			testsite.Equal(t, testsite.See(elsewhere, (*shop.Visitor).UserID), 7, about+": user at the other browser")
			response = b.Visit(handle)
			testsite.Equal(t, response.StatusCode, http.StatusOK, about+": status of the request that is seen")
			testsite.Equal(t, testsite.See(elsewhere, (*shop.Visitor).UserID), 0, about+": user at the other browser, after the request that is seen")
			testsite.Equal(t, testsite.See(b, (*shop.Visitor).UserID), 7, about+": user")
		}
	}
}

// A panic ends the request, and the browser asks again.
func TestAPanicInAdvanceEndsNothing(t *testing.T) {
	s := testsite.New(t)
	b := signedInBrowser(s)
	func() {
		defer func() { _ = recover() }()
		with(b, prefetch, func(v *shop.Visitor, _ http.ResponseWriter, _ *http.Request) { v.Destroy(); panic("handler") })
	}()
	testsite.Equal(t, testsite.See(b, (*shop.Visitor).UserID), 7, "user")
}

// Signing in by a link is not for a page that may never be seen.
func TestSigningInInAdvanceIsRefused(t *testing.T) {
	s := testsite.New(t)
	b := s.Browser()
	response := with(b, prefetch, func(v *shop.Visitor, _ http.ResponseWriter, _ *http.Request) { v.SetUserID(7) })
	testsite.Equal(t, response.StatusCode, http.StatusServiceUnavailable, "status")
	testsite.Equal(t, len(b.Cookies), 0, "cookies")
}

// Other pages are loaded in advance as ever, and commit what they change.
func TestOtherPagesInAdvanceAreServed(t *testing.T) {
	for name, handle := range map[string]func(v *shop.Visitor){
		"reads":                        func(v *shop.Visitor) { v.UserID() },
		"reads a flash":                func(v *shop.Visitor) { v.Notice() },
		"finds no flash":               func(v *shop.Visitor) { v.TakeNotice() },
		"writes":                       func(v *shop.Visitor) { v.AddVisits(1) },
		"signs the same user in":       func(v *shop.Visitor) { v.SetUserID(7) },
		"clears no user where none is": func(v *shop.Visitor) { v.SetNotice("bye") },
	} {
		s := testsite.New(t)
		b := s.Browser()
		b.Visit(func(v *shop.Visitor) { v.SetUserID(7) })
		response := with(b, prefetch, func(v *shop.Visitor, _ http.ResponseWriter, _ *http.Request) { handle(v) })
		testsite.Equal(t, response.StatusCode, http.StatusOK, name+": status")
		testsite.Equal(t, s.Count(runtime.EventSpeculative), 0, name+": events")
	}
	s := testsite.New(t)
	b := signedInBrowser(s)
	with(b, prefetch, func(v *shop.Visitor, _ http.ResponseWriter, _ *http.Request) { v.AddVisits(1) })
	testsite.Equal(t, testsite.See(b, (*shop.Visitor).Visits), 1, "visits counted in advance")
	b.Header = prefetch
	response := b.Send("POST", func(v *shop.Visitor, _ testsite.ResponseWriter, _ *testsite.Request) { v.SetUserID(8) })
	testsite.Equal(t, response.StatusCode, http.StatusOK, "status of a form")
}

// Nothing asks again for what a prerendered page has loaded: a refusal would stay. So it is served,
// commits as usual, and the flash stays in case that the page is never opened.
func TestAPartOfAPageInAdvanceIsServed(t *testing.T) {
	for name, header := range map[string]http.Header{"a fetch": fetched, "a frame": framed, "a link": linked} {
		s := testsite.New(t)
		b := signedInBrowser(s)
		response := with(b, header, func(v *shop.Visitor, w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Cache-Control", "private, max-age=60")
			w.Header().Set("CDN-Cache-Control", "max-age=60")
			notice, found := v.TakeNotice()
			testsite.Equal(t, notice, "hello", name+": notice")
			testsite.Equal(t, found, true, name+": found")
			v.AddVisits(1)
		})
		testsite.Equal(t, response.StatusCode, http.StatusOK, name+": status")
		testsite.Equal(t, response.Header.Get("Cache-Control"), "no-store", name+": Cache-Control, because the flash stays")
		testsite.Equal(t, response.Header.Get("CDN-Cache-Control"), "", name+": CDN-Cache-Control")
		testsite.Equal(t, testsite.See(b, (*shop.Visitor).Visits), 1, name+": visits")
		_, found := take(b)
		testsite.Equal(t, found, true, name+": found by the request that is seen")
		response = with(b, header, func(v *shop.Visitor, _ http.ResponseWriter, _ *http.Request) { v.Destroy() })
		testsite.Equal(t, response.StatusCode, http.StatusOK, name+": status of an end")
		testsite.Equal(t, testsite.See(b, (*shop.Visitor).UserID), 0, name+": user after an end")
	}
}

// When the response has started, it is too late to refuse: the flash is for the next page.
func TestALateTakeInAdvanceShowsNothing(t *testing.T) {
	s := testsite.New(t)
	b := signedInBrowser(s)
	response := with(b, prefetch, func(v *shop.Visitor, w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "page")
		notice, found := v.TakeNotice()
		testsite.Equal(t, notice, "", "notice")
		testsite.Equal(t, found, false, "found")
	})
	testsite.Equal(t, response.StatusCode, http.StatusOK, "status")
	notice, _ := take(b)
	testsite.Equal(t, notice, "hello", "notice of the next page")
}

// The handler that commits is told, and so is code without the middleware.
func TestARefusalInAdvanceIsTold(t *testing.T) {
	s := testsite.New(t)
	b := signedInBrowser(s)
	b.Header = prefetch
	v, err := s.Visitors.Load(testsite.NewRecorder(), b.Request("GET"))
	if err != nil {
		t.Fatal(err)
	}
	v.TakeNotice()
	if err := v.Commit(t.Context()); !errors.Is(err, runtime.ErrSpeculative) {
		t.Errorf("Commit: %v", err)
	}
}

// A proxy may take a server with many 503 for broken, so the status can be another error, which is
// not the business of the application's error page.
func TestTheStatusOfARefusalInAdvance(t *testing.T) {
	s := testsite.New(t, runtime.WithSpeculationStatus(http.StatusForbidden), runtime.WithErrorHandler(func(http.ResponseWriter, *http.Request, error) {
		t.Error("the error handler is asked")
	}))
	b := signedInBrowser(s)
	response := with(b, prefetch, func(v *shop.Visitor, _ http.ResponseWriter, _ *http.Request) { v.TakeNotice() })
	testsite.Equal(t, response.StatusCode, http.StatusForbidden, "status")
	for _, status := range []int{-1, 200, 204, 399, 600} {
		_, err := shop.NewVisitorManager(s.Store, runtime.WithKeys(testsite.Keys), runtime.WithSpeculationStatus(status))
		if err == nil || !strings.Contains(err.Error(), "use one from 400 to 599") {
			t.Errorf("status %d: %v", status, err)
		}
	}
}
