package browser

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/storage"
	"github.com/chromedp/chromedp"
)

// program finds a program by the environment variable that names it, or on PATH.
// Without it the test is skipped, and fails where CI is true: nothing is
// skipped there unnoticed.
func program(t *testing.T, variable, pkg string, names ...string) string {
	t.Helper()
	if named := os.Getenv(variable); named != "" {
		return named
	}
	for _, name := range names {
		if found, err := exec.LookPath(name); err == nil {
			return found
		}
	}
	const message = "%s is not on PATH: install it with `apt-get install %s`, or name it in %s"
	if os.Getenv("CI") == "true" {
		t.Fatalf(message, names[0], pkg, variable)
	}
	t.Skipf(message, names[0], pkg, variable)
	return ""
}

// chromium is a browser with one tab, which one test has at a time.
type chromium struct {
	t   *testing.T
	ctx context.Context
}

// openChromium returns the browser of all tests, without a cookie, and has the server of the
// combinations built meanwhile.
func openChromium(t *testing.T) *chromium {
	t.Helper()
	go built()
	return emptyChromium(t)
}

// emptyChromium returns the browser of all tests, without a cookie.
func emptyChromium(t *testing.T) *chromium {
	t.Helper()
	path := program(t, "SESSIONGEN_CHROMIUM", "chromium", "chromium", "chromium-browser", "google-chrome")
	started.once.Do(func() { started.ctx, started.stop, started.err = startChromium(path) })
	if started.err != nil {
		t.Fatalf("starting Chromium: %v", started.err)
	}
	b := &chromium{t, started.ctx}
	perform(b, "Storage.clearCookies", func(ctx context.Context) (chromedp.Void, error) {
		return chromedp.Call(ctx, storage.ClearCookies, storage.ClearCookiesParams{})
	})
	return b
}

// started is the browser of all tests. stop is nil unless it runs.
var started struct {
	once sync.Once
	ctx  context.Context
	stop func()
	err  error
}

// startChromium starts a browser that finds all hosts on this machine and takes the
// server's certificate for theirs.
func startChromium(path string) (ctx context.Context, stop func(), err error) {
	profile := filepath.Join(folder, "profile")
	if err := allowThirdParties(profile); err != nil {
		return nil, nil, err
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path), chromedp.UserDataDir(profile),
		chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-component-update", true),
		chromedp.Flag("ignore-certificate-errors", true),
		chromedp.Flag("host-resolver-rules", "MAP * 127.0.0.1"),
		chromedp.Flag("disable-features", "HttpsUpgrades,HttpsFirstBalancedModeAutoEnable,LocalNetworkAccessChecks"),
	)
	allocator, stopAllocator := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, _ = chromedp.NewContext(allocator)
	if err := chromedp.Do(ctx); err != nil {
		stopAllocator()
		return nil, nil, err
	}
	return ctx, func() {
		if err := chromedp.Cancel(ctx); err != nil {
			log.Printf("closing Chromium: %v", err)
		}
		stopAllocator()
	}, nil
}

// allowThirdParties writes a profile that sends cookies to other sites' pages where
// SameSite=None allows it. Without that, this is up to the version of the browser.
func allowThirdParties(profile string) error {
	const preferences = `{"profile": {"cookie_controls_mode": 0, "block_third_party_cookies": false}}`
	dir := filepath.Join(profile, "Default")
	return errors.Join(os.MkdirAll(dir, 0o700), os.WriteFile(filepath.Join(dir, "Preferences"), []byte(preferences), 0o600))
}

// perform does something, in time that a busy machine has as well.
func perform[T any](b *chromium, what string, do func(ctx context.Context) (T, error)) T {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, 2*time.Minute)
	defer cancel()
	value, err := do(ctx)
	if err != nil {
		b.t.Fatalf("%s: %v", what, err)
	}
	return value
}

// visit opens a page as if its address had been typed.
func (b *chromium) visit(url string) {
	b.t.Helper()
	perform(b, "opening "+url, func(ctx context.Context) (chromedp.Void, error) {
		return chromedp.Run(ctx, chromedp.Navigate(url))
	})
}

// leave makes the page go elsewhere by itself, and waits for that.
func (b *chromium) leave(script string) {
	b.t.Helper()
	perform(b, script, func(ctx context.Context) (*network.Response, error) {
		return chromedp.RunResponse(ctx, chromedp.Evaluate[chromedp.Void](script))
	})
}

// script evaluates an expression with text as its value, or a promise of one.
func (b *chromium) script(expression string) string {
	b.t.Helper()
	return perform(b, expression[:min(len(expression), 200)], func(ctx context.Context) (string, error) {
		return chromedp.Run(ctx, chromedp.Evaluate[string](expression, chromedp.EvalAwaitPromise))
	})
}

// fetch lets the page's script make a request with whatever cookies belong to it.
func (b *chromium) fetch(url string) string {
	b.t.Helper()
	return b.script(fmt.Sprintf(`fetch(%q, {credentials: "include"}).then(r => { if (!r.ok) throw "status " + r.status; return r.text() })`, url))
}

// sendRaw makes the server send Set-Cookie headers as they are.
func (b *chromium) sendRaw(lines []string) {
	b.t.Helper()
	body, err := json.Marshal(lines)
	if err != nil {
		b.t.Fatal(err)
	}
	b.script(fmt.Sprintf(`fetch("/app/raw", {method: "POST", body: %s}).then(r => { if (!r.ok) throw "status " + r.status; return r.text() })`, quoteScript(string(body))))
}

// quoteScript is text as JavaScript writes it.
func quoteScript(text string) string {
	quoted, _ := json.Marshal(text)
	return string(quoted)
}

// kept are all cookies that the browser has, by name.
func (b *chromium) kept() map[string]*network.Cookie {
	b.t.Helper()
	result := perform(b, "Storage.getCookies", func(ctx context.Context) (storage.GetCookiesResult, error) {
		return chromedp.Call(ctx, storage.GetCookies, storage.GetCookiesParams{})
	})
	kept := map[string]*network.Cookie{}
	for _, c := range result.Cookies {
		if kept[c.Name] != nil {
			b.t.Errorf("%s is kept twice", c.Name)
		}
		kept[c.Name] = c
	}
	return kept
}

// seen is what the server saw of a request.
type seen struct {
	Header []string
	Values map[string]string
}

func readSeen(t *testing.T, text string) seen {
	t.Helper()
	var s seen
	if err := json.Unmarshal([]byte(text), &s); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return s
}

// names are the cookies in the request's header.
func (s seen) names() []string {
	var names []string
	for _, line := range s.Header {
		for pair := range strings.SplitSeq(line, ";") {
			name, _, _ := strings.Cut(strings.TrimSpace(pair), "=")
			names = append(names, name)
		}
	}
	return names
}

// sameNames wants two lists to have the same names, and says which differ.
func sameNames(t *testing.T, what string, got, want []string) {
	t.Helper()
	got, want = slices.Sorted(slices.Values(got)), slices.Sorted(slices.Values(want))
	if slices.Equal(got, want) {
		return
	}
	missing := slices.DeleteFunc(slices.Clone(want), func(name string) bool { return slices.Contains(got, name) })
	extra := slices.DeleteFunc(slices.Clone(got), func(name string) bool { return slices.Contains(want, name) })
	t.Errorf("%s: %d cookies, and %d were to be there; missing %v, too many %v", what, len(got), len(want), missing, extra)
}
