package browser

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/internal/shop"
	"github.com/sessiongen/sessiongen/runtime/memstore"
)

// The browser of these tests is not driven by DevTools, because Chromium prerenders nothing in a
// tab that a debugger is attached to. Each page tells the server what it shows, and the server
// answers where to go next.

// story is what happens to a page that the browser loads in advance.
type story struct {
	name   string
	ahead  string   // "prefetch" or "prerender" by speculation rules, or "link" for <link rel=prefetch>
	before []string // what the visitor does before the page is loaded in advance
	after  []string // and between that and opening it
	part   string   // "fetch" or "frame": what of the page shows the flash; "leave": the page signs out; "own": it sets Cache-Control itself
	status int      // of the request in advance
	shown  []string // when the page is opened, and when it is opened again
	used   bool     // the page that was loaded in advance is what is shown first
}

var stories = append(append(
	storiesOf("prefetch"), storiesOf("prerender")...),
	// A prerendered page is not asked for again, nor is a part of it. What the part shows stays, so
	// that it is not lost with a page that is never opened.
	story{name: "a fetch takes a flash", ahead: "prerender", part: "fetch", before: []string{"in", "flash"}, status: 200, shown: []string{"user 7 hello", "user 7 hello"}, used: true},
	story{name: "a frame takes a flash", ahead: "prerender", part: "frame", before: []string{"in", "flash"}, status: 200, shown: []string{"user 7 hello", "user 7 hello"}, used: true},
	// To a server, <link rel=prefetch> for a page is like one for an image. Cache-Control makes the
	// browser ask again.
	story{name: "nothing happens", ahead: "link", before: []string{"in"}, status: 200, shown: []string{"user 7", "user 7"}},
	story{name: "signed out meanwhile", ahead: "link", before: []string{"in"}, after: []string{"out"}, status: 200, shown: []string{"user 0", "user 0"}},
	story{name: "a flash waits", ahead: "link", before: []string{"in", "flash"}, status: 200, shown: []string{"user 7 hello", "user 7"}},
	story{name: "nothing happens to a page with a Cache-Control of its own", ahead: "link", part: "own", before: []string{"in"}, status: 200, shown: []string{"user 7", "user 7"}, used: true},
	story{name: "a flash waits for a page with a Cache-Control of its own", ahead: "link", part: "own", before: []string{"in", "flash"}, status: 200, shown: []string{"user 7 hello", "user 7"}},
)

// storiesOf are those of speculation rules.
func storiesOf(ahead string) []story {
	in, flash := []string{"in"}, []string{"in", "flash"}
	return []story{
		// Without this one, the others would be green in a browser that loads nothing in advance.
		{name: "nothing happens", ahead: ahead, before: in, status: 200, shown: []string{"user 7", "user 7"}, used: true},
		{name: "signed out meanwhile", ahead: ahead, before: in, after: []string{"out"}, status: 200, shown: []string{"user 0", "user 0"}},
		{name: "principal cleared meanwhile", ahead: ahead, before: in, after: []string{"clear"}, status: 200, shown: []string{"user 0", "user 0"}},
		{name: "signed in meanwhile", ahead: ahead, after: in, status: 200, shown: []string{"user 7", "user 7"}},
		{name: "another user meanwhile", ahead: ahead, before: in, after: []string{"switch"}, status: 200, shown: []string{"user 8", "user 8"}},
		{name: "the same user again", ahead: ahead, before: in, after: in, status: 200, shown: []string{"user 7", "user 7"}, used: true},
		{name: "a flash waits", ahead: ahead, before: flash, status: 503, shown: []string{"user 7 hello", "user 7"}},
		{name: "a flash waits, and the status is 403", ahead: ahead, before: append(flash, "403"), status: 403, shown: []string{"user 7 hello", "user 7"}},
		{name: "a flash is set meanwhile", ahead: ahead, before: in, after: []string{"flash"}, status: 200, shown: []string{"user 7", "user 7 hello"}, used: true},
		{name: "the page signs out", ahead: ahead, part: "leave", before: in, status: 503, shown: []string{"user 0", "user 0"}},
		{name: "a flash waits, and signed out meanwhile", ahead: ahead, before: flash, after: []string{"out"}, status: 503, shown: []string{"user 0", "user 0"}},
	}
}

// theater is a shop whose visitor lives through stories.
type theater struct {
	t     *testing.T
	url   string
	next  chan string
	asked chan int // the status of a page that was requested in advance
	ready chan struct{}
	shown chan shown
}

// shown is what a visitor sees, as the page tells it.
type shown struct {
	Text string
	Used bool // the page was prefetched or prerendered
}

