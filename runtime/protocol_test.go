package runtime_test

import (
	"context"
	"crypto/sha256"
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
)

// The rules of the commit protocol that no other test would miss: each case goes
// red when its rule is taken out.

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

// A request whose record is no longer there may sign in where nobody was signed in
// when it came, and that is all it may do.
func TestRecordThatIsNoLongerThereAtCommit(t *testing.T) {
	for _, cause := range []struct {
		name string
		lose func(s *site)
	}{
		{"gone at update", func(s *site) { s.store.stand(once("update", runtime.ErrGone), nil) }},
		{"expired at update", func(s *site) { s.store.stand(once("update", runtime.ErrNotFound), nil) }},
		{"gone when loaded again", func(s *site) { s.clock.advance(2 * time.Second); s.store.stand(once("load", runtime.ErrGone), nil) }},
		{"expired when loaded again", func(s *site) { s.clock.advance(time.Hour) }},
	} {
		for _, c := range []struct {
			name    string
			user    int64 // at load
			change  func(v *shop.Visitor)
			created bool
		}{
			{"add", 7, func(v *shop.Visitor) { v.AddVisits(1) }, false},
			{"a stranger's add", 0, func(v *shop.Visitor) { v.AddVisits(1) }, false},
			{"sign in", 0, func(v *shop.Visitor) { v.SetUserID(9) }, true},
			{"sign in and out", 0, func(v *shop.Visitor) { v.SetUserID(9); v.ClearUserID(); v.AddVisits(1) }, false},
			{"sign in again", 7, func(v *shop.Visitor) { v.SetUserID(7) }, false},
			{"sign in as another", 7, func(v *shop.Visitor) { v.SetUserID(9) }, false},
		} {
			t.Run(cause.name+"/"+c.name, func(t *testing.T) {
				s := newSite(t)
				b := s.browser()
				b.visit(func(v *shop.Visitor) { v.SetUserID(c.user); v.SetUsername("before") })
				old := b.cookies[sessionCookie]
				response := b.visit(func(v *shop.Visitor) { cause.lose(s); c.change(v) })
				s.store.stand(nil, nil)
				equal(t, response.StatusCode, 200, "status")
				equal(t, len(response.Header["Set-Cookie"]) == 1, c.created, "a cookie")
				equal(t, s.count(runtime.Dropped) == 1, !c.created, "dropped")
				if c.created {
					equal(t, see(b, (*shop.Visitor).UserID), 9, "user")
					equal(t, see(b, (*shop.Visitor).HasUsername), false, "sees what was there before")
					equal(t, b.cookies[sessionCookie][:22] != old[:22], true, "another ID")
				}
			})
		}
	}
}

// A write was applied, and the answer is a conflict: the store's client has
// repeated the call by itself.
func TestConflictWithOneself(t *testing.T) {
	for _, c := range []struct {
		name    string
		change  func(v *shop.Visitor)
		foreign int
		status  int
		visits  int
		cookies int
	}{
		{"add", func(v *shop.Visitor) { v.AddVisits(1) }, 0, 200, 1, 0},
		{"add, and others since", func(v *shop.Visitor) { v.AddVisits(1) }, 7, 200, 8, 0},
		{"add, and too many others since", func(v *shop.Visitor) { v.AddVisits(1) }, 9, 503, 10, 0},
		{"renewal", func(v *shop.Visitor) { v.AddVisits(1); v.Renew() }, 0, 200, 1, 1},
		{"sign in again", func(v *shop.Visitor) { v.AddVisits(1); v.SetUserID(7) }, 0, 200, 1, 1},
		{"remember", func(v *shop.Visitor) { v.AddVisits(1); v.Remember(true) }, 0, 200, 1, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newSite(t)
			b := s.browser()
			b.visit(func(v *shop.Visitor) { v.SetUserID(7) })
			others := b.clone()
			b.manager = s.repeating()
			response := b.visit(func(v *shop.Visitor) {
				s.store.stand(nil, func(call string) error {
					if call != "update" {
						return nil
					}
					s.store.stand(nil, nil)
					for range c.foreign {
						others.visit(func(v *shop.Visitor) { v.AddVisits(1) })
					}
					return runtime.ErrConflict
				})
				c.change(v)
			})
			equal(t, response.StatusCode, c.status, "status")
			equal(t, len(response.Header["Set-Cookie"]), c.cookies, "cookies")
			equal(t, see(b, (*shop.Visitor).Visits), c.visits, "visits")
			equal(t, see(b, (*shop.Visitor).UserID), 7, "user")
		})
	}
}

