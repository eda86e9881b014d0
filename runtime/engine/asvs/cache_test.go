package asvs

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/internal/shop"
	"github.com/sessiongen/sessiongen/runtime/internal/testsite"
)

// accesses are all ways to learn something of a session or a cookie.
var accesses = map[string]func(v *shop.Visitor){
	"a getter":              func(v *shop.Visitor) { v.Username() },
	"a live slice":          func(v *shop.Visitor) { v.Cart() },
	"Has of a field":        func(v *shop.Visitor) { v.HasUserID() },
	"Has of a slice":        func(v *shop.Visitor) { v.HasCart() },
	"Take":                  func(v *shop.Visitor) { v.TakeNotice() },
	"Info":                  func(v *shop.Visitor) { v.Info() },
	"AuthenticatedWithin":   func(v *shop.Visitor) { v.AuthenticatedWithin(time.Hour) },
	"Update without change": func(v *shop.Visitor) { v.UpdateVisits(func(n int) int { return n }) },
	"Format":                func(v *shop.Visitor) { _ = fmt.Sprint(v) },
	"LogValue":              func(v *shop.Visitor) { slog.New(slog.NewTextHandler(io.Discard, nil)).Info("", "v", v) },
	"MarshalJSON":           func(v *shop.Visitor) { _, _ = json.Marshal(v) },
	"a plain cookie":        func(v *shop.Visitor) { v.Theme() },
	"Has of a cookie":       func(v *shop.Visitor) { v.HasFavoriteColor() },
	"a signed cookie":       func(v *shop.Visitor) { v.Campaign() },
	"an encrypted cookie":   func(v *shop.Visitor) { v.HasTicket() },
	"Set":                   func(v *shop.Visitor) { v.SetVisits(1) },
	"Destroy":               func(v *shop.Visitor) { v.Destroy() },
}

// A cache may give a page only to those whose cookies are the same, however the handler looked at
// them, whether or not somebody was there to be seen, and however the response begins.
func TestASVS_14_3_2_EveryAccessSaysVaryCookie(t *testing.T) {
	begins := map[string]func(w http.ResponseWriter){
		"nothing written": func(http.ResponseWriter) {},
		"WriteHeader":     func(w http.ResponseWriter) { w.WriteHeader(http.StatusNotFound) },
		"Write":           func(w http.ResponseWriter) { _, _ = w.Write([]byte("page")) },
		"WriteString":     func(w http.ResponseWriter) { _, _ = io.WriteString(w, "page") },
		"ReadFrom":        func(w http.ResponseWriter) { _, _ = w.(io.ReaderFrom).ReadFrom(strings.NewReader("page")) },
		"Flush":           func(w http.ResponseWriter) { w.(http.Flusher).Flush() },
	}
	for name, access := range accesses {
		for how, begin := range begins {
			for _, signedIn := range []bool{false, true} {
				s := testsite.New(t)
				b := s.Browser()
				if signedIn {
					b.Visit(func(v *shop.Visitor) { v.SetUserID(7); v.SetNotice("hello") })
				}
				response := b.Serve(func(v *shop.Visitor, w http.ResponseWriter, _ *http.Request) {
					w.Header().Set("Vary", "Accept-Encoding")
					access(v)
					begin(w)
				})
				if vary := strings.Join(response.Header["Vary"], ", "); vary != "Accept-Encoding, Cookie" {
					t.Errorf("%s, then %s, signed in %v: Vary is %q", name, how, signedIn, vary)
				}
			}
		}
	}
}

// A template writes the head of a page before it comes to the name in it. By then it is too late for
// a header, so whoever asks for the session is taken to look at it.
func TestASVS_14_3_2_APageThatLooksWhileItIsWrittenSaysVaryCookie(t *testing.T) {
	for name, access := range accesses {
		s := testsite.New(t)
		b := s.Browser()
		b.Visit(func(v *shop.Visitor) { v.SetUserID(7); v.SetUsername("john_doe") })
		response := b.Serve(func(v *shop.Visitor, w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Cache-Control", "public, max-age=60")
			_, _ = io.WriteString(w, "<html>")
			access(v)
		})
		testsite.Equal(t, response.Header.Get("Vary"), "Cookie", "Vary of a page whose second part comes from "+name)
	}
}

