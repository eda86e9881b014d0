package rules

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/internal/shop"
	"github.com/sessiongen/sessiongen/runtime/internal/testsite"
)

func TestR1_NoIncrementIsLost(t *testing.T) {
	const workers = 64
	each := 5000 / workers
	if testsite.Long {
		each = 100_000/workers + 1
	}
	s := testsite.New(t)
	one := s.Browser()
	one.Visit(func(v *shop.Visitor) { v.SetUserID(7) })
	other := s.NewManager() // another process on the same store
	var group sync.WaitGroup
	failed := make(chan int, workers*each)
	for i := range workers {
		group.Go(func() {
			b := one.Clone()
			if i%8 == 0 {
				b.Manager = other
			}
			for range each {
				response := b.Visit(func(v *shop.Visitor) {
					v.AddVisits(1)
					v.PutPrefs(fmt.Sprint("worker", i), i)
				})
				if response.StatusCode != http.StatusOK {
					failed <- response.StatusCode
				}
			}
		})
	}
	group.Wait()
	testsite.Equal(t, testsite.See(one, (*shop.Visitor).Visits)+len(failed), workers*each, "visits")
	testsite.Equal(t, len(failed), 0, "requests that failed")
	testsite.Equal(t, testsite.See(one, func(v *shop.Visitor) int { return len(v.Prefs()) }), workers, "entries")
	t.Logf("%d increments by %d workers", workers*each, workers)
}

// Requests that set different fields of one session do not undo each other's changes.
func TestR1_DisjointSettersAllWin(t *testing.T) {
	rounds := 300
	if testsite.Long {
		rounds = 10_000
	}
	s := testsite.New(t)
	b := s.Browser()
	b.Visit(func(v *shop.Visitor) { v.SetUserID(7) })
	process := s.NewManager()
	for round := range rounds {
		value := fmt.Sprint(round)
		var group sync.WaitGroup
		for i, set := range []func(v *shop.Visitor){
			func(v *shop.Visitor) { v.SetUsername(value) },
			func(v *shop.Visitor) { v.SetTeam(value) },
			func(v *shop.Visitor) { v.SetPassword(value) },
			func(v *shop.Visitor) { v.SetCart([]shop.Item{{SKU: value}}) },
			func(v *shop.Visitor) { v.PutPrefs("round", round) },
			func(v *shop.Visitor) { v.SetNotice(value) },
			func(v *shop.Visitor) { v.AddVisits(1) },
		} {
			one := b.Clone()
			if i%2 == 0 {
				one.Manager = process
			}
			group.Go(func() { testsite.Equal(t, one.Visit(set).StatusCode, 200, "status") })
		}
		group.Wait()
		got := testsite.See(b, func(v *shop.Visitor) string {
			return fmt.Sprint(v.Username(), v.Team(), v.Password(), v.Cart(), v.Prefs(), v.Notice(), v.Visits())
		})
		if want := fmt.Sprint(value, value, value, []shop.Item{{SKU: value}}, map[string]int{"round": round}, value, round+1); got != want {
			t.Fatalf("round %d: %s, want %s", round, got, want)
		}
	}
	t.Logf("%d rounds of 7 setters", rounds)
}

// Unclear answers: the call was made and its answer lost.
func TestR14_LostRepliesApplyNothingTwice(t *testing.T) {
	cut := errors.New("connection reset")
	for _, call := range []string{"create", "update", "delete", "touch"} {
		for _, times := range []int{1, 3} {
			t.Run(fmt.Sprint(call, " ", times), func(t *testing.T) {
				s := testsite.New(t)
				b := s.Browser()
				lose := func() {
					left := times
					s.Store.Stand(nil, func(c string) error {
						if c == call && left > 0 {
							left--
							return cut
						}
						return nil
					})
				}
				if call == "create" {
					lose()
				}
				b.Visit(func(v *shop.Visitor) { v.AddVisits(1); v.SetUserID(7) })
				testsite.Equal(t, testsite.See(b, (*shop.Visitor).Visits), 1, "visits")
				s.Clock.Advance(5 * time.Minute)
				lose()
				if call == "delete" {
					response := b.Visit(func(v *shop.Visitor) { v.Destroy() })
					testsite.Equal(t, response.StatusCode, 200, "status")
					return
				}
				if call == "touch" {
					b.Visit(func(v *shop.Visitor) {})
				}
				response := b.Visit(func(v *shop.Visitor) { v.AddVisits(1); v.AppendCart(shop.Item{}) })
				testsite.Equal(t, response.StatusCode, 200, "status")
				testsite.Equal(t, testsite.See(b, (*shop.Visitor).Visits), 2, "visits")
			})
		}
	}
}

