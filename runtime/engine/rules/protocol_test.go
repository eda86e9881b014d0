package rules

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/internal/shop"
	"github.com/sessiongen/sessiongen/runtime/internal/testsite"
)

// Commits of one session in one process wait for each other, and each builds on
// the one before: the store sees no conflict.
func TestCommitsInOneProcessQueue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := testsite.New(t)
		b := s.Browser()
		b.Visit(func(v *shop.Visitor) { v.SetUserID(7) })
		s.Store.Took()
		proceed := make(chan struct{})
		s.Store.Stand(func(call string) error {
			if call == "update" {
				<-proceed
			}
			return nil
		}, nil)
		var group, loaded sync.WaitGroup
		loaded.Add(2)
		for range 2 {
			one := b.Clone()
			group.Go(func() {
				one.Visit(func(v *shop.Visitor) {
					loaded.Done()
					loaded.Wait()
					v.AddVisits(1)
				})
			})
		}
		synctest.Wait()
		testsite.Equal(t, s.Store.Took(), "load load update", "store calls while the first update is under way")
		close(proceed)
		group.Wait()
		testsite.Equal(t, s.Store.Took(), "load update", "store calls of the second")
		testsite.Equal(t, s.Count(runtime.EventConflict), 0, "conflicts")
		testsite.Equal(t, testsite.See(b, (*shop.Visitor).Visits), 2, "visits")
	})
}

// Two goroutines of one request commit at once: the second waits for the first,
// and then has nothing left to do.
func TestCommitsOfOneRequestWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := testsite.New(t)
		b := s.Browser()
		b.Visit(func(v *shop.Visitor) { v.SetUserID(7) })
		s.Store.Took()
		proceed := make(chan struct{})
		s.Store.Stand(func(call string) error {
			if call == "update" {
				<-proceed
			}
			return nil
		}, nil)
		b.Visit(func(v *shop.Visitor) {
			v.AddVisits(1)
			done := make(chan error, 2)
			for range 2 {
				go func() { done <- v.Commit(t.Context()) }()
			}
			synctest.Wait()
			testsite.Equal(t, len(done), 0, "commits that ended before the update")
			close(proceed)
			testsite.Equal(t, errors.Join(<-done, <-done), nil, "error")
		})
		testsite.Equal(t, s.Store.Took(), "load update", "store calls")
	})
}

func TestRepetitionsAreFew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := testsite.New(t)
		s.Store.Stand(testsite.Down("create"), nil)
		s.Browser().Visit(func(v *shop.Visitor) { v.SetVisits(1) })
		testsite.Equal(t, s.Store.Took(), "create create create create create", "store calls")
	})
}

// Only an unclear answer is a reason to make the same call again.
func TestClearAnswersAreNotAskedForAgain(t *testing.T) {
	for _, c := range []struct {
		answer error
		calls  string
	}{
		{runtime.ErrGone, "load update"},
		{runtime.ErrNotFound, "load update"},
		{runtime.ErrConflict, "load update load update"},
	} {
		s := testsite.New(t)
		b := s.Browser()
		b.Visit(func(v *shop.Visitor) { v.SetUserID(7) })
		s.Store.Took()
		s.Store.Stand(testsite.Once("update", c.answer), nil)
		testsite.Equal(t, b.Visit(func(v *shop.Visitor) { v.AddVisits(1) }).StatusCode, 200, "status")
		testsite.Equal(t, s.Store.Took(), c.calls, "store calls after: "+c.answer.Error())
	}
}

func TestCommitFromSeveralGoroutines(t *testing.T) {
	s := testsite.New(t)
	b := s.Browser()
	b.Visit(func(v *shop.Visitor) { v.SetUserID(7) })
	for range 50 {
		b.Serve(func(v *shop.Visitor, w http.ResponseWriter, r *http.Request) {
			var group sync.WaitGroup
			for range 4 {
				group.Go(func() {
					v.AddVisits(1)
					_ = v.Commit(r.Context())
				})
			}
			w.Write([]byte("x"))
			group.Wait()
		})
	}
}

func TestCommitsOfSeveralGoroutinesShareTheHeader(t *testing.T) {
	s := testsite.New(t)
	for range 200 {
		s.Browser().Visit(func(v *shop.Visitor) {
			var group sync.WaitGroup
			for range 4 {
				group.Go(func() {
					v.SetTheme("dark")
					_ = v.Commit(t.Context())
				})
			}
			group.Wait()
		})
	}
}

