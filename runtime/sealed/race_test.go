package sealed_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	goruntime "runtime"
	"sync"
	"testing"
	"time"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/internal/kiosk"
	"github.com/sessiongen/sessiongen/runtime/sealed"
)

// yielding lets other goroutines in before the calls to the store, now and then.
func (s *site) yielding() {
	s.stand(func(string) error {
		for range rand.N(4) {
			goruntime.Gosched()
		}
		return nil
	})
}

// R2: whatever is in flight when a session ends, no cookie of any response opens the session
// afterwards.
func TestTheEndIsFinalWhateverIsInFlight(t *testing.T) {
	writers := map[string]func(v *kiosk.Visitor){
		"update":       func(v *kiosk.Visitor) { v.AddVisits(1) },
		"touch":        func(v *kiosk.Visitor) { v.UserID() },
		"renewal":      (*kiosk.Visitor).Renew,
		"flash":        func(v *kiosk.Visitor) { v.TakeNotice() },
		"privilege":    func(v *kiosk.Visitor) { v.SetRole("admin") },
		"others":       (*kiosk.Visitor).RevokeOthers,
		"sign in anew": func(v *kiosk.Visitor) { v.SetUserID(7) },
		"another user": func(v *kiosk.Visitor) { v.SetUserID(8) },
	}
	ends := map[string]func(t *testing.T, b *browser, id runtime.ID){
		"destroy": func(_ *testing.T, b *browser, _ runtime.ID) { b.clone().visit((*kiosk.Visitor).Destroy) },
		"revoke":  func(t *testing.T, b *browser, id runtime.ID) { must(t, b.manager.Revoke(t.Context(), id)) },
		"revokeBy": func(t *testing.T, b *browser, _ runtime.ID) {
			_, err := b.manager.RevokeByUserID(t.Context(), 7)
			must(t, err)
		},
	}
	n := rounds(60, 10_000)
	for endName, end := range ends {
		for name, write := range writers {
			// A sign-in that begins after the end is a session of its own, and one during
			// RevokeBy may count as later.
			signsIn := name == "sign in anew" || name == "another user"
			if endName == "revokeBy" && signsIn {
				continue
			}
			t.Run(endName+" "+name, func(t *testing.T) {
				s := newSite(t)
				s.yielding()
				replica := s.manager(s.sealer(sealed.WithRevocations(s.watched())))
				carried, dead := 0, 0
				for round := range n {
					first := s.browser()
					first.visit(func(v *kiosk.Visitor) { v.SetUserID(7); v.SetNotice("hello") })
					id := see(first, idOf)
					s.clock.advance(10 * time.Minute)
					inFlight := []*browser{first.clone(), first.clone(), first.clone()}
					inFlight[1].manager = replica
					var group sync.WaitGroup
					start := make(chan struct{})
					for _, b := range inFlight {
						group.Go(func() {
							<-start
							b.visit(write)
						})
					}
					group.Go(func() {
						<-start
						end(t, first, id)
					})
					close(start)
					group.Wait()
					for _, b := range append(inFlight, first) {
						for _, cookie := range b.had {
							carried++
							see(s.with(cookie), func(v *kiosk.Visitor) bool {
								switch info := v.Info(); {
								case info.New && !v.HasUserID():
									dead++
								case info.ID == id || !signsIn:
									t.Fatalf("round %d: a cookie opens the session that has ended", round)
								}
								return true
							})
						}
					}
				}
				t.Logf("%d rounds, %d cookies, %d of them dead", n, carried, dead)
			})
		}
	}
}

// If several requests renew one session at once, exactly one of their cookies is valid.
func TestOneRenewalWins(t *testing.T) {
	s := newSite(t)
	s.yielding()
	replica := s.manager(s.sealer(sealed.WithRevocations(s.watched())))
	for round := range rounds(100, 2000) {
		first := s.browser()
		first.visit(func(v *kiosk.Visitor) { v.SetUserID(7) })
		inFlight := make([]*browser, 16)
		var group sync.WaitGroup
		for i := range inFlight {
			b := first.clone()
			if i%2 == 0 {
				b.manager = replica
			}
			inFlight[i] = b
			group.Go(func() { b.visit((*kiosk.Visitor).Renew) })
		}
		group.Wait()
		good := 0
		for _, b := range inFlight {
			for _, cookie := range b.had {
				if see(s.with(cookie), (*kiosk.Visitor).HasUserID) {
					good++
				}
			}
		}
		equal(t, good, 1, fmt.Sprint("round ", round, ": good cookies"))
		equal(t, see(first, (*kiosk.Visitor).HasUserID), false, "the one from before is good")
	}
}