// A slow handler on a busy session, with a store whose conflicts prove nothing:
// commits look at the newest record first, and so never end uncertain.
func TestSlowHandlerOnAStoreThatMayRepeat(t *testing.T) {
	s := newSite(t)
	b := s.browser()
	b.visit(func(v *shop.Visitor) { v.SetUserID(7) })
	others := b.clone()
	b.manager = s.repeating()
	response := b.visit(func(v *shop.Visitor) {
		for range 20 {
			others.visit(func(v *shop.Visitor) { v.AddVisits(1) })
		}
		s.clock.advance(2 * time.Second)
		v.AddVisits(1)
	})
	equal(t, response.StatusCode, 200, "status")
	equal(t, see(b, (*shop.Visitor).Visits), 21, "visits")
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
		equal(t, s.count(runtime.Conflict), 0, "conflicts")
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

func TestRenewalAgainstARenewalKeepsTheFirst(t *testing.T) {
	for name, second := range map[string]func(v *shop.Visitor){
		"renewal":       func(v *shop.Visitor) { v.Renew() },
		"role":          func(v *shop.Visitor) { v.SetRole("admin") },
		"sign in again": func(v *shop.Visitor) { v.SetUserID(7) },
		"sign out":      func(v *shop.Visitor) { v.ClearUserID() },
	} {
		s := newSite(t)
		b := s.browser()
		b.visit(func(v *shop.Visitor) { v.SetUserID(7) })
		first := b.clone()
		b.visit(func(v *shop.Visitor) {
			first.visit(func(v *shop.Visitor) { v.Renew() })
			second(v)
		})
		equal(t, see(first, (*shop.Visitor).UserID), 7, name+": user of the first")
		equal(t, s.count(runtime.Dropped), 1, name+": dropped")
	}
}

func TestSecretThatWasReplaced(t *testing.T) {
	for _, c := range []struct {
		name    string
		later   time.Duration
		change  func(v *shop.Visitor)
		cookies int
		stale   int
	}{
		{"a change a moment later", 59 * time.Second, func(v *shop.Visitor) { v.SetVisits(1) }, 0, 1},
		{"a change a minute later", 60 * time.Second, func(v *shop.Visitor) { v.SetVisits(1) }, 1, 0},
		{"sign in a moment later", 59 * time.Second, func(v *shop.Visitor) { v.SetUserID(9) }, 1, 1},
		{"sign in and out", 59 * time.Second, func(v *shop.Visitor) { v.SetUserID(9); v.ClearUserID(); v.SetVisits(1) }, 0, 1},
		{"Destroy a minute later", 60 * time.Second, func(v *shop.Visitor) { v.Destroy() }, 1, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newSite(t)
			b := s.browser()
			b.visit(func(v *shop.Visitor) { v.SetUserID(7) })
			old := b.clone()
			b.visit(func(v *shop.Visitor) { v.Renew() })
			s.clock.advance(c.later)
			response := old.visit(c.change)
			equal(t, len(response.Header["Set-Cookie"]), c.cookies, "cookies")
			equal(t, s.count(runtime.Stale), c.stale, "stale events")
			equal(t, see(b, (*shop.Visitor).UserID), 7, "user of the browser with the new secret")
			equal(t, see(b, (*shop.Visitor).Visits), 0, "visits of the browser with the new secret")
		})
	}
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
		equal(t, s.count(runtime.Stale), 1, name+": stale events")
		equal(t, see(b, (*shop.Visitor).UserID), 7, name+": user")
		s.clock.advance(time.Minute)
		b.visit(func(v *shop.Visitor) { v.Renew() })
		equal(t, see(old, func(v *shop.Visitor) bool { return v.Info().New }), true, name+": new long after")
		equal(t, s.count(runtime.Stale), 1, name+": stale events long after")
		again := b.clone()
		b.visit(func(v *shop.Visitor) { v.Renew() })
		b.visit(func(v *shop.Visitor) { v.Renew() })
		again.visit(func(v *shop.Visitor) { v.Destroy() })
		equal(t, see(b, (*shop.Visitor).UserID), 0, name+": user after Destroy")
	}
}

