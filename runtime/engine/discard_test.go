package engine_test

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/engine"
	"github.com/sessiongen/sessiongen/runtime/internal/shop"
	"github.com/sessiongen/sessiongen/runtime/internal/testsite"
	"github.com/sessiongen/sessiongen/runtime/sealed"
)

// failures are the ways in which a handler fails after its changes: what the session has to
// treat alike.
var failures = map[string]func(s *testsite.Site, b *testsite.Browser, change func(v *shop.Visitor)){
	"status 500": func(_ *testsite.Site, b *testsite.Browser, change func(v *shop.Visitor)) {
		b.Serve(func(v *shop.Visitor, w http.ResponseWriter, _ *http.Request) {
			change(v)
			http.Error(w, "the handler's own page", http.StatusInternalServerError)
		})
	},
	"panic": func(_ *testsite.Site, b *testsite.Browser, change func(v *shop.Visitor)) {
		defer func() { _ = recover() }()
		b.Visit(func(v *shop.Visitor) { change(v); panic("crash") })
	},
	"panic, recovered inside, with status 500": func(_ *testsite.Site, b *testsite.Browser, change func(v *shop.Visitor)) {
		b.Serve(func(v *shop.Visitor, w http.ResponseWriter, _ *http.Request) {
			defer func() {
				_ = recover()
				w.WriteHeader(http.StatusInternalServerError)
			}()
			change(v)
			panic("crash")
		})
	},
	"panic, recovered inside, with Discard": func(_ *testsite.Site, b *testsite.Browser, change func(v *shop.Visitor)) {
		b.Serve(func(v *shop.Visitor, w http.ResponseWriter, _ *http.Request) {
			defer func() {
				_ = recover()
				v.Discard()
				w.WriteHeader(http.StatusOK) // some answer such an error with a page like any other
			}()
			change(v)
			panic("crash")
		})
	},
	"panic at an invalid status": func(_ *testsite.Site, b *testsite.Browser, change func(v *shop.Visitor)) {
		defer func() { _ = recover() }()
		b.Serve(func(v *shop.Visitor, w http.ResponseWriter, _ *http.Request) { change(v); w.WriteHeader(0) })
	},
	"an inner session cannot be stored": func(s *testsite.Site, b *testsite.Browser, change func(v *shop.Visitor)) {
		inner := testsite.NewMini(s.T, s, testsite.MiniSchema("__Host-mini", nil))
		b.Serve(func(v *shop.Visitor, w http.ResponseWriter, r *http.Request) {
			inner.Middleware(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				change(v)
				m := testsite.MiniFrom(r)
				engine.Set(&m.Session, testsite.MiniCount, &m.Count, 1)
				s.Store.Stand(testsite.Down("create"), nil)
			})).ServeHTTP(w, r)
		})
		s.Store.Stand(nil, nil)
	},
}

// A handler that fails has done half of its work, so nothing of it is kept.
func TestAFailedResponseCommitsNothing(t *testing.T) {
	for name, fail := range failures {
		t.Run(name, func(t *testing.T) {
			s := testsite.New(t)
			b := s.Browser()
			b.Visit(func(v *shop.Visitor) {
				v.SetUserID(7)
				v.SetNotice("hello")
				v.SetCart([]shop.Item{{SKU: "tea", Count: 1}})
				v.SetRole("guest")
			})
			before := b.Cookies[testsite.SessionCookie]
			s.Store.Took()
			fail(s, b, func(v *shop.Visitor) {
				v.AddVisits(1)
				v.SetRole("admin")
				v.TakeNotice()
				v.Cart()[0].Count = 9
				v.SetTheme("dark")
				v.Remember(true)
				v.Renew()
			})
			testsite.Equal(t, strings.TrimSpace(strings.ReplaceAll(s.Store.Took(), "create", "")), "load", "store calls")
			testsite.Equal(t, b.Cookies[testsite.SessionCookie], before, "session cookie")
			testsite.Equal(t, testsite.See(b, (*shop.Visitor).Theme), "light", "theme")
			testsite.Equal(t, testsite.See(b, (*shop.Visitor).Notice), "hello", "a flash that was not shown")
			stranger := s.Browser()
			fail(s, stranger, func(v *shop.Visitor) { v.SetUserID(8) })
			testsite.Equal(t, stranger.Cookies[testsite.SessionCookie], "", "cookie of a sign-in")
		})
	}
}

