package browser

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/network"
)

// batch is how many cookies are tried at once: a browser keeps 180 of one site, and
// 10 KiB of partitioned ones.
const batch = 84

// TestASVS_3_3_1_and_3_3_2_and_3_3_3_and_3_3_4_ChromiumKeepsSendsAndDeletesEveryLegalCookie lets the
// browser decide whether each is what its tag says: with which attributes it is kept, which
// requests it goes with, who sees it, and that it is gone when it was deleted.
func TestASVS_3_3_1_and_3_3_2_and_3_3_3_and_3_3_4_ChromiumKeepsSendsAndDeletesEveryLegalCookie(t *testing.T) {
	b := openChromium(t)
	s := serve(t)
	legal := legalOnes()
	for from := 0; from < len(legal); from += batch {
		to := min(from+batch, len(legal))
		judge(b, s, legal[from:to], fmt.Sprintf("?from=%d&to=%d", from, to))
	}
	t.Logf("%d cookies were kept, sent and deleted", len(legal))
}

func judge(b *chromium, s server, cookies []combination, query string) {
	b.t.Helper()
	every := func(combination) bool { return true }
	b.visit(s.https(host, "/app/page"))
	b.fetch(s.https(host, "/app/set"+query))
	kept := b.kept()
	for _, c := range cookies {
		if k := kept[c.name()]; k == nil {
			b.t.Errorf("%s: not kept", c.tag())
		} else {
			c.check(b.t, k)
		}
		delete(kept, c.name())
	}
	if len(kept) > 0 {
		b.t.Errorf("%d other cookies are kept as well", len(kept))
	}

	// From the site itself.
	back := readSeen(b.t, b.fetch(s.https(host, "/app/show")))
	sameNames(b.t, "to a page below the path", back.names(), names(cookies, every))
	for _, c := range cookies {
		if value, read := back.Values[c.name()]; !read || value != c.value() {
			b.t.Errorf("%s: %q came back as %q, %v", c.tag(), c.value(), value, read)
		}
	}
	sameNames(b.t, "to a page outside of the path", readSeen(b.t, b.fetch(s.https(host, "/show"))).names(),
		names(cookies, func(c combination) bool { return c.path == "/" }))
	sameNames(b.t, "to a path that begins alike", readSeen(b.t, b.fetch(s.https(host, "/apple/show"))).names(),
		names(cookies, func(c combination) bool { return c.path == "/" }))
	sameNames(b.t, "to another host of the domain", readSeen(b.t, b.fetch(s.https(other, "/app/show"))).names(),
		names(cookies, func(c combination) bool { return c.domain != "" }))
	scripted := seen{Header: []string{b.script("document.cookie")}}
	sameNames(b.t, "to a script", scripted.names(), names(cookies, func(c combination) bool { return !c.httpOnly }))

	// From another site.
	b.visit(s.https(cross, "/page"))
	sameNames(b.t, "to a script of another site", readSeen(b.t, b.fetch(s.https(host, "/app/show"))).names(),
		names(cookies, func(c combination) bool { return c.sameSite == http.SameSiteNoneMode && !c.partitioned }))
	b.leave(fmt.Sprintf("location.href = %q", s.https(host, "/app/show")))
	sameNames(b.t, "by a link of another site", readSeen(b.t, b.script("document.body.innerText")).names(),
		names(cookies, func(c combination) bool { return c.sameSite != http.SameSiteStrictMode }))
	b.visit(s.https(cross, "/page"))
	b.leave(fmt.Sprintf(`{ const form = document.createElement("form"); form.method = "POST"; form.action = %q; document.body.append(form); form.submit() }`,
		s.https(host, "/app/show")))
	sameNames(b.t, "by a form of another site", readSeen(b.t, b.script("document.body.innerText")).names(),
		names(cookies, func(c combination) bool { return c.sameSite == http.SameSiteNoneMode }))

	// Without TLS.
	b.visit(s.http(host, "/app/show"))
	sameNames(b.t, "without TLS", readSeen(b.t, b.script("document.body.innerText")).names(),
		names(cookies, func(c combination) bool { return !c.secure }))

	// Deleted, and from where it has to reach all paths.
	b.visit(s.https(host, "/page"))
	b.fetch(s.https(host, "/clear"+query))
	for name := range b.kept() {
		b.t.Errorf("%s is kept after it was deleted", name)
	}
}

// check compares what the browser keeps with the tag.
func (c combination) check(t *testing.T, k *network.Cookie) {
	t.Helper()
	want := network.Cookie{
		Domain: host, Path: c.path, HTTPOnly: c.httpOnly, Secure: c.secure, Session: c.days == 0,
		SameSite: map[http.SameSite]network.CookieSameSite{
			http.SameSiteLaxMode: network.CookieSameSiteLax, http.SameSiteStrictMode: network.CookieSameSiteStrict,
			http.SameSiteNoneMode: network.CookieSameSiteNone,
		}[c.sameSite],
	}
	if c.domain != "" {
		want.Domain = "." + c.domain
	}
	if k.Domain != want.Domain || k.Path != want.Path || k.HTTPOnly != want.HTTPOnly || k.Secure != want.Secure ||
		k.Session != want.Session || k.SameSite != want.SameSite || (k.PartitionKey != nil) != c.partitioned {
		t.Errorf("%s: kept as %+v", c.tag(), k)
	}
	if k.PartitionKey != nil && k.PartitionKey.TopLevelSite != "https://"+site {
		t.Errorf("%s: in the partition of %s", c.tag(), k.PartitionKey.TopLevelSite)
	}
	if c.days > 0 {
		left := time.Until(time.Unix(int64(k.Expires), 0))
		if whole := time.Duration(c.days) * 24 * time.Hour; left > whole || left < whole-10*time.Minute {
			t.Errorf("%s: kept for %v", c.tag(), left)
		}
	}
	if c.protection() != "" && strings.Contains(k.Value, "plain") {
		t.Errorf("%s: the value can be read: %s", c.tag(), k.Value)
	}
}
