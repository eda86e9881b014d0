package engine_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
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
	if _, err := shop.NewVisitorManager(store, runtime.WithKeys(testsite.Keys), runtime.WithSessionLimit(1, 7)); err == nil || !strings.Contains(err.Error(), "unknown policy") {
		t.Errorf("a policy that there is not: %v", err)
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

// An account that had ten thousand sessions before there was a limit can sign in. The sign-in ends
// as many as it has time for, and later ones the rest.
func TestANewLimitRefusesNoAccountWithManySessions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := testsite.New(t)
		for range 10_000 {
			s.Browser().Visit(func(v *shop.Visitor) { v.SetUserID(7) })
		}
		s.Clock.Advance(time.Minute)
		s.Visitors = s.NewManager(runtime.WithSessionLimit(3))
		s.Store.Stand(func(call string) error {
			time.Sleep(time.Millisecond)
			return nil
		}, nil)
		left := func() int {
			list, err := s.Visitors.ListByUserID(t.Context(), 7)
			if err != nil {
				t.Fatal(err)
			}
			return len(list)
		}
		before := left()
		for sign := 1; ; sign++ {
			b := s.Browser()
			start := time.Now()
			response := b.Visit(func(v *shop.Visitor) { v.SetUserID(7) })
			testsite.Equal(t, response.StatusCode, 200, fmt.Sprint("status of sign-in ", sign))
			testsite.Equal(t, testsite.See(b, (*shop.Visitor).UserID), 7, fmt.Sprint("user after sign-in ", sign))
			if took := time.Since(start); took > 3*time.Second {
				t.Errorf("sign-in %d took %v", sign, took)
			}
			now := left()
			if now >= before {
				t.Fatalf("after sign-in %d there are %d sessions, as before", sign, now)
			}
			if before = now; now == 3 {
				break
			}
			s.Clock.Advance(time.Minute)
		}
	})
}

func TestRefuseSignInRefusesOneTooMany(t *testing.T) {
	s := testsite.New(t, runtime.WithSessionLimit(2, runtime.RefuseSignIn))
	login := func(v *shop.Visitor) { v.SetUserID(7) }
	phone, tablet, laptop := s.Browser(), s.Browser(), s.Browser()
	phone.Visit(login)
	tablet.Visit(login)
	laptop.Visit(func(v *shop.Visitor) { v.SetVisits(5) })
	s.Clock.Advance(time.Minute)
	response := laptop.Visit(login)
	testsite.Equal(t, response.StatusCode, 403, "status of the third sign-in")
	testsite.Equal(t, testsite.See(laptop, (*shop.Visitor).HasUserID), false, "the third one is signed in")
	testsite.Equal(t, testsite.See(laptop, (*shop.Visitor).Visits), 5, "what the visitor had before")
	testsite.Equal(t, s.Count(runtime.EventSignInRefused), 1, "events")
	testsite.Equal(t, s.Browser().Visit(login).StatusCode, 403, "status in a browser without a session")
	for name, b := range map[string]*testsite.Browser{"phone": phone, "tablet": tablet} {
		testsite.Equal(t, testsite.See(b, (*shop.Visitor).UserID), 7, name)
		testsite.Equal(t, b.Visit(login).StatusCode, 200, name+": signing in once more takes no place")
	}
	testsite.Equal(t, laptop.Visit(func(v *shop.Visitor) { v.SetUserID(8) }).StatusCode, 200, "another account")
	testsite.Equal(t, laptop.Visit(login).StatusCode, 403, "a change to the full account")
	testsite.Equal(t, testsite.See(laptop, (*shop.Visitor).UserID), 8, "who was signed in before")
	phone.Visit((*shop.Visitor).Destroy)
	testsite.Equal(t, laptop.Visit(login).StatusCode, 200, "when a place is free")
	testsite.Equal(t, testsite.See(laptop, (*shop.Visitor).UserID), 7, "user then")
}

// The handler can ask, and answer in its own words. The error handler can, too.
func TestARefusedSignInIsTold(t *testing.T) {
	var told error
	s := testsite.New(t, runtime.WithSessionLimit(1, runtime.RefuseSignIn), runtime.WithErrorHandler(
		func(w testsite.ResponseWriter, _ *testsite.Request, err error) { told = err }))
	login := func(v *shop.Visitor) { v.SetUserID(7) }
	s.Browser().Visit(login)
	b := s.Browser()
	response := b.Serve(func(v *shop.Visitor, w testsite.ResponseWriter, r *testsite.Request) {
		v.SetUserID(7)
		if err := v.Commit(r.Context()); !errors.Is(err, runtime.ErrSessionLimit) {
			t.Errorf("Commit: got %v, want %v", err, runtime.ErrSessionLimit)
		}
		testsite.Equal(t, v.HasUserID(), false, "signed in after the refusal")
		v.SetVisits(3)
		w.WriteHeader(409)
	})
	testsite.Equal(t, response.StatusCode, 409, "the handler's own status")
	testsite.Equal(t, testsite.See(b, (*shop.Visitor).Visits), 3, "what the handler has set afterwards")
	testsite.Equal(t, told, nil, "error handler after the handler's own answer")
	testsite.Equal(t, s.Browser().Visit(login).StatusCode, 403, "status if the error handler sets none")
	if !errors.Is(told, runtime.ErrSessionLimit) || !strings.Contains(told.Error(), "sign-in refused") {
		t.Errorf("error handler: got %v, want %v", told, runtime.ErrSessionLimit)
	}
}