// What ends something has ended, whatever the page says.
func TestAFailedResponseCommitsWhatEnds(t *testing.T) {
	for name, fail := range failures {
		for end, change := range map[string]func(v *shop.Visitor){
			"destroy":                    func(v *shop.Visitor) { v.Destroy() },
			"destroy, then sign in":      func(v *shop.Visitor) { v.Destroy(); v.SetUserID(8) },
			"sign out":                   func(v *shop.Visitor) { v.ClearUserID(); v.SetVisits(5) },
			"another user":               func(v *shop.Visitor) { v.SetUserID(8); v.SetVisits(5) },
			"another user, and back":     func(v *shop.Visitor) { v.SetUserID(8); v.SetUserID(7) },
			"others":                     func(v *shop.Visitor) { v.RevokeOthers(); v.AddVisits(5) },
			"others, then destroy":       func(v *shop.Visitor) { v.RevokeOthers(); v.Destroy() },
			"others, and signs out":      func(v *shop.Visitor) { v.RevokeOthers(); v.ClearUserID() },
			"others, and signs in again": func(v *shop.Visitor) { v.SetUserID(7); v.RevokeOthers() },
		} {
			t.Run(name+"/"+end, func(t *testing.T) {
				s := testsite.New(t)
				b, other := s.Browser(), s.Browser()
				b.Visit(func(v *shop.Visitor) { v.SetUserID(7); v.SetVisits(1) })
				other.Visit(func(v *shop.Visitor) { v.SetUserID(7) })
				old := b.Clone()
				fail(s, b, change)
				user, others, visits := int64(0), int64(7), 0
				if strings.Contains(end, "others") {
					others = 0
				}
				if end == "others" || end == "others, and signs in again" {
					user, visits = 7, 1
				}
				testsite.Equal(t, testsite.See(old, (*shop.Visitor).UserID), user, "user, by the cookie from before")
				testsite.Equal(t, testsite.See(b, (*shop.Visitor).UserID), user, "user")
				testsite.Equal(t, testsite.See(b, (*shop.Visitor).Visits), visits, "visits")
				testsite.Equal(t, testsite.See(other, (*shop.Visitor).UserID), others, "user in the other browser")
			})
		}
		t.Run(name+"/others, and signs in", func(t *testing.T) {
			s := testsite.New(t)
			b, other := s.Browser(), s.Browser()
			other.Visit(func(v *shop.Visitor) { v.SetUserID(7) })
			fail(s, b, func(v *shop.Visitor) { v.SetUserID(7); v.RevokeOthers() }) // as after a new password
			testsite.Equal(t, testsite.See(b, (*shop.Visitor).UserID), 0, "user")
			testsite.Equal(t, testsite.See(other, (*shop.Visitor).UserID), 0, "user in the other browser")
		})
		if !strings.HasPrefix(name, "panic") || strings.Contains(name, "recovered") { // after a panic, no response reaches the browser
			t.Run(name+"/cookies", func(t *testing.T) {
				s := testsite.New(t)
				b := s.Browser()
				b.Visit(func(v *shop.Visitor) { v.SetTheme("dark"); v.SetFavoriteColor(shop.Blue) })
				fail(s, b, func(v *shop.Visitor) { v.ClearTheme(); v.SetFavoriteColor(shop.Green) })
				testsite.Equal(t, b.Cookies["theme"], "", "a cookie that was deleted")
				testsite.Equal(t, b.Cookies["favorite_color"], "blue", "a cookie that was set")
			})
		}
	}
}

