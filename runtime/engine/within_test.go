package engine_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/cookie"
	"github.com/sessiongen/sessiongen/runtime/internal/aside"
	"github.com/sessiongen/sessiongen/runtime/internal/cookiesonly"
	"github.com/sessiongen/sessiongen/runtime/internal/shop"
	"github.com/sessiongen/sessiongen/runtime/internal/testsite"
)

// through serves one request of a browser, which keeps the cookies of the response.
func through(b *testsite.Browser, h http.Handler) *http.Response {
	w := testsite.NewRecorder()
	h.ServeHTTP(w, b.Request("GET"))
	response := w.Result()
	b.Keep(response)
	return response
}

func handler(h func(v *shop.Visitor, w http.ResponseWriter, r *http.Request)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { h(shop.VisitorFrom(r.Context()), w, r) })
}

// wrapped is the response writer of a middleware between two others.
type wrapped struct{ http.ResponseWriter }

func (w wrapped) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// between is a middleware that changes the session of the request before the next handler runs.
func between(change func(v *shop.Visitor, r *http.Request), next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		change(shop.VisitorFrom(r.Context()), r)
		next.ServeHTTP(wrapped{w}, r)
	})
}

// A router whose routes have the middleware that the whole server has, too: each request has
// one session.
func TestMiddlewareWithinItself(t *testing.T) {
	for name, c := range map[string]struct {
		outer, inner func(v *shop.Visitor)
		calls        string
		cookies      int
		user         int64
		visits       int
	}{
		"both add":                    {func(v *shop.Visitor) { v.AddVisits(1) }, func(v *shop.Visitor) { v.AddVisits(2) }, "load update", 0, 7, 4},
		"the inner one signs in":      {func(v *shop.Visitor) { v.AddVisits(1) }, func(v *shop.Visitor) { v.SetUserID(7) }, "load update", 1, 7, 2},
		"the inner one signs out":     {func(v *shop.Visitor) { v.UserID() }, func(v *shop.Visitor) { v.Destroy() }, "load delete", 1, 0, 0},
		"the outer one signs in":      {func(v *shop.Visitor) { v.SetUserID(7) }, func(v *shop.Visitor) { v.UserID() }, "load update", 1, 7, 1},
		"the outer one signs out":     {func(v *shop.Visitor) { v.Destroy() }, func(v *shop.Visitor) { v.AddVisits(1) }, "load delete create", 1, 0, 1},
		"nothing changes":             {func(v *shop.Visitor) {}, func(v *shop.Visitor) { v.UserID() }, "load", 0, 7, 1},
		"the inner one reads the sum": {func(v *shop.Visitor) { v.AddVisits(1) }, func(v *shop.Visitor) { v.SetVisits(v.Visits() * 10) }, "load update", 0, 7, 20},
	} {
		s := testsite.New(t)
		b := s.Browser()
		b.Visit(func(v *shop.Visitor) { v.SetUserID(7); v.SetVisits(1) })
		s.Store.Took()
		response := through(b, s.Visitors.Middleware(between(func(v *shop.Visitor, _ *http.Request) { c.outer(v) },
			s.Visitors.Middleware(handler(func(v *shop.Visitor, _ http.ResponseWriter, _ *http.Request) { c.inner(v) })))))
		testsite.Equal(t, s.Store.Took(), c.calls, name+": store calls")
		testsite.Equal(t, response.StatusCode, 200, name+": status")
		testsite.Equal(t, len(response.Header["Set-Cookie"]), c.cookies, name+": cookies")
		testsite.Equal(t, strings.Join(response.Header["Vary"], "|"), "Cookie", name+": Vary")
		testsite.Equal(t, testsite.See(b, (*shop.Visitor).UserID), c.user, name+": user")
		testsite.Equal(t, testsite.See(b, (*shop.Visitor).Visits), c.visits, name+": visits")
		testsite.Equal(t, s.Count(runtime.EventNested), 0, name+": nested events")
	}
}

// A commit that fails gives one error page, and the store's failure is not asked for twice.
func TestMiddlewareWithinItselfAndAStoreThatFails(t *testing.T) {
	s := testsite.New(t)
	b := s.Browser()
	b.Visit(func(v *shop.Visitor) { v.SetUserID(7) })
	s.Store.Stand(testsite.Down("delete"), nil)
	response := through(b, s.Visitors.Middleware(s.Visitors.Middleware(handler(func(v *shop.Visitor, w http.ResponseWriter, _ *http.Request) {
		v.Destroy()
		w.WriteHeader(http.StatusOK)
	}))))
	testsite.Equal(t, response.StatusCode, http.StatusServiceUnavailable, "status")
	testsite.Equal(t, len(response.Header["Set-Cookie"]), 0, "cookies")
}

