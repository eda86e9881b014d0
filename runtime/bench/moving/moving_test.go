// Package moving_test moves a small program from each library, and takes its visitors
// along: each is there before and after.
package moving_test

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os/exec"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/alexedwards/scs/v2/memstore"
	"github.com/gin-gonic/gin"

	"github.com/sessiongen/sessiongen/runtime"
	sgmemstore "github.com/sessiongen/sessiongen/runtime/memstore"

	tasksafter "github.com/sessiongen/sessiongen/runtime/bench/moving/gin/after"
	tasksbefore "github.com/sessiongen/sessiongen/runtime/bench/moving/gin/before"
	boardafter "github.com/sessiongen/sessiongen/runtime/bench/moving/gorilla/after"
	boardbefore "github.com/sessiongen/sessiongen/runtime/bench/moving/gorilla/before"
	shelfafter "github.com/sessiongen/sessiongen/runtime/bench/moving/scs/after"
	shelfbefore "github.com/sessiongen/sessiongen/runtime/bench/moving/scs/before"
)

// program is a site before and after its move.
type program struct {
	name      string
	oldCookie string
	before    http.Handler
	after     func(t *testing.T) http.Handler
	login     url.Values
	task      string // a page for members, with its form
	form      url.Values
	signedIn  string // what the front page says then
}

var oldKeys = [][]byte{[]byte("Vt3Kq9Zs5Lx1Wm7Bn4Gj8Rf2Hd6Yc0Pa"), []byte("Xb6Nw2Ty8Qe4Mk0Z")}

func programs(t *testing.T) []program {
	t.Helper()
	gin.SetMode(gin.ReleaseMode)
	until := time.Now().AddDate(0, 1, 0)
	oldStore, store := memstore.NewWithCleanupInterval(0), sgmemstore.New()
	t.Cleanup(func() { store.Close() })
	quiet := runtime.WithEvents(runtime.LogEvents(slog.New(slog.DiscardHandler)))
	return []program{{
		name: "scs", oldCookie: "shelf_session", before: shelfbefore.New(oldStore).Handler(),
		after: func(t *testing.T) http.Handler {
			site, err := shelfafter.New(store, oldStore, until, quiet)
			check(t, err)
			return site.Handler()
		},
		login: url.Values{"email": {"ada@example.com"}}, task: "/borrow", form: url.Values{"title": {"Middlemarch"}},
		signedIn: "ada@example.com, 1 on loan",
	}, {
		name: "gorilla", oldCookie: "board", before: boardbefore.New(oldKeys...).Handler(),
		after: func(t *testing.T) http.Handler {
			site, err := boardafter.New(store, until, oldKeys, quiet)
			check(t, err)
			return site.Handler()
		},
		login: url.Values{"name": {"ada"}}, task: "/write", form: url.Values{"text": {"Hello"}},
		signedIn: "ada, visit",
	}, {
		name: "gin", oldCookie: "tasks", before: tasksbefore.New(oldKeys...),
		after: func(t *testing.T) http.Handler {
			site, err := tasksafter.New(store, until, oldKeys, quiet)
			check(t, err)
			return site
		},
		login: url.Values{"name": {"ada"}}, task: "/add", form: url.Values{"text": {"Water the plants"}},
		signedIn: "u-7 has 1 to do.",
	}}
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// host is an address at which one version of a program is deployed after the other.
type host struct {
	*httptest.Server
	serves atomic.Pointer[http.Handler]
}

func newHost(t *testing.T, first http.Handler) *host {
	t.Helper()
	h := &host{}
	h.serves.Store(&first)
	h.Server = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { (*h.serves.Load()).ServeHTTP(w, r) }))
	t.Cleanup(h.Close)
	return h
}

func (h *host) deploy(next http.Handler) { h.serves.Store(&next) }

// browser has cookies of its own.
func (h *host) browser(t *testing.T) *browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	check(t, err)
	client := *h.Client()
	client.Jar = jar
	return &browser{t, h, &client}
}

type browser struct {
	t      *testing.T
	host   *host
	client *http.Client
}

// get returns a page, after redirects.
func (b *browser) get() string {
	b.t.Helper()
	response, err := b.client.Get(b.host.URL)
	check(b.t, err)
	return b.read(response)
}

