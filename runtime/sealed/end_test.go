package sealed_test

import (
	"context"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/internal/kiosk"
	"github.com/sessiongen/sessiongen/runtime/sealed"
	"github.com/sessiongen/sessiongen/runtime/storetest"
)

// No cookie that the session ever had is valid after its end.
func TestASVS_7_4_1_EveryEarlierCookieIsDead(t *testing.T) {
	for name, end := range map[string]func(s *site, b *browser){
		"destroy":  func(s *site, b *browser) { b.visit((*kiosk.Visitor).Destroy) },
		"revoke":   func(s *site, b *browser) { must(t, s.visitors.Revoke(t.Context(), see(b, idOf))) },
		"revokeBy": func(s *site, b *browser) { _, err := s.visitors.RevokeByUserID(t.Context(), 7); must(t, err) },
		"others": func(s *site, b *browser) {
			other := s.browser()
			other.visit(func(v *kiosk.Visitor) { v.SetUserID(7) })
			other.visit((*kiosk.Visitor).RevokeOthers)
			equal(t, see(other, (*kiosk.Visitor).UserID), 7, "the session that revoked the others")
		},
		"signing out and the end": func(s *site, b *browser) {
			b.visit((*kiosk.Visitor).ClearUserID)
			b.visit((*kiosk.Visitor).Destroy)
		},
		"the end from an old cookie": func(s *site, b *browser) { s.with(b.had[2]).visit((*kiosk.Visitor).Destroy) },
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t)
			b := s.browser()
			b.visit(func(v *kiosk.Visitor) { v.AddVisits(1) })
			b.visit(func(v *kiosk.Visitor) { v.SetUserID(7) })
			anonymous := len(b.had) - 1 // the cookie from before the sign-in, which RevokeBy does not end, but the sign-in has
			for i := range 10 {
				s.clock.advance(time.Minute)
				b.visit(func(v *kiosk.Visitor) { v.AddVisits(1) })
				if i%3 == 0 {
					b.visit((*kiosk.Visitor).Renew)
				}
				if i == 5 {
					b.visit(func(v *kiosk.Visitor) { v.SetRole("admin") })
				}
			}
			if len(b.had) < 15 || anonymous < 1 {
				t.Fatalf("only %d cookies", len(b.had))
			}
			equal(t, see(b, (*kiosk.Visitor).Visits), 11, "visits before the end")
			end(s, b)
			for _, wait := range []time.Duration{0, 59 * time.Second, time.Second, 10 * time.Minute, 10 * time.Minute} {
				s.clock.advance(wait)
				for i, cookie := range b.had {
					replay := s.with(cookie)
					response := replay.visit(func(v *kiosk.Visitor) {
						if v.HasUserID() || v.HasVisits() || v.Role() != "guest" || !v.Info().New {
							t.Errorf("cookie %d of %d is accepted", i, len(b.had))
						}
					})
					equal(t, response.StatusCode, 200, "status")
					equal(t, len(setCookies(response)), 0, "cookies")
				}
			}
		})
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func idOf(v *kiosk.Visitor) runtime.ID { return v.Info().ID }