// A recover handler between the two cannot tell the outer one of the panic, so the inner one
// does. A logout counts.
func TestPanicPassesTheInnerMiddleware(t *testing.T) {
	recovering := func(after func(v *shop.Visitor), next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			defer func() {
				if recover() != nil {
					after(shop.VisitorFrom(r.Context()))
					w.WriteHeader(http.StatusTeapot)
				}
			}()
			next.ServeHTTP(w, r)
		})
	}
	for name, c := range map[string]struct {
		handle, after func(v *shop.Visitor)
		calls         string
		late          int
	}{
		"a change":                {func(v *shop.Visitor) { v.AddVisits(1); v.SetTheme("dark") }, func(*shop.Visitor) {}, "load", 0},
		"another user's sign-in":  {func(v *shop.Visitor) { v.SetUserID(8) }, func(*shop.Visitor) {}, "load update", 0}, // user 7 is signed out
		"a change in place":       {func(v *shop.Visitor) { v.Cart()[0].Count = 9 }, func(*shop.Visitor) {}, "load", 0},
		"a change afterwards":     {func(*shop.Visitor) {}, func(v *shop.Visitor) { v.AddVisits(1) }, "load", 1},
		"in place afterwards":     {func(*shop.Visitor) {}, func(v *shop.Visitor) { v.Cart()[0].Count = 9; v.Visits() }, "load", 0},
		"a logout":                {func(v *shop.Visitor) { v.Destroy() }, func(*shop.Visitor) {}, "load delete", 0},
		"a logout, then a change": {func(v *shop.Visitor) { v.Destroy(); v.SetNotice("Goodbye") }, func(*shop.Visitor) {}, "load delete", 0},
		"a logout afterwards":     {func(*shop.Visitor) {}, func(v *shop.Visitor) { v.Destroy() }, "load delete", 0},
	} {
		s := testsite.New(t)
		b := s.Browser()
		b.Visit(func(v *shop.Visitor) { v.SetUserID(7); v.SetCart([]shop.Item{{SKU: "tea", Count: 1}}) })
		s.Store.Took()
		response := through(b, s.Visitors.Middleware(recovering(c.after, s.Visitors.Middleware(handler(func(v *shop.Visitor, _ http.ResponseWriter, _ *http.Request) {
			c.handle(v)
			panic("of the handler")
		})))))
		testsite.Equal(t, response.StatusCode, http.StatusTeapot, name+": status")
		testsite.Equal(t, s.Store.Took(), c.calls, name+": store calls")
		testsite.Equal(t, s.Count(runtime.EventTooLate), c.late, name+": too late events")
		if user := testsite.See(b, (*shop.Visitor).UserID); user != 7 && user != 0 {
			t.Errorf("%s: user %d", name, user)
		}
	}
}

// What ends something is kept when a panic passes the inner middleware, as it is when one passes
// the outer one.
func TestPanicPassesTheInnerMiddlewareAfterAnEnd(t *testing.T) {
	for name, c := range map[string]struct {
		handle      func(v *shop.Visitor)
		user, other int64 // of this device and of another one afterwards
	}{
		"Destroy":                            {func(v *shop.Visitor) { v.Destroy() }, 0, 7},
		"ClearUserID":                        {func(v *shop.Visitor) { v.ClearUserID() }, 0, 7},
		"RevokeOthers":                       {func(v *shop.Visitor) { v.RevokeOthers() }, 7, 0},
		"RevokeOthers, then ClearUserID":     {func(v *shop.Visitor) { v.RevokeOthers(); v.ClearUserID() }, 0, 0},
		"another user's sign-in, and others": {func(v *shop.Visitor) { v.RevokeOthers(); v.SetUserID(8) }, 0, 0},
	} {
		s := testsite.New(t)
		b, other := s.Browser(), s.Browser()
		b.Visit(func(v *shop.Visitor) { v.SetUserID(7) })
		other.Visit(func(v *shop.Visitor) { v.SetUserID(7) })
		inner := s.Visitors.Middleware(handler(func(v *shop.Visitor, _ http.ResponseWriter, _ *http.Request) {
			c.handle(v)
			panic("of the handler")
		}))
		through(b, s.Visitors.Middleware(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			defer func() {
				_ = recover()
				w.WriteHeader(http.StatusOK)
			}()
			inner.ServeHTTP(w, r)
		})))
		testsite.Equal(t, testsite.See(b, (*shop.Visitor).UserID), c.user, name+": user")
		testsite.Equal(t, testsite.See(other, (*shop.Visitor).UserID), c.other, name+": user of the other device")
	}
}

