package main

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/gin-gonic/gin"

	"github.com/sessiongen/sessiongen/example/frameworks/visitor"
	"github.com/sessiongen/sessiongen/runtime/sessiontest"
)

// asGinMiddleware is how a net/http middleware is usually put into gin's chain.
func asGinMiddleware(middleware func(http.Handler) http.Handler) gin.HandlerFunc {
	return func(c *gin.Context) {
		middleware(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			c.Request = r
			c.Next()
		})).ServeHTTP(c.Writer, c.Request)
	}
}

// In gin's chain, handlers go on writing to gin's writer, past the session's: it is committed
// after the first byte, its cookie is never sent, and a sign-in comes to nothing. Around the
// engine it is kept.
func TestASignInIsKeptOnlyAroundTheEngine(t *testing.T) {
	for _, around := range []bool{true, false} {
		visitors, err := visitor.NewVisitorManager(sessiontest.NewStore(t, nil))
		if err != nil {
			t.Fatal(err)
		}
		engine := newEngine()
		var site http.Handler = engine
		if around {
			site = visitors.Middleware(engine)
		} else {
			engine.Use(asGinMiddleware(visitors.Middleware))
		}
		engine.GET("/", func(c *gin.Context) {
			visitor.VisitorFrom(c.Request.Context()).SetUserID(7)
			c.String(http.StatusOK, "signed in")
		})
		answer := httptest.NewRecorder()
		site.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/", nil))
		if cookies := answer.Result().Cookies(); answer.Body.String() != "signed in" || around != (len(cookies) == 1) {
			t.Errorf("around the engine: %t: %q with the cookies %v", around, answer.Body, cookies)
		}
	}
}

// What the session sends by itself passes under gin's writer, so loggers inside of the engine
// never hear of it: they read 200, or are not asked at all.
func TestALoggerInTheEngineDoesNotSeeTheSessionsOwnPage(t *testing.T) {
	for _, c := range []struct {
		fail sessiontest.Call
		want int // what is logged; 0: nothing is
	}{
		{"", http.StatusOK},
		{sessiontest.Update, http.StatusOK},
		{sessiontest.Load, 0},
	} {
		store := sessiontest.NewStore(t, nil)
		visitors, err := visitor.NewVisitorManager(store)
		if err != nil {
			t.Fatal(err)
		}
		inside, outside := 0, 0
		engine := newEngine()
		engine.Use(func(c *gin.Context) {
			c.Next()
			inside = c.Writer.Status()
		})
		engine.GET("/", func(c *gin.Context) {
			visitor.VisitorFrom(c.Request.Context()).AddVisits(1)
			c.String(http.StatusOK, "a page")
		})
		site := logStatus(&outside, visitors.Middleware(engine))
		r := sessiontest.Request(t, visitors, http.MethodGet, "/", func(v *visitor.Visitor) { v.SetUserID(7) })
		if c.fail != "" {
			store.Fail(c.fail, errors.New("the store is down"))
		}
		answer := httptest.NewRecorder()
		site.ServeHTTP(answer, r)
		want := http.StatusServiceUnavailable
		if c.fail == "" {
			want = http.StatusOK
		}
		if answer.Code != want || inside != c.want || outside != want {
			t.Errorf("with a failing %q: the answer is %d, logged inside is %d, and around it %d", c.fail, answer.Code, inside, outside)
		}
	}
}

func newEngine() *gin.Engine {
	gin.SetMode(gin.ReleaseMode)
	return gin.New()
}

// logStatus is a net/http logger around everything.
func logStatus(status *int, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		next.ServeHTTP(&statusWriter{w, status}, r)
	})
}

type statusWriter struct {
	http.ResponseWriter
	status *int
}

func (w *statusWriter) WriteHeader(status int) {
	*w.status = status
	w.ResponseWriter.WriteHeader(status)
}

func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