// Of many sign-ins at once exactly as many succeed as there are places.
func TestRefusedSignInsAtOnceNeverExceedTheLimit(t *testing.T) {
	s := testsite.New(t, runtime.WithSessionLimit(2, runtime.RefuseSignIn))
	for round := range testsite.Scale(20, 300) {
		user := int64(round + 1)
		var browsers []*testsite.Browser
		for range 6 {
			b := s.Browser()
			if len(browsers)%2 == 0 {
				b.Visit(func(v *shop.Visitor) { v.SetVisits(1) })
			}
			browsers = append(browsers, b)
		}
		var all sync.WaitGroup
		var accepted atomic.Int32
		for _, b := range browsers {
			all.Go(func() {
				if b.Visit(func(v *shop.Visitor) { v.SetUserID(user) }).StatusCode == 200 {
					accepted.Add(1)
				}
			})
		}
		all.Wait()
		signedIn := 0
		for _, b := range browsers {
			if testsite.See(b, (*shop.Visitor).UserID) == user {
				signedIn++
			}
		}
		if list, err := s.Visitors.ListByUserID(t.Context(), user); err != nil || len(list) != signedIn || signedIn != int(accepted.Load()) || signedIn > 2 || signedIn < 1 {
			t.Fatalf("round %d: %d of 6 sign-ins accepted, %d signed in, %d listed, %v; want 2 at most, and one at least", round, accepted.Load(), signedIn, len(list), err)
		}
	}
}

// A sign-in that loses the last place only after it was written leaves nothing that can be used,
// even if it cannot be deleted.
func TestASignInThatLosesTheLastPlaceSendsNoToken(t *testing.T) {
	for _, down := range []bool{false, true} {
		s := testsite.New(t, runtime.WithSessionLimit(1, runtime.RefuseSignIn))
		b, first := s.Browser(), s.Browser()
		s.Store.Stand(func(call string) error {
			if call == "create" {
				s.Store.Stand(nil, nil)
				first.Visit(func(v *shop.Visitor) { v.SetUserID(7) })
				s.Clock.Advance(time.Second)
				if down {
					s.Store.Stand(testsite.Down("delete"), nil)
				}
			}
			return nil
		}, nil)
		status := 403
		if down {
			status = 503
		}
		testsite.Equal(t, b.Visit(func(v *shop.Visitor) { v.SetUserID(7) }).StatusCode, status, "status")
		s.Store.Stand(nil, nil)
		testsite.Equal(t, b.Cookies[testsite.SessionCookie], "", "session cookie")
		testsite.Equal(t, testsite.See(first, (*shop.Visitor).UserID), 7, "who came first")
	}
}

// Two live cookies, which a visitor can have at will, are no way around the limit. To replace a
// session of the same account takes no place.
func TestASignInWithSeveralSessionCookiesIsRefusedToo(t *testing.T) {
	s := testsite.New(t, runtime.WithSessionLimit(1, runtime.RefuseSignIn))
	login := func(v *shop.Visitor) { v.SetUserID(7) }
	first := s.Browser()
	first.Visit(login)
	var guests []string
	for i := range 2 {
		b := s.Browser()
		b.Visit(func(v *shop.Visitor) { v.SetVisits(i + 1) })
		guests = append(guests, b.Cookies[testsite.SessionCookie])
	}
	testsite.Equal(t, carrying(s, guests...).Visit(login).StatusCode, 403, "status of a sign-in with two cookies of guests")
	list, err := s.Visitors.ListByUserID(t.Context(), 7)
	testsite.Equal(t, err, nil, "error")
	testsite.Equal(t, len(list), 1, "sessions of the account")
	for i, value := range guests {
		testsite.Equal(t, testsite.See(carrying(s, value), (*shop.Visitor).Visits), i+1, fmt.Sprint("visits of guest ", i, ", whose session the refused sign-in leaves alone"))
	}
	testsite.Equal(t, testsite.See(first, (*shop.Visitor).UserID), 7, "who came first")

	both := carrying(s, first.Cookies[testsite.SessionCookie], guests[0])
	response := both.Visit(login)
	testsite.Equal(t, response.StatusCode, 200, "status of a sign-in that replaces the account's session")
	fresh := s.Browser()
	fresh.Keep(response)
	testsite.Equal(t, testsite.See(fresh, (*shop.Visitor).UserID), 7, "user afterwards")
	testsite.Equal(t, testsite.See(first, (*shop.Visitor).UserID), 0, "user of the cookie before")
}

// unlisted is a store whose List fails once a session was written.
type unlisted struct {
	*testsite.Watched
	written atomic.Bool
}

