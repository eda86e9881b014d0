package engine_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/internal/shop"
	"github.com/sessiongen/sessiongen/runtime/internal/testsite"
)

func TestLateChangesThatNeedACookie(t *testing.T) {
	for name, change := range map[string]func(v *shop.Visitor){
		"sign in":        func(v *shop.Visitor) { v.SetUserID(8) },
		"renew":          func(v *shop.Visitor) { v.Renew() },
		"role":           func(v *shop.Visitor) { v.SetRole("admin") },
		"remember":       func(v *shop.Visitor) { v.Remember(true) },
		"cookie":         func(v *shop.Visitor) { v.SetTheme("dark") },
		"cookie cleared": func(v *shop.Visitor) { v.ClearTheme() },
	} {
		t.Run(name, func(t *testing.T) {
			s := testsite.New(t)
			b := s.Browser()
			b.Visit(func(v *shop.Visitor) { v.SetUserID(7) })
			b.Serve(func(v *shop.Visitor, w http.ResponseWriter, r *http.Request) {
				w.WriteHeader(http.StatusOK)
				change(v)
				v.AddVisits(1)
				if err := v.Commit(r.Context()); !errors.Is(err, runtime.ErrTooLate) {
					t.Errorf("Commit: %v", err)
				}
			})
			testsite.Equal(t, testsite.See(b, (*shop.Visitor).UserID), 7, "user")
			testsite.Equal(t, testsite.See(b, (*shop.Visitor).Visits), 0, "nothing late is committed")
			testsite.Equal(t, s.Count(runtime.EventTooLate), 1, "too late events")
		})
	}
	s := testsite.New(t)
	b := s.Browser()
	response := b.Serve(func(v *shop.Visitor, w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusOK)
		v.AddVisits(1)
	})
	testsite.Equal(t, len(response.Header["Set-Cookie"]), 0, "cookies of a late first change")
	testsite.Equal(t, s.Store.Took(), "", "store calls of a late first change")
	testsite.Equal(t, s.Count(runtime.EventTooLate), 1, "too late events")
}

// The renewal that is only found when changes are replayed is too late as well.
func TestLateRenewalFoundOnReplay(t *testing.T) {
	s := testsite.New(t)
	b := s.Browser()
	b.Visit(func(v *shop.Visitor) { v.SetUserID(7); v.SetRole("admin") })
	b.Serve(func(v *shop.Visitor, w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusOK)
		v.SetRole("admin") // no change, so far
		v.AddVisits(1)
		s.Rewrite(b, func(data string) string { return strings.Replace(data, "admin", "guest", 1) })
	})
	testsite.Equal(t, s.Count(runtime.EventTooLate), 1, "too late events")
	testsite.Equal(t, testsite.See(b, (*shop.Visitor).Visits), 0, "visits")
	testsite.Equal(t, testsite.See(b, (*shop.Visitor).UserID), 7, "user")
}

func TestR18_DestroyAfterFlushReachesTheStore(t *testing.T) {
	s := testsite.New(t)
	b := s.Browser()
	b.Visit(func(v *shop.Visitor) { v.SetUserID(7) })
	b.Serve(func(v *shop.Visitor, w http.ResponseWriter, _ *http.Request) {
		w.(http.Flusher).Flush()
		v.Destroy()
	})
	testsite.Equal(t, testsite.See(b, (*shop.Visitor).UserID), 0, "user")
}

// After a commit that failed nothing is committed any more, and what was not kept
// is not shown; but Destroy still reaches the store.
func TestAfterAFailedCommit(t *testing.T) {
	s := testsite.New(t)
	b := s.Browser()
	b.Visit(func(v *shop.Visitor) { v.SetUserID(7) })
	broken := errors.New("disk full")
	failing := func(call string) error {
		if call == "update" {
			return broken
		}
		return nil
	}
	response := b.Serve(func(v *shop.Visitor, w http.ResponseWriter, _ *http.Request) {
		s.Store.Stand(failing, nil)
		w.Header().Set("Cache-Control", "public, max-age=60")
		v.AddVisits(1)
		w.Write([]byte("x"))
		s.Store.Stand(nil, nil)
		testsite.Equal(t, v.Visits(), 0, "visits that were not kept")
		v.AddVisits(1)
		v.SetTheme("dark")
	})
	testsite.Equal(t, response.StatusCode, 503, "status")
	testsite.Equal(t, response.Header.Get("Cache-Control"), "no-store", "Cache-Control")
	testsite.Equal(t, s.Count(runtime.EventTooLate), 2, "too late events")
	testsite.Equal(t, testsite.See(b, (*shop.Visitor).Visits), 0, "visits")

	// Without the middleware, too, no cookie is in the header.
	s.Store.Stand(failing, nil)
	w := httptest.NewRecorder()
	v, err := s.Visitors.Load(w, b.Request("GET"))
	testsite.Equal(t, err, nil, "error")
	v.SetUserID(8)
	v.SetTheme("dark")
	testsite.Equal(t, errors.Is(v.Commit(t.Context()), broken), true, "the store's error")
	testsite.Equal(t, len(w.Header()["Set-Cookie"]), 0, "cookies")

	b.Serve(func(v *shop.Visitor, w http.ResponseWriter, _ *http.Request) {
		s.Store.Stand(failing, nil)
		v.AddVisits(1)
		w.Write([]byte("x"))
		v.Destroy()
	})
	s.Store.Stand(nil, nil)
	testsite.Equal(t, testsite.See(b, (*shop.Visitor).UserID), 0, "user after Destroy")
}

