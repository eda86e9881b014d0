package sessiontest_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/internal/shop"
	"github.com/sessiongen/sessiongen/runtime/sessiontest"
)

// site is a manager with what this package offers for it.
type site struct {
	clock    *sessiontest.Clock
	store    *sessiontest.Store
	visitors *shop.VisitorManager
}

func open(t *testing.T) *site {
	t.Helper()
	clock := sessiontest.NewClock()
	store := sessiontest.NewStore(t, clock)
	visitors, err := shop.NewVisitorManager(store, runtime.WithKeys(sessiontest.Keys(t)), runtime.WithClock(clock.Now))
	if err != nil {
		t.Fatal(err)
	}
	return &site{clock, store, visitors}
}

// page is a handler that does one thing.
func page(do func(v *shop.Visitor)) http.Handler {
	return http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { do(shop.VisitorFrom(r.Context())) })
}

func signedIn(v *shop.Visitor) {
	v.SetUserID(7)
	v.SetUsername("john_doe")
}

// failures keeps what a test would have failed with.
type failures struct {
	testing.TB
	texts []string
}

func (f *failures) Errorf(format string, args ...any) {
	f.texts = append(f.texts, fmt.Sprintf(format, args...))
}

func (f *failures) want(t *testing.T, texts ...string) {
	t.Helper()
	if len(f.texts) != len(texts) {
		t.Fatalf("it fails with %q, want %d failures", f.texts, len(texts))
	}
	for i, text := range texts {
		if !strings.Contains(f.texts[i], text) {
			t.Errorf("it fails with %q, want %q in it", f.texts[i], text)
		}
	}
}

func TestARequestCarriesASession(t *testing.T) {
	s := open(t)
	r := sessiontest.Request(t, s.visitors, "GET", "/", signedIn, func(v *shop.Visitor) { v.SetVisits(3) })
	answer := sessiontest.Serve(t, s.visitors, page(func(v *shop.Visitor) {
		if v.UserID() != 7 || v.Username() != "john_doe" || v.Visits() != 3 {
			t.Errorf("the handler finds %v", v)
		}
	}), r)
	answer.WantUntouched()
	if n := s.store.Calls(sessiontest.Load); n != 1 {
		t.Errorf("the store counts %d loads, want the request's alone", n)
	}

	stranger := sessiontest.Request[shop.Visitor](t, s.visitors, "GET", "/")
	sessiontest.Serve(t, s.visitors, page(func(v *shop.Visitor) {
		if v.HasUserID() || !v.Info().New {
			t.Errorf("a stranger is %v", v)
		}
	}), stranger).WantUntouched()
}

func TestWhatAHandlerDid(t *testing.T) {
	for name, c := range map[string]struct {
		before []func(*shop.Visitor)
		do     func(*shop.Visitor)
		want   func(*sessiontest.Recorder[shop.Visitor])
		wrong  func(*sessiontest.Recorder[shop.Visitor])
		says   []string
	}{
		"nothing": {
			do:    func(*shop.Visitor) {},
			want:  func(r *sessiontest.Recorder[shop.Visitor]) { r.WantUntouched(); r.WantChanged() },
			wrong: func(r *sessiontest.Recorder[shop.Visitor]) { r.WantChanged("Visits"); r.WantCreated() },
			says:  []string{"want changed fields Visits, but there is no session, with no field changed", "no session was created"},
		},
		"creates": {
			do:    func(v *shop.Visitor) { v.SetVisits(1) },
			want:  func(r *sessiontest.Recorder[shop.Visitor]) { r.WantCreated(); r.WantChanged("Visits") },
			wrong: func(r *sessiontest.Recorder[shop.Visitor]) { r.WantDestroyed(); r.WantRenewed(); r.WantUntouched() },
			says:  []string{"a session was created, with changed fields:\n\tVisits: unset → 1", "not renewed", "sets cookies: __Host-visitor", "to be left alone"},
		},
		"changes": {
			before: []func(*shop.Visitor){func(v *shop.Visitor) { v.SetVisits(1); v.SetUsername("john_doe") }},
			do:     func(v *shop.Visitor) { v.AddVisits(1); v.ClearUsername() },
			want:   func(r *sessiontest.Recorder[shop.Visitor]) { r.WantChanged("Visits", "Username") },
			wrong:  func(r *sessiontest.Recorder[shop.Visitor]) { r.WantChanged("Visits"); r.WantChanged("Vists") },
			says:   []string{"want changed fields Visits, but the session goes on, with changed fields:\n\tUsername: \"john_doe\" → unset\n\tVisits: 1 → 2", "there is no field Vists: choose from Avatar, Campaign"},
		},
		"renews": {
			before: []func(*shop.Visitor){signedIn},
			do:     func(v *shop.Visitor) { v.Renew() },
			want:   func(r *sessiontest.Recorder[shop.Visitor]) { r.WantRenewed(); r.WantChanged() },
			wrong:  func(r *sessiontest.Recorder[shop.Visitor]) { r.WantDestroyed() },
			says:   []string{"not destroyed: the session was renewed, with no field changed"},
		},
		"destroys": {
			before: []func(*shop.Visitor){signedIn},
			do:     func(v *shop.Visitor) { v.Destroy() },
			want: func(r *sessiontest.Recorder[shop.Visitor]) {
				r.WantDestroyed()
				r.WantChanged("UserID", "Username")
				r.WantCookie("__Host-visitor", "")
			},
			wrong: func(r *sessiontest.Recorder[shop.Visitor]) { r.WantRenewed(); r.WantCookie("__Host-visitor", "x") },
			says:  []string{"not renewed: the session was destroyed", "__Host-visitor is deleted, not set"},
		},
		"sets a cookie": {
			do:   func(v *shop.Visitor) { v.SetTheme("dark") },
			want: func(r *sessiontest.Recorder[shop.Visitor]) { r.WantCookie("theme", "dark"); r.WantChanged("Theme") },
			wrong: func(r *sessiontest.Recorder[shop.Visitor]) {
				r.WantCookie("theme", "light")
				r.WantCookie("them", "dark")
				r.WantCookie("theme", "")
			},
			says: []string{`set to "dark", want "light"`, "sets no cookie them; it sets theme", "is set, not deleted"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := open(t)
			serve := func(tb testing.TB) *sessiontest.Recorder[shop.Visitor] {
				return sessiontest.Serve(tb, s.visitors, page(c.do), sessiontest.Request(tb, s.visitors, "POST", "/", c.before...))
			}
			c.want(serve(t))
			fails := &failures{TB: t}
			c.wrong(serve(fails))
			fails.want(t, c.says...)
		})
	}
}