// The answer to an update is lost, and another request changes the record before
// the call is repeated: the revision tells what happened.
func TestR14_ALostReplyAndForeignCommits(t *testing.T) {
	for _, c := range []struct {
		name    string
		foreign int  // commits by others
		applied bool // ours was applied before its answer was lost
		status  int
		visits  int
	}{
		{"applied", 1, true, 200, 2},
		{"applied, seven others", 7, true, 200, 8},
		{"applied, eight others", 8, true, 200, 9},
		{"applied, nine others", 9, true, 503, 10},
		{"not applied", 1, false, 200, 2},
		{"not applied, seven others", 7, false, 200, 8},
		{"not applied, eight others", 8, false, 200, 9},
		{"not applied, nine others", 9, false, 503, 9},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := testsite.New(t)
			b := s.Browser()
			b.Visit(func(v *shop.Visitor) { v.SetUserID(7) })
			others := b.Clone()
			others.Manager = s.NewManager()
			interfere := func(call string) error {
				if call != "update" {
					return nil
				}
				s.Store.Stand(nil, nil)
				for range c.foreign {
					others.Visit(func(v *shop.Visitor) { v.AddVisits(1) })
				}
				return errors.New("connection reset")
			}
			if c.applied {
				s.Store.Stand(nil, interfere)
			} else {
				s.Store.Stand(interfere, nil)
			}
			response := b.Visit(func(v *shop.Visitor) { v.AddVisits(1) })
			testsite.Equal(t, response.StatusCode, c.status, "status")
			testsite.Equal(t, testsite.See(b, (*shop.Visitor).Visits), c.visits, "visits")
		})
	}
}

// A write was applied, and the answer is a conflict: the store's client has
// repeated the call by itself.
func TestR14_AConflictWithOnesOwnWrite(t *testing.T) {
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
		{"add, and as many others since as the record remembers", func(v *shop.Visitor) { v.AddVisits(1) }, 8, 200, 9, 0},
		{"add, and too many others since", func(v *shop.Visitor) { v.AddVisits(1) }, 9, 503, 10, 0},
		{"renewal", func(v *shop.Visitor) { v.AddVisits(1); v.Renew() }, 0, 200, 1, 1},
		{"sign in again", func(v *shop.Visitor) { v.AddVisits(1); v.SetUserID(7) }, 0, 200, 1, 1},
		{"remember", func(v *shop.Visitor) { v.AddVisits(1); v.Remember(true) }, 0, 200, 1, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := testsite.New(t)
			b := s.Browser()
			b.Visit(func(v *shop.Visitor) { v.SetUserID(7) })
			others := b.Clone()
			b.Manager = s.Repeating()
			response := b.Visit(func(v *shop.Visitor) {
				s.Store.Stand(nil, func(call string) error {
					if call != "update" {
						return nil
					}
					s.Store.Stand(nil, nil)
					for range c.foreign {
						others.Visit(func(v *shop.Visitor) { v.AddVisits(1) })
					}
					return runtime.ErrConflict
				})
				c.change(v)
			})
			testsite.Equal(t, response.StatusCode, c.status, "status")
			testsite.Equal(t, len(response.Header["Set-Cookie"]), c.cookies, "cookies")
			testsite.Equal(t, testsite.See(b, (*shop.Visitor).Visits), c.visits, "visits")
			testsite.Equal(t, testsite.See(b, (*shop.Visitor).UserID), 7, "user")
		})
	}
}