func (u *unlisted) Create(ctx context.Context, id runtime.ID, rec runtime.Record, ttl runtime.TTL) error {
	defer u.written.Store(true)
	return u.Watched.Create(ctx, id, rec, ttl)
}

func (u *unlisted) List(ctx context.Context, term runtime.Term, after runtime.ID, most int) ([]runtime.ID, []runtime.Record, error) {
	if u.written.Load() {
		return nil, nil, testsite.ErrDown
	}
	return u.Watched.List(ctx, term, after, most)
}

// An error page signs no visitor in: if the store cannot say whether there was a place, the browser
// gets no token, and no session stays.
func TestASignInWhosePlaceIsUncertainSendsNoToken(t *testing.T) {
	for name, handle := range map[string]func(v *shop.Visitor){
		"list":   func(v *shop.Visitor) { v.SetUserID(7) },
		"revoke": func(v *shop.Visitor) { v.SetUserID(7); v.RevokeOthers() },
	} {
		s := testsite.New(t)
		var store runtime.Store = &unlisted{Watched: s.Store}
		if name == "revoke" {
			store = s.Store
			s.Store.Stand(testsite.Down("revoke"), nil)
		}
		visitors, err := shop.NewVisitorManager(store, runtime.WithKeys(testsite.Keys), runtime.WithClock(s.Clock.Now),
			runtime.WithEvents(s.Record), runtime.WithSessionLimit(1, runtime.RefuseSignIn))
		testsite.Equal(t, err, nil, "error")
		b := s.Browser()
		b.Manager = visitors
		testsite.Equal(t, b.Visit(handle).StatusCode, 503, name+" fails: status")
		testsite.Equal(t, b.Cookies[testsite.SessionCookie], "", name+" fails: session cookie")
		list, err := s.Visitors.ListByUserID(t.Context(), 7)
		testsite.Equal(t, err, nil, "error")
		testsite.Equal(t, len(list), 0, name+" fails: sessions of the account")
	}
}

// A page that offers to end the other sessions of a full account signs in.
func TestASignInThatEndsTheOthersIsNotRefused(t *testing.T) {
	s := testsite.New(t, runtime.WithSessionLimit(2, runtime.RefuseSignIn))
	login := func(v *shop.Visitor) { v.SetUserID(7) }
	phone, tablet, laptop := s.Browser(), s.Browser(), s.Browser()
	phone.Visit(login)
	tablet.Visit(login)
	testsite.Equal(t, laptop.Visit(login).StatusCode, 403, "status without RevokeOthers")
	s.Store.Took()
	response := laptop.Visit(func(v *shop.Visitor) { v.SetUserID(7); v.RevokeOthers() })
	testsite.Equal(t, s.Store.Took(), "create revoke", "store calls")
	testsite.Equal(t, response.StatusCode, 200, "status with RevokeOthers")
	testsite.Equal(t, testsite.See(laptop, (*shop.Visitor).UserID), 7, "who ended the others")
	for name, b := range map[string]*testsite.Browser{"phone": phone, "tablet": tablet} {
		testsite.Equal(t, testsite.See(b, (*shop.Visitor).UserID), 0, name)
	}
}

// Destroy is final, whatever comes after it.
func TestARefusedSignInAfterDestroyLeavesTheSessionEnded(t *testing.T) {
	s := testsite.New(t, runtime.WithSessionLimit(1, runtime.RefuseSignIn))
	s.Browser().Visit(func(v *shop.Visitor) { v.SetUserID(7) })
	b := s.Browser()
	b.Visit(func(v *shop.Visitor) { v.SetUserID(8) })
	response := b.Visit(func(v *shop.Visitor) { v.Destroy(); v.SetUserID(7) })
	testsite.Equal(t, response.StatusCode, 403, "status")
	testsite.Equal(t, testsite.See(b, (*shop.Visitor).UserID), 0, "user afterwards")
}

// Sign-ins that end the others leave no more sessions than the limit allows, whatever other
// sign-ins come at once.
func TestSignInsThatEndTheOthersAtOnceNeverExceedTheLimit(t *testing.T) {
	s := testsite.New(t, runtime.WithSessionLimit(1, runtime.RefuseSignIn))
	for round := range testsite.Scale(20, 300) {
		user := int64(round + 1)
		browsers := []*testsite.Browser{s.Browser(), s.Browser(), s.Browser(), s.Browser()}
		var all sync.WaitGroup
		for i, b := range browsers {
			all.Go(func() {
				b.Visit(func(v *shop.Visitor) {
					v.SetUserID(user)
					if i%2 == 0 {
						v.RevokeOthers()
					}
				})
			})
		}
		all.Wait()
		signedIn := 0
		for _, b := range browsers {
			if testsite.See(b, (*shop.Visitor).UserID) == user {
				signedIn++
			}
		}
		if list, err := s.Visitors.ListByUserID(t.Context(), user); err != nil || len(list) != signedIn || signedIn > 1 {
			t.Fatalf("round %d: %d signed in, %d listed, %v; want 1 at most", round, signedIn, len(list), err)
		}
	}
}