func (b *browser) post(path string, form url.Values) string {
	b.t.Helper()
	response, err := b.client.PostForm(b.host.URL+path, form)
	check(b.t, err)
	return b.read(response)
}

func (b *browser) read(response *http.Response) string {
	b.t.Helper()
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	check(b.t, err)
	return string(body)
}

func (b *browser) cookie(name string) *http.Cookie {
	address, err := url.Parse(b.host.URL)
	check(b.t, err)
	for _, c := range b.client.Jar.Cookies(address) {
		if c.Name == name {
			return c
		}
	}
	return nil
}

func (b *browser) keep(c *http.Cookie) {
	address, err := url.Parse(b.host.URL)
	check(b.t, err)
	b.client.Jar.SetCookies(address, []*http.Cookie{{Name: c.Name, Value: c.Value, Path: "/", Secure: true}})
}

func (b *browser) wants(page, text string) {
	b.t.Helper()
	if !strings.Contains(page, text) {
		b.t.Errorf("the page lacks %q:\n%s", text, page)
	}
}

// A visitor who signed in before the deploy is signed in after it, with what there was;
// the old cookie is gone, and a logout is final for copies of it, too.
func TestADeploySignsNobodyOut(t *testing.T) {
	for _, p := range programs(t) {
		t.Run(p.name, func(t *testing.T) {
			h := newHost(t, p.before)
			b := h.browser(t)
			b.wants(b.get(), "Nobody is signed in.")
			b.post("/login", p.login)
			b.post(p.task, p.form)
			b.wants(b.get(), p.signedIn)
			old := b.cookie(p.oldCookie)
			if old == nil {
				t.Fatalf("%s has issued no cookie %s", p.name, p.oldCookie)
			}

			h.deploy(p.after(t))
			b.wants(b.get(), p.signedIn)
			if b.cookie(p.oldCookie) != nil {
				t.Error("the browser has the old cookie still")
			}
			b.wants(b.get(), p.signedIn)
			h.deploy(p.after(t)) // once more, which has nothing to take over
			b.wants(b.get(), p.signedIn)
			if page := b.post(p.task, p.form); strings.Contains(page, "Sign in first.") {
				t.Error("a page for members refuses the visitor")
			}

			thief := h.browser(t)
			thief.keep(old)
			thief.wants(thief.get(), "Nobody is signed in.")
			b.wants(b.post("/logout", nil), "Nobody is signed in.")
			for range 2 {
				thief = h.browser(t)
				thief.keep(old)
				thief.wants(thief.get(), "Nobody is signed in.")
				thief.wants(thief.post(p.task, p.form), "Sign in first.")
			}
		})
	}
}

// What the old library would refuse, so does the moved program.
func TestOldCookiesThatTheOldProgramWouldRefuse(t *testing.T) {
	for _, p := range programs(t) {
		t.Run(p.name, func(t *testing.T) {
			h := newHost(t, p.before)
			b := h.browser(t)
			b.post("/login", p.login)
			old := b.cookie(p.oldCookie)
			b.post("/logout", nil)
			changed := *old
			changed.Value = old.Value[1:]
			refused := []*http.Cookie{&changed}
			if p.name == "scs" {
				refused = append(refused, old) // it was logged out there
			}
			h.deploy(p.after(t))
			for _, c := range refused {
				b := h.browser(t)
				b.keep(c)
				b.wants(b.get(), "Nobody is signed in.")
			}
		})
	}
}

// The moved programs are whole without anybody to take along.
func TestTheMovedProgramsDoWhatTheyDid(t *testing.T) {
	for _, p := range programs(t) {
		t.Run(p.name, func(t *testing.T) {
			h := newHost(t, p.after(t))
			b := h.browser(t)
			b.wants(b.get(), "Nobody is signed in.")
			b.wants(b.post(p.task, p.form), "Sign in first.")
			b.wants(b.post("/login", p.login), "Welcome back.")
			b.post(p.task, p.form)
			b.wants(b.get(), p.signedIn)
			b.wants(b.post("/logout", nil), "Nobody is signed in.")
		})
	}
}

// What is checked in beside the moved programs is what the generator writes for them.
func TestTheMovedProgramsAreGeneratedFreshly(t *testing.T) {
	out, err := exec.Command("go", "tool", "sessiongen", "-check", "./...").CombinedOutput()
	if err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