// Relative changes stay relative whatever else is done with the field.
func TestReplayOfFieldsThatWereLent(t *testing.T) {
	item := func(sku string) shop.Item { return shop.Item{SKU: sku} }
	for _, c := range []struct {
		name          string
		first, second func(v *shop.Visitor)
		want          string
	}{
		{"read and appended to", func(v *shop.Visitor) { v.AppendCart(item("b")) }, func(v *shop.Visitor) { v.Cart(); v.AppendCart(item("c")) }, "abc hello"},
		{"appended to and read", func(v *shop.Visitor) { v.AppendCart(item("b")) }, func(v *shop.Visitor) { v.AppendCart(item("c")); v.Cart() }, "abc hello"},
		{"appended to and edited", func(v *shop.Visitor) { v.AppendCart(item("b")) }, func(v *shop.Visitor) { v.AppendCart(item("c")); v.Cart()[0].SKU = "z" }, "zc hello"},
		{"a flash updated and taken", func(v *shop.Visitor) { v.SetNotice("newer") }, func(v *shop.Visitor) {
			v.UpdateNotice(func(n string) string { return n + "!" })
			v.TakeNotice()
		}, "a newer"},
		{"a flash taken and set", func(v *shop.Visitor) { v.SetNotice("newer") }, func(v *shop.Visitor) { v.TakeNotice(); v.SetNotice("own") }, "a own"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newSite(t)
			b := s.browser()
			b.visit(func(v *shop.Visitor) { v.SetCart([]shop.Item{item("a")}); v.SetNotice("hello") })
			race(b, c.first, c.second)
			equal(t, see(b, func(v *shop.Visitor) string {
				skus := ""
				for _, item := range v.Cart() {
					skus += item.SKU
				}
				return skus + " " + v.Notice()
			}), c.want, "in the end")
		})
	}
}

func TestAppendDoesNotWriteBehindTheCallersSlice(t *testing.T) {
	s := newSite(t)
	shared := make([]shop.Item, 1, 4)
	s.browser().visit(func(v *shop.Visitor) {
		v.SetCart(shared)
		v.AppendCart(shop.Item{SKU: "of one visitor"})
	})
	equal(t, shared[:2][1], shop.Item{}, "what is behind the slice that was set")
}

// The function given to Update may look at the session, when it runs again too.
func TestReplayedUpdateReadsTheSession(t *testing.T) {
	s := newSite(t)
	b := s.browser()
	b.visit(func(v *shop.Visitor) { v.SetUserID(7) })
	done := make(chan struct{})
	go func() {
		defer close(done)
		race(b, func(v *shop.Visitor) { v.AddVisits(1) }, func(v *shop.Visitor) {
			v.UpdateVisits(func(n int) int { return n + int(v.UserID()) })
		})
	}()
	select {
	case <-done:
	case <-time.After(10 * time.Second):
		t.Fatal("it waits for ever")
	}
	equal(t, see(b, (*shop.Visitor).Visits), 8, "visits")
}

// What another goroutine of the request changes while the function runs is not lost.
func TestUpdateRunsAgainWhenItsFieldHasChanged(t *testing.T) {
	s := newSite(t)
	b := s.browser()
	b.visit(func(v *shop.Visitor) {
		runs := 0
		v.UpdateVisits(func(n int) int {
			if runs++; runs == 1 {
				var group sync.WaitGroup
				group.Go(func() { v.AddVisits(10) })
				group.Wait()
			}
			return n + 1
		})
		equal(t, runs, 2, "runs")
	})
	equal(t, see(b, (*shop.Visitor).Visits), 11, "visits")
}

// Another program's flashes have no marks: then the words tell them apart.
func TestFlashWithoutAMark(t *testing.T) {
	flash := func(text string) string {
		return string(runtime.AppendString(nil, runtime.FieldNumber("notice"), text))
	}
	s := newSite(t)
	b := s.browser()
	b.visit(func(v *shop.Visitor) { v.SetVisits(1) })
	s.rewrite(b, func(data string) string { return data + flash("hello") })
	b.visit(func(v *shop.Visitor) {
		notice, _ := v.TakeNotice()
		equal(t, notice, "hello", "taken")
		s.rewrite(b, func(data string) string { return strings.Replace(data, flash("hello"), flash("other"), 1) })
	})
	notice, _ := take(b)
	equal(t, notice, "other", "the newer one")
	_, found := take(b)
	equal(t, found, false, "found when it was taken")
}