// The session of a request that does not go through the middleware says so as well, and
// nobody has to call Commit who only reads.
func TestASVS_14_3_2_LoadSaysVaryCookie(t *testing.T) {
	s := testsite.New(t)
	b := s.Browser()
	b.Visit(func(v *shop.Visitor) { v.SetUserID(7) })
	w := testsite.NewRecorder()
	v, err := s.Visitors.Load(w, b.Request("GET"))
	if err != nil {
		t.Fatal(err)
	}
	_, _ = fmt.Fprint(w, v.UserID())
	testsite.Equal(t, w.Result().Header.Get("Vary"), "Cookie", "Vary")
}

// What sets a cookie is kept by no cache that several people share, whatever the handler says, and
// whenever it says it.
func TestASVS_14_3_2_WhatSetsACookieIsNeverPublic(t *testing.T) {
	writes := map[string]func(s *testsite.Site, v *shop.Visitor, w http.ResponseWriter){
		"a new session":       func(_ *testsite.Site, v *shop.Visitor, _ http.ResponseWriter) { v.SetUserID(8) },
		"a renewal":           func(_ *testsite.Site, v *shop.Visitor, _ http.ResponseWriter) { v.Renew() },
		"the end":             func(_ *testsite.Site, v *shop.Visitor, _ http.ResponseWriter) { v.Destroy() },
		"a plain cookie":      func(_ *testsite.Site, v *shop.Visitor, _ http.ResponseWriter) { v.SetTheme("dark") },
		"a cookie's deletion": func(_ *testsite.Site, v *shop.Visitor, _ http.ResponseWriter) { v.ClearTheme() },
		"an encrypted cookie": func(_ *testsite.Site, v *shop.Visitor, _ http.ResponseWriter) { v.SetTicket(1) },
		"without a session":   func(s *testsite.Site, _ *shop.Visitor, w http.ResponseWriter) { s.Visitors.ThemeCookie().Delete(w) },
		"the handler's own": func(_ *testsite.Site, _ *shop.Visitor, w http.ResponseWriter) {
			http.SetCookie(w, &http.Cookie{Name: "other", Value: "x"})
		},
	}
	for name, write := range writes {
		for _, header := range []string{"public", "public, max-age=31536000, immutable", "s-maxage=60", `private="set-cookie", public`, "no-cache", "max-age=60"} {
			for _, early := range []bool{true, false} {
				s := testsite.New(t)
				b := s.Browser()
				b.Visit(func(v *shop.Visitor) { v.SetUserID(7) })
				response := b.Serve(func(v *shop.Visitor, w http.ResponseWriter, r *http.Request) {
					if early {
						w.Header().Set("Cache-Control", header)
					}
					write(s, v, w)
					if !early { // after the cookie is in the header
						if err := v.Commit(r.Context()); err != nil {
							t.Error(err)
						}
						w.Header().Set("Cache-Control", header)
					}
					_, _ = io.WriteString(w, "page")
				})
				if response.Header["Set-Cookie"] == nil {
					t.Fatalf("%s sets no cookie", name)
				}
				if got := response.Header.Get("Cache-Control"); got != "no-store" {
					t.Errorf("%s, early %v: Cache-Control %q became %q", name, early, header, got)
				}
			}
		}
	}
}

// An error page is kept by no cache: it would be shown to everybody when the store is back.
func TestASVS_14_3_2_ErrorPagesAreNotKept(t *testing.T) {
	for _, call := range []string{"load", "update", "delete"} {
		s := testsite.New(t)
		b := s.Browser()
		b.Visit(func(v *shop.Visitor) { v.SetUserID(7) })
		s.Store.Stand(testsite.Down(call), nil)
		response := b.Serve(func(v *shop.Visitor, w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Cache-Control", "public, max-age=60")
			w.Header().Set("ETag", `"welcome"`)
			if v.AddVisits(1); call == "delete" {
				v.Destroy()
			}
		})
		testsite.Equal(t, response.StatusCode, http.StatusServiceUnavailable, call+": status")
		testsite.Equal(t, response.Header.Get("Cache-Control"), "no-store", call+": Cache-Control")
		testsite.Equal(t, response.Header.Get("ETag"), "", call+": ETag")
	}
}