// R15: a sign-in that was clicked twice, and one as another user at the same time. Each
// response's cookie is of the user whose sign-in it answers.
func TestTwoSignInsAtOnce(t *testing.T) {
	s := newSite(t)
	s.yielding()
	for round := range rounds(100, 2000) {
		first := s.browser()
		first.visit(func(v *kiosk.Visitor) { v.AddVisits(1) })
		var inFlight []*browser
		var group sync.WaitGroup
		for _, user := range []int64{7, 7, 8} {
			b := first.clone()
			inFlight = append(inFlight, b)
			group.Go(func() { b.visit(func(v *kiosk.Visitor) { v.SetUserID(user) }) })
		}
		group.Wait()
		for i, b := range inFlight {
			equal(t, len(b.had), 1, fmt.Sprint("round ", round, ": cookies"))
			equal(t, see(b, (*kiosk.Visitor).UserID), []int64{7, 7, 8}[i], fmt.Sprint("round ", round, ": user"))
		}
		equal(t, see(first, (*kiosk.Visitor).HasVisits), false, "the cookie from before is good")
	}
}

// No RevokeBy spares a session that was there before it, whatever else goes on with the principal.
func TestASVS_7_4_2_RevokeByAmongSignInsAndOthers(t *testing.T) {
	s := newSite(t)
	s.yielding()
	for round := range rounds(60, 2000) {
		var before []*browser
		for range 4 {
			b := s.browser()
			b.visit(func(v *kiosk.Visitor) { v.SetUserID(7) })
			before = append(before, b)
		}
		var group sync.WaitGroup
		for i, b := range before {
			group.Go(func() {
				if i%2 == 0 {
					b.visit((*kiosk.Visitor).RevokeOthers)
				} else {
					b.visit(func(v *kiosk.Visitor) { v.AddVisits(1) })
				}
			})
		}
		for range 4 {
			group.Go(func() { s.browser().visit(func(v *kiosk.Visitor) { v.SetUserID(7) }) })
		}
		group.Go(func() {
			_, err := s.visitors.RevokeByUserID(t.Context(), 7)
			must(t, err)
		})
		group.Wait()
		for _, b := range before {
			for _, cookie := range b.had {
				if see(s.with(cookie), (*kiosk.Visitor).HasUserID) {
					t.Fatalf("round %d: a session from before RevokeBy is good", round)
				}
			}
		}
	}
}

// The response of a slow request does not put a dead cookie in place of the one that
// signing in has sent meanwhile.
func TestASlowRequestKeepsTheNewerCookie(t *testing.T) {
	for name, slow := range map[string]func(v *kiosk.Visitor){
		"a change": func(v *kiosk.Visitor) { v.AddVisits(1) },
		"a touch":  func(v *kiosk.Visitor) { v.Visits() },
		"renewal":  (*kiosk.Visitor).Renew,
		"others":   (*kiosk.Visitor).RevokeOthers,
	} {
		for meanwhile, change := range map[string]func(v *kiosk.Visitor){
			"sign-in": func(v *kiosk.Visitor) { v.SetUserID(7) },
			"Renew":   (*kiosk.Visitor).Renew,
			"others":  func(v *kiosk.Visitor) { v.SetUserID(7); v.RevokeOthers() },
		} {
			s := newSite(t)
			b := s.browser()
			b.visit(func(v *kiosk.Visitor) { v.SetUserID(7) })
			s.clock.advance(10 * time.Minute)
			other := b.clone()
			response := b.visit(func(v *kiosk.Visitor) {
				slow(v)
				other.visit(change)
				b.cookies[sessionCookie] = other.cookies[sessionCookie]
			})
			equal(t, len(setCookies(response)), 0, name+" and "+meanwhile+": cookies of the slow request")
			equal(t, see(b, (*kiosk.Visitor).UserID), 7, name+" and "+meanwhile+": user")
		}
	}
}

// Canaries of many users in pooled buffers: no user sees the canary of another (R11).
func TestNoForeignReads(t *testing.T) {
	s := newSite(t)
	store := s.sealer(sealed.WithRevocations(s.records), sealed.WithDeflate(100))
	visitors := s.manager(store)
	var group sync.WaitGroup
	for worker := range 8 {
		group.Go(func() {
			for i := range rounds(100, 1250) {
				b := s.browser()
				b.manager = visitors
				user := int64(worker*10_000 + i + 1)
				canary := fmt.Sprintf("canary %d %0*d", user, rand.N(300)+1, user)
				b.visit(func(v *kiosk.Visitor) { v.SetUserID(user); v.SetUsername(canary); v.SetTicket(user) })
				b.serve(func(v *kiosk.Visitor, _ http.ResponseWriter, _ *http.Request) {
					if v.UserID() != user || v.Username() != canary || v.Ticket() != user {
						t.Errorf("user %d sees %d, %q, %d", user, v.UserID(), v.Username(), v.Ticket())
					}
				})
			}
		})
	}
	group.Wait()
}
