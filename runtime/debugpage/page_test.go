package debugpage_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/debugpage"
	"github.com/sessiongen/sessiongen/runtime/engine"
	"github.com/sessiongen/sessiongen/runtime/internal/shop"
	"github.com/sessiongen/sessiongen/runtime/sessiontest"
)

const sessionCookie = "__Host-visitor"

// site is a shop whose sessions are looked at.
type site struct {
	t        *testing.T
	store    *sessiontest.Store
	visitors *shop.VisitorManager
	events   *debugpage.Events
	counters *runtime.Counters
}

func newSite(t *testing.T) *site {
	t.Helper()
	clock := sessiontest.NewClock()
	s := &site{t: t, store: sessiontest.NewStore(t, clock), events: debugpage.NewEvents(20), counters: new(runtime.Counters)}
	var err error
	s.visitors, err = shop.NewVisitorManager(s.store, runtime.WithKeys(sessiontest.Keys(t)), runtime.WithClock(clock.Now),
		runtime.WithEvents(runtime.JoinEvents(s.events.Record, s.counters.Record)))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *site) page(options ...debugpage.Option) http.Handler {
	return debugpage.New(s.visitors, append([]debugpage.Option{
		debugpage.WithEvents(s.events), debugpage.WithCounters(s.counters)}, options...)...)
}

func (s *site) request(prepare func(*shop.Visitor)) *http.Request {
	s.t.Helper()
	return local(s.t, s.visitors, prepare)
}

// local is a request of this machine's browser, after one in which prepare was done.
func local[T any](t *testing.T, visitors sessiontest.Manager[T], prepare func(*T)) *http.Request {
	t.Helper()
	answer := sessiontest.Serve(t, visitors, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		v, _ := engine.Lookup[T](r.Context())
		prepare(v)
	}), httptest.NewRequest("POST", "/", nil))
	r := answer.Next("GET", "/debug/session")
	r.Host, r.RemoteAddr = "localhost:8080", "127.0.0.1:50000"
	return r
}

func get(page http.Handler, r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	page.ServeHTTP(w, r)
	return w
}

func signedIn(v *shop.Visitor) {
	v.SetUserID(7)
	v.SetUsername("john_doe")
	v.SetPassword("hunter2")
	v.SetFavoriteColor(shop.Green)
	v.SetCampaign("spring-sale")
	v.SetTicket(424242)
}

func (s *site) wants(body string, texts ...string) {
	s.t.Helper()
	wants(s.t, body, texts...)
}

func (s *site) wantsNot(body string, texts ...string) {
	s.t.Helper()
	wantsNot(s.t, body, texts...)
}

func wants(t *testing.T, body string, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if !strings.Contains(body, text) {
			t.Errorf("the page does not say %q:\n%s", text, body)
		}
	}
}

func wantsNot(t *testing.T, body string, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if text == "" || strings.Contains(body, text) {
			t.Errorf("the page says %q", text)
		}
	}
}

func TestThePageShowsTheSession(t *testing.T) {
	s := newSite(t)
	r := s.request(signedIn)
	w := get(s.page(), r)
	body := w.Body.String()
	var id string
	sessiontest.Serve(t, s.visitors, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		id = shop.VisitorFrom(r.Context()).Info().ID.String()
	}), r)
	s.wants(body, id, "this session", "Signed in", "Expires", "<code>&#34;john_doe&#34;</code>", "<code>7</code>", "password",
		"favorite_color", "<code>green</code>", "<code>&#34;spring-sale&#34;</code>", "[token]", "signed", "encrypted",
		`<span class="pill DEBUG">created</span>`, "<strong>1</strong> created")
	if w.Code != http.StatusOK {
		t.Errorf("the answer is %d", w.Code)
	}
}

func TestThePageShowsNoSecret(t *testing.T) {
	s := newSite(t)
	r := s.request(signedIn)
	r.AddCookie(&http.Cookie{Name: "other_program", Value: "somebody-elses-token"})
	body := get(s.page(), r).Body.String()
	token := cookieOf(t, r, sessionCookie)
	s.wantsNot(body, "hunter2", "424242", token, token[22:], token[:30], "somebody-elses",
		cookieOf(t, r, "ticket")[:20], cookieOf(t, r, "campaign")[:20])
	s.wants(body, `password</th><td><span class="hidden">[redacted]</span>`, "other_program", "not of this schema")
}

func cookieOf(t *testing.T, r *http.Request, name string) string {
	t.Helper()
	c, err := r.Cookie(name)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return c.Value
}

// A token that opens nothing any more, or stands beside another one, is a token still.
func TestAnOldTokenIsNotShownEither(t *testing.T) {
	s := newSite(t)
	r := s.request(signedIn)
	token := cookieOf(t, r, sessionCookie)
	r.AddCookie(&http.Cookie{Name: sessionCookie, Value: token[:60] + "AAAA"})
	body := get(s.page(), r).Body.String()
	s.wantsNot(body, token[22:60])
	if n := strings.Count(body, "[token]"); n != 2 {
		t.Errorf("of two tokens, %d are shown as such", n)
	}
}

