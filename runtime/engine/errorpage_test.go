package engine_test

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/engine"
	"github.com/sessiongen/sessiongen/runtime/internal/shop"
	"github.com/sessiongen/sessiongen/runtime/internal/testsite"
)

func TestErrorHandler(t *testing.T) {
	var got error
	s := testsite.New(t, runtime.WithErrorHandler(func(w http.ResponseWriter, _ *http.Request, err error) {
		got = err
		w.WriteHeader(http.StatusTeapot)
	}))
	s.Store.Stand(testsite.Down("create"), nil)
	response := s.Browser().Visit(func(v *shop.Visitor) { v.SetVisits(1) })
	testsite.Equal(t, response.StatusCode, http.StatusTeapot, "status")
	if !errors.Is(got, testsite.ErrDown) {
		t.Errorf("error: %v", got)
	}
}

func TestErrorPageKeepsTheCookiesOfOuterMiddlewares(t *testing.T) {
	s := testsite.New(t)
	s.Store.Stand(testsite.Once("create", runtime.ErrConflict), nil) // which no Create may answer
	w := httptest.NewRecorder()
	w.Header().Add("Set-Cookie", "outer=x")
	s.Visitors.Middleware(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Add("Set-Cookie", "inner=x")
		shop.VisitorFrom(r.Context()).SetVisits(1)
	})).ServeHTTP(w, s.Browser().Request("GET"))
	testsite.Equal(t, w.Code, 503, "status")
	testsite.Equal(t, strings.Join(w.Result().Header["Set-Cookie"], "|"), "outer=x", "cookies")
}

func TestErrorPageHasNoneOfTheHandlersCookies(t *testing.T) {
	s := testsite.New(t)
	b := s.Browser()
	b.Visit(func(v *shop.Visitor) { v.SetUserID(7) })
	s.Store.Stand(testsite.Down("update"), nil)
	w := httptest.NewRecorder()
	w.Header()["Set-Cookie"] = []string{"theme=outer", "a=outer"} // of an outer middleware
	s.Visitors.Middleware(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v := shop.VisitorFrom(r.Context())
		_ = s.Visitors.ThemeCookie().Write(w, "handler")
		v.AddVisits(1)
	})).ServeHTTP(w, b.Request("GET"))
	testsite.Equal(t, w.Code, 503, "status")
	for _, line := range w.Result().Header["Set-Cookie"] {
		if strings.Contains(line, "handler") {
			t.Errorf("a cookie of the handler on the error page: %s", line)
		}
	}
}

func TestInnerCookieSurvivesTheOuterFailure(t *testing.T) {
	s := testsite.New(t)
	b := s.Browser()
	inner := testsite.NewMini(t, s, testsite.MiniSchema("__Host-mini", nil))
	b.Visit(func(v *shop.Visitor) { v.SetUserID(7) })
	serve := func(h func(v *shop.Visitor, m *testsite.Mini)) *http.Response {
		w := httptest.NewRecorder()
		s.Visitors.Middleware(inner.Middleware(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			h(shop.VisitorFrom(r.Context()), testsite.MiniFrom(r))
		}))).ServeHTTP(w, b.Request("GET"))
		b.Keep(w.Result())
		return w.Result()
	}
	serve(func(v *shop.Visitor, m *testsite.Mini) { engine.Set(&m.Session, testsite.MiniUser, &m.User, 5) })
	updates := 0
	s.Store.Stand(func(call string) error {
		if call == "update" {
			if updates++; updates > 1 { // the inner one is first
				return testsite.ErrDown
			}
		}
		return nil
	}, nil)
	response := serve(func(v *shop.Visitor, m *testsite.Mini) { v.AddVisits(1); m.Session.Renew() })
	s.Store.Stand(nil, nil)
	testsite.Equal(t, response.StatusCode, 503, "status")
	serve(func(v *shop.Visitor, m *testsite.Mini) {
		testsite.Equal(t, engine.Get(&m.Session, testsite.MiniUser, &m.User), 5, "the inner session's user")
	})
}

func TestFailedLogoutDoesNotClearSiteData(t *testing.T) {
	s := testsite.New(t)
	b := s.Browser()
	b.Visit(func(v *shop.Visitor) { v.SetUserID(7) })
	s.Store.Stand(testsite.Down("delete"), nil)
	response := b.Serve(func(v *shop.Visitor, w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Clear-Site-Data", `"cookies"`)
		v.Destroy()
	})
	testsite.Equal(t, response.StatusCode, 503, "status")
	testsite.Equal(t, response.Header.Get("Clear-Site-Data"), "", "Clear-Site-Data of a logout that failed")
}

