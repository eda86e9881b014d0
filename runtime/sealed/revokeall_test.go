package sealed_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/internal/kiosk"
	"github.com/sessiongen/sessiongen/runtime/internal/shop"
	"github.com/sessiongen/sessiongen/runtime/sealed"
)

// When RevokeAll has returned, no process accepts any cookie that was sent before, not even one
// that a request in progress sends afterwards. Those who sign in again stay.
func TestRevokeAllEndsEverySealedSession(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t)
		other := s.manager(s.sealer(sealed.WithRevocations(s.watched())))
		user, guest, elsewhere := s.browser(), s.browser(), s.browser()
		elsewhere.manager = other
		user.visit(func(v *kiosk.Visitor) { v.SetUserID(7) })
		guest.visit(func(v *kiosk.Visitor) { v.AddVisits(1) })
		elsewhere.visit(func(v *kiosk.Visitor) { v.SetUserID(8) })
		time.Sleep(4 * time.Second) // the other process has looked the record up a while ago
		equal(t, see(elsewhere, (*kiosk.Visitor).UserID), 8, "the user at the other process, before")

		late := user.clone()
		late.visit(func(v *kiosk.Visitor) {
			count, err := s.visitors.RevokeAll(t.Context())
			must(t, err)
			equal(t, count, 0, "count")
			v.AddVisits(1)
		})
		for name, b := range map[string]*browser{"user": user, "guest": guest, "elsewhere": elsewhere, "late": late} {
			for _, manager := range []*kiosk.VisitorManager{s.visitors, other} {
				b.manager = manager
				equal(t, see(b, (*kiosk.Visitor).UserID), 0, name+": user")
				equal(t, see(b, (*kiosk.Visitor).Visits), 0, name+": visits")
			}
		}
		user.visit(func(v *kiosk.Visitor) { v.SetUserID(7) })
		user.manager = other
		equal(t, see(user, (*kiosk.Visitor).UserID), 7, "who has signed in again")
		_, err := other.RevokeAll(t.Context())
		must(t, err)
		equal(t, see(user, (*kiosk.Visitor).UserID), 0, "after another RevokeAll")
		user.visit(func(v *kiosk.Visitor) { v.SetUserID(7) })
		// The record lasts for as long as a cookie that it revokes.
		s.clock.advance(1000 * time.Hour)
		user.visit(func(v *kiosk.Visitor) { v.SetUserID(7) })
		equal(t, see(user, (*kiosk.Visitor).UserID), 7, "after the record has expired")
	})
}

// A process whose knowledge of RevokeAll is a few seconds old accepts a cookie of a sign-in that
// another process has served since.
func TestASignInAfterRevokeAllIsKnownToEveryProcess(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t)
		other := s.manager(s.sealer(sealed.WithRevocations(s.watched())))
		user, elsewhere := s.browser(), s.browser()
		elsewhere.manager = other
		for _, pause := range []time.Duration{0, 2 * time.Minute} { // since the RevokeAll before
			_, err := s.visitors.RevokeAll(t.Context())
			must(t, err)
			s.clock.advance(pause)
			time.Sleep(pause)
			equal(t, see(elsewhere, (*kiosk.Visitor).UserID), 0, "the other process looks the record up")
			elsewhere.visit(func(v *kiosk.Visitor) { v.SetUserID(8) })
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			if _, err := s.visitors.RevokeAll(ctx); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("RevokeAll: %v", err)
			}
			user.visit(func(v *kiosk.Visitor) { v.SetUserID(7) })
			user.manager = other
			equal(t, see(user, (*kiosk.Visitor).UserID), 7, "the user at the other process")
			user.visit(func(v *kiosk.Visitor) { v.Destroy() })
			user.manager = s.visitors
		}
	})
}

// The ID of a revocation is no secret. A manager of stored sessions in the same store does not
// delete the revocation, or the cookies that it has ended would open sessions again.
func TestRevokeOfAStoredManagerEndsNoRevocation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t)
		customers, err := shop.NewVisitorManager(s.records, runtime.WithKeys(s.keys), runtime.WithClock(s.clock.Now))
		must(t, err)
		user := s.browser()
		user.visit(func(v *kiosk.Visitor) { v.SetUserID(7) })
		_, err = s.visitors.RevokeAll(t.Context())
		must(t, err)
		must(t, customers.Revoke(t.Context(), allID))
		user.manager = s.manager(s.sealer(sealed.WithRevocations(s.records))) // of another process
		response := user.visit(func(v *kiosk.Visitor) { equal(t, v.UserID(), 0, "user after RevokeAll") })
		equal(t, response.StatusCode, 200, "status")
	})
}

