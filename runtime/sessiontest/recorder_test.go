package sessiontest_test

import (
	"testing"

	"github.com/sessiongen/sessiongen/runtime/internal/shop"
	"github.com/sessiongen/sessiongen/runtime/sessiontest"
)

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

// The next request carries the cookies of the response.
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

// Send is for a whole program, which contains the middleware.
func TestSend(t *testing.T) {
	s := open(t)
	program := s.visitors.Middleware(page(signedIn))
	answer := sessiontest.Send(t, s.visitors, program, sessiontest.Request[shop.Visitor](t, s.visitors, "POST", "/"))
	answer.WantCreated()
	answer.WantChanged("UserID", "Username")
}