// driver is what each page runs.
const driver = `<script>
	async function proceed(answer) { const next = await (await answer).text(); if (next) location.href = next }
	async function report() {
		if (window.part) document.getElementById("text").append(await window.part)
		const entry = performance.getEntriesByType("navigation")[0]
		const text = document.getElementById("text").textContent.trim()
		proceed(fetch("/shown", {method: "POST", body: JSON.stringify({text, used: entry.deliveryType === "navigational-prefetch" || entry.activationStart > 0 || entry.transferSize === 0})}))
	}
</script>`

func openTheater(t *testing.T) *theater {
	t.Helper()
	path := program(t, "SESSIONGEN_CHROMIUM", "chromium", "chromium", "chromium-browser", "google-chrome")
	th := &theater{t: t, next: make(chan string), asked: make(chan int, 10), ready: make(chan struct{}, 10), shown: make(chan shown, 10)}
	server := httptest.NewServer(th.pages())
	t.Cleanup(server.Close)
	t.Cleanup(func() { close(th.next) })
	th.url = strings.Replace(server.URL, "127.0.0.1", "localhost", 1)
	ctx, stop := context.WithCancel(context.Background())
	browser := exec.CommandContext(ctx, path, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
		"--disable-component-update", "--disable-extensions", "--disable-sync", "--user-data-dir="+filepath.Join(folder, "theater"), th.url+"/idle")
	if err := browser.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		stop()
		_ = browser.Wait() // it was killed
	})
	return th
}

// managers make the same sessions, and refuse with their own status.
func managers(t *testing.T) map[int]*shop.VisitorManager {
	t.Helper()
	store := memstore.New()
	t.Cleanup(func() { store.Close() })
	keys, err := runtime.NewKeys([]byte("kX2vTq8ZpLw4RfYb7NsHc1JmGd5EaUo9"))
	if err != nil {
		t.Fatal(err)
	}
	all := map[int]*shop.VisitorManager{}
	for _, status := range []int{503, 403} {
		all[status], err = shop.NewVisitorManager(store, runtime.WithKeys(keys), runtime.WithSpeculationStatus(status), runtime.WithEvents(func(context.Context, runtime.Event) {}))
		if err != nil {
			t.Fatal(err)
		}
	}
	return all
}

func (th *theater) pages() http.Handler {
	visitors := managers(th.t)
	status := 503
	shopped := http.NewServeMux()
	does := func(path string, do func(v *shop.Visitor)) {
		shopped.HandleFunc(path, func(_ http.ResponseWriter, r *http.Request) { do(shop.VisitorFrom(r.Context())) })
	}
	does("/in", func(v *shop.Visitor) { v.SetUserID(7) })
	does("/switch", func(v *shop.Visitor) { v.SetUserID(8) })
	does("/clear", func(v *shop.Visitor) { v.ClearUserID() })
	does("/out", func(v *shop.Visitor) { v.Destroy(); status = 503 })
	does("/flash", func(v *shop.Visitor) { v.SetNotice("hello") })
	does("/403", func(*shop.Visitor) { status = 403 })
	shopped.HandleFunc("/part", func(w http.ResponseWriter, r *http.Request) {
		notice, _ := shop.VisitorFrom(r.Context()).TakeNotice()
		fmt.Fprint(w, notice)
	})
	shopped.HandleFunc("/page", th.page)
	mux := http.NewServeMux()
	mux.HandleFunc("/idle", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, `<!DOCTYPE html><title>idle</title>`+driver+`<script>proceed(fetch("/next"))</script>`)
	})
	mux.HandleFunc("/next", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, <-th.next) })
	mux.HandleFunc("/ready", func(http.ResponseWriter, *http.Request) { <-th.ready })
	mux.HandleFunc("/prerendering", func(http.ResponseWriter, *http.Request) { th.ready <- struct{}{} })
	mux.HandleFunc("/shown", func(w http.ResponseWriter, r *http.Request) {
		var seen shown
		if err := json.NewDecoder(r.Body).Decode(&seen); err != nil {
			th.t.Error(err)
		}
		th.shown <- seen
		fmt.Fprint(w, <-th.next)
	})
	mux.HandleFunc("/start", th.start)
	mux.HandleFunc("/favicon.ico", http.NotFound)
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		seen := &statusWriter{ResponseWriter: w, status: http.StatusOK}
		visitors[status].Middleware(shopped).ServeHTTP(seen, r)
		if r.URL.Path == "/page" && r.Header.Get("Sec-Purpose") != "" {
			th.asked <- seen.status
			if r.URL.Query().Get("ahead") != "prerender" || seen.status != http.StatusOK {
				th.ready <- struct{}{}
			}
		}
	})
	return mux
}

