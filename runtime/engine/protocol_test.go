package engine_test

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
)

// repeating is a store whose client may repeat calls by itself.
type repeating struct {
	runtime.Store
	runtime.Indexer
}

func (s *site) repeating() *shop.VisitorManager {
	s.t.Helper()
	visitors, err := shop.NewVisitorManager(repeating{s.store, s.store},
		runtime.WithKeys(testKeys), runtime.WithClock(s.clock.Now), runtime.WithEvents(s.record))
	if err != nil {
		s.t.Fatal(err)
	}
	return visitors
}

// once answers the next call of this name with err.
func once(name string, err error) func(string) error {
	return func(call string) error {
		if call != name {
			return nil
		}
		name = ""
		return err
	}
}

// Commits of one session in one process wait for each other, and each builds on
// the one before: the store sees no conflict.
func TestCommitsInOneProcessQueue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t)
		b := s.browser()
		b.visit(func(v *shop.Visitor) { v.SetUserID(7) })
		s.store.took()
		proceed := make(chan struct{})
		s.store.stand(func(call string) error {
			if call == "update" {
				<-proceed
			}
			return nil
		}, nil)
		var group, loaded sync.WaitGroup
		loaded.Add(2)
		for range 2 {
			one := b.clone()
			group.Go(func() {
				one.visit(func(v *shop.Visitor) {
					loaded.Done()
					loaded.Wait()
					v.AddVisits(1)
				})
			})
		}
		synctest.Wait()
		equal(t, s.store.took(), "load load update", "store calls while the first update is under way")
		close(proceed)
		group.Wait()
		equal(t, s.store.took(), "load update", "store calls of the second")
		equal(t, s.count(runtime.EventConflict), 0, "conflicts")
		equal(t, see(b, (*shop.Visitor).Visits), 2, "visits")
	})
}

// Two goroutines of one request commit at once: the second waits for the first,
// and then has nothing left to do.
func TestCommitsOfOneRequestWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t)
		b := s.browser()
		b.visit(func(v *shop.Visitor) { v.SetUserID(7) })
		s.store.took()
		proceed := make(chan struct{})
		s.store.stand(func(call string) error {
			if call == "update" {
				<-proceed
			}
			return nil
		}, nil)
		b.visit(func(v *shop.Visitor) {
			v.AddVisits(1)
			done := make(chan error, 2)
			for range 2 {
				go func() { done <- v.Commit(t.Context()) }()
			}
			synctest.Wait()
			equal(t, len(done), 0, "commits that ended before the update")
			close(proceed)
			equal(t, errors.Join(<-done, <-done), nil, "error")
		})
		equal(t, s.store.took(), "load update", "store calls")
	})
}

func TestRepetitionsAreFew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t)
		s.store.stand(down("create"), nil)
		s.browser().visit(func(v *shop.Visitor) { v.SetVisits(1) })
		equal(t, s.store.took(), "create create create create create", "store calls")
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
		s := newSite(t)
		b := s.browser()
		b.visit(func(v *shop.Visitor) { v.SetUserID(7) })
		s.store.took()
		s.store.stand(once("update", c.answer), nil)
		equal(t, b.visit(func(v *shop.Visitor) { v.AddVisits(1) }).StatusCode, 200, "status")
		equal(t, s.store.took(), c.calls, "store calls after: "+c.answer.Error())
	}
}

func TestCommitFromSeveralGoroutines(t *testing.T) {
	s := newSite(t)
	b := s.browser()
	b.visit(func(v *shop.Visitor) { v.SetUserID(7) })
	for range 50 {
		b.serve(func(v *shop.Visitor, w http.ResponseWriter, r *http.Request) {
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
	s := newSite(t)
	for range 200 {
		s.browser().visit(func(v *shop.Visitor) {
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
	s := newSite(t)
	b := s.browser()
	b.visit(func(v *shop.Visitor) { v.SetVisits(1) })
	process := b.clone()
	process.manager = s.newManager() // whose commits this one's process does not see
	b.visit(func(v *shop.Visitor) {
		process.visit(func(v *shop.Visitor) { v.AddVisits(1) })
		v.AddVisits(1)
	})
	equal(t, see(b, (*shop.Visitor).Visits), 3, "visits")
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, e := range s.events {
		if e.Kind == runtime.EventConflict {
			equal(t, e.Tries, 2, "tries")
			return
		}
	}
	t.Error("no conflict event")
}

func TestMethodsFromSeveralGoroutines(t *testing.T) {
	s := newSite(t)
	b := s.browser()
	b.visit(func(v *shop.Visitor) { v.SetUserID(7) })
	b.serve(func(v *shop.Visitor, w http.ResponseWriter, r *http.Request) {
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
	got := see(b, func(v *shop.Visitor) string {
		return fmt.Sprint(v.Visits(), len(v.Username()), len(v.Cart()), len(v.Prefs()))
	})
	equal(t, got, "32 32 32 32", "what 32 goroutines did")
}

func TestPrintingWhileAnotherGoroutinePuts(t *testing.T) {
	s := newSite(t)
	s.browser().visit(func(v *shop.Visitor) {
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
		s := newSite(t)
		b := s.browser()
		b.visit(func(v *shop.Visitor) { v.SetVisits(1) })
		old := b.clone()
		for _, renew := range renewals {
			b.visit(renew)
			s.clock.advance(30 * time.Second)
		}
		late := old.clone()
		equal(t, len(late.visit(func(v *shop.Visitor) { v.AddVisits(1) }).Header["Set-Cookie"]), 0, name+": cookies of a change")
		equal(t, s.count(runtime.EventStale), 1, name+": stale events")
		equal(t, see(b, (*shop.Visitor).UserID), 7, name+": user")
		s.clock.advance(time.Minute)
		b.visit(func(v *shop.Visitor) { v.Renew() })
		equal(t, see(old, func(v *shop.Visitor) bool { return v.Info().New }), true, name+": new long after")
		equal(t, s.count(runtime.EventStale), 1, name+": stale events long after")
		again := b.clone()
		b.visit(func(v *shop.Visitor) { v.Renew() })
		b.visit(func(v *shop.Visitor) { v.Renew() })
		again.visit(func(v *shop.Visitor) { v.Destroy() })
		equal(t, see(b, (*shop.Visitor).UserID), 0, name+": user after Destroy")
	}
}
