package main

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/labstack/echo/v4"

	"github.com/sessiongen/sessiongen/example/frameworks/visitor"
	"github.com/sessiongen/sessiongen/runtime/sessiontest"
)

// A logger outside of the session's middleware sees what the browser is sent, whoever sends
// it: the handler, echo's error handler, or the session when the store is down.
func TestALoggerOutsideSeesWhatIsSent(t *testing.T) {
	for _, c := range []struct {
		page string
		fail sessiontest.Call
		want int
	}{
		{"/page", "", http.StatusOK},
		{"/moved", "", http.StatusSeeOther},
		{"/error", "", http.StatusTeapot},
		{"/panic", "", http.StatusInternalServerError},
		{"/page", sessiontest.Load, http.StatusServiceUnavailable},
		{"/page", sessiontest.Update, http.StatusServiceUnavailable},
		{"/moved", sessiontest.Update, http.StatusServiceUnavailable},
		{"/error", sessiontest.Update, http.StatusServiceUnavailable},
		{"/empty", sessiontest.Update, http.StatusServiceUnavailable},
	} {
		t.Run(c.page[1:]+string(c.fail), func(t *testing.T) {
			t.Parallel()
			status, size, answer := logged(t, sessions, c.page, c.fail)
			if answer.Code != c.want || status != c.want || size != int64(answer.Body.Len()) {
				t.Errorf("the answer is %d with %d bytes, logged are %d and %d, want %d", answer.Code, answer.Body.Len(), status, size, c.want)
			}
			if renewed := len(answer.Result().Cookies()) == 1; renewed != (c.page != "/panic" && c.fail == "") {
				t.Errorf("the cookies are %v", answer.Result().Cookies())
			}
		})
	}
}

// This is why there is a function to copy. If it fails, echo.WrapMiddleware does it all.
func TestWithoutSessionsALoggerOutsideIsMisled(t *testing.T) {
	status, _, answer := logged(t, echo.WrapMiddleware, "/page", sessiontest.Update)
	if answer.Code != http.StatusServiceUnavailable || status != http.StatusOK {
		t.Errorf("the answer is %d, and logged is %d", answer.Code, status)
	}
}

// logged asks for a page whose handler renews the session, in front of a store of which one
// call may fail. It returns what a logger outside of the session reads, and the answer.
func logged(t *testing.T, adapter func(func(http.Handler) http.Handler) echo.MiddlewareFunc, page string, fail sessiontest.Call) (status int, size int64, answer *httptest.ResponseRecorder) {
	t.Helper()
	store := sessiontest.NewStore(t, nil)
	visitors, err := visitor.NewVisitorManager(store)
	if err != nil {
		t.Fatal(err)
	}
	e := echo.New()
	e.Logger.SetOutput(io.Discard)
	e.Use(func(next echo.HandlerFunc) echo.HandlerFunc { // as the loggers of echo do it
		return func(c echo.Context) error {
			if err := next(c); err != nil {
				c.Error(err)
			}
			status, size = c.Response().Status, c.Response().Size
			return nil
		}
	})
	e.Use(func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) (err error) {
			defer func() {
				if recover() != nil {
					err = errors.New("the handler has panicked")
				}
			}()
			return next(c)
		}
	})
	e.Use(adapter(visitors.Middleware))
	handle := func(path string, answer echo.HandlerFunc) {
		e.GET(path, func(c echo.Context) error {
			v := visitor.VisitorFrom(c.Request().Context())
			v.AddVisits(1)
			v.Renew()
			return answer(c)
		})
	}
	handle("/page", func(c echo.Context) error { return c.String(http.StatusOK, "a page") })
	handle("/moved", func(c echo.Context) error { return c.Redirect(http.StatusSeeOther, "/page") })
	handle("/error", func(echo.Context) error { return echo.NewHTTPError(http.StatusTeapot, "short and stout") })
	handle("/empty", func(echo.Context) error { return nil })
	handle("/panic", func(echo.Context) error { panic("at the disco") })

	r := sessiontest.Request(t, visitors, http.MethodGet, page, func(v *visitor.Visitor) { v.SetUserID(7) })
	if fail != "" {
		store.Fail(fail, errors.New("the store is down"))
	}
	answer = httptest.NewRecorder()
	e.ServeHTTP(answer, r)
	return status, size, answer
}
