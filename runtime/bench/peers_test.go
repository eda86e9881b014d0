package bench

import (
	"errors"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/alexedwards/scs/v2"
	"github.com/gofiber/fiber/v3"
	fibersession "github.com/gofiber/fiber/v3/middleware/session"
	"github.com/gorilla/sessions"
)

// What follows does with each package what its documentation shows.

type scsVisit struct {
	sessions *scs.SessionManager
	r        *http.Request
}

func (v scsVisit) login()        { v.sessions.Put(v.r.Context(), "user", 7) }
func (v scsVisit) logout() error { return v.sessions.Destroy(v.r.Context()) }
func (v scsVisit) add()          { v.sessions.Put(v.r.Context(), "number", v.number()+1) }
func (v scsVisit) number() int   { return v.sessions.GetInt(v.r.Context(), "number") }
func (v scsVisit) known() bool   { return v.sessions.GetInt(v.r.Context(), "user") == 7 }
func (v scsVisit) renew() {
	if err := v.sessions.RenewToken(v.r.Context()); err != nil {
		panic(err)
	}
}

func withScs(store scs.Store) *application {
	sessions := scs.New()
	sessions.Store = store
	sessions.IdleTimeout = 20 * time.Minute
	return &application{
		name:   "scs",
		cookie: sessions.Cookie.Name,
		serve: through(sessions.LoadAndSave, func(_ http.ResponseWriter, r *http.Request) visit {
			return scsVisit{sessions, r}
		}),
	}
}

// gorillaVisit saves at once what it changes, as one has to before the body.
type gorillaVisit struct {
	session *sessions.Session
	w       http.ResponseWriter
	r       *http.Request
}

func (v gorillaVisit) save() error { return v.session.Save(v.r, v.w) }

func (v gorillaVisit) set(key string, value int) {
	v.session.Values[key] = value
	if err := v.save(); err != nil {
		panic(err)
	}
}

func (v gorillaVisit) login() { v.set("user", 7) }
func (v gorillaVisit) add()   { v.set("number", v.number()+1) }
func (v gorillaVisit) renew() { panic("gorilla/sessions has no renewal") }
func (v gorillaVisit) number() int {
	n, _ := v.session.Values["number"].(int)
	return n
}
func (v gorillaVisit) known() bool { return v.session.Values["user"] == 7 }
func (v gorillaVisit) logout() error {
	v.session.Options.MaxAge = -1
	return v.save()
}

func withGorilla(name string, store sessions.Store) *application {
	return &application{
		name:   name,
		cookie: "visitor",
		serve: through(func(next http.Handler) http.Handler { return next }, func(w http.ResponseWriter, r *http.Request) visit {
			session, _ := store.Get(r, "visitor") // an error means a new one
			return gorillaVisit{session, w, r}
		}),
	}
}

var secret = []byte("kX2vTq8ZpLw4RfYb7NsHc1JmGd5EaUo9")

func withGorillaFiles(t *testing.T) *application {
	return withGorilla("gorilla FilesystemStore", sessions.NewFilesystemStore(t.TempDir(), secret))
}

func withGorillaCookies(*testing.T) *application {
	return withGorilla("gorilla CookieStore", sessions.NewCookieStore(secret))
}

type fiberVisit struct{ *fibersession.Middleware }

func (v fiberVisit) login()        { v.Set("user", 7) }
func (v fiberVisit) logout() error { return v.Destroy() }
func (v fiberVisit) add()          { v.Set("number", v.number()+1) }
func (v fiberVisit) number() int {
	n, _ := v.Get("number").(int)
	return n
}
func (v fiberVisit) known() bool { return v.Get("user") == 7 }
func (v fiberVisit) renew() {
	if err := v.Regenerate(); err != nil {
		panic(err)
	}
}

// withFiber has one application for all requests, which finds the handler of each by
// a number in a header.
func withFiber(*testing.T) *application {
	const header = "X-Handler"
	var handlers sync.Map
	var last atomic.Int64
	app := fiber.New()
	app.Use(fibersession.New())
	app.Get("/", func(c fiber.Ctx) error {
		handle, found := handlers.Load(c.Get(header))
		if !found {
			return errors.New("no handler")
		}
		handle.(func(visit))(fiberVisit{fibersession.FromContext(c)})
		return nil
	})
	return &application{
		name:   "fiber",
		cookie: "session_id",
		serve: func(r *http.Request, handle func(visit)) *http.Response {
			number := strconv.FormatInt(last.Add(1), 10)
			handlers.Store(number, handle)
			defer handlers.Delete(number)
			r.Header.Set(header, number)
			r.RequestURI = ""
			response, err := app.Test(r, fiber.TestConfig{})
			if err != nil {
				return &http.Response{StatusCode: http.StatusInternalServerError}
			}
			response.Body.Close()
			return response
		},
	}
}

// peers are those that bring their own store.
var peers = []func(t *testing.T) *application{withGorillaFiles, withGorillaCookies, withFiber}

// eachPeer runs a test with each peer in turn: scs on each of its stores, with ours
// on the same one, and the others with ours in memory.
func eachPeer(t *testing.T, test func(t *testing.T, peer, ours *application)) {
	t.Run("scs", func(t *testing.T) {
		onEach(t, func(t *testing.T, store scs.Store) { test(t, withScs(store), withSessiongen(t, single(t, store))) })
	})
	for _, open := range peers {
		peer := open(t)
		t.Run(peer.name, func(t *testing.T) { test(t, peer, withSessiongen(t, inMemory(t))) })
	}
}
