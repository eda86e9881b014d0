package sessiontest_test

import (
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/internal/shop"
	"github.com/sessiongen/sessiongen/runtime/sessiontest"
	"github.com/sessiongen/sessiongen/runtime/storetest"
)

func TestTheStoreIsOne(t *testing.T) {
	storetest.Run(t, storetest.Options{
		OwnClock: true,
		Bubble:   true,
		Open:     func(t *testing.T, _ *storetest.Clock) runtime.Store { return sessiontest.NewStore(t, nil) },
	})
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