// The handler's own page is sent as it is, and the log says what it has cost.
func TestAFailedResponseNamesWhatItDiscards(t *testing.T) {
	s := testsite.New(t)
	b := s.Browser()
	b.Visit(func(v *shop.Visitor) { v.SetUserID(7) })
	mux := http.NewServeMux()
	status := http.StatusBadGateway
	mux.HandleFunc("POST /cart/{item}", func(w http.ResponseWriter, r *http.Request) {
		v := shop.VisitorFrom(r.Context())
		v.AppendCart(shop.Item{SKU: "tea"})
		v.SetPassword("hunter2")
		v.SetTheme("dark")
		v.Renew()
		v.Remember(true)
		if status == 0 {
			panic("crash")
		}
		w.Header().Set("X-Handler", "kept")
		w.WriteHeader(status)
		fmt.Fprint(w, "a page of the handler")
		v.AddVisits(1)
	})
	send := func() (w *httptest.ResponseRecorder) {
		s.Events = nil
		w = httptest.NewRecorder()
		r := b.Request("POST")
		r.URL.Path = "/cart/tea"
		defer func() { _ = recover() }()
		s.Visitors.Middleware(mux).ServeHTTP(w, r)
		return w
	}
	w := send()
	testsite.Equal(t, w.Code, http.StatusBadGateway, "status")
	testsite.Equal(t, w.Body.String(), "a page of the handler", "page")
	testsite.Equal(t, w.Result().Header.Get("X-Handler"), "kept", "header")
	testsite.Equal(t, s.Count(runtime.EventDiscarded), 2, "events, with that of a late change")
	e := s.Events[0]
	testsite.Equal(t, e.Field, "password, cart, theme, Renew, Remember", "fields")
	testsite.Equal(t, e.Route, "POST /cart/{item}", "handler")
	testsite.Equal(t, e.Reason, "the status of the response is 502", "reason")
	testsite.Equal(t, e.Level(), slog.LevelWarn, "level")
	testsite.Equal(t, strings.Contains(fmt.Sprint(e.LogValue()), "POST /cart/{item}"), true, "the handler in the log")
	testsite.Equal(t, s.Events[1].Field, "visits", "field of a late change")

	status = 0
	send()
	testsite.Equal(t, s.Count(runtime.EventDiscarded), 1, "events")
	testsite.Equal(t, s.Events[0].Reason, "the handler has panicked", "reason")

	// Without a pattern, as in other routers.
	s.Events = nil
	b.Serve(func(v *shop.Visitor, w http.ResponseWriter, _ *http.Request) {
		v.AddVisits(1)
		w.WriteHeader(http.StatusInternalServerError)
	})
	testsite.Equal(t, s.Events[0].Method+" "+s.Events[0].Route, "GET /", "handler")

	// Nothing is said of what changes nothing.
	s.Events = nil
	b.Serve(func(v *shop.Visitor, w http.ResponseWriter, _ *http.Request) {
		v.Cart()
		w.WriteHeader(http.StatusInternalServerError)
	})
	b.Serve(func(v *shop.Visitor, w http.ResponseWriter, _ *http.Request) {
		v.Destroy()
		w.WriteHeader(http.StatusInternalServerError)
	})
	testsite.Equal(t, s.Count(runtime.EventDiscarded), 0, "events")
}

// Below 500, streamed and hijacked responses are ordinary ones; and what Commit has
// acknowledged is kept whatever follows.
func TestWhatAFailedResponseDoesNotDiscard(t *testing.T) {
	for name, serve := range map[string]func(v *shop.Visitor, w http.ResponseWriter, r *http.Request){
		"status 499": func(_ *shop.Visitor, w http.ResponseWriter, _ *http.Request) { w.WriteHeader(499) },
		"redirect": func(_ *shop.Visitor, w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/", http.StatusFound)
		},
		"streamed": func(_ *shop.Visitor, w http.ResponseWriter, _ *http.Request) {
			w.(http.Flusher).Flush()
			w.WriteHeader(500)
		},
		"Commit before": func(v *shop.Visitor, w http.ResponseWriter, r *http.Request) {
			if err := v.Commit(r.Context()); err != nil {
				t.Error(err)
			}
			v.SetUsername("john_doe")
			w.WriteHeader(500)
		},
		"Commit before a panic that is recovered": func(v *shop.Visitor, w http.ResponseWriter, r *http.Request) {
			if err := v.Commit(r.Context()); err != nil {
				t.Error(err)
			}
			v.Discard()
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := testsite.New(t)
			b := s.Browser()
			b.Serve(func(v *shop.Visitor, w http.ResponseWriter, r *http.Request) {
				v.SetUserID(7)
				v.SetTheme("dark")
				serve(v, w, r)
			})
			testsite.Equal(t, testsite.See(b, (*shop.Visitor).UserID), 7, "user")
			testsite.Equal(t, testsite.See(b, (*shop.Visitor).Username), "", "username")
			testsite.Equal(t, testsite.See(b, (*shop.Visitor).Theme), "dark", "theme")
			testsite.Equal(t, s.Count(runtime.EventTooLate), 0, "too late events")
		})
	}
}

func TestWithCommitOnError(t *testing.T) {
	s := testsite.New(t, runtime.WithCommitOnError())
	b := s.Browser()
	b.Serve(func(v *shop.Visitor, w http.ResponseWriter, _ *http.Request) {
		v.SetUserID(7)
		w.WriteHeader(http.StatusInternalServerError)
		v.AddVisits(1)
	})
	testsite.Equal(t, testsite.See(b, (*shop.Visitor).UserID), 7, "user")
	testsite.Equal(t, testsite.See(b, (*shop.Visitor).Visits), 1, "visits")
	testsite.Equal(t, s.Count(runtime.EventDiscarded), 0, "events")
	failures["panic"](s, b, func(v *shop.Visitor) { v.AddVisits(1) })
	testsite.Equal(t, testsite.See(b, (*shop.Visitor).Visits), 1, "visits after a panic")
}