// Two middlewares of one schema: what the outer one has to drop is not the inner one's.
func TestInnerCookieSurvivesWhatTheOuterDrops(t *testing.T) {
	s := testsite.New(t)
	b := s.Browser()
	b.Visit(func(v *shop.Visitor) { v.SetVisits(1) })
	inner := s.NewManager().Middleware(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { shop.VisitorFrom(r.Context()).SetUserID(7) }))
	b.Serve(func(v *shop.Visitor, w http.ResponseWriter, r *http.Request) {
		v.AddVisits(1)
		inner.ServeHTTP(w, r)
	})
	testsite.Equal(t, testsite.See(b, (*shop.Visitor).UserID), 7, "user")
}

// A visitor who closes the page while it loads is not a fault of the store, nor of the server.
func TestAClientThatHangsUpIsNoError(t *testing.T) {
	answered := false
	s := testsite.New(t, runtime.WithErrorHandler(func(http.ResponseWriter, *http.Request, error) { answered = true }))
	b := s.Browser()
	b.Visit(func(v *shop.Visitor) { v.SetUserID(7) })
	for what, c := range map[string]struct {
		cause error
		kind  runtime.EventKind
		level slog.Level
	}{
		"hangs up":                             {context.Canceled, runtime.EventClientGone, slog.LevelDebug},
		"is cut off by the program":            {errors.New("too many requests"), runtime.EventStoreFailed, slog.LevelError},
		"waits longer than a handler may take": {context.DeadlineExceeded, runtime.EventStoreFailed, slog.LevelError},
	} {
		s.Events, answered = nil, false
		ctx, cancel := context.WithCancelCause(t.Context())
		s.Store.Stand(func(call string) error {
			cancel(c.cause)
			return ctx.Err()
		}, nil)
		ran := false
		w := httptest.NewRecorder()
		s.Visitors.Middleware(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { ran = true })).ServeHTTP(w, b.Request("GET").WithContext(ctx))
		s.Store.Stand(nil, nil)
		if len(s.Events) != 1 || s.Events[0].Kind != c.kind || s.Events[0].Level() != c.level {
			t.Errorf("a client %s: %+v", what, s.Events)
		}
		gone := c.kind == runtime.EventClientGone
		testsite.Equal(t, answered, !gone, what+": the error handler answers")
		testsite.Equal(t, ran, false, what+": the handler runs")
		testsite.Equal(t, w.Code == 499, gone, what+": status 499")
	}
}

// A program gets a problem (RFC 9457), a browser a page.
func TestErrorPageIsJSONWhereThatWasAskedFor(t *testing.T) {
	s := testsite.New(t)
	for accept, want := range map[string]string{
		"":                                     "text/plain; charset=utf-8",
		"*/*":                                  "text/plain; charset=utf-8",
		"text/html, application/json":          "text/plain; charset=utf-8",
		"text/html;q=0.9, application/json":    "application/problem+json",
		"application/json, text/plain, */*":    "application/problem+json",
		"application/problem+json":             "application/problem+json",
		"application/vnd.api+json;v=1;q=0.1":   "application/problem+json",
		"application/json;q=0":                 "text/plain; charset=utf-8",
		"text/html,application/xml;q=0.9,*/*":  "text/plain; charset=utf-8",
		"broken;;; q, application/json;q=high": "text/plain; charset=utf-8",
	} {
		for fails, status := range map[string]int{"load": 503, "create": 503, "cookie": 500} {
			b := s.Browser()
			if fails == "load" {
				b.Visit(func(v *shop.Visitor) { v.SetUserID(7) })
			}
			b.Header.Set("Accept", accept)
			s.Store.Stand(testsite.Down(fails), nil)
			response := b.Serve(func(v *shop.Visitor, w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "text/html")
				v.AddVisits(1)
				if fails == "cookie" {
					v.SetTheme(strings.Repeat("x", 5000))
				}
			})
			s.Store.Stand(nil, nil)
			what := accept + ": " + fails
			testsite.Equal(t, response.StatusCode, status, what+": status")
			testsite.Equal(t, response.Header.Get("Content-Type"), want, what+": Content-Type")
			if want != "application/problem+json" {
				continue
			}
			var problem struct {
				Type, Title, Detail string
				Status              int
			}
			if err := json.NewDecoder(response.Body).Decode(&problem); err != nil {
				t.Errorf("%s: %v", what, err)
			}
			testsite.Equal(t, problem.Type, "about:blank", what+": type")
			testsite.Equal(t, problem.Title, http.StatusText(status), what+": title")
			testsite.Equal(t, problem.Status, status, what+": status in the body")
			testsite.Equal(t, problem.Detail != "", true, what+": detail")
		}
	}
}