func TestSlowHandlerDoesNotLoseItsChanges(t *testing.T) {
	s := testsite.New(t)
	b := s.Browser()
	b.Visit(func(v *shop.Visitor) { v.SetUserID(7) })
	others := b.Clone()
	others.Manager = s.NewManager()
	response := b.Visit(func(v *shop.Visitor) {
		for range 20 {
			others.Visit(func(v *shop.Visitor) { v.AddVisits(1) })
		}
		s.Clock.Advance(2 * time.Second)
		v.AddVisits(1)
	})
	testsite.Equal(t, response.StatusCode, 200, "status")
	testsite.Equal(t, testsite.See(b, (*shop.Visitor).Visits), 21, "visits")
}

// A slow handler on a busy session, with a store whose conflicts prove nothing:
// commits look at the newest record first, and so never end uncertain.
func TestSlowHandlerOnAStoreThatMayRepeat(t *testing.T) {
	s := testsite.New(t)
	b := s.Browser()
	b.Visit(func(v *shop.Visitor) { v.SetUserID(7) })
	others := b.Clone()
	b.Manager = s.Repeating()
	response := b.Visit(func(v *shop.Visitor) {
		for range 20 {
			others.Visit(func(v *shop.Visitor) { v.AddVisits(1) })
		}
		s.Clock.Advance(2 * time.Second)
		v.AddVisits(1)
	})
	testsite.Equal(t, response.StatusCode, 200, "status")
	testsite.Equal(t, testsite.See(b, (*shop.Visitor).Visits), 21, "visits")
}

func TestChangesThatOnlyTakeAwayAreHeardOfWhenTheyAreDropped(t *testing.T) {
	for name, change := range map[string]func(v *shop.Visitor){
		"take":  func(v *shop.Visitor) { v.TakeNotice() },
		"clear": func(v *shop.Visitor) { v.ClearUsername() },
		"renew": func(v *shop.Visitor) { v.Renew() },
	} {
		s := testsite.New(t)
		b := s.Browser()
		b.Visit(func(v *shop.Visitor) { v.SetUserID(7); v.SetUsername("john_doe"); v.SetNotice("hello") })
		testsite.Race(b, func(v *shop.Visitor) { v.SetRole("admin") }, change)
		testsite.Equal(t, s.Count(runtime.EventDropped), 1, name+": events about changes that were dropped")
	}
}

// A commit in the middle of a request loses its answer, and before it is repeated
// another request signs in: the first one, whose secret is worth nothing any more, does
// not see who did.
func TestR14_ALostAnswerLetsNobodyIntoALaterSignIn(t *testing.T) {
	for name, later := range map[string]func(v *shop.Visitor){
		"read":  func(v *shop.Visitor) {},
		"write": func(v *shop.Visitor) { v.SetUsername("stranger") },
		"renew": func(v *shop.Visitor) { v.Renew() },
		"role":  func(v *shop.Visitor) { v.SetRole("admin") },
	} {
		s := testsite.New(t)
		b := s.Browser()
		b.Visit(func(v *shop.Visitor) { v.SetVisits(1) })
		victim := b.Clone()
		victim.Manager = s.NewManager()
		s.Store.Stand(nil, func(call string) error {
			if call != "update" {
				return nil
			}
			s.Store.Stand(nil, nil)
			victim.Visit(func(v *shop.Visitor) { v.SetUserID(7); v.SetUsername("john_doe") })
			return errors.New("connection reset")
		})
		b.Serve(func(v *shop.Visitor, _ http.ResponseWriter, r *http.Request) {
			v.AddVisits(1)
			testsite.Equal(t, v.Commit(r.Context()), nil, name+": error")
			testsite.Equal(t, v.UserID(), 0, name+": user that the first one sees")
			testsite.Equal(t, v.Username(), "", name+": username that the first one sees")
			later(v)
		})
		testsite.Equal(t, testsite.See(b, (*shop.Visitor).UserID), 0, name+": user of the first one's cookie")
		testsite.Equal(t, testsite.See(victim, (*shop.Visitor).UserID), 7, name+": user of the one who signed in")
		testsite.Equal(t, testsite.See(victim, (*shop.Visitor).Username), "john_doe", name+": username")
		testsite.Equal(t, testsite.See(victim, (*shop.Visitor).Visits), 2, name+": visits")
	}
}

