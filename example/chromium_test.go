package main

import (
	"context"
	"crypto/rand"
	"log"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"github.com/sessiongen/sessiongen/example/web"
	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/memstore"
)

const sessionCookie = "__Host-visitor"

// serveShop serves the shop at localhost, over plain HTTP as the program does.
func serveShop(t *testing.T) string {
	t.Helper()
	secret := make([]byte, 32)
	rand.Read(secret)
	keys, err := runtime.NewKeys(secret)
	if err != nil {
		t.Fatal(err)
	}
	store := memstore.New()
	t.Cleanup(func() { store.Close() })
	shop, err := web.New(store, keys)
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "localhost:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: shop, ReadHeaderTimeout: time.Minute}
	go server.Serve(listener)
	t.Cleanup(func() { server.Close() })
	return strings.TrimSuffix(link(listener.Addr()), "/")
}

// chromium returns the browser of all tests, which has no window.
func chromium(t *testing.T) context.Context {
	t.Helper()
	path := program(t, "SESSIONGEN_CHROMIUM", "chromium", "chromium", "chromium-browser", "google-chrome")
	started.once.Do(func() { started.ctx, started.stop, started.err = startChromium(path) })
	if started.err != nil {
		t.Fatalf("starting Chromium: %v", started.err)
	}
	return started.ctx
}

// started is the browser of all tests. stop is nil unless it runs.
var started struct {
	once sync.Once
	ctx  context.Context
	stop func()
	err  error
}

func startChromium(path string) (browser context.Context, stop func(), err error) {
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path), chromedp.UserDataDir(filepath.Join(folder, "profile")),
		chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-component-update", true),
		chromedp.Flag("force-prefers-reduced-motion", true), // a page in transition takes no clicks
	)
	allocator, stopAllocator := chromedp.NewExecAllocator(context.Background(), options...)
	browser, _ = chromedp.NewContext(allocator)
	if err := chromedp.Do(browser); err != nil {
		stopAllocator()
		return nil, nil, err
	}
	return browser, func() {
		if err := chromedp.Cancel(browser); err != nil {
			log.Printf("closing Chromium: %v", err)
		}
		stopAllocator()
	}, nil
}

// tab is a page in a browser of its own: no other has its cookies.
type tab struct {
	t   *testing.T
	ctx context.Context
	url string
}

func newTab(t *testing.T, browser context.Context, url string) *tab {
	t.Helper()
	ctx, closeTab := chromedp.NewContext(browser, chromedp.WithNewBrowserContext())
	t.Cleanup(closeTab)
	if err := chromedp.Do(ctx); err != nil {
		t.Fatal(err)
	}
	return &tab{t, ctx, url}
}

func perform[T any](b *tab, what string, action chromedp.Action[T]) T {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, 20*time.Second)
	defer cancel()
	value, err := chromedp.Run(ctx, action)
	if err != nil {
		b.t.Fatalf("%s: %v", what, err)
	}
	return value
}

func (b *tab) open(path string) {
	b.t.Helper()
	perform(b, "opening "+path, chromedp.Navigate(b.url+path))
}

// press clicks something and waits for the page that it leads to.
func (b *tab) press(selector string) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, 20*time.Second)
	defer cancel()
	if _, err := chromedp.RunResponse(ctx, chromedp.Click(chromedp.CSS(selector))); err != nil {
		b.t.Fatalf("pressing %s: %v", selector, err)
	}
}

func (b *tab) script(expression string) string {
	b.t.Helper()
	return perform(b, expression, chromedp.Evaluate[string](expression))
}

// text is what an element says, "" if there is none.
func (b *tab) text(selector string) string {
	b.t.Helper()
	return b.script(`document.querySelector("` + selector + `")?.innerText ?? ""`)
}

// cookie is what the browser keeps, of scripts' reach or not.
func (b *tab) cookie(name string) network.Cookie {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, 20*time.Second)
	defer cancel()
	found, err := chromedp.Call(ctx, network.GetCookies, network.GetCookiesParams{URLs: []string{b.url + "/"}})
	if err != nil {
		b.t.Fatal(err)
	}
	for _, c := range found.Cookies {
		if c.Name == name {
			return *c
		}
	}
	return network.Cookie{}
}

