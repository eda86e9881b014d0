package engine_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/internal/shop"
	"github.com/sessiongen/sessiongen/runtime/internal/testsite"
	"github.com/sessiongen/sessiongen/runtime/memstore"
)

func TestTheOldestSignInOfTooManyEnds(t *testing.T) {
	s := testsite.New(t, runtime.WithSessionLimit(3))
	var browsers []*testsite.Browser
	for i := range 5 {
		b := s.Browser()
		b.Visit(func(v *shop.Visitor) { v.SetUserID(7); v.SetVisits(i) })
		s.Clock.Advance(time.Minute)
		browsers = append(browsers, b)
	}
	stranger := s.Browser()
	stranger.Visit(func(v *shop.Visitor) { v.SetUserID(8) })
	for i, b := range browsers {
		testsite.Equal(t, testsite.See(b, (*shop.Visitor).HasUserID), i >= 2, fmt.Sprint("browser ", i, " is signed in"))
	}
	testsite.Equal(t, s.Count(runtime.EventRevoked), 2, "events")
	// To sign in again where one is signed in takes no place.
	browsers[2].Visit(func(v *shop.Visitor) { v.SetUserID(7) })
	for i, b := range browsers[2:] {
		testsite.Equal(t, testsite.See(b, (*shop.Visitor).HasUserID), true, fmt.Sprint("browser ", i+2, " is still signed in"))
	}
	// That was a sign-in: the next one ends another's.
	s.Clock.Advance(time.Minute)
	s.Browser().Visit(func(v *shop.Visitor) { v.SetUserID(7) })
	testsite.Equal(t, testsite.See(browsers[2], (*shop.Visitor).HasUserID), true, "the one that signed in again")
	testsite.Equal(t, testsite.See(browsers[3], (*shop.Visitor).HasUserID), false, "the one that is the oldest now")
	testsite.Equal(t, testsite.See(stranger, (*shop.Visitor).UserID), 8, "somebody else")
}

// Of several sign-ins at once, the last one stays: none ends what another keeps.
func TestSignInsAtOnceLeaveTheLastOne(t *testing.T) {
	s := testsite.New(t, runtime.WithSessionLimit(1))
	for range 50 {
		browsers := []*testsite.Browser{s.Browser(), s.Browser(), s.Browser()}
		var all sync.WaitGroup
		for _, b := range browsers {
			all.Go(func() { b.Visit(func(v *shop.Visitor) { v.SetUserID(7) }) })
		}
		all.Wait()
		left := 0
		for _, b := range browsers {
			if testsite.See(b, (*shop.Visitor).HasUserID) {
				left++
			}
		}
		if left < 1 {
			t.Fatal("of three sign-ins at once none is left")
		}
		s.Clock.Advance(time.Minute)
		last := s.Browser()
		last.Visit(func(v *shop.Visitor) { v.SetUserID(7) })
		for i, b := range browsers {
			testsite.Equal(t, testsite.See(b, (*shop.Visitor).HasUserID), false, fmt.Sprint("browser ", i, " after one more sign-in"))
		}
		testsite.Equal(t, testsite.See(last, (*shop.Visitor).HasUserID), true, "the last one")
		s.Clock.Advance(time.Minute)
	}
}

func TestR9_WhoSignsInWhereTheClockIsBehindStays(t *testing.T) {
	s := testsite.New(t, runtime.WithSessionLimit(2))
	for _, skew := range []time.Duration{2 * time.Second, 5 * time.Minute} {
		behind := func() time.Time { return s.Clock.Now().Add(-skew) }
		phone, tablet, laptop := s.Browser(), s.Browser(), s.Browser()
		laptop.Manager = s.NewManager(runtime.WithSessionLimit(2), runtime.WithClock(behind))
		for _, b := range []*testsite.Browser{phone, tablet, laptop} {
			response := b.Visit(func(v *shop.Visitor) { v.SetUserID(7) })
			testsite.Equal(t, response.StatusCode, 200, "status")
			s.Clock.Advance(100 * time.Millisecond)
		}
		testsite.Equal(t, testsite.See(laptop, (*shop.Visitor).UserID), 7, fmt.Sprint(skew, ": the last one that signed in"))
		testsite.Equal(t, testsite.See(tablet, (*shop.Visitor).UserID), 7, fmt.Sprint(skew, ": the one before"))
		testsite.Equal(t, testsite.See(phone, (*shop.Visitor).UserID), 0, fmt.Sprint(skew, ": the first one"))
		s.Clock.Advance(time.Hour)
	}
}

func TestR15_ADoubleClickedLoginUnderALimitSignsIn(t *testing.T) {
	s := testsite.New(t, runtime.WithSessionLimit(1))
	login := func(v *shop.Visitor) { v.SetUserID(7) }
	for range 20 { // which of the two is ended is left to chance
		b := s.Browser()
		b.Visit(func(v *shop.Visitor) { v.SetVisits(1) })
		b.Visit(func(v *shop.Visitor) {
			first := b.Clone()
			first.Visit(login)
			b.Cookies = first.Cookies // its response comes first
			login(v)
		})
		testsite.Equal(t, testsite.See(b, (*shop.Visitor).UserID), 7, "user")
		s.Clock.Advance(time.Minute)
	}
}

// The first one's commit comes to an end between what the second one writes and what it
// looks up.
func TestR15_TheLoginThatAnotherOneHasEndedDoesNotTakeItsCookie(t *testing.T) {
	s := testsite.New(t, runtime.WithSessionLimit(1))
	b := s.Browser()
	b.Manager = s.NewManager(runtime.WithSessionLimit(1))
	login := func(v *shop.Visitor) { v.SetUserID(7) }
	s.Store.Stand(nil, func(call string) error {
		if call == "create" {
			s.Store.Stand(nil, nil)
			s.Clock.Advance(time.Second)
			first := s.Browser()
			first.Visit(login)
			b.Cookies = first.Cookies
		}
		return nil
	})
	b.Visit(login)
	testsite.Equal(t, testsite.See(b, (*shop.Visitor).UserID), 7, "user")
}

func TestLimitsThatCannotBeKept(t *testing.T) {
	store := memstore.New()
	t.Cleanup(func() { store.Close() })
	if _, err := shop.NewVisitorManager(store, runtime.WithKeys(testsite.Keys), runtime.WithSessionLimit(-1)); err == nil || !strings.Contains(err.Error(), "above zero") {
		t.Errorf("a limit below zero: %v", err)
	}
}

// A sign-in whose limit cannot be kept says so, and the browser has its cookie all the same.
func TestALimitThatTheStoreCannotKeepIsAnError(t *testing.T) {
	s := testsite.New(t, runtime.WithSessionLimit(1))
	s.Browser().Visit(func(v *shop.Visitor) { v.SetUserID(7) })
	s.Clock.Advance(time.Minute)
	s.Store.Stand(func(call string) error {
		if call == "delete" {
			return fmt.Errorf("down")
		}
		return nil
	}, nil)
	b := s.Browser()
	response := b.Visit(func(v *shop.Visitor) { v.SetUserID(7) })
	testsite.Equal(t, response.StatusCode, 503, "status")
	s.Store.Stand(nil, nil)
	testsite.Equal(t, testsite.See(b, (*shop.Visitor).UserID), 7, "user")
}