// A sign-in that is in progress when RevokeAll returns counts as later.
func TestRevokeAllSparesASignInInProgress(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t)
		known := s.browser()
		known.visit(func(v *kiosk.Visitor) { v.AddVisits(1) })
		for _, b := range []*browser{s.browser(), known} {
			b.visit(func(v *kiosk.Visitor) {
				v.Visits()
				_, err := s.visitors.RevokeAll(t.Context())
				must(t, err)
				v.SetUserID(7)
			})
			equal(t, see(b, (*kiosk.Visitor).UserID), 7, "user")
		}
	})
}

// A sign-in begins a new session then, which holds what its request has set and nothing of the one
// that was ended. A change that is no sign-in is dropped, and the handler is told.
func TestASessionThatRevokeAllHasEndedDoesNotGoOn(t *testing.T) {
	for name, signsIn := range map[string]bool{"sign-in": true, "another change": false} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newSite(t)
				other := s.manager(s.sealer(sealed.WithRevocations(s.watched())))
				b := s.browser()
				b.visit(func(v *kiosk.Visitor) { v.AddVisits(1); v.SetUsername("before") })
				ended := b.clone()
				b.visit(func(v *kiosk.Visitor) {
					v.Visits()
					_, err := other.RevokeAll(t.Context())
					must(t, err)
					v.AddVisits(10)
					if signsIn {
						v.SetUserID(7)
					}
					if err := v.Commit(t.Context()); signsIn && err != nil || !signsIn && !errors.Is(err, runtime.ErrEnded) {
						t.Errorf("Commit: %v", err)
					}
				})
				user, visits := int64(0), 0
				if signsIn {
					user, visits = 7, 10
				}
				equal(t, see(b, (*kiosk.Visitor).UserID), user, "user")
				equal(t, see(b, (*kiosk.Visitor).Visits), visits, "visits")
				equal(t, see(b, (*kiosk.Visitor).Username), "", "name from the session that was ended")
				if signsIn { // ending the old session again, which has another ID, does not end the new one
					ended.visit(func(v *kiosk.Visitor) { v.Destroy() })
					equal(t, see(b, (*kiosk.Visitor).UserID), 7, "user after the old session's Destroy")
				}
			})
		})
	}
}

// A session that RevokeAll has ended cannot be taken along by signing in as another user.
func TestRevokeAllIsNotUndoneByAChangeOfThePrincipal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t)
		b := s.browser()
		b.visit(func(v *kiosk.Visitor) { v.SetUserID(7) })
		b.visit(func(v *kiosk.Visitor) {
			v.UserID()
			_, err := s.visitors.RevokeAll(t.Context())
			must(t, err)
			v.SetUserID(7)
		})
		equal(t, see(b, (*kiosk.Visitor).UserID), 0, "user")
	})
}

// Requests do not pay for it: a process reads the record once in five seconds.
func TestTheRecordThatRevokesAllIsReadOnceInFiveSeconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t)
		b := s.browser()
		b.visit(func(v *kiosk.Visitor) { v.SetUserID(7) })
		for range 100 {
			see(b, (*kiosk.Visitor).UserID)
			time.Sleep(100 * time.Millisecond)
		}
		equal(t, s.loadsOfAll, 2, "Loads in ten seconds of 100 requests")
	})
}

func TestRevokeAllOfSealedSessionsFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, sealed.AcceptReplay())
		if _, err := s.visitors.RevokeAll(t.Context()); !errors.Is(err, errors.ErrUnsupported) {
			t.Errorf("with AcceptReplay: got %v, want %v", err, errors.ErrUnsupported)
		}
		s = newSite(t)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := s.visitors.RevokeAll(ctx); !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "other processes may accept them for some seconds yet") {
			t.Errorf("with a context that ends before every process has noticed: got %v", err)
		}
		// A store that fails lets no visitor in.
		b := s.browser()
		b.visit(func(v *kiosk.Visitor) { v.SetUserID(7) })
		time.Sleep(10 * time.Second)
		s.stand(func(call string) error { return errors.New("connection refused") })
		response := b.visit(func(v *kiosk.Visitor) { t.Error("the handler ran") })
		equal(t, response.StatusCode, http.StatusServiceUnavailable, "status")
		if _, err := s.visitors.RevokeAll(t.Context()); err == nil {
			t.Error("RevokeAll whose store fails: no error")
		}
		equal(t, s.count(runtime.EventRevoked), 1, "events")
	})
}
