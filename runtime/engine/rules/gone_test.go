package rules

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/internal/shop"
	"github.com/sessiongen/sessiongen/runtime/internal/testsite"
)

// A client on a real connection goes away before the commit, or while the store is at work:
// what the handler did is kept, and a logout is one.
func TestR18_AClientThatGoesAwayLosesNothing(t *testing.T) {
	for _, when := range []string{"before the commit", "during the commit"} {
		for name, c := range map[string]struct {
			change func(v *shop.Visitor)
			call   string
			want   string
		}{
			"a counter": {func(v *shop.Visitor) { v.AddVisits(1) }, "update", "7 1"},
			"a logout":  {func(v *shop.Visitor) { v.Destroy() }, "delete", "0 0"},
		} {
			s := testsite.New(t)
			b := s.Browser()
			b.Visit(func(v *shop.Visitor) { v.SetUserID(7) })
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			gone, served := make(chan struct{}), make(chan struct{})
			leave := func(r *http.Request) {
				cancel()
				<-r.Context().Done() // the server has noticed
			}
			inHandler := make(chan *http.Request, 1)
			server := httptest.NewServer(s.Visitors.Middleware(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				defer close(served)
				v := shop.VisitorFrom(r.Context())
				if when == "before the commit" {
					leave(r)
				}
				c.change(v)
				inHandler <- r
			})))
			s.Store.Stand(func(call string) error {
				if call == c.call && when == "during the commit" {
					leave(<-inHandler)
				}
				if call == c.call {
					close(gone)
				}
				return nil
			}, nil)
			outgoing, err := http.NewRequestWithContext(ctx, "GET", server.URL, nil)
			testsite.Equal(t, err, nil, "error")
			outgoing.Header = b.Request("GET").Header
			if response, err := http.DefaultClient.Do(outgoing); err == nil {
				_ = response.Body.Close()
				t.Error("the client got an answer")
			}
			<-served
			<-gone
			server.Close() // waits for the request to end
			s.Store.Stand(nil, nil)
			testsite.Equal(t, testsite.See(b, userAndVisits), c.want, name+", gone "+when)
		}
	}
}

func userAndVisits(v *shop.Visitor) string { return fmt.Sprint(v.UserID(), " ", v.Visits()) }

// http.TimeoutHandler gives up on a handler that goes on. Inside the middleware: its 503 discards
// what was done until then, and what is done later is too late, which an event says. Outside of
// it: the middleware commits when the handler returns, with no client left. A logout reaches
// the store in any case.
func TestR18_TimeoutHandlerGivesUp(t *testing.T) {
	for _, place := range []string{"inside", "outside"} {
		for _, c := range []struct {
			name          string
			before, after func(v *shop.Visitor)
			inside        string
			outside       string
		}{
			{"a counter before", func(v *shop.Visitor) { v.AddVisits(1) }, func(*shop.Visitor) {}, "7 0", "7 1"},
			{"a counter after", func(*shop.Visitor) {}, func(v *shop.Visitor) { v.AddVisits(1) }, "7 0", "7 1"},
			{"a logout before", func(v *shop.Visitor) { v.Destroy() }, func(*shop.Visitor) {}, "0 0", "0 0"},
			{"a logout after", func(*shop.Visitor) {}, func(v *shop.Visitor) { v.Destroy() }, "0 0", "0 0"},
		} {
			t.Run(place+"/"+c.name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					s := testsite.New(t)
					b := s.Browser()
					b.Visit(func(v *shop.Visitor) { v.SetUserID(7) })
					proceed, returned := make(chan struct{}), make(chan struct{})
					slow := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
						defer close(returned)
						v := shop.VisitorFrom(r.Context())
						c.before(v)
						<-proceed
						c.after(v)
					})
					served := http.Handler(s.Visitors.Middleware(http.TimeoutHandler(slow, time.Second, "sorry")))
					if place == "outside" {
						served = http.TimeoutHandler(s.Visitors.Middleware(slow), time.Second, "sorry")
					}
					w := httptest.NewRecorder()
					served.ServeHTTP(w, b.Request("GET"))
					testsite.Equal(t, w.Code, 503, "status")
					testsite.Equal(t, w.Body.String(), "sorry", "body")
					b.Keep(w.Result())
					close(proceed)
					<-returned
					synctest.Wait() // for the commit of a middleware inside the handler that gave up
					want := c.inside
					if place == "outside" {
						want = c.outside
					}
					testsite.Equal(t, testsite.See(b, userAndVisits), want, "user and visits")
					tooLate := place == "inside" && c.name == "a counter after"
					testsite.Equal(t, s.Count(runtime.EventTooLate) > 0, tooLate, "an event says that it was too late")
				})
			})
		}
	}
}

// Destroy reaches the store in whatever state the response is, and whatever becomes of the
// handler.
func TestR18_DestroyAlwaysReachesTheStore(t *testing.T) {
	for name, respond := range map[string]func(v *shop.Visitor, w http.ResponseWriter, r *http.Request){
		"then a panic": func(v *shop.Visitor, _ http.ResponseWriter, _ *http.Request) { v.Destroy(); panic("crash") },
		"then http.ErrAbortHandler": func(v *shop.Visitor, _ http.ResponseWriter, _ *http.Request) {
			v.Destroy()
			panic(http.ErrAbortHandler)
		},
		"after Flush": func(v *shop.Visitor, w http.ResponseWriter, _ *http.Request) {
			_ = http.NewResponseController(w).Flush()
			v.Destroy()
		},
		"after Flush, then a panic": func(v *shop.Visitor, w http.ResponseWriter, _ *http.Request) {
			_ = http.NewResponseController(w).Flush()
			v.Destroy()
			panic("crash")
		},
		"after changes that are too late": func(v *shop.Visitor, w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, "x")
			v.SetRole("admin")
			v.Destroy()
			v.SetTheme("dark")
		},
		"after a commit that failed": func(v *shop.Visitor, w http.ResponseWriter, r *http.Request) {
			v.SetTheme(string(make([]byte, 5000)))
			if err := v.Commit(r.Context()); !errors.Is(err, runtime.ErrCookie) {
				t.Errorf("Commit: %v", err)
			}
			v.Destroy()
		},
	} {
		s := testsite.New(t)
		b := s.Browser()
		b.Visit(func(v *shop.Visitor) { v.SetUserID(7) })
		id := testsite.SessionIDOf(t, b)
		func() {
			defer func() { _ = recover() }()
			b.Serve(func(v *shop.Visitor, w http.ResponseWriter, r *http.Request) { respond(v, w, r) })
		}()
		testsite.Equal(t, testsite.See(b, (*shop.Visitor).HasUserID), false, "signed in after Destroy "+name)
		_, err := s.Store.Store.Load(t.Context(), id)
		testsite.Equal(t, err, runtime.ErrGone, "the record after Destroy "+name)
	}
}