// A record has one mark for each flash that is set, those that we do not know included.
func TestFlashMarks(t *testing.T) {
	mark := func(field int32) string {
		number := runtime.AppendUint(nil, 1, uint64(field))[1:]
		return string(append(runtime.AppendMessage(nil, 12, len(number)+len(runtime.Rev{})), number...))
	}
	s := newSite(t)
	b := s.browser()
	ours, unknown := mark(runtime.FieldNumber("notice")), mark(200_000)+"revision"
	b.visit(func(v *shop.Visitor) { v.SetNotice("hello") })
	s.rewrite(b, func(data string) string { return strings.Replace(data, ours, unknown+ours, 1) })
	for range 3 {
		b.visit(func(v *shop.Visitor) { v.SetNotice("hello") })
	}
	s.rewrite(b, func(data string) string {
		equal(t, strings.Count(data, ours), 1, "marks of our flash")
		equal(t, strings.Count(data, unknown), 1, "marks of another program's flash")
		return data
	})
	take(b)
	s.rewrite(b, func(data string) string {
		equal(t, strings.Count(data, ours), 0, "marks of our flash when it was taken")
		return data
	})
}

func TestMapsAreWrittenInTheOrderOfTheirKeys(t *testing.T) {
	s := newSite(t)
	b := s.browser()
	b.visit(func(v *shop.Visitor) { v.SetPrefs(map[string]int{"b=": 1, "c=": 1, "a=": 1}) })
	s.rewrite(b, func(data string) string {
		a, b, c := strings.Index(data, "a="), strings.Index(data, "b="), strings.Index(data, "c=")
		equal(t, a < b && b < c, true, "in order")
		return data
	})
}

// What a store is asked to list by is the same for every program and for ever:
// SHA-256 of the key, a zero byte, and the value as Protocol Buffers writes it.
func TestTerms(t *testing.T) {
	s := newSite(t)
	b := s.browser()
	b.visit(func(v *shop.Visitor) { v.SetUserID(7); v.SetTeam("red") })
	listed := func(term string) int {
		ids, _, err := s.store.List(t.Context(), sha256.Sum256([]byte(term)), runtime.ID{}, 10)
		equal(t, err, nil, "error")
		return len(ids)
	}
	equal(t, listed("user_id\x00\x0e"), 1, "sessions of user 7")
	equal(t, listed("team\x00\x03red"), 1, "sessions of the red team")
	b.visit(func(v *shop.Visitor) { v.SetTeam("") })
	equal(t, listed("team\x00\x03red"), 0, "sessions of a team that was left")
	id := see(b, func(v *shop.Visitor) runtime.ID { return v.Info().ID })
	rec, err := s.store.Store.Load(t.Context(), id)
	equal(t, err, nil, "error")
	equal(t, len(rec.Terms), 1, "terms where the team is empty")
}

// Unknown fields are kept wherever they stand among ours.
func TestUnknownFieldsBehindAllOthersAreKept(t *testing.T) {
	s := newSite(t)
	b := s.browser()
	b.visit(func(v *shop.Visitor) { v.SetLastSeen(s.clock.Now()) })
	last := string(runtime.AppendString(nil, 1<<18, "of another program"))
	s.rewrite(b, func(data string) string { return data + last })
	b.visit(func(v *shop.Visitor) { v.AddVisits(1) })
	s.rewrite(b, func(data string) string {
		equal(t, strings.HasSuffix(data, last), true, "still there")
		return data
	})
}

func TestNobodyStaysNobody(t *testing.T) {
	s := newSite(t)
	b := s.browser()
	b.visit(func(v *shop.Visitor) { v.SetVisits(1) })
	s.store.took()
	response := b.visit(func(v *shop.Visitor) { v.SetUserID(0); v.ClearUserID() })
	equal(t, s.store.took(), "load", "store calls")
	equal(t, len(response.Header["Set-Cookie"]), 0, "cookies")
	b.visit(func(v *shop.Visitor) { v.SetUserID(7) })
	s.clock.advance(time.Minute)
	b.visit(func(v *shop.Visitor) { v.ClearUserID() })
	equal(t, see(b, (*shop.Visitor).Info).Authenticated.IsZero(), true, "authenticated is over after signing out")
}

