package engine_test

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sessiongen/sessiongen/runtime/engine"
	"github.com/sessiongen/sessiongen/runtime/internal/shop"
	"github.com/sessiongen/sessiongen/runtime/internal/testsite"
)

// failing serves a request whose commit fails. prepare is an outer middleware's.
func failing(s *testsite.Site, prepare func(http.Header), h testsite.Handler) *httptest.ResponseRecorder {
	s.Store.Stand(testsite.Down("create", "update"), nil)
	defer s.Store.Stand(nil, nil)
	w := httptest.NewRecorder()
	if prepare != nil {
		prepare(w.Header())
	}
	s.Visitors.Middleware(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v := shop.VisitorFrom(r.Context())
		v.AddVisits(1)
		h(v, w, r)
	})).ServeHTTP(w, s.Browser().Request("GET"))
	testsite.Equal(s.T, w.Code, http.StatusServiceUnavailable, "status")
	return w
}

// Whatever a handler has set for its own page, known to this package or not, is not on the
// error page. What was there before, and what middlewares set for every response, is.
func TestErrorPageHasTheHeaderFromBeforeTheHandler(t *testing.T) {
	s := testsite.New(t)
	handlers := []string{
		"X-Accel-Redirect", "X-Sendfile", "X-Reproxy-Url", "X-Accel-Buffering", "Hx-Redirect", "Turbo-Location", "Location", "Refresh",
		"Content-Disposition", "Etag", "Link", "X-Anything", "x-accel-redirect", "Trailer", "Www-Authenticate", "Clear-Site-Data",
	}
	everywhere := []string{
		"Access-Control-Allow-Origin", "Strict-Transport-Security", "Content-Security-Policy", "Content-Security-Policy-Report-Only",
		"X-Content-Type-Options", "Referrer-Policy", "Permissions-Policy", "Cross-Origin-Opener-Policy", "X-Request-Id", "Traceresponse",
	}
	got := failing(s, func(h http.Header) {
		h.Set("X-Frame-Options", "DENY")
		h.Set("X-Changed", "outer")
		h.Set("X-Deleted", "outer")
		h.Set("Content-Encoding", "gzip") // of a writer outside that compresses the error page, too
		h.Set("Vary", "Accept-Encoding")
	}, func(_ *shop.Visitor, w http.ResponseWriter, _ *http.Request) {
		for _, name := range append(handlers, everywhere...) {
			w.Header()[name] = []string{"nosniff"}
		}
		w.Header().Set("Vary", "Origin")
		w.Header().Add("X-Changed", "handler")
		w.Header()["X-Changed"][0] = "handler"
		w.Header().Del("X-Deleted")
	}).Result().Header
	for _, name := range handlers {
		if got[name] != nil {
			t.Errorf("the handler's %s is on the error page", name)
		}
	}
	for _, name := range everywhere {
		testsite.Equal(t, got.Get(name), "nosniff", name)
	}
	testsite.Equal(t, got.Get("X-Frame-Options"), "DENY", "a header from before the handler")
	testsite.Equal(t, strings.Join(got["X-Changed"], ","), "outer", "a header that the handler has changed")
	testsite.Equal(t, got.Get("X-Deleted"), "outer", "a header that the handler has deleted")
	testsite.Equal(t, strings.Join(got["Content-Encoding"], ","), "gzip", "Content-Encoding from before the handler")
	testsite.Equal(t, strings.Join(got["Vary"], ","), "Accept-Encoding,Origin,Cookie", "Vary")
	testsite.Equal(t, got.Get("Cache-Control"), "no-store", "Cache-Control")
}

// A writer outside, such as that of http.TimeoutHandler, reads the header when everything has
// returned. The handler that goes on after the error page cannot put anything there.
func TestNothingChangesTheHeaderOfTheErrorPage(t *testing.T) {
	s := testsite.New(t)
	s.Store.Stand(testsite.Down("create"), nil)
	w := httptest.NewRecorder()
	http.TimeoutHandler(s.Visitors.Middleware(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		shop.VisitorFrom(r.Context()).AddVisits(1)
		before := w.Header()
		w.Write([]byte("page"))
		before.Set("X-Accel-Redirect", "/protected/1")
		before.Del("Cache-Control")
		w.Header().Set("X-Accel-Redirect", "/protected/2")
		testsite.Equal(t, w.Header().Get("Cache-Control"), "no-store", "Cache-Control as the handler sees it")
	})), time.Minute, "").ServeHTTP(w, s.Browser().Request("GET"))
	testsite.Equal(t, w.Code, http.StatusServiceUnavailable, "status")
	testsite.Equal(t, w.Result().Header.Get("X-Accel-Redirect"), "", "X-Accel-Redirect")
	testsite.Equal(t, w.Result().Header.Get("Cache-Control"), "no-store", "Cache-Control")
}