// A token is in a cookie and nowhere else: no header but Set-Cookie and no page of ours shows it, and one in
// the URL, a form or another header is nobody's.
func TestASVS_14_2_1_TokensAreInCookiesOnly(t *testing.T) {
	s := testsite.New(t)
	b := s.Browser()
	response := b.Serve(func(v *shop.Visitor, w http.ResponseWriter, r *http.Request) {
		v.SetUserID(7)
		http.Redirect(w, r, "/welcome", http.StatusSeeOther)
	})
	token := b.Cookies[testsite.SessionCookie]
	body, _ := io.ReadAll(response.Body)
	for name, values := range response.Header {
		if name != "Set-Cookie" && strings.Contains(strings.Join(values, "\n"), token[22:]) {
			t.Errorf("%s shows the token: %q", name, values)
		}
	}
	if strings.Contains(string(body), token[22:]) {
		t.Errorf("the page shows the token: %s", body)
	}
	for where, request := range map[string]*http.Request{
		"the query":         httptest.NewRequest("GET", "/?"+testsite.SessionCookie+"="+token, nil),
		"the path":          httptest.NewRequest("GET", "/;"+testsite.SessionCookie+"="+token, nil),
		"a form":            httptest.NewRequest("POST", "/", strings.NewReader(testsite.SessionCookie+"="+token)),
		"another header":    httptest.NewRequest("GET", "/", nil),
		"a Cookie2 header":  httptest.NewRequest("GET", "/", nil),
		"an Authorization ": httptest.NewRequest("GET", "/", nil),
	} {
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		request.Header.Set("X-Session", token)
		request.Header.Set("Cookie2", testsite.SessionCookie+"="+token)
		request.Header.Set("Authorization", "Bearer "+token)
		s.Visitors.Middleware(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			testsite.Equal(t, shop.VisitorFrom(r.Context()).HasUserID(), false, "somebody is signed in by "+where)
		})).ServeHTTP(testsite.NewRecorder(), request)
	}
}

// What ended leaves nothing behind in the browser, if the site asks for that.
func TestASVS_14_3_1_OnlyAnEndThatTheBrowserHearsOfClearsSiteData(t *testing.T) {
	s := testsite.New(t, runtime.WithClearSiteData("cache", "cookies"))
	b := s.Browser()
	b.Visit(func(v *shop.Visitor) { v.SetUserID(7) })
	response := b.Serve(func(v *shop.Visitor, w http.ResponseWriter, r *http.Request) {
		v.Destroy()
		http.Redirect(w, r, "/", http.StatusSeeOther)
	})
	testsite.Equal(t, response.Header.Get("Clear-Site-Data"), `"cache", "cookies", "prefetchCache", "prerenderCache"`, "Clear-Site-Data of a redirect")
	testsite.Equal(t, len(b.Cookies), 0, "cookies left")

	// Who signs in again in the same response keeps the cookie of that.
	b.Visit(func(v *shop.Visitor) { v.SetUserID(7) })
	response = b.Visit(func(v *shop.Visitor) { v.Destroy(); v.SetUserID(8) })
	testsite.Equal(t, response.Header.Get("Clear-Site-Data"), `"cache", "prefetchCache", "prerenderCache"`, "Clear-Site-Data of an end and a new beginning")
	testsite.Equal(t, testsite.See(b, (*shop.Visitor).UserID), 8, "user")

	everything := testsite.New(t, runtime.WithClearSiteData("*"))
	b = everything.Browser()
	b.Visit(func(v *shop.Visitor) { v.SetUserID(7) })
	response = b.Visit(func(v *shop.Visitor) { v.Destroy(); v.SetUserID(8) })
	cleared := response.Header.Get("Clear-Site-Data")
	if !strings.Contains(cleared, `"storage"`) || strings.Contains(cleared, "cookies") || strings.Contains(cleared, "*") {
		t.Errorf("Clear-Site-Data of an end and a new beginning, of everything: %s", cleared)
	}
	response = b.Visit(func(v *shop.Visitor) { v.Destroy() })
	testsite.Equal(t, response.Header.Get("Clear-Site-Data"), `"*", "prefetchCache", "prerenderCache"`, "Clear-Site-Data of an end")
}