// A function given to Update may change what it is given, and what it returned may be
// everybody's: a replay keeps them apart as the first run does.
func TestR11_AReplayedUpdateChangesNothingThatIsShared(t *testing.T) {
	s := testsite.New(t)
	b := s.Browser()
	b.Visit(func(v *shop.Visitor) { v.SetVisits(1) })
	defaults := map[string]int{"size": 1}
	testsite.Race(b, func(v *shop.Visitor) { v.AddVisits(1) }, func(v *shop.Visitor) {
		v.UpdatePrefs(func(map[string]int) map[string]int { return defaults })
		v.UpdatePrefs(func(prefs map[string]int) map[string]int {
			prefs["of one visitor"] = 1
			return prefs
		})
	})
	testsite.Equal(t, len(testsite.See(b, (*shop.Visitor).Prefs)), 2, "preferences")
	testsite.Equal(t, len(defaults), 1, "entries of a map that all visitors begin with")
}

// A commit in the middle of a request has put the session's cookie into the header, and
// then the session ends: the browser does not get what opens nothing, in place of what
// it may have from another response.
func TestR2_NoCookieOfASessionThatHasEndedBeforeTheResponse(t *testing.T) {
	s := testsite.New(t)
	another := s.NewManager()
	for name, end := range map[string]func(v *shop.Visitor){
		"destroy": func(v *shop.Visitor) { v.Destroy() },
		"revoke":  func(v *shop.Visitor) { _ = another.Revoke(t.Context(), v.Info().ID); v.AddVisits(1) },
	} {
		response := s.Browser().Serve(func(v *shop.Visitor, _ http.ResponseWriter, r *http.Request) {
			v.SetTheme("dark")
			v.SetVisits(1)
			testsite.Equal(t, v.Commit(r.Context()), nil, name+": error")
			end(v)
		})
		testsite.Equal(t, response.StatusCode, 200, name+": status")
		lines := response.Header["Set-Cookie"]
		if len(lines) != 1 || !strings.HasPrefix(lines[0], "theme=") {
			t.Errorf("%s: cookies: %q", name, lines)
		}
	}
}

// The answer to a write is lost, and another tab changes the privilege before it is repeated. The
// write counts, and so does the RevokeOthers beside it: the other sessions end.
func TestR14_ALostAnswerAndAChangedPrivilegeStillEndTheOtherSessions(t *testing.T) {
	s := testsite.New(t)
	b, other, another := s.Browser(), s.Browser(), s.Browser()
	b.Visit(func(v *shop.Visitor) { v.SetUserID(7) })
	other.Visit(func(v *shop.Visitor) { v.SetUserID(7) })
	another.Visit(func(v *shop.Visitor) { v.SetUserID(8) })
	tab := b.Clone()
	tab.Manager = s.NewManager()
	s.Store.Stand(nil, func(call string) error {
		if call != "update" {
			return nil
		}
		s.Store.Stand(nil, nil)
		tab.Visit(func(v *shop.Visitor) { v.SetRole("admin") })
		return errors.New("connection reset")
	})
	response := b.Visit(func(v *shop.Visitor) { v.AddVisits(1); v.RevokeOthers() })
	testsite.Equal(t, response.StatusCode, 200, "status")
	testsite.Equal(t, testsite.See(tab, (*shop.Visitor).Visits), 1, "visits")
	testsite.Equal(t, testsite.See(tab, (*shop.Visitor).UserID), 7, "user of the session itself")
	testsite.Equal(t, testsite.See(other, (*shop.Visitor).HasUserID), false, "another session of the user is signed in")
	testsite.Equal(t, testsite.See(another, (*shop.Visitor).UserID), 8, "another user")
}