// Signing in makes the earlier cookie invalid.
func TestASVS_7_2_4_RenewalKillsTheEarlierCookie(t *testing.T) {
	for name, renew := range map[string]func(v *kiosk.Visitor){
		"sign-in":           func(v *kiosk.Visitor) { v.SetUserID(8) },
		"the same user":     func(v *kiosk.Visitor) { v.SetUserID(7) },
		"sign-out":          (*kiosk.Visitor).ClearUserID,
		"another privilege": func(v *kiosk.Visitor) { v.SetRole("admin") },
		"Renew":             (*kiosk.Visitor).Renew,
		"RevokeOthers":      (*kiosk.Visitor).RevokeOthers,
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t)
			b := s.browser()
			b.visit(func(v *kiosk.Visitor) { v.SetUserID(7); v.SetVisits(3) })
			old := b.clone()
			id := see(b, idOf)
			response := b.visit(renew)
			equal(t, len(setCookies(response)), 1, "cookies")
			equal(t, see(b, idOf), id, "the ID is kept")
			equal(t, s.count(runtime.EventRenewed), 1, "renewed events")
			equal(t, see(old, (*kiosk.Visitor).HasUserID), false, "the old cookie is signed in")
			equal(t, s.count(runtime.EventStale)+s.count(runtime.EventGone), 1, "stale events")
			response = old.visit(func(v *kiosk.Visitor) { v.AddVisits(1) })
			equal(t, len(setCookies(response)), 0, "cookies for the old one")
			equal(t, s.count(runtime.EventDropped), 1, "dropped events")
			// It may sign in, and begins a session of its own.
			old.visit(func(v *kiosk.Visitor) { v.SetUserID(9); v.AddVisits(1) })
			equal(t, see(old, func(v *kiosk.Visitor) string { return fmt.Sprint(v.UserID(), v.Visits()) }), "9 1", "after signing in")
			equal(t, see(old, idOf) == id, false, "the same ID")
		})
	}
}

// A cookie that was revoked a while ago counts as absent: the visitor may begin a new session.
func TestALongDeadCookieIsAbsent(t *testing.T) {
	s := newSite(t)
	b := s.browser()
	b.visit(func(v *kiosk.Visitor) { v.SetUserID(7) })
	_, err := s.visitors.RevokeByUserID(t.Context(), 7)
	must(t, err)
	s.clock.advance(59 * time.Second)
	response := b.clone().visit(func(v *kiosk.Visitor) { v.AddVisits(1) })
	equal(t, len(setCookies(response)), 0, "cookies at first")
	s.clock.advance(time.Second)
	b.visit(func(v *kiosk.Visitor) { v.AddVisits(1) })
	equal(t, see(b, (*kiosk.Visitor).Visits), 1, "visits later")
	equal(t, see(b, (*kiosk.Visitor).HasUserID), false, "signed in")
}

func TestASVS_7_4_2_RevokeByEndsAllOfOnePrincipalOnly(t *testing.T) {
	s := newSite(t)
	var sevens []*browser
	for range 5 {
		b := s.browser()
		b.visit(func(v *kiosk.Visitor) { v.SetUserID(7) })
		sevens = append(sevens, b)
	}
	eight, anonymous := s.browser(), s.browser()
	eight.visit(func(v *kiosk.Visitor) { v.SetUserID(8) })
	anonymous.visit(func(v *kiosk.Visitor) { v.AddVisits(1) })
	for range 3 { // the first creates the record, the others change it
		n, err := s.visitors.RevokeByUserID(t.Context(), 7)
		equal(t, n, 0, "count, which is not known")
		must(t, err)
		for _, b := range sevens {
			equal(t, see(b, (*kiosk.Visitor).HasUserID), false, "signed in")
			b.visit(func(v *kiosk.Visitor) { v.SetUserID(7) })
			equal(t, see(b, (*kiosk.Visitor).UserID), 7, "user who signed in again")
		}
	}
	equal(t, see(eight, (*kiosk.Visitor).UserID), 8, "the other user")
	equal(t, see(anonymous, (*kiosk.Visitor).Visits), 1, "the anonymous visitor's visits")
	equal(t, s.count(runtime.EventRevoked), 3, "revoked events")
	n, err := s.visitors.RevokeByUserID(t.Context(), 0)
	equal(t, fmt.Sprint(n, err), "0 <nil>", "revoking without a user")
}

