package engine_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/engine"
	"github.com/sessiongen/sessiongen/runtime/internal/shop"
)

func TestErrorHandler(t *testing.T) {
	var got error
	s := newSite(t, runtime.WithErrorHandler(func(w http.ResponseWriter, _ *http.Request, err error) {
		got = err
		w.WriteHeader(http.StatusTeapot)
	}))
	s.store.stand(down("create"), nil)
	response := s.browser().visit(func(v *shop.Visitor) { v.SetVisits(1) })
	equal(t, response.StatusCode, http.StatusTeapot, "status")
	if !errors.Is(got, errDown) {
		t.Errorf("error: %v", got)
	}
}

func TestErrorPageKeepsTheCookiesOfOuterMiddlewares(t *testing.T) {
	s := newSite(t)
	s.store.stand(once("create", runtime.ErrConflict), nil) // which no Create may answer
	w := httptest.NewRecorder()
	w.Header().Add("Set-Cookie", "outer=x")
	s.visitors.Middleware(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Add("Set-Cookie", "inner=x")
		shop.VisitorFrom(r.Context()).SetVisits(1)
	})).ServeHTTP(w, s.browser().request("GET"))
	equal(t, w.Code, 503, "status")
	equal(t, strings.Join(w.Result().Header["Set-Cookie"], "|"), "outer=x", "cookies")
}

func TestErrorPageHasNoneOfTheHandlersCookies(t *testing.T) {
	s := newSite(t)
	b := s.browser()
	b.visit(func(v *shop.Visitor) { v.SetUserID(7) })
	s.store.stand(down("update"), nil)
	w := httptest.NewRecorder()
	w.Header()["Set-Cookie"] = []string{"theme=outer", "a=outer"} // of an outer middleware
	s.visitors.Middleware(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v := shop.VisitorFrom(r.Context())
		_ = s.visitors.ThemeCookie().Write(w, "handler")
		v.AddVisits(1)
	})).ServeHTTP(w, b.request("GET"))
	equal(t, w.Code, 503, "status")
	for _, line := range w.Result().Header["Set-Cookie"] {
		if strings.Contains(line, "handler") {
			t.Errorf("a cookie of the handler on the error page: %s", line)
		}
	}
}

func TestInnerCookieSurvivesTheOuterFailure(t *testing.T) {
	s := newSite(t)
	b := s.browser()
	inner := newMini(t, s, miniSchema("__Host-mini", nil))
	b.visit(func(v *shop.Visitor) { v.SetUserID(7) })
	serve := func(h func(v *shop.Visitor, m *mini)) *http.Response {
		w := httptest.NewRecorder()
		s.visitors.Middleware(inner.Middleware(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			h(shop.VisitorFrom(r.Context()), miniFrom(r))
		}))).ServeHTTP(w, b.request("GET"))
		b.keep(w.Result())
		return w.Result()
	}
	serve(func(v *shop.Visitor, m *mini) { engine.Set(&m.session, miniUser, &m.user, 5) })
	updates := 0
	s.store.stand(func(call string) error {
		if call == "update" {
			if updates++; updates > 1 { // the inner one is first
				return errDown
			}
		}
		return nil
	}, nil)
	response := serve(func(v *shop.Visitor, m *mini) { v.AddVisits(1); m.session.Renew() })
	s.store.stand(nil, nil)
	equal(t, response.StatusCode, 503, "status")
	serve(func(v *shop.Visitor, m *mini) {
		equal(t, engine.Get(&m.session, miniUser, &m.user), 5, "the inner session's user")
	})
}

func TestFailedLogoutDoesNotClearSiteData(t *testing.T) {
	s := newSite(t)
	b := s.browser()
	b.visit(func(v *shop.Visitor) { v.SetUserID(7) })
	s.store.stand(down("delete"), nil)
	response := b.serve(func(v *shop.Visitor, w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Clear-Site-Data", `"cookies"`)
		v.Destroy()
	})
	equal(t, response.StatusCode, 503, "status")
	equal(t, response.Header.Get("Clear-Site-Data"), "", "Clear-Site-Data of a logout that failed")
}

// Two middlewares of one schema: what the outer one has to drop is not the inner one's.
func TestInnerCookieSurvivesWhatTheOuterDrops(t *testing.T) {
	s := newSite(t)
	b := s.browser()
	b.visit(func(v *shop.Visitor) { v.SetVisits(1) })
	inner := s.newManager().Middleware(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { shop.VisitorFrom(r.Context()).SetUserID(7) }))
	b.serve(func(v *shop.Visitor, w http.ResponseWriter, r *http.Request) {
		v.AddVisits(1)
		inner.ServeHTTP(w, r)
	})
	equal(t, see(b, (*shop.Visitor).UserID), 7, "user")
}