// Load inside the middleware is the session of the middleware.
func TestLoadWithinTheMiddleware(t *testing.T) {
	for name, commit := range map[string]bool{"with Commit": true, "without Commit": false} {
		s := testsite.New(t)
		b := s.Browser()
		b.Visit(func(v *shop.Visitor) { v.SetUserID(7) })
		s.Store.Took()
		through(b, s.Visitors.Middleware(handler(func(v *shop.Visitor, w http.ResponseWriter, r *http.Request) {
			v.AddVisits(1)
			loaded, err := s.Visitors.Load(wrapped{w}, r)
			if err != nil {
				t.Fatal(err)
			}
			testsite.Equal(t, loaded == v, true, name+": the same session")
			loaded.AddVisits(1)
			if commit {
				testsite.Equal(t, loaded.Commit(r.Context()), nil, name+": error")
			}
		})))
		testsite.Equal(t, s.Store.Took(), "load update", name+": store calls")
		testsite.Equal(t, testsite.See(b, (*shop.Visitor).Visits), 2, name+": visits")
	}
	// To load is to ask for the session.
	s := testsite.New(t)
	response := through(s.Browser(), s.Visitors.Middleware(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = s.Visitors.Load(w, r)
	})))
	testsite.Equal(t, response.Header.Get("Vary"), "Cookie", "Vary")
}

// A handler that serves another request within its own, such as a part of a page, has a session
// of its own for it: what one of them is signed in as is not what the other is.
func TestAnotherRequestWithinTheMiddleware(t *testing.T) {
	s := testsite.New(t)
	other := s.Browser()
	other.Visit(func(v *shop.Visitor) { v.SetUserID(8) })
	theirs := testsite.SessionCookie + "=" + other.Cookies[testsite.SessionCookie]
	for name, serve := range map[string]func(inner http.Handler, w http.ResponseWriter, r *http.Request) (user int64){
		"other cookies": func(inner http.Handler, w http.ResponseWriter, r *http.Request) int64 {
			r = r.Clone(r.Context())
			r.Header.Set("Cookie", theirs)
			inner.ServeHTTP(w, r)
			return 8
		},
		"other cookies in the same header": func(inner http.Handler, w http.ResponseWriter, r *http.Request) int64 {
			r.Header.Set("Cookie", theirs)
			inner.ServeHTTP(w, r)
			return 8
		},
		"no cookies": func(inner http.Handler, w http.ResponseWriter, r *http.Request) int64 {
			r = r.Clone(r.Context())
			r.Header.Del("Cookie")
			inner.ServeHTTP(w, r)
			return 0
		},
		"another response": func(inner http.Handler, _ http.ResponseWriter, r *http.Request) int64 {
			inner.ServeHTTP(testsite.NewRecorder(), r)
			return 7
		},
		"a response writer without Unwrap": func(inner http.Handler, w http.ResponseWriter, r *http.Request) int64 {
			http.TimeoutHandler(inner, time.Hour, "late").ServeHTTP(w, r)
			return 7
		},
	} {
		s.Visitors = s.NewManager()
		b := s.Browser()
		b.Visit(func(v *shop.Visitor) { v.SetUserID(7) })
		before := s.Count(runtime.EventNested)
		for range 3 {
			var outer, inner *shop.Visitor
			var user, want int64
			through(b.Clone(), s.Visitors.Middleware(handler(func(v *shop.Visitor, w http.ResponseWriter, r *http.Request) {
				outer = v
				want = serve(s.Visitors.Middleware(handler(func(v *shop.Visitor, _ http.ResponseWriter, _ *http.Request) {
					inner, user = v, v.UserID()
				})), w, r)
			})))
			testsite.Equal(t, user, want, name+": user within")
			testsite.Equal(t, outer != inner, true, name+": a session of its own")
		}
		testsite.Equal(t, s.Count(runtime.EventNested)-before, 1, name+": nested events of three requests")
	}
}

// observer is a response writer of the debug page.
type observer struct{ http.ResponseWriter }

