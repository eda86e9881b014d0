package debugpage_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/debugpage"
	"github.com/sessiongen/sessiongen/runtime/eventhook"
	"github.com/sessiongen/sessiongen/runtime/internal/cookiesonly"
	"github.com/sessiongen/sessiongen/runtime/sessiontest"
)

func newPreferences(t *testing.T) (*cookiesonly.PreferencesManager, http.Handler) {
	t.Helper()
	events, counters := debugpage.NewEvents(20), new(eventhook.Counters)
	preferences, err := cookiesonly.NewPreferencesManager(runtime.WithKeys(sessiontest.Keys(t)),
		runtime.WithEvents(eventhook.Join(events.Record, counters.Record)))
	if err != nil {
		t.Fatal(err)
	}
	return preferences, debugpage.New(preferences, debugpage.WithEvents(events), debugpage.WithCounters(counters))
}

// The schema has no session, so the page does not report a missing one.
func TestThePageOfCookiesOnly(t *testing.T) {
	preferences, page := newPreferences(t)
	r := local(t, preferences, func(p *cookiesonly.Preferences) {
		p.SetTheme(cookiesonly.Dark)
		p.SetZoom(120)
		p.SetCampaign("spring-sale")
		p.SetDraft("Dear Sir")
		p.SetTicket(424242)
	})
	r.AddCookie(&http.Cookie{Name: sessionCookie, Value: "the-token-of-the-same-program"})
	w := get(page, r)
	body := w.Body.String()
	wants(t, body, "cookiesonly.Preferences", `<span class="pill">cookies only</span>`, `Cookies <span class="number">6</span>`,
		`<td data-label="As sent"><code>dark</code></td><td data-label="As read"><code>&#34;dark&#34;</code></td>`,
		`<td data-label="As sent"><code>120</code></td><td data-label="As read"><code>120</code></td>`,
		`<span class="hidden">[redacted]</span></td><td data-label="As read"><code>&#34;spring-sale&#34;</code></td>`,
		`<span class="hidden">[redacted]</span></td><td data-label="As read"><code>&#34;Dear Sir&#34;</code></td>`,
		`<span class="hidden">[redacted]</span></td><td data-label="As read"><span class="hidden">[redacted]</span></td>`,
		"not of this schema", "No event yet.", "No event counted yet.")
	wantsNot(t, body, "no session", "not loaded", `id="session"`, `id="fields"`, "not valid", "424242", "the-token",
		cookieOf(t, r, "campaign")[:20], cookieOf(t, r, "draft")[:20], cookieOf(t, r, "ticket")[:20])
	if set := w.Header()["Set-Cookie"]; w.Code != http.StatusOK || set != nil {
		t.Errorf("the answer is %d and sets %q", w.Code, set)
	}
}

// The page distinguishes a cookie that is not valid from one that the schema does not declare.
func TestThePageSaysWhichCookiesAreNotValid(t *testing.T) {
	preferences, page := newPreferences(t)
	r := local(t, preferences, func(*cookiesonly.Preferences) {})
	r.Header.Set("Cookie", "theme=puce; campaign=forged; colors=light; unknown=1")
	// The page causes no event, so a handler reads the cookie first, as in a program.
	preferences.Middleware(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		cookiesonly.PreferencesFrom(r.Context()).Campaign()
	})).ServeHTTP(httptest.NewRecorder(), r)
	body := get(page, r).Body.String()
	const notValid = `<td data-label="As read"><span class="muted">not valid: counts as absent</span></td>`
	wants(t, body, `<code>puce</code></td>`, `<span class="hidden">[redacted]</span></td>`+notValid,
		"cookie refused</span>", "<strong>1</strong> cookie refused")
	wantsNot(t, body, "forged")

	r.Header.Set("Cookie", "zoom=big")
	wants(t, get(page, r).Body.String(), `<code>big</code></td>`+notValid)
}