func TestChangesAfterTheHandlerReturned(t *testing.T) {
	s := testsite.New(t)
	b := s.Browser()
	var kept *shop.Visitor
	b.Visit(func(v *shop.Visitor) { v.SetUserID(7); kept = v })
	testsite.Equal(t, kept.UserID(), 7, "getters still answer")
	kept.SetVisits(1)
	kept.AppendCart(shop.Item{})
	kept.SetTheme("dark")
	kept.RevokeOthers()
	testsite.Equal(t, s.Count(runtime.EventTooLate), 4, "too late events")
	testsite.Equal(t, testsite.See(b, (*shop.Visitor).UserID), 7, "user")
}

// A store that ignores the deadline of its calls may keep a commit longer than Destroy waits. The
// session ends nevertheless, right after that commit.
func TestDestroyDuringACommitThatDoesNotFinishInTime(t *testing.T) {
	for _, at := range []string{"midway", "first byte", "return"} {
		synctest.Test(t, func(t *testing.T) {
			s := testsite.New(t)
			b := s.Browser()
			b.Visit(func(v *shop.Visitor) { v.SetUserID(7) })
			s.Store.Stand(func(call string) error {
				if call == "update" {
					time.Sleep(20 * time.Second)
				}
				return nil
			}, nil)
			destroyed := make(chan struct{})
			b.Serve(func(v *shop.Visitor, w http.ResponseWriter, r *http.Request) {
				v.AddVisits(1)
				go func() {
					defer close(destroyed)
					time.Sleep(time.Second)
					v.Destroy()
				}()
				switch at {
				case "midway":
					_ = v.Commit(r.Context())
				case "first byte":
					w.WriteHeader(http.StatusOK)
				}
			})
			<-destroyed
			s.Store.Stand(nil, nil)
			testsite.Equal(t, testsite.See(b, (*shop.Visitor).UserID), 0, at+": user")
		})
	}
}

// After the handler has returned, several goroutines may end the session; the store's failure
// to end it is not silent, and the next Destroy tries again.
func TestDestroyAfterTheHandlerReturned(t *testing.T) {
	s := testsite.New(t)
	b := s.Browser()
	b.Visit(func(v *shop.Visitor) { v.SetUserID(7) })
	var kept *shop.Visitor
	b.Visit(func(v *shop.Visitor) { kept = v })
	s.Store.Stand(testsite.Down("delete"), nil)
	kept.Destroy()
	s.Store.Stand(nil, nil)
	testsite.Equal(t, s.Count(runtime.EventStoreFailed), 1, "events of the store")
	testsite.Equal(t, testsite.See(b, (*shop.Visitor).UserID), 7, "user after a logout that failed")
	var all sync.WaitGroup
	for range 8 {
		all.Go(kept.Destroy)
	}
	all.Wait()
	testsite.Equal(t, testsite.See(b, (*shop.Visitor).UserID), 0, "user")
	testsite.Equal(t, kept.UserID(), 0, "user as the handler sees it")
}