func TestSigningInRefreshesTheClient(t *testing.T) {
	s := newSite(t, runtime.WithClient(clientOf))
	b := s.browser()
	b.header.Set("User-Agent", "old")
	b.visit(func(v *shop.Visitor) { v.SetVisits(1) })
	b.header.Set("User-Agent", "new")
	b.visit(func(v *shop.Visitor) { v.AddVisits(1) })
	equal(t, see(b, (*shop.Visitor).Info).Client.UserAgent, "old", "client of a change")
	b.visit(func(v *shop.Visitor) { v.SetUserID(7) })
	equal(t, see(b, (*shop.Visitor).Info).Client.UserAgent, "new", "client of a login")
}

func TestRevokeOthersActsForWhoeverIsSignedInAtCommit(t *testing.T) {
	s := newSite(t)
	b, other7, other8 := s.browser(), s.browser(), s.browser()
	b.visit(func(v *shop.Visitor) { v.SetUserID(7) })
	other7.visit(func(v *shop.Visitor) { v.SetUserID(7) })
	other8.visit(func(v *shop.Visitor) { v.SetUserID(8) })
	s.store.took()
	b.visit(func(v *shop.Visitor) { v.RevokeOthers(); v.SetUserID(8) })
	equal(t, s.store.took(), "load update revoke", "store calls")
	equal(t, see(b, (*shop.Visitor).UserID), 8, "user")
	equal(t, see(other7, (*shop.Visitor).UserID), 7, "another session of the one before")
	equal(t, see(other8, (*shop.Visitor).UserID), 0, "another session of the one who signed in")
	equal(t, s.count(runtime.Revoked), 1, "revoked events")
	s.browser().visit(func(v *shop.Visitor) { v.SetVisits(1); v.RevokeOthers() })
	equal(t, strings.Contains(s.store.took(), "revoke"), false, "nobody revokes nobody's sessions")
	_, err := s.visitors.RevokeByUserID(t.Context(), 0)
	equal(t, err, nil, "error")
	equal(t, s.store.took(), "", "store calls to revoke nobody")
}

func TestRevokingIsRepeatedAndHeardOf(t *testing.T) {
	s := newSite(t)
	b := s.browser()
	b.visit(func(v *shop.Visitor) { v.SetUserID(7) })
	for call, revoke := range map[string]func() error{
		"delete": func() error { return s.visitors.Revoke(t.Context(), runtime.ID{1}) },
		"revoke": func() error { _, err := s.visitors.RevokeByUserID(t.Context(), 7); return err },
	} {
		before := s.count(runtime.Revoked)
		s.store.stand(once(call, errDown), nil)
		equal(t, revoke(), nil, "error of "+call)
		equal(t, s.count(runtime.Revoked), before+1, "events of "+call)
	}
}

func TestListShowsAllPages(t *testing.T) {
	s := newSite(t)
	const sessions = 250
	for range sessions {
		s.browser().visit(func(v *shop.Visitor) { v.SetUserID(7) })
	}
	infos, err := s.visitors.ListByUserID(t.Context(), 7)
	equal(t, err, nil, "error")
	equal(t, len(infos), sessions, "sessions")
}

func TestRepetitionsAreFew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t)
		s.store.stand(down("create"), nil)
		s.browser().visit(func(v *shop.Visitor) { v.SetVisits(1) })
		equal(t, s.store.took(), "create create create create create", "store calls")
	})
}

// IDs and secrets are never taken over, neither from the client nor from a session
// that is there already.
func TestIDsAreDrawnAnew(t *testing.T) {
	s := newSite(t)
	unknown := strings.Repeat("Q", 64)
	b := s.browser()
	b.cookies[sessionCookie] = unknown
	b.visit(func(v *shop.Visitor) { v.SetVisits(1) })
	equal(t, b.cookies[sessionCookie][:21] == unknown[:21], false, "the client's ID")
	equal(t, b.cookies[sessionCookie][22:] == unknown[22:], false, "the client's secret")

	for _, taken := range []error{runtime.ErrExists, runtime.ErrGone} {
		s.store.took()
		s.store.stand(once("create", taken), nil)
		response := s.browser().visit(func(v *shop.Visitor) { v.SetVisits(1) })
		equal(t, response.StatusCode, 200, "status")
		equal(t, s.store.took(), "create create", "store calls where an ID is taken")
	}
}

