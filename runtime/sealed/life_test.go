package sealed_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/internal/kiosk"
)

func TestADayOfASession(t *testing.T) {
	s := newSite(t)
	b := s.browser()
	response := b.visit(func(v *kiosk.Visitor) {
		equal(t, v.UserID(), 0, "user")
		equal(t, v.Info().New, true, "new")
	})
	equal(t, len(setCookies(response)), 0, "cookies for a visitor who does nothing")
	equal(t, response.Header.Get("Vary"), "Cookie", "Vary")
	equal(t, s.took(), "", "store calls")

	response = b.visit(func(v *kiosk.Visitor) {
		v.AppendCart(kiosk.Item{SKU: "paper", Qty: 2, Price: 350})
		v.AddVisits(1)
	})
	line := strings.Join(setCookies(response), "|")
	if !strings.HasSuffix(line, "; Path=/; SameSite=Lax; Secure; HttpOnly") || strings.Contains(line, "Max-Age") {
		t.Errorf("Set-Cookie: %q", line)
	}
	if strings.Contains(line, "paper") {
		t.Error("the cookie can be read")
	}
	equal(t, response.Header.Get("Cache-Control"), "no-store", "Cache-Control")
	equal(t, s.took(), "", "store calls of a new session")

	id := see(b, func(v *kiosk.Visitor) runtime.ID { return v.Info().ID })
	equal(t, s.took(), "Load", "store calls of a read")
	b.visit(func(v *kiosk.Visitor) {
		v.SetUserID(7)
		v.SetUsername("john_doe_123")
		v.SetNotice("Welcome back")
	})
	equal(t, s.took(), "Load Load Create", "store calls of signing in")
	s.clock.advance(time.Minute)
	b.visit(func(v *kiosk.Visitor) {
		equal(t, v.UserID(), 7, "user")
		equal(t, v.Cart()[0], kiosk.Item{SKU: "paper", Qty: 2, Price: 350}, "cart")
		notice, there := v.TakeNotice()
		equal(t, notice, "Welcome back", "notice")
		equal(t, there, true, "notice there")
		info := v.Info()
		equal(t, info.ID, id, "the ID is kept")
		equal(t, info.Created, s.clock.Now().Add(-time.Minute), "created")
		equal(t, info.AuthenticatedAt, s.clock.Now().Add(-time.Minute), "authenticated")
		equal(t, info.LastSeen.Equal(s.clock.Now().Add(-time.Minute)), true, "last seen")
		equal(t, info.Expires.Equal(s.clock.Now().Add(29*time.Minute)), true, "expires")
	})
	equal(t, s.took(), "Load Load Load", "store calls of a change")
	b.visit(func(v *kiosk.Visitor) {
		_, there := v.TakeNotice()
		equal(t, there, false, "the notice is shown once")
		v.Cart()[0].Qty = 5
	})
	response = b.visit(func(v *kiosk.Visitor) { equal(t, v.Cart()[0].Qty, 5, "a change in place") })
	equal(t, len(setCookies(response)), 0, "cookies for a visitor who changes nothing")

	response = b.visit(func(v *kiosk.Visitor) { v.Destroy() })
	equal(t, strings.Join(setCookies(response), "|"), sessionCookie+"=; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Path=/; SameSite=Lax; Secure; HttpOnly", "Set-Cookie")
	equal(t, len(b.cookies), 0, "cookies left")
	equal(t, s.count(runtime.EventCreated), 1, "created events")
	equal(t, s.count(runtime.EventRenewed), 1, "renewed events")
	equal(t, s.count(runtime.EventDestroyed), 1, "destroyed events")
}

