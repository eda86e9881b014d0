package debugpage_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/sessiongen/sessiongen/runtime/internal/shop"
	"github.com/sessiongen/sessiongen/runtime/sessiontest"
)

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
	r.AddCookie(&http.Cookie{Name: "other_program", Value: "another-programs-token"})
	body := get(s.page(), r).Body.String()
	token := cookieOf(t, r, sessionCookie)
	s.wantsNot(body, "hunter2", "424242", token, token[22:], token[:30], "another-programs",
		cookieOf(t, r, "ticket")[:20], cookieOf(t, r, "campaign")[:20])
	s.wants(body, `password</th><td><span class="hidden">[redacted]</span>`, "other_program", "not of this schema")
}

// A token that no longer opens a session, or is one of several, is not shown either.
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
	s.wants(stranger.Body.String(), "No session:", "No field is set.", "The browser has sent no cookie.")
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