func TestSeveralSessionCookies(t *testing.T) {
	s := newSite(t)
	live, other, over := s.browser(), s.browser(), s.browser()
	for i, b := range []*browser{live, other, over} {
		b.visit(func(v *shop.Visitor) { v.SetUserID(int64(i + 1)) })
	}
	gone := over.cookies[sessionCookie]
	over.visit(func(v *shop.Visitor) { v.Destroy() })
	one, two, dead := live.cookies[sessionCookie], other.cookies[sessionCookie], strings.Repeat("A", 64)
	for _, c := range []struct {
		name    string
		values  []string
		user    int64
		change  func(v *shop.Visitor)
		calls   string
		cookies int
	}{
		{"one that has ended and a live one", []string{gone, one}, 1, func(v *shop.Visitor) {}, "load load", 0},
		{"three of which one is live", []string{one, dead, dead[:63] + "B"}, 0, func(v *shop.Visitor) { v.AddVisits(1) }, "", 0},
		{"one that has ended and an unknown one: a change", []string{gone, dead}, 0, func(v *shop.Visitor) { v.AddVisits(1) }, "load load", 0},
		{"one that has ended and an unknown one: a login", []string{gone, dead}, 0, func(v *shop.Visitor) { v.SetUserID(9) }, "load load create", 1},
		{"two live ones: Destroy and a login", []string{one, two}, 0, func(v *shop.Visitor) { v.Destroy(); v.SetUserID(9) }, "load load", 0},
	} {
		s.store.took()
		b := s.browser()
		b.header.Set("Cookie", sessionCookie+"="+strings.Join(c.values, "; "+sessionCookie+"="))
		response := b.visit(func(v *shop.Visitor) {
			equal(t, v.UserID(), c.user, c.name+": user")
			c.change(v)
		})
		equal(t, s.store.took(), c.calls, c.name+": store calls")
		equal(t, len(response.Header["Set-Cookie"]), c.cookies, c.name+": cookies")
	}
}

// A browser is told to forget its cookie if it has one, and if that is the one
// that opened nothing any more.
func TestDeletionCookie(t *testing.T) {
	s := newSite(t)
	signedIn := s.browser()
	signedIn.visit(func(v *shop.Visitor) { v.SetUserID(7) })
	unknown, renewed, none := s.browser(), signedIn.clone(), s.browser()
	unknown.cookies[sessionCookie] = strings.Repeat("A", 64)
	destroy := func(v *shop.Visitor) { v.Destroy() }
	equal(t, len(none.visit(destroy).Header["Set-Cookie"]), 0, "cookies for a browser without one")
	equal(t, len(unknown.visit(destroy).Header["Set-Cookie"]), 1, "cookies for an unknown token")
	response := renewed.visit(func(v *shop.Visitor) {
		signedIn.visit(func(v *shop.Visitor) { v.Renew() })
		v.AddVisits(1)
		equal(t, v.Commit(t.Context()), nil, "error")
		v.Destroy()
	})
	equal(t, len(response.Header["Set-Cookie"]), 0, "cookies where the browser has a newer one")
	equal(t, see(signedIn, (*shop.Visitor).UserID), 0, "user")
}

// After a commit that failed nothing is committed any more, and what was not kept
// is not shown; but Destroy still reaches the store.
func TestAfterAFailedCommit(t *testing.T) {
	s := newSite(t)
	b := s.browser()
	b.visit(func(v *shop.Visitor) { v.SetUserID(7) })
	broken := errors.New("disk full")
	failing := func(call string) error {
		if call == "update" {
			return broken
		}
		return nil
	}
	response := b.serve(func(v *shop.Visitor, w http.ResponseWriter, _ *http.Request) {
		s.store.stand(failing, nil)
		w.Header().Set("Cache-Control", "public, max-age=60")
		v.AddVisits(1)
		w.Write([]byte("x"))
		s.store.stand(nil, nil)
		equal(t, v.Visits(), 0, "visits that were not kept")
		v.AddVisits(1)
		v.SetTheme("dark")
	})
	equal(t, response.StatusCode, 503, "status")
	equal(t, response.Header.Get("Cache-Control"), "no-store", "Cache-Control")
	equal(t, s.count(runtime.TooLate), 2, "too late events")
	equal(t, see(b, (*shop.Visitor).Visits), 0, "visits")

	// Without the middleware, too, no cookie is in the header.
	s.store.stand(failing, nil)
	w := httptest.NewRecorder()
	v, err := s.visitors.Load(w, b.request("GET"))
	equal(t, err, nil, "error")
	v.SetUserID(8)
	v.SetTheme("dark")
	equal(t, errors.Is(v.Commit(t.Context()), broken), true, "the store's error")
	equal(t, len(w.Header()["Set-Cookie"]), 0, "cookies")

	b.serve(func(v *shop.Visitor, w http.ResponseWriter, _ *http.Request) {
		s.store.stand(failing, nil)
		v.AddVisits(1)
		w.Write([]byte("x"))
		v.Destroy()
	})
	s.store.stand(nil, nil)
	equal(t, see(b, (*shop.Visitor).UserID), 0, "user after Destroy")
}