func TestASVS_7_3_1_and_7_3_2_IdleAndAbsoluteDeadline(t *testing.T) {
	s := newSite(t)
	visit := func(b *browser) bool { return see(b, (*kiosk.Visitor).HasUserID) }
	signedIn := func() *browser {
		b := s.browser()
		b.visit(func(v *kiosk.Visitor) { v.SetUserID(7) })
		return b
	}
	b := signedIn()
	s.clock.advance(30*time.Minute - time.Millisecond)
	equal(t, visit(b), true, "just before the idle deadline")
	s.clock.advance(time.Millisecond)
	equal(t, visit(b), false, "at the idle deadline")
	s.clock.advance(time.Millisecond)
	equal(t, visit(b), false, "just after the idle deadline")

	b = signedIn()
	s.took()
	for range 28 {
		s.clock.advance(25 * time.Minute)
		response := b.visit(func(*kiosk.Visitor) {})
		equal(t, len(setCookies(response)), 1, "cookies that extend the session")
	}
	// 11h40m have passed. An idle deadline is never past the absolute one.
	s.clock.advance(20*time.Minute - time.Millisecond)
	equal(t, visit(b), true, "just before the absolute deadline")
	b.visit(func(v *kiosk.Visitor) { v.AddVisits(1) })
	s.clock.advance(time.Millisecond)
	s.took()
	equal(t, visit(b), false, "at the absolute deadline")
	s.clock.advance(time.Millisecond)
	equal(t, visit(b), false, "just after the absolute deadline")
	for _, cookie := range b.had {
		equal(t, visit(s.with(cookie)), false, "an earlier cookie after the absolute deadline")
	}
	equal(t, s.took(), "", "store calls for what has expired")

	// Signing in again restarts the lifetime.
	b = signedIn()
	s.clock.advance(29 * time.Minute)
	b.visit(func(v *kiosk.Visitor) { v.SetUserID(7) })
	equal(t, see(b, func(v *kiosk.Visitor) time.Time { return v.Info().AuthenticatedAt }), s.clock.Now(), "authenticated")
	for range 28 {
		s.clock.advance(25 * time.Minute)
		b.visit(func(*kiosk.Visitor) {})
	}
	equal(t, visit(b), true, "12h09m after the first sign-in")
}

func TestTouchAtMostOncePerTenthOfIdle(t *testing.T) {
	s := newSite(t)
	b := s.browser()
	b.visit(func(v *kiosk.Visitor) { v.SetUserID(7) })
	s.clock.advance(3*time.Minute - time.Millisecond)
	response := b.visit(func(v *kiosk.Visitor) { v.UserID() })
	equal(t, len(setCookies(response)), 0, "cookies before a tenth")
	s.clock.advance(time.Millisecond)
	s.took()
	response = b.visit(func(v *kiosk.Visitor) { v.UserID() })
	equal(t, len(setCookies(response)), 1, "cookies after a tenth")
	equal(t, response.Header.Get("Cache-Control"), "private, no-cache", "Cache-Control of a page that extends the session")
	equal(t, s.took(), "Load Load Load", "store calls")
	response = b.visit(func(v *kiosk.Visitor) { v.UserID() })
	equal(t, len(setCookies(response)), 0, "cookies after that")
	// Nothing is sent when the session was ended meanwhile, nor after the first byte.
	s.clock.advance(5 * time.Minute)
	other := b.clone()
	response = b.visit(func(v *kiosk.Visitor) {
		other.visit((*kiosk.Visitor).Renew)
	})
	equal(t, len(setCookies(response)), 0, "cookies after another request has renewed the session")
	equal(t, see(other, (*kiosk.Visitor).UserID), 7, "user")
}

func TestRemember(t *testing.T) {
	s := newSite(t)
	b := s.browser()
	response := b.visit(func(v *kiosk.Visitor) { v.SetUserID(7); v.Remember(true) })
	if line := setCookies(response)[0]; !strings.Contains(line, "; Max-Age=43200;") {
		t.Errorf("Set-Cookie: %q", line)
	}
	s.clock.advance(10 * time.Minute)
	response = b.visit(func(*kiosk.Visitor) {})
	if line := setCookies(response)[0]; !strings.Contains(line, "; Max-Age=42600;") {
		t.Errorf("Set-Cookie later: %q", line)
	}
	response = b.visit(func(v *kiosk.Visitor) { v.Remember(true) })
	equal(t, len(setCookies(response)), 0, "cookies when nothing changes")
	response = b.visit(func(v *kiosk.Visitor) { v.Remember(false) })
	if line := setCookies(response)[0]; strings.Contains(line, "Max-Age") {
		t.Errorf("Set-Cookie when it is not remembered: %q", line)
	}
	equal(t, see(b, (*kiosk.Visitor).UserID), 7, "user")
}

