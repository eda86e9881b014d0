package engine_test

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/internal/cookiesonly"
	"github.com/sessiongen/sessiongen/runtime/internal/shop"
	"github.com/sessiongen/sessiongen/runtime/internal/testsite"
)

// reader is a site with cookies only, and what it reports.
type reader struct {
	*cookiesonly.PreferencesManager
	t      *testing.T
	events []runtime.Event
}

func newReader(t *testing.T, options ...runtime.Option) *reader {
	t.Helper()
	r := &reader{t: t}
	var err error
	r.PreferencesManager, err = cookiesonly.NewPreferencesManager(append([]runtime.Option{
		runtime.WithKeys(testsite.Keys),
		runtime.WithEvents(func(_ context.Context, e runtime.Event) { r.events = append(r.events, e) }),
	}, options...)...)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// visit makes a request with cookies, and returns the Set-Cookie lines of the response.
func (r *reader) visit(cookies string, h func(p *cookiesonly.Preferences, r *http.Request)) []string {
	r.t.Helper()
	request := httptest.NewRequest("GET", "https://shop.example/read", nil)
	request.Header.Set("Cookie", cookies)
	w := httptest.NewRecorder()
	r.Middleware(http.HandlerFunc(func(_ http.ResponseWriter, request *http.Request) {
		h(cookiesonly.PreferencesFrom(request.Context()), request)
	})).ServeHTTP(w, request)
	testsite.Equal(r.t, w.Code, http.StatusOK, "status")
	return w.Header()["Set-Cookie"]
}

func (r *reader) levels() (levels []slog.Level) {
	for _, e := range r.events {
		levels = append(levels, e.Level())
	}
	r.events = nil
	return levels
}

// A browser sends what it has for 400 days, with each request.
func TestAnInvalidPlainCookieIsALineOfTheLogOnce(t *testing.T) {
	r := newReader(t)
	theme := func(p *cookiesonly.Preferences, _ *http.Request) { p.Theme() }
	for range 3 {
		r.visit("theme=puce", theme)
	}
	r.visit("colors=puce", theme)
	r.visit("zoom=big", func(p *cookiesonly.Preferences, _ *http.Request) { p.Zoom() })
	want := []slog.Level{slog.LevelInfo, slog.LevelDebug, slog.LevelDebug, slog.LevelInfo, slog.LevelInfo}
	if got := r.levels(); !slices.Equal(got, want) {
		t.Errorf("the levels are %v, want %v", got, want)
	}
	// What may be a forgery is reported each time.
	for range 2 {
		r.visit("campaign=forged", func(p *cookiesonly.Preferences, _ *http.Request) { p.Campaign() })
	}
	if got := r.levels(); !slices.Equal(got, []slog.Level{slog.LevelInfo, slog.LevelInfo}) {
		t.Errorf("the levels of forgeries are %v", got)
	}
}

func TestASessionCookieThatIsNoTokenIsALineOfTheLogOnce(t *testing.T) {
	s := testsite.New(t)
	b := s.Browser()
	b.Cookies[testsite.SessionCookie] = "of-the-previous-version"
	for i := range 3 {
		response := b.Clone().Visit(func(v *shop.Visitor) { v.Visits() })
		testsite.Equal(t, lastOf(s, runtime.EventCookieRefused).Repeated, i > 0, "repeated")
		if response.Header["Set-Cookie"] != nil {
			t.Error("a session cookie was deleted: the browser may have a newer one by now")
		}
	}
}

func TestWhatCanNeverBeReadIsDeleted(t *testing.T) {
	const expired = "=; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Path=/; SameSite=Lax; Secure; HttpOnly"
	read := func(p *cookiesonly.Preferences, _ *http.Request) { p.Zoom(); p.Theme() }
	for cookies, want := range map[string]string{
		"zoom=big":                    "zoom" + expired, // no number in any version of the program
		"zoom=%zz":                    "zoom" + expired,
		"theme=%":                     "theme" + expired,
		"colors=%":                    "colors" + expired,
		"zoom=big; zoom=bigger":       "zoom" + expired,
		"theme=puce":                  "", // another version may declare it
		"theme=%; theme=puce":         "",
		"zoom=big; zoom=90":           "", // which one would go is unknown
		"theme=%; colors=dark":        "",
		"campaign=forged; draft=none": "",
		"zoom=90; theme=dark":         "",
	} {
		if got := strings.Join(newReader(t).visit(cookies, read), " | "); got != want {
			t.Errorf("%s: Set-Cookie %q, want %q", cookies, got, want)
		}
	}
	r := newReader(t)
	lines := r.visit("zoom=big", func(p *cookiesonly.Preferences, _ *http.Request) { p.SetZoom(p.Zoom() + 1) })
	if len(lines) != 1 || !strings.HasPrefix(lines[0], "zoom=101;") {
		t.Errorf("a value that replaces what cannot be read: %q", lines)
	}
	lines = r.visit("zoom=big", func(_ *cookiesonly.Preferences, request *http.Request) {
		if zoom, found := r.ZoomCookie().Read(request); zoom != 100 || found {
			t.Errorf("read without the session: %d, %v", zoom, found)
		}
	})
	if len(lines) != 1 || lines[0] != "zoom"+expired {
		t.Errorf("read without the session: %q", lines)
	}
}

// A page that has begun cannot delete a cookie. That is no fault of its handler.
func TestWhatCanNeverBeReadIsNotTooLate(t *testing.T) {
	s := testsite.New(t)
	b := s.Browser()
	b.Header.Set("Cookie", "theme=%")
	response := b.Serve(func(v *shop.Visitor, w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusOK)
		v.Theme()
	})
	testsite.Equal(t, response.StatusCode, http.StatusOK, "status")
	testsite.Equal(t, s.Count(runtime.EventTooLate), 0, "events of what is too late")
	testsite.Equal(t, s.Count(runtime.EventCookieRefused), 1, "refused")
}

func TestAReplicaWithOtherKeysIsToldFromAForgery(t *testing.T) {
	other, err := runtime.NewKeys([]byte("N4hYx8Ke2Ua6Bo1Dw9Cz5Mv7Qi3Sg0Jr"))
	if err != nil {
		t.Fatal(err)
	}
	draftOf := func(r *reader) string {
		lines := r.visit("", func(p *cookiesonly.Preferences, _ *http.Request) { p.SetDraft("Dear Sir") })
		value, _, _ := strings.Cut(lines[0], ";")
		return value
	}
	r := newReader(t)
	read := func(p *cookiesonly.Preferences, _ *http.Request) { p.Draft() }
	for range 2 {
		r.visit(draftOf(newReader(t, runtime.WithKeys(other))), read)
	}
	if len(r.events) != 2 || !strings.Contains(r.events[0].Reason, "give all replicas the same secrets") || r.events[0].Repeated || !r.events[1].Repeated {
		t.Errorf("other keys: %+v", r.events)
	}
	r.events = nil
	forged := []byte(draftOf(r))
	forged[len(forged)-2] ^= 1
	for range 2 {
		r.visit(string(forged), read)
	}
	if len(r.events) != 2 || !strings.Contains(r.events[1].Reason, "was changed") || r.events[1].Repeated {
		t.Errorf("a forgery: %+v", r.events)
	}
}
