package engine_test

import (
	"errors"
	"net/http"
	"testing"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/internal/shop"
	"github.com/sessiongen/sessiongen/runtime/internal/testsite"
)

// meanwhile runs what other requests do, in a goroutine of its own, until it is done.
func meanwhile(do func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		do()
	}()
	<-done
}

func TestReloadSeesWhatOthersStoredAndKeepsItsOwn(t *testing.T) {
	s := testsite.New(t)
	b := s.Browser()
	b.Visit(func(v *shop.Visitor) { v.SetUserID(7); v.SetVisits(1) })
	b.Serve(func(v *shop.Visitor, w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusOK)
		v.PutPrefs("live", 0)
		prefs := v.Prefs()
		prefs["live"] = 1 // in place, and not committed
		v.AddVisits(100)
		meanwhile(func() {
			b.Clone().Visit(func(v *shop.Visitor) { v.AddVisits(10); v.SetUsername("john_doe") })
		})
		testsite.Equal(t, v.Username(), "", "before Reload, the name")
		testsite.Equal(t, v.Reload(r.Context()), nil, "Reload")
		testsite.Equal(t, v.Username(), "john_doe", "the name that another request has set")
		testsite.Equal(t, v.Visits(), 111, "the sum of both requests' visits")
		testsite.Equal(t, v.Prefs()["live"], 1, "what was changed in place")
		testsite.Equal(t, testsite.See(b, (*shop.Visitor).Visits), 11, "Reload stores nothing: visits elsewhere")
	})
	testsite.Equal(t, testsite.See(b, (*shop.Visitor).Visits), 111, "visits in the end")
	testsite.Equal(t, testsite.See(b, func(v *shop.Visitor) int { return v.Prefs()["live"] }), 1, "the map in the end")
	testsite.Equal(t, testsite.See(b, (*shop.Visitor).Username), "john_doe", "the name in the end")
}

func TestReloadSaysThatTheSessionHasEnded(t *testing.T) {
	for name, end := range map[string]func(v *shop.Visitor){
		"logout":      func(v *shop.Visitor) { v.Destroy() },
		"other role":  func(v *shop.Visitor) { v.SetRole("admin") },
		"other user":  func(v *shop.Visitor) { v.SetUserID(8) },
		"signs again": func(v *shop.Visitor) { v.SetUserID(7) },
	} {
		t.Run(name, func(t *testing.T) {
			s := testsite.New(t)
			b := s.Browser()
			b.Visit(func(v *shop.Visitor) { v.SetUserID(7); v.SetUsername("john_doe") })
			b.Serve(func(v *shop.Visitor, w http.ResponseWriter, r *http.Request) {
				w.WriteHeader(http.StatusOK)
				v.AddVisits(1)
				meanwhile(func() { b.Clone().Visit(end) })
				for range 2 { // and says so again
					if err := v.Reload(r.Context()); !errors.Is(err, runtime.ErrEnded) {
						t.Errorf("Reload: %v", err)
					}
				}
				testsite.Equal(t, v.HasUserID(), false, "somebody is signed in")
				testsite.Equal(t, v.Username(), "", "the name of nobody")
			})
			testsite.Equal(t, s.Count(runtime.EventDropped), 1, "events that the visit was dropped")
		})
	}
}

func TestReloadAfterARenewalGoesOn(t *testing.T) {
	s := testsite.New(t)
	b := s.Browser()
	b.Visit(func(v *shop.Visitor) { v.SetUserID(7) })
	other := b.Clone()
	response := b.Serve(func(v *shop.Visitor, _ http.ResponseWriter, r *http.Request) {
		meanwhile(func() { other.Visit(func(v *shop.Visitor) { v.Renew(); v.SetUsername("john_doe") }) })
		testsite.Equal(t, v.Reload(r.Context()), nil, "Reload")
		testsite.Equal(t, v.Username(), "john_doe", "name")
		v.AddVisits(1)
		v.Remember(true)
	})
	testsite.Equal(t, len(response.Header["Set-Cookie"]), 0, "cookies with a secret that the browser has a newer one of")
	testsite.Equal(t, testsite.See(other, (*shop.Visitor).Visits), 1, "visits, with the newer secret")
}

func TestReloadThatFailsLosesNothing(t *testing.T) {
	s := testsite.New(t)
	b := s.Browser()
	b.Visit(func(v *shop.Visitor) { v.SetUserID(7); v.SetVisits(1) })
	down := errors.New("down")
	b.Serve(func(v *shop.Visitor, _ http.ResponseWriter, r *http.Request) {
		v.AddVisits(10)
		s.Store.Stand(func(string) error { return down }, nil)
		err := v.Reload(r.Context())
		s.Store.Stand(nil, nil)
		if !errors.Is(err, down) || errors.Is(err, runtime.ErrEnded) {
			t.Errorf("Reload: %v", err)
		}
		testsite.Equal(t, v.UserID(), 7, "user")
		testsite.Equal(t, v.Visits(), 11, "visits")
		testsite.Equal(t, v.Reload(r.Context()), nil, "Reload, now that the store is up")
		testsite.Equal(t, v.Visits(), 11, "visits after that")
	})
	testsite.Equal(t, testsite.See(b, (*shop.Visitor).Visits), 11, "visits in the end")
}

func TestReloadWithoutASession(t *testing.T) {
	s := testsite.New(t)
	b := s.Browser()
	var late *shop.Visitor
	b.Serve(func(v *shop.Visitor, _ http.ResponseWriter, r *http.Request) {
		v.SetVisits(3)
		s.Store.Took()
		testsite.Equal(t, v.Reload(r.Context()), nil, "Reload")
		testsite.Equal(t, s.Store.Took(), "", "calls of the store")
		testsite.Equal(t, v.Visits(), 3, "visits")
		late = v
	})
	if err := late.Reload(t.Context()); !errors.Is(err, runtime.ErrTooLate) {
		t.Errorf("Reload after the handler has returned: %v", err)
	}
}