// page shows the visitor and the flash, or lets a part of the page show it.
func (th *theater) page(w http.ResponseWriter, r *http.Request) {
	v := shop.VisitorFrom(r.Context())
	notice, part := "", ""
	switch r.URL.Query().Get("part") {
	case "fetch":
		part = `<script>window.part = fetch("/part").then(r => r.text())</script>`
	case "frame":
		part = `<script>window.part = new Promise(done => window.loaded = frame => done(frame.contentDocument.body.textContent))</script>
			<iframe src="/part" onload="loaded(this)"></iframe>`
	case "leave":
		v.Destroy()
	case "own":
		w.Header().Set("Cache-Control", "private, max-age=60")
		notice, _ = v.TakeNotice()
	default:
		notice, _ = v.TakeNotice()
	}
	fmt.Fprintf(w, `<!DOCTYPE html><title>page</title><p id=text>user %d %s</p>%s%s<script>
		if (document.prerendering) {
			document.addEventListener("prerenderingchange", report, {once: true})
			fetch("/prerendering")
		} else report()
	</script>`, v.UserID(), notice, part, driver)
}

// start is the page before: it does what the story says, and opens the page.
func (th *theater) start(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	page := "/page?" + r.URL.RawQuery
	ahead := fmt.Sprintf(`Object.assign(document.createElement("script"), {type: "speculationrules", textContent: JSON.stringify({%q: [{source: "list", urls: [page], eagerness: "immediate"}]})})`, q.Get("ahead"))
	if q.Get("ahead") == "link" {
		ahead = `Object.assign(document.createElement("link"), {rel: "prefetch", href: page})`
	}
	fmt.Fprintf(w, `<!DOCTYPE html><title>start</title><a id=go href=%q>page</a><script>
		const page = document.getElementById("go").href
		async function visit(what) { for (const path of what) await fetch("/" + path, {method: "POST"}) }
		(async () => {
			await visit(%s)
			document.head.append(%s)
			await fetch("/ready")
			await visit(%s)
			document.getElementById("go").click()
		})()
	</script>`, page, scriptOf(append([]string{"out"}, q["before"]...)), ahead, scriptOf(q["after"]))
}

// scriptOf is a list as JavaScript writes it.
func scriptOf(list []string) string {
	if list == nil {
		return "[]"
	}
	text, _ := json.Marshal(list)
	return string(text)
}

type statusWriter struct {
	http.ResponseWriter
	status int
}

func (w *statusWriter) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// within waits for something that the browser does.
func within[T any](t *testing.T, what string, from chan T) T {
	t.Helper()
	select {
	case v := <-from:
		return v
	case <-time.After(time.Minute):
		t.Fatalf("the browser has not %s", what)
		panic("unreachable")
	}
}

func (th *theater) goTo(url string) {
	th.t.Helper()
	select {
	case th.next <- url:
	case <-time.After(time.Minute):
		th.t.Fatal("the browser does not ask where to go")
	}
}

// tell lets the visitor live through a story.
func (th *theater) tell(t *testing.T, n int, s story) {
	t.Helper()
	query := "?n=" + strconv.Itoa(n) + "&ahead=" + s.ahead + "&part=" + s.part
	for _, path := range s.before {
		query += "&before=" + path
	}
	for _, path := range s.after {
		query += "&after=" + path
	}
	th.goTo("/start" + query)
	if status := within(t, "asked for the page in advance", th.asked); status != s.status {
		t.Errorf("asked for the page in advance, the server answers %d, want %d", status, s.status)
	}
	first := within(t, "shown the page", th.shown)
	th.goTo("/page" + query + "&again")
	again := within(t, "shown the page again", th.shown)
	if got := []string{first.Text, again.Text}; !slices.Equal(got, s.shown) {
		t.Errorf("the visitor sees %q, want %q", got, s.shown)
	}
	if first.Used != s.used {
		t.Errorf("shown as it was loaded in advance: %v, want %v", first.Used, s.used)
	}
}

// A page that the browser loads in advance shows neither a former user nor a flash that was
// shown already, and each flash is shown once.
func TestASVS_14_3_1_WhatChromiumLoadsInAdvanceIsNotShownToTheNextUser(t *testing.T) {
	th := openTheater(t)
	for n, s := range stories {
		t.Run(s.ahead+"/"+s.name, func(t *testing.T) { th.tell(t, n, s) })
	}
}
