package runtime_test

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
)

func TestNoIncrementIsLost(t *testing.T) {
	const workers, each = 64, 10_000 / 64
	s := newSite(t)
	one := s.browser()
	one.visit(func(v *shop.Visitor) { v.SetUserID(7) })
	other := s.newManager() // another process on the same store
	var group sync.WaitGroup
	failed := make(chan int, workers*each)
	for i := range workers {
		group.Go(func() {
			b := one.clone()
			if i%8 == 0 {
				b.manager = other
			}
			for range each {
				response := b.visit(func(v *shop.Visitor) {
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
	equal(t, see(one, (*shop.Visitor).Visits)+len(failed), workers*each, "visits")
	equal(t, len(failed), 0, "requests that failed")
	equal(t, see(one, func(v *shop.Visitor) int { return len(v.Prefs()) }), workers, "entries")
}

// race lets two requests load the same record; first commits, then second.
func race(b *browser, first, second func(v *shop.Visitor)) (response *http.Response) {
	other := b.clone()
	response = b.visit(func(v *shop.Visitor) {
		other.visit(first)
		second(v)
	})
	return response
}

func TestReplay(t *testing.T) {
	item := func(sku string) shop.Item { return shop.Item{SKU: sku} }
	for _, c := range []struct {
		name          string
		first, second func(v *shop.Visitor)
		want          string
	}{
		{"adds", func(v *shop.Visitor) { v.AddVisits(2) }, func(v *shop.Visitor) { v.AddVisits(3) }, "visits=15 cart=a prefs=map[x:1] username=old"},
		{"different fields", func(v *shop.Visitor) { v.SetVisits(2) }, func(v *shop.Visitor) { v.SetUsername("new") }, "visits=2 cart=a prefs=map[x:1] username=new"},
		{"appends", func(v *shop.Visitor) { v.AppendCart(item("b")) }, func(v *shop.Visitor) { v.AppendCart(item("c")) }, "visits=10 cart=abc prefs=map[x:1] username=old"},
		{"puts", func(v *shop.Visitor) { v.PutPrefs("y", 2) }, func(v *shop.Visitor) { v.PutPrefs("z", 3); v.RemovePrefs("x") }, "visits=10 cart=a prefs=map[y:2 z:3] username=old"},
		{"updates", func(v *shop.Visitor) { v.UpdateVisits(func(n int) int { return n * 2 }) }, func(v *shop.Visitor) { v.UpdateVisits(func(n int) int { return n + 1 }) }, "visits=21 cart=a prefs=map[x:1] username=old"},
		{"a set over an add", func(v *shop.Visitor) { v.AddVisits(1) }, func(v *shop.Visitor) { v.SetVisits(5) }, "visits=5 cart=a prefs=map[x:1] username=old"},
		{"an add over a set", func(v *shop.Visitor) { v.SetVisits(5) }, func(v *shop.Visitor) { v.AddVisits(1) }, "visits=6 cart=a prefs=map[x:1] username=old"},
		{"a set of what it was", func(v *shop.Visitor) { v.AppendCart(item("b")) }, func(v *shop.Visitor) { v.SetCart([]shop.Item{item("a")}) }, "visits=10 cart=a prefs=map[x:1] username=old"},
		{"an edit in place over an append", func(v *shop.Visitor) { v.AppendCart(item("b")) }, func(v *shop.Visitor) { v.Cart()[0].SKU = "z" }, "visits=10 cart=z prefs=map[x:1] username=old"},
		{"a read", func(v *shop.Visitor) { v.AppendCart(item("b")) }, func(v *shop.Visitor) { v.Cart(); v.AddVisits(1) }, "visits=11 cart=ab prefs=map[x:1] username=old"},
		{"clear", func(v *shop.Visitor) { v.SetUsername("new") }, func(v *shop.Visitor) { v.ClearUsername() }, "visits=10 cart=a prefs=map[x:1] username="},
		{"a set and then an add", func(v *shop.Visitor) { v.AddVisits(1) }, func(v *shop.Visitor) { v.SetVisits(1); v.AddVisits(1) }, "visits=2 cart=a prefs=map[x:1] username=old"},
		{"an add and then a set", func(v *shop.Visitor) { v.AddVisits(1) }, func(v *shop.Visitor) { v.AddVisits(1); v.SetVisits(1) }, "visits=1 cart=a prefs=map[x:1] username=old"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newSite(t)
			b := s.browser()
			b.visit(func(v *shop.Visitor) {
				v.SetVisits(10)
				v.SetUsername("old")
				v.SetCart([]shop.Item{item("a")})
				v.PutPrefs("x", 1)
			})
			response := race(b, c.first, c.second)
			equal(t, response.StatusCode, 200, "status")
			got := see(b, func(v *shop.Visitor) string {
				cart := ""
				for _, item := range v.Cart() {
					cart += item.SKU
				}
				return fmt.Sprintf("visits=%d cart=%s prefs=%v username=%s", v.Visits(), cart, v.Prefs(), v.Username())
			})
			equal(t, got, c.want, "in the end")
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
		if e.Kind == runtime.Conflict {
			equal(t, e.Tries, 2, "tries")
			return
		}
	}
	t.Error("no conflict event")
}

// A session that ended, or whose privilege changed, between load and commit.
func TestFinality(t *testing.T) {
	signOut := func(v *shop.Visitor) { v.Destroy() }
	for _, c := range []struct {
		name          string
		user          int64 // at load
		first, second func(v *shop.Visitor)
		user2         int64 // what the second browser state sees afterwards
		cookies       int   // of the second response
		visits        int   // seen by whoever holds the newest cookie of the first
	}{
		{"logout against an update", 7, signOut, func(v *shop.Visitor) { v.AddVisits(1) }, 0, 0, 0},
		{"logout against a set", 7, signOut, func(v *shop.Visitor) { v.SetVisits(5) }, 0, 0, 0},
		{"logout against a renewal", 7, signOut, func(v *shop.Visitor) { v.Renew() }, 0, 0, 0},
		{"logout against a role", 7, signOut, func(v *shop.Visitor) { v.SetRole("admin") }, 0, 0, 0},
		{"logout against a new principal", 7, signOut, func(v *shop.Visitor) { v.SetUserID(8) }, 0, 0, 0},
		{"logout against authenticating again", 7, signOut, func(v *shop.Visitor) { v.SetUserID(7) }, 0, 0, 0},
		{"logout against a flash taken", 7, signOut, func(v *shop.Visitor) { v.TakeNotice() }, 0, 0, 0},
		{"a stranger's end against a login", 0, signOut, func(v *shop.Visitor) { v.SetUserID(8) }, 8, 1, 0},
		{"leaving against an update", 7, func(v *shop.Visitor) { v.ClearUserID() }, func(v *shop.Visitor) { v.AddVisits(1) }, 0, 0, 0},
		{"login against an update", 0, func(v *shop.Visitor) { v.SetUserID(7) }, func(v *shop.Visitor) { v.AddVisits(1) }, 0, 0, 0},
		{"login against a login", 0, func(v *shop.Visitor) { v.SetUserID(7) }, func(v *shop.Visitor) { v.SetUserID(8) }, 8, 1, 0},
		{"a role against an update", 7, func(v *shop.Visitor) { v.SetRole("admin") }, func(v *shop.Visitor) { v.AddVisits(1) }, 0, 0, 0},
		{"renewal against an update", 7, func(v *shop.Visitor) { v.Renew() }, func(v *shop.Visitor) { v.AddVisits(1) }, 0, 0, 1},
		{"renewal against a renewal", 7, func(v *shop.Visitor) { v.Renew() }, func(v *shop.Visitor) { v.AddVisits(1); v.Renew() }, 0, 0, 0},
		{"renewal against a role", 7, func(v *shop.Visitor) { v.Renew() }, func(v *shop.Visitor) { v.AddVisits(1); v.SetRole("admin") }, 0, 0, 0},
		{"a stranger's renewal against a login", 0, func(v *shop.Visitor) { v.Renew() }, func(v *shop.Visitor) { v.SetUserID(8) }, 8, 1, 0},
		{"renewal against remembering", 7, func(v *shop.Visitor) { v.Renew() }, func(v *shop.Visitor) { v.Remember(true) }, 0, 0, 0},
	} {
		for _, process := range []string{"one process", "two processes"} {
			t.Run(c.name+"/"+process, func(t *testing.T) {
				s := newSite(t)
				b := s.browser()
				b.visit(func(v *shop.Visitor) {
					v.SetUserID(c.user)
					v.SetUsername("before")
					v.SetNotice("n")
				})
				first := b.clone()
				if process == "two processes" {
					first.manager = s.newManager()
				}
				response := b.visit(func(v *shop.Visitor) {
					first.visit(c.first)
					c.second(v)
				})
				equal(t, response.StatusCode, 200, "status")
				equal(t, len(response.Header["Set-Cookie"]), c.cookies, "cookies")
				equal(t, see(b, (*shop.Visitor).UserID), c.user2, "user")
				equal(t, see(b, (*shop.Visitor).HasUsername), false, "sees what was there before")
				if first.cookies[sessionCookie] != "" {
					equal(t, see(first, (*shop.Visitor).Visits), c.visits, "visits in the first's session")
				}
			})
		}
	}
}

func TestChangesThatOnlyTakeAwayAreHeardOfWhenTheyAreDropped(t *testing.T) {
	for name, change := range map[string]func(v *shop.Visitor){
		"take":  func(v *shop.Visitor) { v.TakeNotice() },
		"clear": func(v *shop.Visitor) { v.ClearUsername() },
		"renew": func(v *shop.Visitor) { v.Renew() },
	} {
		s := newSite(t)
		b := s.browser()
		b.visit(func(v *shop.Visitor) { v.SetUserID(7); v.SetUsername("john_doe"); v.SetNotice("hello") })
		race(b, func(v *shop.Visitor) { v.SetRole("admin") }, change)
		equal(t, s.count(runtime.Dropped), 1, name+": events about changes that were dropped")
	}
}

func TestRevokeByIsFinal(t *testing.T) {
	s := newSite(t)
	b := s.browser()
	b.visit(func(v *shop.Visitor) { v.SetUserID(7) })
	b.visit(func(v *shop.Visitor) {
		if n, err := s.visitors.RevokeByUserID(t.Context(), 7); n != 1 || err != nil {
			t.Errorf("revoked %d, %v", n, err)
		}
		v.AddVisits(1)
	})
	equal(t, see(b, (*shop.Visitor).UserID), 0, "user")
	infos, err := s.visitors.ListByUserID(t.Context(), 7)
	equal(t, len(infos), 0, "sessions left")
	equal(t, err, nil, "error")
}

// A logout between the load and the commit of another request, by a barrier.
func TestLogoutBetweenLoadAndCommit(t *testing.T) {
	s := newSite(t)
	b := s.browser()
	b.visit(func(v *shop.Visitor) { v.SetUserID(7) })
	loaded, loggedOut := make(chan struct{}), make(chan struct{})
	late := b.clone()
	done := make(chan *http.Response)
	go func() {
		done <- late.visit(func(v *shop.Visitor) {
			v.AddVisits(1)
			close(loaded)
			<-loggedOut
		})
	}()
	<-loaded
	b.visit(func(v *shop.Visitor) { v.Destroy() })
	close(loggedOut)
	equal(t, len((<-done).Header["Set-Cookie"]), 0, "cookies of the late request")
	equal(t, see(late, (*shop.Visitor).UserID), 0, "user")
	equal(t, s.count(runtime.Dropped), 1, "dropped events")
}

func TestDestroy(t *testing.T) {
	s := newSite(t)
	b := s.browser()
	b.visit(func(v *shop.Visitor) { v.SetUserID(7); v.SetUsername("a") })
	old := b.clone()
	s.store.took()
	response := b.visit(func(v *shop.Visitor) {
		v.SetVisits(1)
		v.Destroy()
		equal(t, v.Username(), "", "username after Destroy")
		equal(t, v.HasUserID(), false, "signed in after Destroy")
		equal(t, v.Info().New, true, "new after Destroy")
	})
	equal(t, s.store.took(), "load delete", "store calls")
	lines := strings.Join(response.Header["Set-Cookie"], "|")
	equal(t, lines, "__Host-visitor=; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Path=/; SameSite=Lax; Secure; HttpOnly", "Set-Cookie")
	equal(t, see(old, (*shop.Visitor).UserID), 0, "user with the old cookie")
	old.visit(func(v *shop.Visitor) { v.SetVisits(1) })
	equal(t, s.count(runtime.Dropped), 1, "writes with the old cookie dropped")
	response = old.visit(func(v *shop.Visitor) { v.SetUserID(9) })
	equal(t, len(response.Header["Set-Cookie"]), 1, "signing in with the old cookie")
	equal(t, see(old, (*shop.Visitor).UserID), 9, "user")
	s.store.took()
	old.visit(func(v *shop.Visitor) { v.Destroy(); v.SetUserID(10); v.SetUsername("b") })
	equal(t, s.store.took(), "load delete create", "store calls for Destroy and a login in one request")
	equal(t, see(old, (*shop.Visitor).UserID), 10, "user")
	old.visit(func(v *shop.Visitor) { v.Destroy(); v.SetUsername("c") })
	equal(t, see(old, (*shop.Visitor).HasUsername), false, "what was set after Destroy, without a login")
}

// A commit in the middle of a request has put the session's cookie into the header, and
// then the session ends: the browser does not get what opens nothing, in place of what
// it may have from another response.
func TestR2_NoCookieOfASessionThatHasEndedBeforeTheResponse(t *testing.T) {
	s := newSite(t)
	another := s.newManager()
	for name, end := range map[string]func(v *shop.Visitor){
		"destroy": func(v *shop.Visitor) { v.Destroy() },
		"revoke":  func(v *shop.Visitor) { _ = another.Revoke(t.Context(), v.Info().ID); v.AddVisits(1) },
	} {
		response := s.browser().serve(func(v *shop.Visitor, _ http.ResponseWriter, r *http.Request) {
			v.SetTheme("dark")
			v.SetVisits(1)
			equal(t, v.Commit(r.Context()), nil, name+": error")
			end(v)
		})
		equal(t, response.StatusCode, 200, name+": status")
		lines := response.Header["Set-Cookie"]
		if len(lines) != 1 || !strings.HasPrefix(lines[0], "theme=") {
			t.Errorf("%s: cookies: %q", name, lines)
		}
	}
}

func TestDestroyWithASecretRenewedAMomentAgo(t *testing.T) {
	s := newSite(t)
	b := s.browser()
	b.visit(func(v *shop.Visitor) { v.SetUserID(7) })
	old := b.clone()
	b.visit(func(v *shop.Visitor) { v.Renew() })
	response := old.visit(func(v *shop.Visitor) { v.Destroy() })
	equal(t, len(response.Header["Set-Cookie"]), 0, "cookies")
	equal(t, see(b, (*shop.Visitor).UserID), 0, "user")
}

// Unclear answers: the call was made and its answer lost.
func TestLostAnswers(t *testing.T) {
	cut := errors.New("connection reset")
	for _, call := range []string{"create", "update", "delete", "touch"} {
		for _, times := range []int{1, 3} {
			t.Run(fmt.Sprint(call, " ", times), func(t *testing.T) {
				s := newSite(t)
				b := s.browser()
				lose := func() {
					left := times
					s.store.stand(nil, func(c string) error {
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
				b.visit(func(v *shop.Visitor) { v.AddVisits(1); v.SetUserID(7) })
				equal(t, see(b, (*shop.Visitor).Visits), 1, "visits")
				s.clock.advance(5 * time.Minute)
				lose()
				if call == "delete" {
					response := b.visit(func(v *shop.Visitor) { v.Destroy() })
					equal(t, response.StatusCode, 200, "status")
					return
				}
				if call == "touch" {
					b.visit(func(v *shop.Visitor) {})
				}
				response := b.visit(func(v *shop.Visitor) { v.AddVisits(1); v.AppendCart(shop.Item{}) })
				equal(t, response.StatusCode, 200, "status")
				equal(t, see(b, (*shop.Visitor).Visits), 2, "visits")
			})
		}
	}
}

// The answer to an update is lost, and another request changes the record before
// the call is repeated: the revision tells what happened.
func TestLostAnswerAndAForeignCommit(t *testing.T) {
	for _, c := range []struct {
		name    string
		foreign int  // commits by others
		applied bool // ours was applied before its answer was lost
		status  int
		visits  int
	}{
		{"applied", 1, true, 200, 2},
		{"applied, seven others", 7, true, 200, 8},
		{"applied, nine others", 9, true, 503, 10},
		{"not applied", 1, false, 200, 2},
		{"not applied, seven others", 7, false, 200, 8},
		{"not applied, nine others", 9, false, 503, 9},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newSite(t)
			b := s.browser()
			b.visit(func(v *shop.Visitor) { v.SetUserID(7) })
			others := b.clone()
			others.manager = s.newManager()
			interfere := func(call string) error {
				if call != "update" {
					return nil
				}
				s.store.stand(nil, nil)
				for range c.foreign {
					others.visit(func(v *shop.Visitor) { v.AddVisits(1) })
				}
				return errors.New("connection reset")
			}
			if c.applied {
				s.store.stand(nil, interfere)
			} else {
				s.store.stand(interfere, nil)
			}
			response := b.visit(func(v *shop.Visitor) { v.AddVisits(1) })
			equal(t, response.StatusCode, c.status, "status")
			equal(t, see(b, (*shop.Visitor).Visits), c.visits, "visits")
		})
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
		s := newSite(t)
		b := s.browser()
		b.visit(func(v *shop.Visitor) { v.SetVisits(1) })
		victim := b.clone()
		victim.manager = s.newManager()
		s.store.stand(nil, func(call string) error {
			if call != "update" {
				return nil
			}
			s.store.stand(nil, nil)
			victim.visit(func(v *shop.Visitor) { v.SetUserID(7); v.SetUsername("john_doe") })
			return errors.New("connection reset")
		})
		b.serve(func(v *shop.Visitor, _ http.ResponseWriter, r *http.Request) {
			v.AddVisits(1)
			equal(t, v.Commit(r.Context()), nil, name+": error")
			equal(t, v.UserID(), 0, name+": user that the first one sees")
			equal(t, v.Username(), "", name+": username that the first one sees")
			later(v)
		})
		equal(t, see(b, (*shop.Visitor).UserID), 0, name+": user of the first one's cookie")
		equal(t, see(victim, (*shop.Visitor).UserID), 7, name+": user of the one who signed in")
		equal(t, see(victim, (*shop.Visitor).Username), "john_doe", name+": username")
		equal(t, see(victim, (*shop.Visitor).Visits), 2, name+": visits")
	}
}

// A function given to Update may change what it is given, and what it returned may be
// everybody's: a replay keeps them apart as the first run does.
func TestR11_AReplayedUpdateChangesNothingThatIsShared(t *testing.T) {
	s := newSite(t)
	b := s.browser()
	b.visit(func(v *shop.Visitor) { v.SetVisits(1) })
	defaults := map[string]int{"size": 1}
	race(b, func(v *shop.Visitor) { v.AddVisits(1) }, func(v *shop.Visitor) {
		v.UpdatePrefs(func(map[string]int) map[string]int { return defaults })
		v.UpdatePrefs(func(prefs map[string]int) map[string]int {
			prefs["of one visitor"] = 1
			return prefs
		})
	})
	equal(t, len(see(b, (*shop.Visitor).Prefs)), 2, "preferences")
	equal(t, len(defaults), 1, "entries of a map that all visitors begin with")
}

func TestSlowHandlerDoesNotLoseItsChanges(t *testing.T) {
	s := newSite(t)
	b := s.browser()
	b.visit(func(v *shop.Visitor) { v.SetUserID(7) })
	others := b.clone()
	others.manager = s.newManager()
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
