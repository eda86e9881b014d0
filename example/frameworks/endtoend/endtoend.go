package endtoend

import (
	"bufio"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/sessiongen/sessiongen/runtime"
)

// Run tests a recipe.
func Run(t *testing.T, serve Start) {
	t.Run("SignIn", func(t *testing.T) { signIn(start(t, serve)) })
	t.Run("Logout", func(t *testing.T) { logout(start(t, serve)) })
	t.Run("Stream", func(t *testing.T) { stream(start(t, serve)) })
	t.Run("OtherSite", func(t *testing.T) { otherSite(start(t, serve)) })
	t.Run("Crash", func(t *testing.T) { crash(start(t, serve)) })
	t.Run("StoreFails", func(t *testing.T) { storeFails(start(t, serve)) })
}

// signIn renews the secret, and shows its notice once.
func signIn(s *site) {
	b := s.browser()
	_, page := b.send(http.MethodGet, "/")
	b.sees(page, "Nobody is signed in", "Visit 1")
	before := b.cookie(sessionCookie)
	if before == "" {
		s.t.Fatal("the first visit sets no cookie")
	}

	_, page = b.send(http.MethodPost, "/login")
	b.sees(page, "Welcome", "User 7", "Visit 2")
	if after := b.cookie(sessionCookie); after == before {
		s.t.Error("signing in does not renew the secret")
	}
	if page := s.replay(before); strings.Contains(page, "User 7") {
		s.t.Errorf("the secret from before the sign-in opens %q", page)
	}
	_, page = b.send(http.MethodGet, "/")
	b.sees(page, "User 7", "Visit 3")
	if strings.Contains(page, "Welcome") {
		s.t.Errorf("the notice is shown twice: %q", page)
	}
}

// logout is final.
func logout(s *site) {
	b := s.browser()
	b.send(http.MethodPost, "/login")
	kept := b.cookie(sessionCookie)
	if kept == "" {
		s.t.Fatal("signing in sets no cookie")
	}
	_, page := b.send(http.MethodPost, "/logout")
	b.sees(page, "Nobody is signed in")
	if page := s.replay(kept); !strings.Contains(page, "Nobody is signed in") {
		s.t.Errorf("after the logout, the cookie from before opens %q", page)
	}
}

// stream sends its cookie before the first byte, keeps what is changed while it is open, and
// is told that it is too late for what needs a cookie.
func stream(s *site) {
	b := s.browser()
	response := b.open(http.MethodGet, "/stream")
	defer response.Body.Close()
	defer close(s.ticks) // so that a handler whose test has failed ends
	lines := bufio.NewScanner(response.Body)
	next := func() string {
		s.t.Helper()
		if !lines.Scan() {
			s.t.Fatalf("the stream has ended: %v", lines.Err())
		}
		return lines.Text()
	}
	if line := next(); line != "begun" {
		s.t.Fatalf("the stream begins with %q", line)
	}
	if b.cookie(sessionCookie) == "" {
		s.t.Fatal("the stream has begun without the session cookie")
	}
	// The handler waits for the first tick, so what it did before is all there is.
	_, page := b.send(http.MethodGet, "/")
	b.sees(page, "Visit 2")

	s.tick()
	if line := next(); line != "kept" {
		s.t.Errorf("what is changed in an open stream: %q, want kept", line)
	}
	_, page = b.send(http.MethodGet, "/")
	b.sees(page, "Visit 13")

	s.tick()
	if line := next(); line != "too late" {
		s.t.Errorf("a cookie in an open stream: %q, want too late", line)
	}
	if lines.Scan() {
		s.t.Errorf("the stream goes on with %q", lines.Text())
	}
	if b.cookie("theme") != "" {
		s.t.Error("the theme's cookie was sent")
	}
	if !s.heard(runtime.EventTooLate) {
		s.t.Error("no event says that it was too late")
	}
}

// tick lets the stream go on.
func (s *site) tick() {
	s.t.Helper()
	select {
	case s.ticks <- time.Time{}:
	case <-time.After(10 * time.Second):
		s.t.Fatal("the stream's handler does not wait for the next tick")
	}
}

// storeFails shows no page that was not stored, and takes nobody for a stranger.
func storeFails(s *site) {
	b := s.browser()
	b.send(http.MethodPost, "/login")
	for _, failing := range []struct {
		what string
		with func(bool)
	}{
		{"Load", func(fails bool) { s.store.loadFails.Store(fails) }},
		{"Update", func(fails bool) { s.store.updateFails.Store(fails) }},
	} {
		failing.with(true)
		status, page := b.send(http.MethodGet, "/")
		failing.with(false)
		if status != http.StatusServiceUnavailable || strings.Contains(page, "Visit") || page == "" {
			s.t.Errorf("%s fails: status %d, page %q", failing.what, status, page)
		}
	}
	_, page := b.send(http.MethodGet, "/")
	b.sees(page, "User 7", "Visit 2")
}

// crash keeps nothing of a handler that panics after a change.
func crash(s *site) {
	b := s.browser()
	b.send(http.MethodPost, "/login")
	if status, _ := b.send(http.MethodPost, "/crash"); status != http.StatusInternalServerError {
		s.t.Errorf("the handler that panics answers %d", status)
	}
	_, page := b.send(http.MethodGet, "/")
	b.sees(page, "User 7", "Visit 2")
	if s.heard(runtime.EventDiscarded) {
		s.t.Error("the recipe leaves it to the status to discard what the handler has changed")
	}
}

// otherSite cannot sign anybody in: the recipes put the standard library's protection in front.
func otherSite(s *site) {
	b := s.browser()
	request, err := http.NewRequestWithContext(s.t.Context(), http.MethodPost, s.url+"/login", nil)
	if err != nil {
		s.t.Fatal(err)
	}
	request.Header.Set("Sec-Fetch-Site", "cross-site")
	response, err := b.client.Do(request)
	if err != nil {
		s.t.Fatal(err)
	}
	response.Body.Close()
	if response.StatusCode != http.StatusForbidden || b.cookie(sessionCookie) != "" {
		s.t.Errorf("a form of another site is answered with %s", response.Status)
	}
}
