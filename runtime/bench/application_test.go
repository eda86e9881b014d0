package bench

import (
	"context"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/internal/shop"
)

// application is a site with one number in the session, made with sessiongen or with
// one of its peers.
type application struct {
	name   string
	cookie string // its name
	serve  func(r *http.Request, handle func(visit)) *http.Response
}

// visit is what the handler of a request does with its session.
type visit interface {
	login()
	logout() error
	renew() // the token, of somebody who is signed in
	add()
	number() int
	known() bool // somebody is signed in
}

// through serves a request by a middleware of net/http's kind.
func through(wrap func(http.Handler) http.Handler, of func(w http.ResponseWriter, r *http.Request) visit) func(*http.Request, func(visit)) *http.Response {
	return func(r *http.Request, handle func(visit)) *http.Response {
		recorder := httptest.NewRecorder()
		wrap(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { handle(of(w, r)) })).ServeHTTP(recorder, r)
		return recorder.Result()
	}
}

type ours struct{ *shop.Visitor }

func (v ours) login()      { v.SetUserID(7) }
func (v ours) add()        { v.AddVisits(1) }
func (v ours) number() int { return v.Visits() }
func (v ours) known() bool { return v.UserID() == 7 }
func (v ours) renew()      { v.Renew() }
func (v ours) logout() error {
	v.Destroy()
	return nil
}

func withSessiongen(t *testing.T, store runtime.Store) *application {
	t.Helper()
	quiet := runtime.WithEvents(func(context.Context, runtime.Event) {})
	visitors, err := shop.NewVisitorManager(store, runtime.WithKeys(keys(t)), runtime.WithTimeout(time.Minute), quiet)
	if err != nil {
		t.Fatal(err)
	}
	return &application{
		name:   "sessiongen",
		cookie: "__Host-visitor",
		serve: through(visitors.Middleware, func(_ http.ResponseWriter, r *http.Request) visit {
			return ours{shop.VisitorFrom(r.Context())}
		}),
	}
}

func keys(t *testing.T) *runtime.Keys {
	t.Helper()
	keys, err := runtime.NewKeys([]byte("kX2vTq8ZpLw4RfYb7NsHc1JmGd5EaUo9"))
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

// request makes one request with a cookie value, "" for none, and returns the
// value afterwards.
func (a *application) request(t *testing.T, cookie string, handle func(v visit)) string {
	t.Helper()
	r := httptest.NewRequest("GET", "https://shop.example/", nil)
	if cookie != "" {
		r.AddCookie(&http.Cookie{Name: a.cookie, Value: cookie})
	}
	response := a.serve(r, handle)
	if response.StatusCode != http.StatusOK {
		t.Errorf("%s: status %d", a.name, response.StatusCode)
	}
	for _, set := range response.Cookies() {
		if set.Name == a.cookie {
			cookie = set.Value
		}
	}
	return cookie
}

// increments lets workers add to one number, each at the same time as the others
// and after it has loaded the session, and returns what becomes of it.
func (a *application) increments(t *testing.T, workers, rounds int) (number int) {
	t.Helper()
	cookie := a.request(t, "", visit.login)
	for range rounds {
		var loaded, done sync.WaitGroup
		loaded.Add(workers)
		after := make([]string, workers)
		for i := range workers {
			done.Go(func() {
				after[i] = a.request(t, cookie, func(v visit) {
					v.number()
					loaded.Done()
					loaded.Wait()
					v.add()
				})
			})
		}
		done.Wait()
		cookie = after[0] // the last answer that the browser was given
	}
	a.request(t, cookie, func(v visit) { number = v.number() })
	return number
}

// meanwhile lets another request come between the load and the commit of one, and
// returns the cookie that it leaves the browser with.
func (a *application) meanwhile(t *testing.T, cookie string, other, late func(v visit)) (after string) {
	t.Helper()
	a.request(t, cookie, func(v visit) {
		v.number()
		after = a.request(t, cookie, other)
		late(v)
	})
	return after
}

// opens says whether anybody is signed in with a cookie.
func (a *application) opens(t *testing.T, cookie string) (known bool) {
	t.Helper()
	a.request(t, cookie, func(v visit) { known = v.known() })
	return known
}

// survives says whether a session that was ended in the midst of another request is
// open to its old cookie.
func (a *application) survives(t *testing.T, late func(v visit)) bool {
	t.Helper()
	cookie := a.request(t, "", visit.login)
	a.meanwhile(t, cookie, func(v visit) {
		if err := v.logout(); err != nil {
			t.Errorf("%s: logout: %v", a.name, err)
		}
	}, late)
	return a.opens(t, cookie)
}