func TestLookingChangesNothing(t *testing.T) {
	s := newSite(t)
	r := s.request(func(v *shop.Visitor) { signedIn(v); v.SetNotice("once") })
	looked := sessiontest.Send(t, s.visitors, s.page(), r)
	looked.WantUntouched()
	if set := looked.Header()["Set-Cookie"]; set != nil {
		t.Errorf("the page sets %q", set)
	}
	s.wants(looked.Body.String(), "&#34;once&#34;")

	stranger := sessiontest.Send(t, s.visitors, s.page(), s.request(func(*shop.Visitor) {}))
	stranger.WantUntouched()
	s.wants(stranger.Body.String(), "There is none", "None is set.", "The browser sent none.")
}

// What comes from strangers is text on the page, never a part of it.
func TestHostileValuesStayText(t *testing.T) {
	s := newSite(t)
	const hostile = `</code><script>alert(1)</script>"'&`
	r := s.request(func(v *shop.Visitor) {
		v.SetUsername(hostile + "\u202egnp.exe\x00")
		v.PutPrefs(`<img src=x onerror=alert(1)>`, 1)
	})
	r.Header.Add("Cookie", "theme=<script>alert(2)</script>; it's-'a'-&-name=1; favorite_color=\"><b>")
	s.events.Record(t.Context(), runtime.Event{Kind: runtime.EventDropped, Schema: "<i>", Field: `<b>"`, Reason: "<script>", Err: errors.New("<u>")})
	body := get(s.page(), r).Body.String()
	s.wantsNot(body, "<script", "<img", "<b>", "<i>", "<u>", "\u202e", "\x00")
	s.wants(body, "&lt;script&gt;alert(1)", `\u202egnp.exe`, "&lt;img src=x onerror=alert(1)&gt;", "&lt;u&gt;")
}

func TestLongValuesAreCut(t *testing.T) {
	s := newSite(t)
	r := s.request(func(v *shop.Visitor) {
		v.SetUsername(strings.Repeat("n", 5000))
		v.SetTheme(strings.Repeat("t", 500))
	})
	body := get(s.page(), r).Body.String()
	s.wantsNot(body, strings.Repeat("n", 2001), strings.Repeat("t", 81))
	s.wants(body, strings.Repeat("n", 1999)+"…", strings.Repeat("t", 80)+"…")
}

func TestTheHeaderKeepsThePageToItself(t *testing.T) {
	s := newSite(t)
	page := s.page()
	first, second := get(page, s.request(signedIn)).Header(), get(page, s.request(signedIn)).Header()
	for name, want := range map[string]string{
		"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer",
		"Cross-Origin-Resource-Policy": "same-origin",
	} {
		if got := first.Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	policy := first.Get("Content-Security-Policy")
	for _, want := range []string{"default-src 'none'", "frame-ancestors 'none'", "form-action 'none'", "base-uri 'none'"} {
		if !strings.Contains(policy, want) {
			t.Errorf("the policy %q lacks %q", policy, want)
		}
	}
	if strings.Contains(policy, "unsafe") || strings.Contains(policy, "script-src") {
		t.Errorf("the policy %q lets something run", policy)
	}
	if policy == second.Get("Content-Security-Policy") {
		t.Error("the nonce is the same each time")
	}
	r := s.request(signedIn)
	r.Method = "POST"
	if code := get(page, r).Code; code != http.StatusMethodNotAllowed {
		t.Errorf("a POST is answered by %d", code)
	}
}

func TestAStoreThatFailsIsShown(t *testing.T) {
	s := newSite(t)
	r := s.request(signedIn)
	s.store.Fail(sessiontest.Load, errors.New("the disk is full"))
	w := get(s.page(), r)
	if w.Code != http.StatusServiceUnavailable {
		t.Errorf("the answer is %d", w.Code)
	}
	s.wants(w.Body.String(), `id="problem">`, "the disk is full", "not loaded", "[token]", "store failed")
	s.wantsNot(w.Body.String(), cookieOf(t, r, sessionCookie)[22:])
}

func TestTheLastEventsAreKeptNewestFirst(t *testing.T) {
	s := newSite(t)
	empty := get(s.page(), s.request(func(*shop.Visitor) {})).Body.String()
	s.wants(empty, "There was none yet.")
	record := func(reason string) {
		s.events.Record(context.Background(), runtime.Event{Kind: runtime.EventDropped, Schema: "visitor", Reason: reason})
	}
	for range 25 {
		record("of long ago")
	}
	for range 18 {
		record("between")
	}
	record("the one before")
	record("the newest")
	body := get(s.page(), s.request(func(*shop.Visitor) {})).Body.String()
	s.wantsNot(body, "of long ago")
	s.wants(body, `Last events <span class="number">20</span>`)
	if newest, before := strings.Index(body, "the newest"), strings.Index(body, "the one before"); newest < 0 || before < newest {
		t.Errorf("the newest is at %d, the one before at %d", newest, before)
	}
	if n := strings.Count(body, "between"); n != 18 {
		t.Errorf("%d of 18 events are there", n)
	}
	plain := get(debugpage.New(s.visitors), s.request(signedIn)).Body.String()
	s.wants(plain, "debugpage.WithEvents")
}