func TestASVS_7_4_3_RevokeOthers(t *testing.T) {
	s := newSite(t)
	mine, others := s.browser(), s.browser()
	mine.visit(func(v *kiosk.Visitor) { v.SetUserID(7) })
	for range 3 { // without a record, and with one that each has to know
		others.visit(func(v *kiosk.Visitor) { v.SetUserID(7) })
		before := mine.clone()
		mine.visit((*kiosk.Visitor).RevokeOthers)
		equal(t, see(mine, (*kiosk.Visitor).UserID), 7, "mine")
		equal(t, see(others, (*kiosk.Visitor).HasUserID), false, "another's is signed in")
		equal(t, see(before, (*kiosk.Visitor).HasUserID), false, "my cookie from before is signed in")
	}
	// With signing in, in one request: a new password, for instance.
	others.visit(func(v *kiosk.Visitor) { v.SetUserID(7) })
	stranger := s.browser()
	stranger.visit(func(v *kiosk.Visitor) { v.SetUserID(7); v.RevokeOthers() })
	equal(t, see(stranger, (*kiosk.Visitor).UserID), 7, "who signed in and revoked the others")
	equal(t, see(mine, (*kiosk.Visitor).HasUserID), false, "mine")
	equal(t, see(others, (*kiosk.Visitor).HasUserID), false, "the other's")
	// Without a signed-in user, it does nothing.
	response := s.browser().visit((*kiosk.Visitor).RevokeOthers)
	equal(t, response.StatusCode, 200, "status for an anonymous visitor")
}

func TestASVS_7_4_3_SigningOutEverywhere(t *testing.T) {
	for name, signOut := range map[string]func(v *kiosk.Visitor){
		"others, then destroy": func(v *kiosk.Visitor) { v.RevokeOthers(); v.Destroy() },
		"destroy, then others": func(v *kiosk.Visitor) { v.Destroy(); v.RevokeOthers() },
		"others, then clear":   func(v *kiosk.Visitor) { v.RevokeOthers(); v.ClearUserID() },
		"clear, then others":   func(v *kiosk.Visitor) { v.ClearUserID(); v.RevokeOthers() },
	} {
		s := newSite(t)
		phone, laptop, stranger := s.browser(), s.browser(), s.browser()
		phone.visit(func(v *kiosk.Visitor) { v.SetUserID(7) })
		laptop.visit(func(v *kiosk.Visitor) { v.SetUserID(7) })
		stranger.visit(func(v *kiosk.Visitor) { v.SetUserID(8) })
		before := laptop.clone()
		equal(t, laptop.visit(signOut).StatusCode, 200, name+": status")
		for device, b := range map[string]*browser{"phone": phone, "laptop": laptop, "laptop before": before} {
			equal(t, see(b, (*kiosk.Visitor).UserID), 0, name+": "+device)
		}
		equal(t, see(stranger, (*kiosk.Visitor).UserID), 8, name+": another user")
	}
}

// A session that was revoked while it revokes the others stays revoked.
func TestRevokeOthersOfARevokedSession(t *testing.T) {
	s := newSite(t)
	b := s.browser()
	b.visit(func(v *kiosk.Visitor) { v.SetUserID(7) })
	had := b.clone()
	response := b.visit(func(v *kiosk.Visitor) {
		v.RevokeOthers()
		_, err := s.visitors.RevokeByUserID(t.Context(), 7)
		must(t, err)
	})
	equal(t, len(setCookies(response)), 0, "cookies")
	equal(t, see(had, (*kiosk.Visitor).HasUserID), false, "signed in")
}

// A sign-in during RevokeBy may count as earlier or as later, but no later RevokeBy
// spares it, wherever in the sign-in the first one falls.
func TestSignInDuringRevokeBy(t *testing.T) {
	for _, during := range []string{"handler", "Load", "Create"} {
		s := newSite(t)
		for round := range 3 { // without a record, and with one
			b := s.browser()
			b.visit(func(v *kiosk.Visitor) { v.AddVisits(1) })
			revoke := func() {
				_, err := s.visitors.RevokeByUserID(t.Context(), 7)
				must(t, err)
			}
			b.visit(func(v *kiosk.Visitor) {
				v.SetUserID(7)
				if during == "handler" {
					revoke()
					return
				}
				s.stand(func(call string) error {
					if call == during || during == "Create" && call == "Update" {
						s.stand(nil)
						revoke()
					}
					return nil
				})
			})
			signedIn := see(b, (*kiosk.Visitor).HasUserID)
			t.Logf("revoked at the %s, round %d: signed in %v", during, round, signedIn)
			revoke()
			equal(t, see(b, (*kiosk.Visitor).HasUserID), false, "signed in after a later RevokeBy")
			b.visit(func(v *kiosk.Visitor) { v.SetUserID(7) })
			equal(t, see(b, (*kiosk.Visitor).UserID), 7, "user who signs in after it")
		}
	}
}

