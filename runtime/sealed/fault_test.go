package sealed_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/internal/kiosk"
	"github.com/sessiongen/sessiongen/runtime/keyring"
	"github.com/sessiongen/sessiongen/runtime/sealed"
	"github.com/sessiongen/sessiongen/runtime/storetest"
)

var errDown = errors.New("connection refused")

func down(calls ...string) func(string) error {
	return func(call string) error {
		for _, c := range calls {
			if c == call {
				return errDown
			}
		}
		return nil
	}
}

// While revocations cannot be read, no session is accepted and no signed-in visitor becomes
// anonymous.
func TestASVS_16_5_AFailureOfRevocationsNeverMakesAVisitorAnonymous(t *testing.T) {
	s := newSite(t)
	b := s.browser()
	b.visit(func(v *kiosk.Visitor) { v.SetUserID(7) })
	for n := range 2 { // the session's record, and the principal's
		calls := 0
		s.stand(func(string) error {
			if calls++; calls > n {
				return errDown
			}
			return nil
		})
		response := b.visit(func(*kiosk.Visitor) { t.Error("the handler runs") })
		equal(t, response.StatusCode, http.StatusServiceUnavailable, "status")
		equal(t, response.Header.Get("Cache-Control"), "no-store", "Cache-Control")
		equal(t, len(response.Header["Set-Cookie"]), 0, "cookies")
		equal(t, s.count(runtime.EventStoreFailed), n+1, "store failed events")
	}
	response := s.browser().visit(func(v *kiosk.Visitor) { v.AddVisits(1) })
	equal(t, response.StatusCode, 200, "status of a visitor without a cookie")
	s.stand(nil)
	equal(t, see(b, (*kiosk.Visitor).UserID), 7, "user when the store is back")
}

// broken is a sealer whose keys are on another machine that cannot be reached.
type broken struct {
	*sealed.Store
	err error
}

func (b *broken) Open(use keyring.Use, value string) (runtime.Sealed, error) {
	if b.err != nil {
		return runtime.Sealed{}, b.err
	}
	return b.Store.Open(use, value)
}

func (b *broken) Seal(use keyring.Use, session runtime.Sealed) (string, error) {
	if b.err != nil {
		return "", b.err
	}
	return b.Store.Seal(use, session)
}

func TestASealerThatFails(t *testing.T) {
	s := newSite(t)
	sealer := &broken{Store: s.sealer(sealed.WithRevocations(s.watched()))}
	s.visitors = s.manager(sealer)
	b := s.browser()
	b.visit(func(v *kiosk.Visitor) { v.SetUserID(7) })
	s.took()
	sealer.err = errDown
	response := b.visit(func(*kiosk.Visitor) { t.Error("the handler runs, though the session cannot be opened") })
	equal(t, response.StatusCode, 503, "status when it cannot open")
	equal(t, s.took(), "", "store calls")
	sealer.err = nil
	response = b.visit(func(v *kiosk.Visitor) { v.SetUserID(8); sealer.err = errDown })
	equal(t, response.StatusCode, 503, "status when it cannot seal")
	equal(t, len(setCookies(response)), 0, "cookies")
	sealer.err = nil
	equal(t, see(b, (*kiosk.Visitor).UserID), 7, "user when it is back")
	equal(t, s.count(runtime.EventStoreFailed), 2, "store failed events")
}