// What ends something ends it, whether the rest can be stored or not.
func TestErrorPageDeletesCookies(t *testing.T) {
	s := testsite.New(t)
	got := failing(s, nil, func(v *shop.Visitor, w http.ResponseWriter, _ *http.Request) {
		v.ClearTheme()
		v.SetFavoriteColor(shop.Blue)
		http.SetCookie(w, &http.Cookie{Name: "sso", MaxAge: -1})
		http.SetCookie(w, &http.Cookie{Name: "old", Expires: time.Unix(1, 0)})
		http.SetCookie(w, &http.Cookie{Name: "new", Value: "x"})
		http.SetCookie(w, &http.Cookie{Name: testsite.SessionCookie, MaxAge: -1}) // the session has not ended
	}).Result().Cookies()
	var names []string
	for _, c := range got {
		names = append(names, c.Name)
	}
	slices.Sort(names)
	testsite.Equal(t, strings.Join(names, " "), "old sso theme", "cookies of the error page")
}

// A cookie that is moved to another name keeps its value: the old one is deleted only together
// with the new one that is sent.
func TestErrorPageDoesNotDeleteTheEarlierName(t *testing.T) {
	s := testsite.New(t)
	w := failing(s, nil, func(_ *shop.Visitor, w http.ResponseWriter, _ *http.Request) {
		if err := s.Visitors.CampaignCookie().Write(w, "spring"); err != nil {
			t.Error(err)
		}
		testsite.Equal(t, len(w.Header()["Set-Cookie"]), 2, "cookies of the handler")
	})
	testsite.Equal(t, len(w.Result().Header["Set-Cookie"]), 0, "cookies of the error page")
}

// What Commit has acknowledged stays, with its cookies.
func TestErrorPageHasTheCookiesOfAnEarlierCommit(t *testing.T) {
	s := testsite.New(t)
	b := s.Browser()
	response := b.Serve(func(v *shop.Visitor, _ http.ResponseWriter, r *http.Request) {
		v.SetTheme("dark")
		v.SetUserID(7)
		testsite.Equal(t, v.Commit(r.Context()), nil, "Commit")
		s.Store.Stand(testsite.Down("update"), nil)
		v.AddVisits(1)
		v.SetFavoriteColor(shop.Blue)
	})
	s.Store.Stand(nil, nil)
	testsite.Equal(t, response.StatusCode, http.StatusServiceUnavailable, "status")
	testsite.Equal(t, testsite.See(b, (*shop.Visitor).UserID), 7, "user")
	testsite.Equal(t, testsite.See(b, (*shop.Visitor).Theme), "dark", "theme")
	testsite.Equal(t, testsite.See(b, (*shop.Visitor).HasFavoriteColor), false, "a color that was not committed")
}

// A session that was loaded without its middleware, inside of another one, has its cookie, too.
func TestErrorPageHasTheCookieOfALoadedSession(t *testing.T) {
	s := testsite.New(t)
	inner := testsite.NewMini(t, s, testsite.MiniSchema("__Host-mini", nil))
	b := s.Browser()
	response := b.Serve(func(v *shop.Visitor, w http.ResponseWriter, r *http.Request) {
		m, err := engine.Load[testsite.Mini](inner, w, r)
		if err != nil {
			t.Fatal(err)
		}
		engine.Set(&m.Session, testsite.MiniUser, &m.User, 5)
		testsite.Equal(t, m.Session.Commit(r.Context()), nil, "Commit")
		s.Store.Stand(testsite.Down("create"), nil)
		v.AddVisits(1)
	})
	testsite.Equal(t, response.StatusCode, http.StatusServiceUnavailable, "status")
	testsite.Equal(t, b.Cookies["__Host-mini"] != "", true, "the inner session's cookie is sent")
}

// A cookie that cannot be sent does not keep the deletion of a session that has ended.
func TestErrorPageDeletesTheCookieOfAnEndedSession(t *testing.T) {
	s := testsite.New(t)
	b := s.Browser()
	b.Visit(func(v *shop.Visitor) { v.SetUserID(7) })
	response := b.Visit(func(v *shop.Visitor) {
		v.Destroy()
		v.SetTheme(strings.Repeat("x", 5000))
	})
	testsite.Equal(t, response.StatusCode, http.StatusInternalServerError, "status")
	testsite.Equal(t, b.Cookies[testsite.SessionCookie], "", "the session cookie")
}