// The record of a principal has expired, together with the sessions that it revoked. A session
// that remembers the old record creates a new one at the next revocation.
func TestRevokeOthersAfterTheRecordHasExpired(t *testing.T) {
	for _, by := range []string{"RevokeOthers", "RevokeBy"} {
		s := newSite(t)
		_, err := s.visitors.RevokeByUserID(t.Context(), 7)
		must(t, err)
		s.clock.advance(12 * time.Hour)
		mine, others := s.browser(), s.browser()
		mine.visit(func(v *kiosk.Visitor) { v.SetUserID(7) })
		others.visit(func(v *kiosk.Visitor) { v.SetUserID(7) })
		s.clock.advance(25 * time.Minute) // past its life
		if by == "RevokeOthers" {
			mine.visit((*kiosk.Visitor).RevokeOthers)
		} else {
			_, err := s.visitors.RevokeByUserID(t.Context(), 7)
			must(t, err)
		}
		equal(t, see(mine, (*kiosk.Visitor).HasUserID), by == "RevokeOthers", by+": mine is signed in")
		equal(t, see(others, (*kiosk.Visitor).HasUserID), false, by+": the other is signed in")
	}
}

// altered is a store whose records another program has changed.
type altered struct {
	runtime.Store
	data func(data string) string
}

func (a *altered) Load(ctx context.Context, id runtime.ID) (runtime.Record, error) {
	rec, err := a.Store.Load(ctx, id)
	if err == nil && a.data != nil {
		rec.Data = a.data(rec.Data)
	}
	return rec, err
}

// Unreadable and deleted revocation records count as ended (fail closed).
func TestUnreadableRevocationsCountAsEnded(t *testing.T) {
	s := newSite(t)
	store := &altered{Store: s.watched()}
	s.visitors = s.manager(s.sealer(sealed.WithRevocations(store)))
	b := s.browser()
	b.visit(func(v *kiosk.Visitor) { v.SetUserID(7) })
	b.visit((*kiosk.Visitor).Renew) // now there is a record, of this revision
	for name, change := range map[string]func(string) string{
		"another kind": func(data string) string { return "x" + data[1:] },
		"nothing":      func(string) string { return "" },
		"no life":      func(data string) string { return data[:1] },
		"half a life":  func(data string) string { return data[:2] },
		"endless life": func(data string) string { return data[:1] + "\xff\xff\xff\xff\xff\xff\xff\x7f" },
	} {
		store.data = change
		equal(t, see(b, (*kiosk.Visitor).HasUserID), false, name+": signed in")
	}
	store.data = nil
	equal(t, see(b, (*kiosk.Visitor).UserID), 7, "user when it is as it was")
	s.stand(func(call string) error {
		if call == "Load" {
			return runtime.ErrGone
		}
		return nil
	})
	equal(t, see(b, (*kiosk.Visitor).HasUserID), false, "a tombstone: signed in")
}

