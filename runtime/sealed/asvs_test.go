package sealed_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/internal/kiosk"
	"github.com/sessiongen/sessiongen/runtime/sealed"
)

// opensNoSession checks that a cookie opens no session.
func opensNoSession(t *testing.T, s *site, cookie, what string) {
	t.Helper()
	response := s.with(cookie).visit(func(v *kiosk.Visitor) {
		if v.HasUserID() || v.HasVisits() || v.HasUsername() || v.Role() != "guest" || !v.Info().New || v.AuthenticatedWithin(1<<62) {
			t.Errorf("%s opens a session: %v", what, v)
		}
	})
	equal(t, response.StatusCode, http.StatusOK, what+": status")
	equal(t, len(setCookies(response)), 0, what+": cookies")
}

// The earlier cookie is invalid at once, for later requests and for a request in progress, whose changes are lost and which
// gets no cookie.
func TestASVS_7_2_4_TheOldCookieIsDeadAlsoInARequestUnderWay(t *testing.T) {
	for name, c := range map[string]struct{ from, change func(v *kiosk.Visitor) }{
		"signing in":            {func(v *kiosk.Visitor) { v.AddVisits(1) }, func(v *kiosk.Visitor) { v.SetUserID(7) }},
		"signing in again":      {func(v *kiosk.Visitor) { v.SetUserID(7) }, func(v *kiosk.Visitor) { v.SetUserID(7) }},
		"signing in as another": {func(v *kiosk.Visitor) { v.SetUserID(8) }, func(v *kiosk.Visitor) { v.SetUserID(7) }},
		"another privilege":     {func(v *kiosk.Visitor) { v.SetUserID(7) }, func(v *kiosk.Visitor) { v.SetRole("admin") }},
		"a privilege given up":  {func(v *kiosk.Visitor) { v.SetUserID(7); v.SetRole("admin") }, (*kiosk.Visitor).ClearRole},
	} {
		for what, try := range map[string]func(v *kiosk.Visitor){
			"nothing": func(v *kiosk.Visitor) { v.UserID() },
			"a write": func(v *kiosk.Visitor) { v.SetUsername("planted") },
			"a role":  func(v *kiosk.Visitor) { v.SetRole("root") },
			"renewal": func(v *kiosk.Visitor) { v.Renew() },
			"others":  func(v *kiosk.Visitor) { v.RevokeOthers(); v.SetUsername("planted") },
			"leaving": func(v *kiosk.Visitor) { v.ClearUserID(); v.SetUsername("planted") },
		} {
			for _, underWay := range []bool{false, true} {
				s := newSite(t)
				b := s.browser()
				b.visit(c.from)
				old := b.clone()
				old.manager = s.manager(s.sealer(sealed.WithRevocations(s.watched()))) // another process
				s.clock.advance(10 * time.Minute)                                      // a cookie is due in any case
				if !underWay {
					b.visit(c.change)
				}
				response := old.clone().visit(func(v *kiosk.Visitor) {
					if underWay {
						b.visit(c.change)
					}
					try(v)
				})
				about := fmt.Sprintf("%s, under way %v, then %s", name, underWay, what)
				equal(t, len(setCookies(response)), 0, about+": cookies for the old one")
				equal(t, see(b, (*kiosk.Visitor).UserID), 7, about+": user")
				equal(t, see(b, (*kiosk.Visitor).Username), "", about+": name")
				equal(t, see(b, (*kiosk.Visitor).Role) == "root", false, about+": the role is what the old one wants")
				for _, later := range []time.Duration{0, 59 * time.Second, 2 * time.Second, 10 * time.Minute} {
					s.clock.advance(later)
					opensNoSession(t, s, old.cookies[sessionCookie], about+": the old cookie "+later.String()+" later")
				}
			}
		}
	}
}