func TestLeavingAPrincipalEmptiesTheSession(t *testing.T) {
	s := newSite(t)
	b := s.browser()
	b.visit(func(v *kiosk.Visitor) { v.SetUserID(7); v.SetPassword("of A"); v.SetVisits(1) })
	b.visit(func(v *kiosk.Visitor) { v.SetUserID(8); v.SetUsername("B") })
	equal(t, see(b, func(v *kiosk.Visitor) string {
		return fmt.Sprintf("%d %s %v %d", v.UserID(), v.Username(), v.HasPassword(), v.Visits())
	}), "8 B false 0", "what B sees")
	b.visit((*kiosk.Visitor).ClearUserID)
	equal(t, see(b, func(v *kiosk.Visitor) string { return fmt.Sprint(v.HasUserID(), v.HasUsername()) }), "false false", "what an anonymous visitor sees")
}

func TestAnUnreadNoticeSurvivesHead(t *testing.T) {
	s := newSite(t)
	b := s.browser()
	b.visit(func(v *kiosk.Visitor) { v.SetNotice("hello") })
	response := b.send("HEAD", func(v *kiosk.Visitor, _ http.ResponseWriter, _ *http.Request) { v.TakeNotice() })
	equal(t, len(setCookies(response)), 0, "cookies")
	b.visit(func(v *kiosk.Visitor) {
		v.SetNotice("hello again")
		v.TakeNotice()
		v.SetNotice("hello again")
	})
	equal(t, see(b, (*kiosk.Visitor).Notice), "hello again", "notice")
}

func TestListByIsNotThere(t *testing.T) {
	_, err := newSite(t).visitors.ListByUserID(t.Context(), 7)
	if !errors.Is(err, errors.ErrUnsupported) || !strings.Contains(err.Error(), "runtime.Indexer") {
		t.Errorf("error: %v", err)
	}
}

func (*nilStore) Load(context.Context, runtime.ID) (runtime.Record, error) { panic("called") }

// A user that was revoked during a request does not get a session by setting the same user
// again: only a sign-in of an anonymous visitor may count as later.
func TestARequestInFlightDuringRevokeByKeepsNoSession(t *testing.T) {
	for _, to := range []int64{7, 8} {
		for _, others := range []bool{false, true} {
			s := newSite(t)
			b := s.browser()
			b.visit(func(v *kiosk.Visitor) { v.SetUserID(7); v.SetUsername("john_doe") })
			b.visit(func(v *kiosk.Visitor) {
				_, err := s.visitors.RevokeByUserID(t.Context(), 7)
				must(t, err)
				v.SetUserID(to)
				if others {
					v.RevokeOthers()
				}
			})
			equal(t, see(b, (*kiosk.Visitor).UserID), 0, "user of a revoked session")
			equal(t, see(b, (*kiosk.Visitor).Username), "", "name in a revoked session")
		}
	}
}

func TestDestroyAfterASignInThatFailedEndsWhatTheBrowserHas(t *testing.T) {
	s := newSite(t)
	b := s.browser()
	b.visit(func(v *kiosk.Visitor) { v.SetVisits(1) })
	stale := b.clone()
	b.visit(func(v *kiosk.Visitor) { v.SetUserID(7) }) // renews
	stale.send("POST", func(v *kiosk.Visitor, w http.ResponseWriter, _ *http.Request) {
		v.SetUserID(8)
		v.SetUsername(strings.Repeat("x", 5000)) // too large to be sent
		w.WriteHeader(http.StatusOK)
		v.Destroy()
	})
	equal(t, see(b, (*kiosk.Visitor).UserID), 0, "user of the session that has ended")
}
