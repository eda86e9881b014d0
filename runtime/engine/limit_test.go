package engine_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/internal/shop"
	"github.com/sessiongen/sessiongen/runtime/memstore"
)

func TestTheOldestSignInOfTooManyEnds(t *testing.T) {
	s := newSite(t, runtime.WithSessionLimit(3))
	var browsers []*browser
	for i := range 5 {
		b := s.browser()
		b.visit(func(v *shop.Visitor) { v.SetUserID(7); v.SetVisits(i) })
		s.clock.advance(time.Minute)
		browsers = append(browsers, b)
	}
	stranger := s.browser()
	stranger.visit(func(v *shop.Visitor) { v.SetUserID(8) })
	for i, b := range browsers {
		equal(t, see(b, (*shop.Visitor).HasUserID), i >= 2, fmt.Sprint("browser ", i, " is signed in"))
	}
	equal(t, s.count(runtime.EventRevoked), 2, "events")
	// To sign in again where one is signed in takes no place.
	browsers[2].visit(func(v *shop.Visitor) { v.SetUserID(7) })
	for i, b := range browsers[2:] {
		equal(t, see(b, (*shop.Visitor).HasUserID), true, fmt.Sprint("browser ", i+2, " is still signed in"))
	}
	// That was a sign-in: the next one ends another's.
	s.clock.advance(time.Minute)
	s.browser().visit(func(v *shop.Visitor) { v.SetUserID(7) })
	equal(t, see(browsers[2], (*shop.Visitor).HasUserID), true, "the one that signed in again")
	equal(t, see(browsers[3], (*shop.Visitor).HasUserID), false, "the one that is the oldest now")
	equal(t, see(stranger, (*shop.Visitor).UserID), 8, "somebody else")
}

// Of several sign-ins at once, the last one stays: none ends what another keeps.
func TestSignInsAtOnceLeaveTheLastOne(t *testing.T) {
	s := newSite(t, runtime.WithSessionLimit(1))
	for range 50 {
		browsers := []*browser{s.browser(), s.browser(), s.browser()}
		var all sync.WaitGroup
		for _, b := range browsers {
			all.Go(func() { b.visit(func(v *shop.Visitor) { v.SetUserID(7) }) })
		}
		all.Wait()
		left := 0
		for _, b := range browsers {
			if see(b, (*shop.Visitor).HasUserID) {
				left++
			}
		}
		if left < 1 {
			t.Fatal("of three sign-ins at once none is left")
		}
		s.clock.advance(time.Minute)
		last := s.browser()
		last.visit(func(v *shop.Visitor) { v.SetUserID(7) })
		for i, b := range browsers {
			equal(t, see(b, (*shop.Visitor).HasUserID), false, fmt.Sprint("browser ", i, " after one more sign-in"))
		}
		equal(t, see(last, (*shop.Visitor).HasUserID), true, "the last one")
		s.clock.advance(time.Minute)
	}
}

func TestR9_WhoSignsInWhereTheClockIsBehindStays(t *testing.T) {
	s := newSite(t, runtime.WithSessionLimit(2))
	for _, skew := range []time.Duration{2 * time.Second, 5 * time.Minute} {
		behind := func() time.Time { return s.clock.Now().Add(-skew) }
		phone, tablet, laptop := s.browser(), s.browser(), s.browser()
		laptop.manager = s.newManager(runtime.WithSessionLimit(2), runtime.WithClock(behind))
		for _, b := range []*browser{phone, tablet, laptop} {
			response := b.visit(func(v *shop.Visitor) { v.SetUserID(7) })
			equal(t, response.StatusCode, 200, "status")
			s.clock.advance(100 * time.Millisecond)
		}
		equal(t, see(laptop, (*shop.Visitor).UserID), 7, fmt.Sprint(skew, ": the last one that signed in"))
		equal(t, see(tablet, (*shop.Visitor).UserID), 7, fmt.Sprint(skew, ": the one before"))
		equal(t, see(phone, (*shop.Visitor).UserID), 0, fmt.Sprint(skew, ": the first one"))
		s.clock.advance(time.Hour)
	}
}

func TestR15_ADoubleClickedLoginUnderALimitSignsIn(t *testing.T) {
	s := newSite(t, runtime.WithSessionLimit(1))
	login := func(v *shop.Visitor) { v.SetUserID(7) }
	for range 20 { // which of the two is ended is left to chance
		b := s.browser()
		b.visit(func(v *shop.Visitor) { v.SetVisits(1) })
		b.visit(func(v *shop.Visitor) {
			first := b.clone()
			first.visit(login)
			b.cookies = first.cookies // its response comes first
			login(v)
		})
		equal(t, see(b, (*shop.Visitor).UserID), 7, "user")
		s.clock.advance(time.Minute)
	}
}

// The first one's commit comes to an end between what the second one writes and what it
// looks up.
func TestR15_TheLoginThatAnotherOneHasEndedDoesNotTakeItsCookie(t *testing.T) {
	s := newSite(t, runtime.WithSessionLimit(1))
	b := s.browser()
	b.manager = s.newManager(runtime.WithSessionLimit(1))
	login := func(v *shop.Visitor) { v.SetUserID(7) }
	s.store.stand(nil, func(call string) error {
		if call == "create" {
			s.store.stand(nil, nil)
			s.clock.advance(time.Second)
			first := s.browser()
			first.visit(login)
			b.cookies = first.cookies
		}
		return nil
	})
	b.visit(login)
	equal(t, see(b, (*shop.Visitor).UserID), 7, "user")
}

func TestLimitsThatCannotBeKept(t *testing.T) {
	store := memstore.New()
	t.Cleanup(func() { store.Close() })
	if _, err := shop.NewVisitorManager(store, runtime.WithKeys(testKeys), runtime.WithSessionLimit(-1)); err == nil || !strings.Contains(err.Error(), "above zero") {
		t.Errorf("a limit below zero: %v", err)
	}
}

// A sign-in whose limit cannot be kept says so, and the browser has its cookie all the same.
func TestALimitThatTheStoreCannotKeepIsAnError(t *testing.T) {
	s := newSite(t, runtime.WithSessionLimit(1))
	s.browser().visit(func(v *shop.Visitor) { v.SetUserID(7) })
	s.clock.advance(time.Minute)
	s.store.stand(func(call string) error {
		if call == "delete" {
			return fmt.Errorf("down")
		}
		return nil
	}, nil)
	b := s.browser()
	response := b.visit(func(v *shop.Visitor) { v.SetUserID(7) })
	equal(t, response.StatusCode, 503, "status")
	s.store.stand(nil, nil)
	equal(t, see(b, (*shop.Visitor).UserID), 7, "user")
}