// What was dropped is not acknowledged, whatever has ended the session.
func TestCommitAnswersErrEndedWhereChangesWereDropped(t *testing.T) {
	revoke := func(s *testsite.Site, b *testsite.Browser) { s.RevokeByID(b) }
	switchUser := func(_ *testsite.Site, b *testsite.Browser) { b.Clone().Visit(func(v *shop.Visitor) { v.SetUserID(8) }) }
	renew := func(_ *testsite.Site, b *testsite.Browser) { b.Clone().Visit(func(v *shop.Visitor) { v.Renew() }) }
	add := func(v *shop.Visitor) { v.AddVisits(1) }
	for name, c := range map[string]struct {
		before, during func(*testsite.Site, *testsite.Browser)
		change         func(*shop.Visitor)
		want           error
	}{
		"ended meanwhile":                    {nil, revoke, add, runtime.ErrEnded},
		"ended meanwhile, a flash was taken": {nil, revoke, func(v *shop.Visitor) { v.TakeNotice() }, runtime.ErrEnded},
		"ended meanwhile, cleared":           {nil, revoke, func(v *shop.Visitor) { v.ClearUsername() }, runtime.ErrEnded},
		"ended before":                       {revoke, nil, add, runtime.ErrEnded},
		"privilege moved":                    {nil, switchUser, add, runtime.ErrEnded},
		"renewed before":                     {renew, nil, add, runtime.ErrEnded},
		"renewed meanwhile, renews":          {nil, renew, func(v *shop.Visitor) { v.AddVisits(1); v.Renew() }, runtime.ErrEnded},
		"renewed meanwhile":                  {nil, renew, add, nil},
		"ended before, nothing to keep":      {revoke, nil, func(v *shop.Visitor) { v.Visits() }, nil},
		"ended before, a sign-in":            {revoke, nil, func(v *shop.Visitor) { v.SetUserID(9) }, nil},
		"ended meanwhile, a logout":          {nil, revoke, func(v *shop.Visitor) { v.Destroy() }, nil},
	} {
		t.Run(name, func(t *testing.T) {
			s := testsite.New(t)
			b := s.Browser()
			b.Visit(func(v *shop.Visitor) { v.SetUserID(7); v.SetNotice("hello"); v.SetUsername("john_doe") })
			if c.before != nil {
				c.before(s, b.Clone())
			}
			response := b.Serve(func(v *shop.Visitor, w http.ResponseWriter, r *http.Request) {
				c.change(v)
				if c.during != nil {
					c.during(s, b.Clone())
				}
				if err := v.Commit(r.Context()); !errors.Is(err, c.want) {
					t.Errorf("Commit: %v, want %v", err, c.want)
				}
				testsite.Equal(t, v.Commit(r.Context()), nil, "Commit once more, without a change")
			})
			testsite.Equal(t, response.StatusCode, http.StatusOK, "status")
		})
	}
}

// A sign-in whose session a concurrent one has ended, by the session limit, is not acknowledged.
func TestCommitAnswersErrEndedAfterTheSessionLimit(t *testing.T) {
	s := testsite.New(t)
	s.Visitors = s.NewManager(runtime.WithSessionLimit(1))
	b, other := s.Browser(), s.Browser()
	var err error
	b.Serve(func(v *shop.Visitor, _ http.ResponseWriter, r *http.Request) {
		v.SetUserID(7)
		s.Store.Stand(nil, func(call string) error {
			if call == "create" {
				s.Store.Stand(nil, nil)
				s.Clock.Advance(time.Second)
				other.Visit(func(v *shop.Visitor) { v.SetUserID(7) })
			}
			return nil
		})
		err = v.Commit(r.Context())
	})
	if !errors.Is(err, runtime.ErrEnded) {
		t.Errorf("Commit: %v", err)
	}
	testsite.Equal(t, testsite.See(other, (*shop.Visitor).UserID), 7, "user of the later sign-in")
}

// A renewal that is only found when changes are replayed after the first byte is too late, and
// Commit says so.
func TestCommitAnswersErrTooLateOfAReplay(t *testing.T) {
	s := testsite.New(t)
	b := s.Browser()
	b.Visit(func(v *shop.Visitor) { v.SetUserID(7); v.SetRole("admin") })
	b.Serve(func(v *shop.Visitor, w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusOK)
		v.SetRole("admin") // no change, so far
		v.AddVisits(1)
		s.Rewrite(b, func(data string) string { return strings.Replace(data, "admin", "guest", 1) })
		if err := v.Commit(r.Context()); !errors.Is(err, runtime.ErrTooLate) {
			t.Errorf("Commit: %v", err)
		}
	})
}

func TestCommitAfterTheHandlerReturnedIsTooLate(t *testing.T) {
	s := testsite.New(t)
	b := s.Browser()
	b.Visit(func(v *shop.Visitor) { v.SetCart([]shop.Item{{SKU: "tea", Count: 1}}) })
	var kept *shop.Visitor
	var cart []shop.Item
	b.Visit(func(v *shop.Visitor) { kept = v; cart = v.Cart() })
	cart[0].Count = 9
	s.Store.Took()
	if err := kept.Commit(t.Context()); !errors.Is(err, runtime.ErrTooLate) {
		t.Errorf("Commit: %v", err)
	}
	testsite.Equal(t, s.Store.Took(), "", "store calls")
}