// After Discard, the handler sees what is stored, and goes on.
func TestDiscard(t *testing.T) {
	s := testsite.New(t)
	b := s.Browser()
	b.Visit(func(v *shop.Visitor) {
		v.SetVisits(1)
		v.SetTheme("dark")
		v.SetCart([]shop.Item{{SKU: "tea", Count: 1}})
	})
	var kept *shop.Visitor
	b.Visit(func(v *shop.Visitor) {
		kept = v
		v.SetVisits(5)
		v.SetTheme("gray")
		v.Cart()[0].Count = 9
		v.Discard()
		testsite.Equal(t, v.Visits(), 1, "visits after Discard")
		testsite.Equal(t, v.Theme(), "dark", "theme after Discard")
		testsite.Equal(t, v.Cart()[0].Count, 1, "count after Discard")
		v.AddVisits(1)
	})
	testsite.Equal(t, testsite.See(b, (*shop.Visitor).Visits), 2, "visits")
	testsite.Equal(t, testsite.See(b, (*shop.Visitor).Theme), "dark", "theme")
	s.Events = nil
	kept.Discard()
	testsite.Equal(t, len(s.Events), 0, "events of Discard after the handler returned")
}

// Sealed sessions, which are in the cookie, keep the rule, too.
func TestAFailedResponseOfASealedSession(t *testing.T) {
	s := testsite.New(t)
	sealer, err := sealed.New(testsite.Keys, sealed.WithRevocations(s.Store))
	if err != nil {
		t.Fatal(err)
	}
	m, err := engine.NewManager(testsite.MiniSchema("__Host-mini", nil), sealer, runtime.WithClock(s.Clock.Now), runtime.WithEvents(s.Record))
	if err != nil {
		t.Fatal(err)
	}
	serve := func(b *testsite.Browser, status int, h func(m *testsite.Mini)) {
		w := httptest.NewRecorder()
		m.Middleware(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			h(testsite.MiniFrom(r))
			w.WriteHeader(status)
		})).ServeHTTP(w, b.Request("GET"))
		b.Keep(w.Result())
		testsite.Equal(t, w.Code, status, "status")
	}
	user := func(b *testsite.Browser) (user int64) {
		serve(b.Clone(), 200, func(m *testsite.Mini) { user = engine.Get(&m.Session, testsite.MiniUser, &m.User) })
		return user
	}
	signIn := func(m *testsite.Mini) { engine.Set(&m.Session, testsite.MiniUser, &m.User, 7) }
	b, other := s.Browser(), s.Browser()
	serve(b, 500, signIn)
	testsite.Equal(t, len(b.Cookies), 0, "cookies of a failed sign-in")
	serve(b, 200, signIn)
	serve(other, 200, signIn)
	serve(b, 500, func(m *testsite.Mini) { m.Session.RevokeOthers() })
	testsite.Equal(t, user(b), 7, "user")
	testsite.Equal(t, user(other), 0, "user in the other browser")
	old := b.Clone()
	serve(b, 500, func(m *testsite.Mini) { engine.Set(&m.Session, testsite.MiniUser, &m.User, 8) })
	testsite.Equal(t, user(b), 0, "user after another one's sign-in has failed")
	testsite.Equal(t, user(old), 0, "user by the cookie from before")
}

// An error of the first page after a move from another library costs the visitor nothing: the
// next page takes the old session over. A logout ends the old one, whatever the page says.
func TestAFailedResponseDoesNotUseUpTheOldSession(t *testing.T) {
	for _, from := range oldLibraries() {
		s, b := moved(t, from)
		b.Serve(func(v *shop.Visitor, w http.ResponseWriter, _ *http.Request) {
			testsite.Equal(t, v.UserID(), 7, from.name+": user of the page that fails")
			v.AddVisits(1)
			w.WriteHeader(http.StatusInternalServerError)
		})
		testsite.Equal(t, b.Cookies[testsite.SessionCookie], "", from.name+": session cookie of the page that fails")
		old := b.Clone()
		b.Visit(func(v *shop.Visitor) { testsite.Equal(t, v.Visits(), 3, from.name+": visits on the next page") })
		testsite.Equal(t, testsite.See(b, (*shop.Visitor).UserID), 7, from.name+": user on the page after it")
		s.Clock.Advance(time.Hour)
		testsite.Equal(t, testsite.See(old, (*shop.Visitor).UserID), 0, from.name+": user by the old cookie")

		for end, change := range map[string]func(v *shop.Visitor){
			"Destroy":  func(v *shop.Visitor) { v.Destroy() },
			"sign out": func(v *shop.Visitor) { v.ClearUserID() },
		} {
			_, b := moved(t, from)
			old := b.Clone()
			b.Serve(func(v *shop.Visitor, w http.ResponseWriter, _ *http.Request) {
				change(v)
				w.WriteHeader(http.StatusInternalServerError)
			})
			testsite.Equal(t, testsite.See(old, (*shop.Visitor).UserID), 0, from.name+": user by the old cookie after "+end)
		}
	}
}