func TestErrorPageKeepsTheCookiesOfOuterMiddlewares(t *testing.T) {
	s := newSite(t)
	s.store.stand(once("create", runtime.ErrConflict), nil) // which no Create may answer
	w := httptest.NewRecorder()
	w.Header().Add("Set-Cookie", "outer=x")
	s.visitors.Middleware(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Add("Set-Cookie", "inner=x")
		shop.VisitorFrom(r.Context()).SetVisits(1)
	})).ServeHTTP(w, s.browser().request("GET"))
	equal(t, w.Code, 503, "status")
	equal(t, strings.Join(w.Result().Header["Set-Cookie"], "|"), "outer=x", "cookies")
}

func TestDestroyWithACookieThatCannotBeSent(t *testing.T) {
	s := newSite(t)
	b := s.browser()
	b.visit(func(v *shop.Visitor) { v.SetUserID(7) })
	response := b.visit(func(v *shop.Visitor) { v.Destroy(); v.SetTheme(strings.Repeat("x", 5000)) })
	equal(t, response.StatusCode, 500, "status")
	equal(t, see(b, (*shop.Visitor).UserID), 0, "user")
}

func TestTouchOfASessionThatEndsMeanwhile(t *testing.T) {
	s := newSite(t)
	b := s.browser()
	b.visit(func(v *shop.Visitor) { v.SetUserID(7) })
	for _, ended := range []error{runtime.ErrGone, runtime.ErrNotFound} {
		s.clock.advance(4 * time.Minute)
		s.store.stand(once("touch", ended), nil)
		response := b.visit(func(v *shop.Visitor) { v.UserID() })
		equal(t, response.StatusCode, 200, "status")
	}
	equal(t, s.count(runtime.StoreFailed), 0, "store failed events")
}

func TestTouchOncePerRequest(t *testing.T) {
	s := newSite(t)
	b := s.browser()
	b.visit(func(v *shop.Visitor) { v.SetUserID(7) })
	s.clock.advance(4 * time.Minute)
	s.store.took()
	b.serve(func(v *shop.Visitor, w http.ResponseWriter, _ *http.Request) { w.Write([]byte("x")) })
	equal(t, s.store.took(), "load touch", "store calls")
}

// The renewal that is only found when changes are replayed is too late as well.
func TestLateRenewalFoundOnReplay(t *testing.T) {
	s := newSite(t)
	b := s.browser()
	b.visit(func(v *shop.Visitor) { v.SetUserID(7); v.SetRole("admin") })
	b.serve(func(v *shop.Visitor, w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusOK)
		v.SetRole("admin") // no change, so far
		v.AddVisits(1)
		s.rewrite(b, func(data string) string { return strings.Replace(data, "admin", "guest", 1) })
	})
	equal(t, s.count(runtime.TooLate), 1, "too late events")
	equal(t, see(b, (*shop.Visitor).Visits), 0, "visits")
	equal(t, see(b, (*shop.Visitor).UserID), 7, "user")
}

func TestEmptyCollectionIsUnsetAtOnce(t *testing.T) {
	s := newSite(t)
	s.browser().visit(func(v *shop.Visitor) {
		v.SetCart([]shop.Item{})
		equal(t, v.HasCart(), false, "an empty slice")
		v.PutPrefs("x", 1)
		v.RemovePrefs("x")
		equal(t, v.HasPrefs(), false, "a map whose last entry was removed")
	})
}