func (observer) ObserveCookies(cookie.Options, []cookie.Options) {}

// The debug page and the helpers for tests look at the session within the middleware as another
// request would: the changes of this one are not there yet, and there is nothing to warn of.
func TestLookingAsideWithinTheMiddleware(t *testing.T) {
	s := testsite.New(t)
	b := s.Browser()
	b.Visit(func(v *shop.Visitor) { v.SetVisits(1) })
	through(b, s.Visitors.Middleware(handler(func(v *shop.Visitor, w http.ResponseWriter, r *http.Request) {
		v.AddVisits(1)
		seen, err := s.Visitors.Load(observer{testsite.NewRecorder()}, r)
		testsite.Equal(t, err, nil, "error")
		testsite.Equal(t, seen.Visits(), 1, "visits that the debug page sees")
		seen, err = s.Visitors.Load(testsite.NewRecorder(), r.WithContext(aside.With(r.Context())))
		testsite.Equal(t, err, nil, "error")
		testsite.Equal(t, seen.Visits(), 1, "visits that a test sees")
		testsite.Equal(t, s.Count(runtime.EventNested), 0, "nested events")
		_, _ = s.Visitors.Load(testsite.NewRecorder(), r)
		testsite.Equal(t, s.Count(runtime.EventNested), 1, "nested events of the handler itself")
	})))
}

// Two managers whose session cookies have one name overwrite each other's cookie: an event says
// so, once, and names the other schema.
func TestMiddlewareWithinThatOfAnotherManager(t *testing.T) {
	s := testsite.New(t)
	for name, c := range map[string]struct {
		cookie string
		events int
	}{"the same cookie": {testsite.SessionCookie, 1}, "its name without a prefix": {"visitor", 1}, "another cookie": {"__Host-mini", 0}} {
		before := s.Count(runtime.EventNested)
		mini := testsite.NewMini(t, s, testsite.MiniSchema(c.cookie, nil))
		for range 3 {
			through(s.Browser(), s.Visitors.Middleware(mini.Middleware(http.NotFoundHandler())))
		}
		testsite.Equal(t, s.Count(runtime.EventNested)-before, c.events, name+": nested events")
	}
	for _, e := range s.Events {
		if e.Kind == runtime.EventNested {
			testsite.Equal(t, e.Schema, "mini", "the schema of the inner one")
			testsite.Equal(t, e.Field == testsite.SessionCookie || e.Field == "visitor", true, "the cookie: "+e.Field)
			testsite.Equal(t, strings.Contains(e.Reason, "the schema visitor, whose session cookie "+testsite.SessionCookie), true, "the outer one is named: "+e.Reason)
		}
	}
}

// Of two managers of one type, the handler gets the session of the one whose middleware is
// nearer, even if that has loaded it further out.
func TestMiddlewareWithinItselfAndAnotherOfItsType(t *testing.T) {
	s := testsite.New(t)
	second := s.NewManager(runtime.WithApplication("second"))
	var first, nearer, last *shop.Visitor
	through(s.Browser(), s.Visitors.Middleware(between(func(v *shop.Visitor, _ *http.Request) { first = v },
		second.Middleware(between(func(v *shop.Visitor, _ *http.Request) { nearer = v },
			s.Visitors.Middleware(handler(func(v *shop.Visitor, _ http.ResponseWriter, _ *http.Request) { last = v })))))))
	testsite.Equal(t, first == last, true, "the session of the first manager")
	testsite.Equal(t, first == nearer, false, "the session of the second manager is the first one's")
}

// A schema of cookies alone has one set of values for each request, too.
func TestMiddlewareOfCookiesAloneWithinItself(t *testing.T) {
	preferences, err := cookiesonly.NewPreferencesManager(runtime.WithKeys(testsite.Keys))
	if err != nil {
		t.Fatal(err)
	}
	w := testsite.NewRecorder()
	seen := 0
	preferences.Middleware(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		cookiesonly.PreferencesFrom(r.Context()).SetZoom(150)
		preferences.Middleware(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			seen = cookiesonly.PreferencesFrom(r.Context()).Zoom()
		})).ServeHTTP(w, r)
	})).ServeHTTP(w, testsite.New(t).Browser().Request("GET"))
	testsite.Equal(t, seen, 150, "the zoom that the outer middleware has set")
	testsite.Equal(t, len(w.Result().Header["Set-Cookie"]), 1, "cookies")
}