func TestConflictEventCountsTries(t *testing.T) {
	s := testsite.New(t)
	b := s.Browser()
	b.Visit(func(v *shop.Visitor) { v.SetVisits(1) })
	process := b.Clone()
	process.Manager = s.NewManager() // whose commits this one's process does not see
	b.Visit(func(v *shop.Visitor) {
		process.Visit(func(v *shop.Visitor) { v.AddVisits(1) })
		v.AddVisits(1)
	})
	testsite.Equal(t, testsite.See(b, (*shop.Visitor).Visits), 3, "visits")
	s.Mu.Lock()
	defer s.Mu.Unlock()
	for _, e := range s.Events {
		if e.Kind == runtime.EventConflict {
			testsite.Equal(t, e.Tries, 2, "tries")
			return
		}
	}
	t.Error("no conflict event")
}

func TestMethodsFromSeveralGoroutines(t *testing.T) {
	s := testsite.New(t)
	b := s.Browser()
	b.Visit(func(v *shop.Visitor) { v.SetUserID(7) })
	b.Serve(func(v *shop.Visitor, w http.ResponseWriter, r *http.Request) {
		var group sync.WaitGroup
		for i := range 32 {
			group.Go(func() {
				v.AddVisits(1)
				v.UpdateUsername(func(name string) string { return name + "x" })
				v.AppendCart(shop.Item{Count: i})
				v.PutPrefs(fmt.Sprint(i), i)
				_ = fmt.Sprint(v.Username(), v.HasTheme(), v.Theme(), v.Info())
				if i%8 == 0 {
					_ = v.Commit(r.Context())
				}
			})
		}
		group.Wait()
	})
	got := testsite.See(b, func(v *shop.Visitor) string {
		return fmt.Sprint(v.Visits(), len(v.Username()), len(v.Cart()), len(v.Prefs()))
	})
	testsite.Equal(t, got, "32 32 32 32", "what 32 goroutines did")
}

func TestPrintingWhileAnotherGoroutinePuts(t *testing.T) {
	s := testsite.New(t)
	s.Browser().Visit(func(v *shop.Visitor) {
		v.PutPrefs("a", 1)
		var group sync.WaitGroup
		group.Go(func() {
			for i := range 2000 {
				v.PutPrefs(fmt.Sprint(i), i)
			}
		})
		group.Go(func() {
			for range 200 {
				_ = fmt.Sprint(v)
				_, _ = json.Marshal(v)
			}
		})
		group.Wait()
	})
}

// A request that was sent before somebody signed in and gave a second factor comes after
// both: it leaves the browser its new cookie, and may end the session.
func TestR15_ASecretThatWasReplacedTwiceAMomentAgoIsStillKnown(t *testing.T) {
	for name, renewals := range map[string][]func(v *shop.Visitor){
		"two":  {func(v *shop.Visitor) { v.SetUserID(7) }, func(v *shop.Visitor) { v.SetRole("admin") }},
		"four": {func(v *shop.Visitor) { v.SetUserID(7) }, (*shop.Visitor).Renew, (*shop.Visitor).Renew, (*shop.Visitor).Renew},
	} {
		s := testsite.New(t)
		b := s.Browser()
		b.Visit(func(v *shop.Visitor) { v.SetVisits(1) })
		old := b.Clone()
		for _, renew := range renewals {
			b.Visit(renew)
			s.Clock.Advance(30 * time.Second)
		}
		late := old.Clone()
		testsite.Equal(t, len(late.Visit(func(v *shop.Visitor) { v.AddVisits(1) }).Header["Set-Cookie"]), 0, name+": cookies of a change")
		testsite.Equal(t, s.Count(runtime.EventStale), 1, name+": stale events")
		testsite.Equal(t, testsite.See(b, (*shop.Visitor).UserID), 7, name+": user")
		s.Clock.Advance(time.Minute)
		b.Visit(func(v *shop.Visitor) { v.Renew() })
		testsite.Equal(t, testsite.See(old, func(v *shop.Visitor) bool { return v.Info().New }), true, name+": new long after")
		testsite.Equal(t, s.Count(runtime.EventStale), 1, name+": stale events long after")
		again := b.Clone()
		b.Visit(func(v *shop.Visitor) { v.Renew() })
		b.Visit(func(v *shop.Visitor) { v.Renew() })
		again.Visit(func(v *shop.Visitor) { v.Destroy() })
		testsite.Equal(t, testsite.See(b, (*shop.Visitor).UserID), 0, name+": user after Destroy")
	}
}