func (b *tab) signIn() {
	b.t.Helper()
	b.open("/sign-in")
	b.press("#sign-in")
}

func TestInChromium(t *testing.T) {
	t.Parallel()
	browser := chromium(t)

	t.Run("signing in renews the secret, the notice is shown once, the color survives signing out", func(t *testing.T) {
		t.Parallel()
		url := serveShop(t)
		b := newTab(t, browser, url)
		b.open("/")
		b.press(`.palette [value="plum"]`)
		b.press(`#damson form[action="/cart/add"] button`)
		before := b.cookie(sessionCookie)
		b.signIn()
		after := b.cookie(sessionCookie)
		if before.Value == "" || after.Value == "" || before.Value == after.Value {
			t.Error("signing in did not replace the session cookie")
		}
		if !after.Secure || !after.HTTPOnly || after.SameSite != network.CookieSameSiteLax {
			t.Errorf("the session cookie has the attributes %+v", after)
		}
		if user, notice := b.text("#username"), b.text("#notice"); user != "john_doe" || !strings.Contains(notice, "Welcome, John Doe") {
			t.Errorf("signed in as %q, with the notice %q", user, notice)
		}
		b.open("/")
		if notice := b.text("#notice"); notice != "" {
			t.Errorf("the notice is shown again: %q", notice)
		}
		for _, way := range []string{"#sign-out", "#end-session"} {
			b.signIn()
			b.open("/account")
			b.press(way)
			if user := b.text("#username"); user != "" {
				t.Errorf("after %s, %q is signed in", way, user)
			}
			if color := b.script("document.documentElement.dataset.color"); color != "plum" {
				t.Errorf("after %s, the page is %q", way, color)
			}
		}
		if left := b.cookie(sessionCookie); left.Value != "" {
			t.Error("the session ended, and its cookie is kept")
		}
	})

	t.Run("a second device is listed and signed out from the first", func(t *testing.T) {
		t.Parallel()
		url := serveShop(t)
		first, second := newTab(t, browser, url), newTab(t, browser, url)
		first.signIn()
		second.signIn()
		first.open("/account")
		if n := first.script(`"" + document.querySelectorAll(".device").length`); n != "2" {
			t.Errorf("%s devices are listed", n)
		}
		if n := first.script(`"" + document.querySelectorAll(".device.this").length`); n != "1" {
			t.Errorf("%s devices are this one", n)
		}
		first.press(`.device form button`)
		second.open("/account")
		if user := second.text("#username"); user != "" {
			t.Errorf("the second device is still signed in as %q", user)
		}
		second.signIn()
		first.open("/account")
		first.press("#sign-out-others")
		second.open("/")
		if user := second.text("#username"); user != "" {
			t.Errorf("among the others, the second device is still signed in as %q", user)
		}
		if user := first.text("#username"); user != "john_doe" {
			t.Errorf("the first device is signed in as %q", user)
		}
	})

	t.Run("scripts see the theme's cookie and no other", func(t *testing.T) {
		t.Parallel()
		url := serveShop(t)
		b := newTab(t, browser, url)
		b.open("/?campaign=letter")
		b.press(`.palette [value="blue"]`)
		b.signIn()
		b.open("/record")
		if seen := b.text("#document-cookie"); seen != "(nothing)" {
			t.Errorf("before there is a theme, document.cookie is %q", seen)
		}
		perform(b, "the theme's button", chromedp.Click(chromedp.CSS("#theme-form button")))
		if seen := b.script("document.cookie"); seen != "theme=dark" {
			t.Errorf("document.cookie is %q", seen)
		}
		if seen := b.text("#document-cookie"); seen != "theme=dark" {
			t.Errorf("the page shows document.cookie as %q", seen)
		}
		b.open("/") // painted by the server now
		if scheme := b.script("getComputedStyle(document.documentElement).colorScheme"); scheme != "dark" {
			t.Errorf("the next page is %q", scheme)
		}
		for _, name := range []string{sessionCookie, "favorite_color", "campaign"} {
			if b.cookie(name).Value == "" {
				t.Errorf("the browser does not keep %s", name)
			}
		}
	})
}