// A request that revokes its own session is signed out: the dead cookie is deleted, and what is
// set afterwards begins a new session.
func TestRevokingTheSealedSessionOfTheRequest(t *testing.T) {
	for name, revoke := range map[string]func(s *site, r *http.Request, id runtime.ID) error{
		"by its user": func(s *site, r *http.Request, _ runtime.ID) error {
			_, err := s.visitors.RevokeByUserID(r.Context(), 7)
			return err
		},
		"by its ID": func(s *site, r *http.Request, id runtime.ID) error { return s.visitors.Revoke(r.Context(), id) },
	} {
		for _, farewell := range []bool{false, true} {
			s := newSite(t)
			b := s.browser()
			b.visit(func(v *kiosk.Visitor) { v.SetUserID(7) })
			before := s.with(b.cookies[sessionCookie])
			b.serve(func(v *kiosk.Visitor, _ http.ResponseWriter, r *http.Request) {
				must(t, revoke(s, r, v.Info().ID))
				equal(t, v.HasUserID(), false, name+": signed in afterwards")
				if farewell {
					v.SetUsername("Goodbye")
				}
			})
			equal(t, b.cookies[sessionCookie] != "", farewell, name+": a session cookie")
			equal(t, see(b, (*kiosk.Visitor).Username) == "Goodbye", farewell, name+": the farewell is there")
			equal(t, see(b, (*kiosk.Visitor).HasUserID), false, name+": signed in")
			equal(t, see(before, (*kiosk.Visitor).HasUserID), false, name+": signed in with the old cookie")
		}
	}
}

// What is set after Destroy begins a new session. What was set before is dropped.
func TestWhatIsSetAfterDestroyBeginsASealedSession(t *testing.T) {
	s := newSite(t)
	b := s.browser()
	b.visit(func(v *kiosk.Visitor) { v.SetUserID(7); v.SetRole("admin") })
	before := s.with(b.cookies[sessionCookie])
	b.visit(func(v *kiosk.Visitor) { v.AddVisits(1); v.Destroy(); v.SetUsername("Goodbye") })
	b.visit(func(v *kiosk.Visitor) {
		equal(t, v.Username(), "Goodbye", "the farewell")
		equal(t, v.HasUserID() || v.HasRole() || v.HasVisits(), false, "anything of the old session")
	})
	equal(t, see(before, (*kiosk.Visitor).HasUserID), false, "signed in with the old cookie")
	response := before.visit(func(v *kiosk.Visitor) { v.Destroy(); v.SetUsername("Goodbye") })
	equal(t, len(setCookies(response)), 0, "cookies of a stale tab")
}

// The answer to a revocation is lost. Before it is repeated, two browsers sign in, and one ends
// the session of the other. The repetition does not bring that back.
func TestR14_ARepeatedRevocationRevivesNothing(t *testing.T) {
	for name, revoke := range map[string]func(t *testing.T, s *site){
		"RevokeBy": func(t *testing.T, s *site) {
			_, err := s.visitors.RevokeByUserID(t.Context(), 7)
			must(t, err)
		},
		"sign-in with RevokeOthers": func(t *testing.T, s *site) {
			response := s.browser().visit(func(v *kiosk.Visitor) { v.SetUserID(7); v.RevokeOthers() })
			equal(t, response.StatusCode, 200, "status")
		},
		"sign-out with RevokeOthers": func(t *testing.T, s *site) {
			b := s.browser()
			b.visit(func(v *kiosk.Visitor) { v.SetUserID(7) })
			equal(t, b.visit(func(v *kiosk.Visitor) { v.Destroy(); v.RevokeOthers() }).StatusCode, 200, "status")
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t)
			replica := s.manager(s.sealer(sealed.WithRevocations(s.records)))
			victim, thief := s.browser(), s.browser()
			victim.manager, thief.manager = replica, replica
			principals := 0
			s.stand(func(call string) error {
				if call == "Create" || call == "Update" {
					principals++
				}
				if name == "sign-out with RevokeOthers" && principals < 2 || principals == 0 {
					return nil // of the session's own record
				}
				s.stand(func(string) error {
					s.stand(nil)
					thief.visit(func(v *kiosk.Visitor) { v.SetUserID(7) })
					victim.visit(func(v *kiosk.Visitor) { v.SetUserID(7) })
					victim.visit((*kiosk.Visitor).RevokeOthers)
					equal(t, see(thief, (*kiosk.Visitor).HasUserID), false, "ended by RevokeOthers")
					return nil
				})
				return storetest.ErrReplyLost
			})
			revoke(t, s)
			equal(t, see(thief, (*kiosk.Visitor).HasUserID), false, "signed in again")
		})
	}
}
