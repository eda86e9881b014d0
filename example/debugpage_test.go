package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// TestDebugPageInChromium looks at the page as whoever develops the shop does. With
// SESSIONGEN_TEST_SCREENSHOTS=folder it leaves pictures there.
func TestDebugPageInChromium(t *testing.T) {
	t.Parallel()
	b := newTab(t, chromium(t), serveShop(t))
	b.open("/?campaign=letter")
	b.press(`.palette [value="plum"]`)
	b.press(`#damson form[action="/cart/add"] button`)
	b.signIn()
	b.open("/cart")
	perform(b, "the doorstep", chromedp.SendKeys(chromedp.CSS(`[name="doorstep"]`), "Under the third flowerpot"))
	b.press(`form[action="/cart/order"] button`)
	b.open("/")
	token := b.cookie(sessionCookie).Value
	b.open("/debug/session")

	for selector, want := range map[string]string{
		"#session": "Signed in", "#fields": `"john_doe"`, "#cookies": "plum", "#events": "renewed", "#counters": "created",
	} {
		if text := b.text(selector); !strings.Contains(text, want) {
			t.Errorf("%s does not say %q: %s", selector, want, text)
		}
	}
	cookies := b.text("#cookies")
	for _, want := range []string{"favorite_color", "[token]", "[redacted]", "letter"} {
		if !strings.Contains(cookies, want) {
			t.Errorf("the cookies do not say %q: %s", want, cookies)
		}
	}
	source := b.script("document.documentElement.outerHTML")
	if token == "" || strings.Contains(source, token[22:]) || strings.Contains(source, "flowerpot") {
		t.Error("the page has a secret in it")
	}
	if after := b.cookie(sessionCookie).Value; after != token {
		t.Error("looking has changed the session cookie")
	}

	// The policy lets the page's own style in, and it follows what the system prefers.
	ground := map[string]string{}
	for _, scheme := range []string{"light", "dark"} {
		for name, width := range map[string]int64{"desktop": 1200, "phone": 390} {
			b.look(scheme, width)
			ground[scheme] = b.script("getComputedStyle(document.body).backgroundColor")
			if wider := b.script(`"" + (document.documentElement.scrollWidth - document.documentElement.clientWidth)`); wider != "0" {
				t.Errorf("on a %s, the page is wider than the screen by %s", name, wider)
			}
			b.picture(scheme + "-" + name)
		}
	}
	if ground["light"] != "rgb(244, 245, 247)" || ground["dark"] != "rgb(18, 21, 27)" {
		t.Errorf("the page's ground is %v", ground)
	}
}

// look has the page painted in a scheme and on a screen of some width.
func (b *tab) look(scheme string, width int64) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, 20*time.Second)
	defer cancel()
	if err := chromedp.Do(ctx, chromedp.EmulateViewport(width, 900)); err != nil {
		b.t.Fatal(err)
	}
	prefers := []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}
	if _, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: prefers}); err != nil {
		b.t.Fatal(err)
	}
}

// picture leaves a screenshot where somebody asked for one.
func (b *tab) picture(name string) {
	folder := os.Getenv("SESSIONGEN_TEST_SCREENSHOTS")
	if folder == "" {
		return
	}
	b.t.Helper()
	image := perform(b, "a picture", chromedp.FullScreenshot(100))
	if err := os.WriteFile(filepath.Join(folder, name+".png"), image, 0o644); err != nil {
		b.t.Fatal(err)
	}
}