func TestVaryForCookiesAlone(t *testing.T) {
	s := newSite(t)
	response := s.browser().visit(func(v *shop.Visitor) { v.Theme() })
	equal(t, response.Header.Get("Vary"), "Cookie", "Vary")
}

// What was sealed once is opened by later versions, until it is too old.
func TestSealedCookiesKeepTheirForm(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // where it is the year 2000
		s := newSite(t)
		b := s.browser()
		b.cookies["campaign"] = "OTQ2Njg0ODAwfEFYTndjbWx1Wnc9PXxPip8XD6sQQ1nq0vDwKWH4HFJSbL98jYEtaD5XUKKt5A=="
		b.cookies["ticket"] = "AZh-_tkM_Umw_cGNu-43cwUth6_zt2-BuJbUDOtBkz0V1Mx7hmYCPfauZKusGhU" // made at the site's time
		equal(t, see(b, (*shop.Visitor).Campaign), "spring", "campaign")
		equal(t, see(b, (*shop.Visitor).Ticket), 42, "ticket")
		time.Sleep(30*24*time.Hour + time.Second)
		equal(t, see(b, (*shop.Visitor).HasCampaign), false, "a campaign after its max-age")
		equal(t, see(b, (*shop.Visitor).HasTicket), true, "a ticket, which has no max-age")
		s.clock.advance(400*24*time.Hour - time.Millisecond)
		equal(t, see(b, (*shop.Visitor).HasTicket), true, "a ticket in the last moment that a browser keeps it")
		s.clock.advance(time.Millisecond)
		equal(t, see(b, (*shop.Visitor).HasTicket), false, "a ticket that no browser has any more")
	})
}

func TestCookieWithControlCharactersIsNone(t *testing.T) {
	s := newSite(t)
	b := s.browser()
	b.cookies["theme"] = "da\x01rk"
	equal(t, see(b, (*shop.Visitor).Theme), "light", "theme")
}

// A record is refused before it costs much: this field claims a million elements.
func TestFieldWithTooManyElementsIsReset(t *testing.T) {
	s := newSite(t)
	b := s.browser()
	b.visit(func(v *shop.Visitor) { v.SetVisits(1) })
	item := string(runtime.AppendMessage(nil, runtime.FieldNumber("cart"), 0))
	s.rewrite(b, func(data string) string { return data + strings.Repeat(item, 1<<20+1) })
	b.visit(func(v *shop.Visitor) {
		equal(t, len(v.Cart()), 0, "items")
		equal(t, v.Visits(), 1, "visits")
	})
	equal(t, s.count(runtime.FieldReset), 1, "field reset events")
}

// A length that leads out of its message is refused, also if the record is longer.
func TestLengthBeyondTheMessageIsRefused(t *testing.T) {
	s := newSite(t)
	b := s.browser()
	b.visit(func(v *shop.Visitor) { v.SetVisits(1) })
	cart := runtime.FieldNumber("cart")
	item := runtime.AppendString(nil, runtime.FieldNumber("sku"), "tea")
	cut := append(runtime.AppendMessage(nil, cart, len(item)-2), item[:len(item)-2]...)
	whole := append(runtime.AppendMessage(nil, cart, len(item)), item...)
	s.rewrite(b, func(data string) string { return data + string(cut) + string(whole) })
	equal(t, see(b, func(v *shop.Visitor) int { return len(v.Cart()) }), 0, "items")
	equal(t, s.count(runtime.FieldReset), 1, "field reset events")
}

// Nobody waits for a session on behalf of a client that is gone.
func TestLoadEndsWithTheClient(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t)
		stuck := &hanging{Store: s.store, call: "load", hang: func(ctx context.Context) error {
			<-ctx.Done()
			return ctx.Err()
		}}
		visitors, err := shop.NewVisitorManager(stuck, runtime.WithKeys(testKeys), runtime.WithEvents(s.record))
		equal(t, err, nil, "error")
		b := s.browser()
		b.cookies[sessionCookie] = strings.Repeat("A", 64)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		start := time.Now()
		_, err = visitors.Load(httptest.NewRecorder(), b.request("GET").WithContext(ctx))
		equal(t, errors.Is(err, context.DeadlineExceeded), true, "error")
		equal(t, time.Since(start), time.Second, "time")
	})
}