// Thousands of sessions of one account end while others sign in to it. No session that signed in before survives, and none
// of its cookies.
func TestASVS_7_4_2_and_7_5_2_NoOlderCookieSurvivesRevokeByWhileLoginsRace(t *testing.T) {
	s := newSite(t)
	replica := s.manager(s.sealer(sealed.WithRevocations(s.watched())))
	signIn := func(manager *kiosk.VisitorManager) *browser {
		b := s.browser()
		b.manager = manager
		b.visit(func(v *kiosk.Visitor) { v.SetUserID(7) })
		return b
	}
	sessions := rounds(500, 10_000)
	signedIn := make([]*browser, sessions)
	for i := range signedIn {
		signedIn[i] = signIn(s.visitors)
	}
	older := signedIn
	stranger := s.browser()
	stranger.visit(func(v *kiosk.Visitor) { v.SetUserID(8) })
	over, signIns := make(chan struct{}), make(chan struct{}, 16)
	var mu sync.Mutex
	var group sync.WaitGroup
	for worker := range 4 {
		group.Go(func() {
			for {
				b := signIn([]*kiosk.VisitorManager{s.visitors, replica}[worker%2])
				mu.Lock()
				signedIn = append(signedIn, b)
				mu.Unlock()
				select {
				case signIns <- struct{}{}:
				case <-over:
					return
				}
			}
		})
		group.Go(func() {
			for i := worker; i < len(older); i += 4 {
				older[i].visit([]func(v *kiosk.Visitor){
					func(v *kiosk.Visitor) { v.AddVisits(1) }, (*kiosk.Visitor).Renew, func(v *kiosk.Visitor) { v.SetRole("admin") },
				}[i%3])
			}
		})
	}
	before := 0
	for range 10 {
		for range cap(signIns) + 4 {
			<-signIns
		}
		mu.Lock()
		before = len(signedIn)
		mu.Unlock()
		_, err := s.visitors.RevokeByUserID(t.Context(), 7)
		must(t, err)
	}
	close(over)
	group.Wait()
	survivors, cookies := 0, 0
	for _, b := range signedIn[:before] {
		for _, cookie := range b.had {
			if cookies++; see(s.with(cookie), (*kiosk.Visitor).HasUserID) {
				survivors++
			}
		}
	}
	equal(t, survivors, 0, "cookies of sessions from before that are good")
	equal(t, see(stranger, (*kiosk.Visitor).UserID), 8, "another account")
	t.Logf("%d sessions, %d sign-ins meanwhile, %d cookies dead", sessions, len(signedIn)-sessions, cookies)
}

func TestASVS_7_5_1_and_7_5_3_StepUpToTheSecond(t *testing.T) {
	s := newSite(t)
	b := s.browser()
	within := func() bool {
		return see(b, func(v *kiosk.Visitor) bool { return v.AuthenticatedWithin(15 * time.Minute) })
	}
	equal(t, within(), false, "no user was authenticated")
	b.visit(func(v *kiosk.Visitor) { v.SetUserID(7) })
	s.clock.advance(15*time.Minute - time.Second)
	equal(t, within(), true, "a second before")
	b.visit(func(v *kiosk.Visitor) { v.SetRole("admin") })
	s.clock.advance(time.Second)
	equal(t, within(), true, "at the moment")
	s.clock.advance(time.Second)
	equal(t, within(), false, "a second later, though a role has changed meanwhile")
	b.visit(func(v *kiosk.Visitor) { v.SetUserID(7) })
	equal(t, within(), true, "after signing in again")
}

func TestASVS_7_6_2_StrangersGetNoCookie(t *testing.T) {
	s := newSite(t)
	for range rounds(2_000, 100_000) {
		response := s.browser().visit(func(v *kiosk.Visitor) {
			v.UserID()
			v.Cart()
			v.TakeNotice()
			v.Ticket()
			v.SetUserID(0)
			v.Renew()
			v.RevokeOthers()
		})
		equal(t, len(response.Header["Set-Cookie"]), 0, "cookies")
	}
	equal(t, s.took(), "", "store calls")
}