// A store fails at its n-th call, for every n, before or after the call takes effect. No session
// that was ended comes back, whatever the response says, and a response that reports an end is
// right.
func TestASVS_16_5_RevocationsFailAtEveryCall(t *testing.T) {
	type outcome = string
	state := func(b *browser) outcome {
		return see(b, func(v *kiosk.Visitor) outcome { return fmt.Sprint(v.UserID(), " ", v.Visits()) })
	}
	for name, c := range map[string]struct {
		change func(v *kiosk.Visitor)
		after  outcome
		final  bool // no cookie from before is good when the response says 200
	}{
		"add":            {func(v *kiosk.Visitor) { v.AddVisits(1) }, "7 2", false},
		"renew":          {(*kiosk.Visitor).Renew, "7 1", true},
		"login":          {func(v *kiosk.Visitor) { v.SetUserID(8); v.SetVisits(5) }, "8 5", true},
		"login again":    {func(v *kiosk.Visitor) { v.SetUserID(7) }, "7 1", true},
		"logout":         {(*kiosk.Visitor).Destroy, "0 0", true},
		"relogin":        {func(v *kiosk.Visitor) { v.Destroy(); v.SetUserID(8) }, "8 0", true},
		"others":         {(*kiosk.Visitor).RevokeOthers, "7 1", true},
		"login others":   {func(v *kiosk.Visitor) { v.SetUserID(7); v.RevokeOthers() }, "7 1", true},
		"relogin others": {func(v *kiosk.Visitor) { v.Destroy(); v.SetUserID(7); v.RevokeOthers() }, "7 0", true},
	} {
		for n := range 12 {
			for _, lost := range []bool{false, true} {
				for _, forever := range []bool{false, true} {
					t.Run(fmt.Sprint(name, " ", n, " reply lost ", lost, " for ever ", forever), func(t *testing.T) {
						synctest.Test(t, func(t *testing.T) {
							s := newSite(t)
							b := s.browser()
							b.visit(func(v *kiosk.Visitor) { v.SetUserID(7); v.AddVisits(1) })
							b.visit((*kiosk.Visitor).Renew) // so that there are records
							before := b.clone()
							response := b.visit(func(v *kiosk.Visitor) {
								calls := 0
								s.stand(func(string) error {
									if calls++; calls == n+1 || forever && calls > n {
										if lost {
											return storetest.ErrReplyLost
										}
										return errDown
									}
									return nil
								})
								c.change(v)
							})
							s.stand(nil)
							got, old := state(b), state(before)
							switch {
							case response.StatusCode == 200 && got != c.after:
								t.Errorf("200, but the session is %s, want %s", got, c.after)
							case response.StatusCode == 200 && c.final && old != "0 0":
								t.Errorf("200, but the cookie from before opens %s", old)
							case response.StatusCode != 200 && response.StatusCode != 503:
								t.Errorf("status %d", response.StatusCode)
							case response.StatusCode == 503 && !forever:
								t.Error("503 for one failure, which can be repeated")
							case response.StatusCode == 503 && len(setCookies(response)) > 0:
								if name != "relogin" && name != "relogin others" || !strings.Contains(setCookies(response)[0], "Max-Age=0") {
									t.Errorf("503 with %s", setCookies(response)[0])
								}
							case old != "7 1" && old != "0 0":
								t.Errorf("the cookie from before opens %s", old)
							case response.StatusCode == 503 && !lost && n == 0 && old != "7 1":
								t.Errorf("503 and nothing done, but the cookie from before opens %s", old)
							}
						})
					})
				}
			}
		}
	}
}

func TestASVS_16_5_AFailedLogoutSaysSo(t *testing.T) {
	s := newSite(t)
	b := s.browser()
	b.visit(func(v *kiosk.Visitor) { v.SetUserID(7) })
	s.stand(down("Create", "Update"))
	response := b.visit((*kiosk.Visitor).Destroy)
	equal(t, response.StatusCode, 503, "status")
	equal(t, len(response.Header["Set-Cookie"]), 0, "cookies")
	s.stand(nil)
	equal(t, see(b, (*kiosk.Visitor).UserID), 7, "the visitor knows to be signed in: user")
	if err := func() error { s.stand(down("Create")); return s.visitors.Revoke(t.Context(), see(b, idOf)) }(); !errors.Is(err, errDown) {
		t.Errorf("Revoke: %v", err)
	}
	if _, err := s.visitors.RevokeByUserID(t.Context(), 7); !errors.Is(err, errDown) {
		t.Errorf("RevokeBy: %v", err)
	}
}

func TestFailedTouchDoesNotRefuseThePage(t *testing.T) {
	s := newSite(t)
	b := s.browser()
	b.visit(func(v *kiosk.Visitor) { v.SetUserID(7) })
	s.clock.advance(10 * time.Minute)
	response := b.visit(func(v *kiosk.Visitor) {
		equal(t, v.UserID(), 7, "user")
		s.stand(down("Load"))
	})
	s.stand(nil)
	equal(t, response.StatusCode, 200, "status")
	equal(t, len(setCookies(response)), 0, "cookies")
	equal(t, s.count(runtime.EventStoreFailed), 1, "store failed events")
}

// opensNot is a sealer that cannot tell what one value is, as when its keys are out of reach.
type opensNot struct {
	*sealed.Store
	value string
}

func (o opensNot) Open(use keyring.Use, value string) (runtime.Sealed, error) {
	if value == o.value {
		return runtime.Sealed{}, errDown
	}
	return o.Store.Open(use, value)
}

// However many cookies that do not open come before it, a cookie that the sealer cannot judge
// refuses the request.
func TestR4_ASealerThatFailsLetsNobodyInBehindCookiesThatDoNotOpen(t *testing.T) {
	s := newSite(t)
	b := s.browser()
	b.visit(func(v *kiosk.Visitor) { v.SetUserID(7) })
	good := b.cookies[sessionCookie]
	failing := s.manager(opensNot{s.sealer(sealed.WithRevocations(s.watched())), good})
	for before := range 6 {
		r := httptest.NewRequest("GET", "https://kiosk.example/", nil)
		for n := range before {
			r.Header.Add("Cookie", fmt.Sprintf("%s=stale%d", sessionCookie, n))
		}
		r.Header.Add("Cookie", sessionCookie+"="+good)
		w := httptest.NewRecorder()
		failing.Middleware(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
			t.Errorf("behind %d cookies that do not open, the handler ran", before)
		})).ServeHTTP(w, r)
		equal(t, w.Code, http.StatusServiceUnavailable, "status")
	}
}