// A browser goes on with what it was sent.
func TestNext(t *testing.T) {
	s := open(t)
	first := sessiontest.Serve(t, s.visitors, page(func(v *shop.Visitor) {
		signedIn(v)
		v.SetTheme("dark")
	}), sessiontest.Request[shop.Visitor](t, s.visitors, "POST", "/sign-in"))
	second := sessiontest.Serve(t, s.visitors, page(func(v *shop.Visitor) {
		if v.UserID() != 7 || v.Theme() != "dark" {
			t.Errorf("the second request finds %v", v)
		}
		v.Destroy()
	}), first.Next("POST", "/sign-out"))
	third := second.Next("GET", "/")
	if cookies := third.Cookies(); len(cookies) != 1 || cookies[0].Name != "theme" {
		t.Errorf("after the sign-out the browser sends %v", cookies)
	}
	if first.Session().UserID() != 0 {
		t.Error("the first response's session is still there after the second request")
	}
}

func TestTheClockMoves(t *testing.T) {
	s := open(t)
	r := sessiontest.Request(t, s.visitors, "GET", "/", signedIn)
	s.clock.Advance(29 * time.Minute)
	sessiontest.Serve(t, s.visitors, page(func(v *shop.Visitor) {
		if v.UserID() != 7 {
			t.Error("the session ended before its time")
		}
	}), r)
	s.clock.Advance(31 * time.Minute)
	sessiontest.Serve(t, s.visitors, page(func(v *shop.Visitor) {
		if v.HasUserID() {
			t.Error("the session is there after its idle timeout")
		}
	}), r)
}

func TestTheStoreFailsWhereItIsToldTo(t *testing.T) {
	broken := errors.New("the disk is full")
	add := page(func(v *shop.Visitor) { v.AddVisits(1) })
	for name, c := range map[string]struct {
		plan   func(*sessiontest.Store)
		status int
		visits int
	}{
		"load":         {func(s *sessiontest.Store) { s.Fail(sessiontest.Load, broken) }, http.StatusServiceUnavailable, 1},
		"update":       {func(s *sessiontest.Store) { s.Fail(sessiontest.Update, nil) }, http.StatusServiceUnavailable, 1},
		"once":         {func(s *sessiontest.Store) { s.FailTimes(sessiontest.Update, 1, broken) }, http.StatusOK, 2},
		"lost answer":  {func(s *sessiontest.Store) { s.LoseAnswers(sessiontest.Update, 1, broken) }, http.StatusOK, 2},
		"another call": {func(s *sessiontest.Store) { s.Fail(sessiontest.Delete, broken) }, http.StatusOK, 2},
	} {
		t.Run(name, func(t *testing.T) {
			s := open(t)
			r := sessiontest.Request(t, s.visitors, "GET", "/", func(v *shop.Visitor) { v.SetVisits(1) })
			c.plan(s.store)
			answer := sessiontest.Serve(t, s.visitors, add, r)
			if answer.Code != c.status || answer.Session().Visits() != c.visits {
				t.Errorf("the answer is %d with %d visits, want %d with %d", answer.Code, answer.Session().Visits(), c.status, c.visits)
			}
			s.store.Heal()
			if answer := sessiontest.Serve(t, s.visitors, add, r); answer.Code != http.StatusOK || answer.Session().Visits() != c.visits+1 {
				t.Errorf("healed, the answer is %d with %d visits", answer.Code, answer.Session().Visits())
			}
		})
	}
}

func TestTheStoreHangs(t *testing.T) {
	clock := sessiontest.NewClock()
	store := sessiontest.NewStore(t, clock)
	visitors, err := shop.NewVisitorManager(store, runtime.WithKeys(sessiontest.Keys(t)), runtime.WithTimeout(time.Millisecond))
	if err != nil {
		t.Fatal(err)
	}
	store.Hang(sessiontest.Create)
	answer := sessiontest.Serve(t, visitors, page(func(v *shop.Visitor) { v.SetVisits(1) }), sessiontest.Request[shop.Visitor](t, visitors, "GET", "/"))
	if answer.Code != http.StatusServiceUnavailable {
		t.Errorf("the answer is %d", answer.Code)
	}
	answer.WantChanged()
	store.ResetCalls()
	if n := store.Calls(sessiontest.Create); n != 0 {
		t.Errorf("%d calls after they were reset", n)
	}
}

// The whole program brings the middleware itself.
func TestSend(t *testing.T) {
	s := open(t)
	program := s.visitors.Middleware(page(signedIn))
	answer := sessiontest.Send(t, s.visitors, program, sessiontest.Request[shop.Visitor](t, s.visitors, "POST", "/"))
	answer.WantCreated()
	answer.WantChanged("UserID", "Username")
}