// A response to a request that reads a sealed session varies by cookie, and a response that carries one is not cached.
func TestASVS_14_3_2_EveryAccessSaysVaryCookie(t *testing.T) {
	for name, access := range map[string]func(v *kiosk.Visitor){
		"a getter": func(v *kiosk.Visitor) { v.Username() },
		"Has":      func(v *kiosk.Visitor) { v.HasUserID() },
		"Take":     func(v *kiosk.Visitor) { v.TakeNotice() },
		"Info":     func(v *kiosk.Visitor) { v.Info() },
		"Format":   func(v *kiosk.Visitor) { _ = fmt.Sprint(v) },
		"a cookie": func(v *kiosk.Visitor) { v.HasTicket() },
		"Set":      func(v *kiosk.Visitor) { v.AddVisits(1) },
		"Destroy":  (*kiosk.Visitor).Destroy,
		"later":    func(*kiosk.Visitor) {}, // while the page is written
	} {
		s := newSite(t)
		b := s.browser()
		b.visit(func(v *kiosk.Visitor) { v.SetUserID(7); v.SetNotice("hello") })
		response := b.serve(func(v *kiosk.Visitor, w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Cache-Control", "public, max-age=60")
			access(v)
			_, _ = io.WriteString(w, "page")
			v.Username()
		})
		equal(t, response.Header.Get("Vary"), "Cookie", name+": Vary")
		if len(setCookies(response)) > 0 {
			equal(t, response.Header.Get("Cache-Control"), "no-store", name+": Cache-Control")
		}
	}
}

// No cookie, no secret field and no key is in what is printed of sealed sessions, their store and their errors.
func TestASVS_16_2_5_NoOutputShowsASecret(t *testing.T) {
	s := newSite(t)
	var output bytes.Buffer
	print := func(things ...any) {
		for _, thing := range things {
			fmt.Fprintf(&output, "%v %+v %#v %s %x %d\n", thing, thing, thing, thing, thing, thing)
			encoded, _ := json.Marshal(thing)
			output.Write(encoded)
			slog.New(slog.NewTextHandler(&output, nil)).Info("thing", "thing", thing)
		}
	}
	store := s.sealer(sealed.WithRevocations(s.watched()))
	hook := runtime.LogEvents(slog.New(slog.NewJSONHandler(&output, &slog.HandlerOptions{Level: slog.LevelDebug})))
	s.visitors = s.manager(store, runtime.WithEvents(func(ctx context.Context, e runtime.Event) { hook(ctx, e); print(e, e.Err) }),
		runtime.WithErrorHandler(func(w http.ResponseWriter, _ *http.Request, err error) { print(err); w.WriteHeader(500) }))
	b := s.browser()
	visit := func(change func(v *kiosk.Visitor)) {
		b.serve(func(v *kiosk.Visitor, w http.ResponseWriter, r *http.Request) {
			print(v, r.Context(), w)
			change(v)
			print(v, v.Info(), v.Commit(r.Context()))
		})
	}
	visit(func(v *kiosk.Visitor) { v.SetUserID(7); v.SetPassword("hunter2"); v.SetTicket(424242) })
	visit((*kiosk.Visitor).Renew)
	visit(func(v *kiosk.Visitor) { v.SetPassword(strings.Repeat("hunter2", 1000)) }) // too large
	s.stand(down("Load", "Create", "Update"))
	visit((*kiosk.Visitor).Destroy)
	s.stand(nil)
	s.with(b.had[0]).visit(func(v *kiosk.Visitor) { v.AddVisits(1) })
	s.with(b.had[0][:90]).visit(func(v *kiosk.Visitor) { v.AddVisits(1) })
	visit((*kiosk.Visitor).Destroy)
	print(store, s.visitors, s.keys)
	hidden := []string{"hunter2", "424242", secret[:9], secret[20:29], fmt.Sprintf("%x", secret[:9]), strings.Trim(fmt.Sprint([]byte(secret[:9])), "[]")}
	for _, cookie := range b.had {
		hidden = append(hidden, cookie[8:30], cookie[len(cookie)-20:])
	}
	for _, text := range hidden {
		if at := strings.Index(output.String(), text); at >= 0 {
			t.Errorf("%q is printed: %q", text, output.String()[max(0, at-100):at+50])
		}
	}
	if !strings.Contains(output.String(), "4096") || len(b.had) < 2 {
		t.Error("the test has become weaker")
	}
}
