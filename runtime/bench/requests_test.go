package bench

import (
	"context"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/alexedwards/scs/v2"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/internal/shop"
)

// application is a site with one number in the session, made with scs or with
// sessiongen.
type application struct {
	name   string
	cookie string
	wrap   func(http.Handler) http.Handler
	login  func(ctx context.Context)
	logout func(ctx context.Context) error
	add    func(ctx context.Context)
	number func(ctx context.Context) int
	known  func(ctx context.Context) bool // somebody is signed in
}

// withScs does what scs's documentation shows.
func withScs(store scs.Store) *application {
	sessions := scs.New()
	sessions.Store = store
	return &application{
		name:   "scs",
		cookie: sessions.Cookie.Name,
		wrap:   sessions.LoadAndSave,
		login:  func(ctx context.Context) { sessions.Put(ctx, "user", 7) },
		logout: sessions.Destroy,
		add:    func(ctx context.Context) { sessions.Put(ctx, "number", sessions.GetInt(ctx, "number")+1) },
		number: func(ctx context.Context) int { return sessions.GetInt(ctx, "number") },
		known:  func(ctx context.Context) bool { return sessions.GetInt(ctx, "user") == 7 },
	}
}

func withSessiongen(t *testing.T, store scs.Store) *application {
	t.Helper()
	keys, err := runtime.NewKeys([]byte("kX2vTq8ZpLw4RfYb7NsHc1JmGd5EaUo9"))
	if err != nil {
		t.Fatal(err)
	}
	quiet := runtime.WithEvents(func(context.Context, runtime.Event) {})
	visitors, err := shop.NewVisitorManager(single(t, store), runtime.WithKeys(keys), runtime.WithTimeout(time.Minute), quiet)
	if err != nil {
		t.Fatal(err)
	}
	return &application{
		name:   "sessiongen",
		cookie: "__Host-visitor",
		wrap:   visitors.Middleware,
		login:  func(ctx context.Context) { shop.VisitorFrom(ctx).SetUserID(7) },
		logout: func(ctx context.Context) error {
			shop.VisitorFrom(ctx).Destroy()
			return nil
		},
		add:    func(ctx context.Context) { shop.VisitorFrom(ctx).AddVisits(1) },
		number: func(ctx context.Context) int { return shop.VisitorFrom(ctx).Visits() },
		known:  func(ctx context.Context) bool { return shop.VisitorFrom(ctx).UserID() == 7 },
	}
}

// request makes one request with a cookie value, "" for none, and returns the
// value afterwards.
func (a *application) request(t *testing.T, cookie string, handler func(ctx context.Context)) string {
	t.Helper()
	r := httptest.NewRequest("GET", "https://shop.example/", nil)
	if cookie != "" {
		r.AddCookie(&http.Cookie{Name: a.cookie, Value: cookie})
	}
	w := httptest.NewRecorder()
	a.wrap(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { handler(r.Context()) })).ServeHTTP(w, r)
	if w.Code != http.StatusOK {
		t.Errorf("%s: status %d: %s", a.name, w.Code, w.Body)
	}
	for _, set := range w.Result().Cookies() {
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
	cookie := a.request(t, "", a.login)
	for range rounds {
		var loaded, done sync.WaitGroup
		loaded.Add(workers)
		for range workers {
			done.Go(func() {
				a.request(t, cookie, func(ctx context.Context) {
					a.number(ctx)
					loaded.Done()
					loaded.Wait()
					a.add(ctx)
				})
			})
		}
		done.Wait()
	}
	a.request(t, cookie, func(ctx context.Context) { number = a.number(ctx) })
	return number
}

func TestIncrements(t *testing.T) {
	onEach(t, func(t *testing.T, store scs.Store) {
		const workers = 64
		rounds := 4
		if long {
			rounds = 1 + 100_000/workers
		}
		number := withSessiongen(t, store).increments(t, workers, rounds)
		t.Logf("sessiongen: %d of %d increments lost", workers*rounds-number, workers*rounds)
		if number != workers*rounds {
			t.Errorf("sessiongen lost %d of %d increments", workers*rounds-number, workers*rounds)
		}
		number = withScs(store).increments(t, workers, rounds)
		t.Logf("scs: %d of %d increments lost", workers*rounds-number, workers*rounds)
		if number == workers*rounds {
			t.Error("scs lost nothing: what this test proves of sessiongen is not much")
		}
	})
}

// survives lets a session be ended while another request has loaded it, which then
// writes, and says whether anybody is signed in with the old cookie afterwards.
func (a *application) survives(t *testing.T) (alive bool) {
	t.Helper()
	cookie := a.request(t, "", a.login)
	loaded, ended := make(chan struct{}), make(chan struct{})
	var inFlight sync.WaitGroup
	inFlight.Go(func() {
		a.request(t, cookie, func(ctx context.Context) {
			a.number(ctx)
			close(loaded)
			<-ended
			a.add(ctx)
		})
	})
	<-loaded
	a.request(t, cookie, func(ctx context.Context) {
		if err := a.logout(ctx); err != nil {
			t.Errorf("%s: logout: %v", a.name, err)
		}
	})
	close(ended)
	inFlight.Wait()
	a.request(t, cookie, func(ctx context.Context) { alive = a.known(ctx) })
	return alive
}

func TestLogoutWithARequestInFlight(t *testing.T) {
	onEach(t, func(t *testing.T, store scs.Store) {
		if withSessiongen(t, store).survives(t) {
			t.Error("sessiongen: the session is alive after its logout")
		}
		if !withScs(store).survives(t) {
			t.Error("scs: the session has ended: what this test proves of sessiongen is not much")
		}
	})
}
