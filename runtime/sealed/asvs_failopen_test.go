package sealed_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sessiongen/sessiongen/runtime/internal/kiosk"
)

// While revocations cannot be read, no session is accepted and no signed-in visitor becomes anonymous. This holds for every kind
// of page and for every call of the store that fails.
func TestASVS_16_5_NoKindOfPageIsShownWhileRevocationsFail(t *testing.T) {
	guarded := func(may func(v *kiosk.Visitor) bool, act func(v *kiosk.Visitor)) handler {
		return func(v *kiosk.Visitor, w http.ResponseWriter, _ *http.Request) {
			if !may(v) {
				http.Error(w, "not for you", http.StatusForbidden)
				return
			}
			act(v)
			_, _ = fmt.Fprint(w, "done for ", v.UserID())
		}
	}
	member := func(v *kiosk.Visitor) bool { return v.HasUserID() }
	anybody := func(*kiosk.Visitor) bool { return true }
	for kind, page := range map[string]handler{
		"for everybody":      guarded(anybody, func(*kiosk.Visitor) {}),
		"for members":        guarded(member, func(*kiosk.Visitor) {}),
		"for admins":         guarded(func(v *kiosk.Visitor) bool { return v.Role() == "admin" }, func(*kiosk.Visitor) {}),
		"for strangers only": guarded(func(v *kiosk.Visitor) bool { return !v.HasUserID() }, func(v *kiosk.Visitor) { v.SetVisits(100) }),
		"that writes":        guarded(member, func(v *kiosk.Visitor) { v.AddVisits(1) }),
		"that steps down":    guarded(member, (*kiosk.Visitor).ClearRole),
		"that signs in":      guarded(anybody, func(v *kiosk.Visitor) { v.SetUserID(7) }),
		"that ends it":       guarded(anybody, (*kiosk.Visitor).Destroy),
		"that ends others":   guarded(anybody, (*kiosk.Visitor).RevokeOthers),
	} {
		for _, c := range []struct {
			calls []string
			from  int // how many calls succeed before
		}{{[]string{"Load"}, 0}, {[]string{"Load"}, 1}, {[]string{"Load"}, 2}, {[]string{"Load"}, 3}, {[]string{"Create", "Update"}, 0}} {
			for _, failure := range []error{errDown, context.DeadlineExceeded, io.EOF} {
				synctest.Test(t, func(t *testing.T) { // repeated calls wait
					s := newSite(t)
					b := s.browser()
					b.visit(func(v *kiosk.Visitor) { v.SetUserID(7); v.SetRole("admin"); v.SetVisits(3) })
					s.clock.advance(5 * time.Minute)
					before := b.clone()
					calls := 0
					s.stand(func(call string) error {
						for _, fails := range c.calls {
							if call == fails {
								if calls++; calls > c.from {
									return failure
								}
							}
						}
						return nil
					})
					response := b.serve(page)
					s.stand(nil)
					body, _ := io.ReadAll(response.Body)
					about := fmt.Sprintf("%v fails after %d with %v, a page %s: %d %s", c.calls, c.from, failure, kind, response.StatusCode, body)
					switch response.StatusCode {
					case http.StatusServiceUnavailable:
						if strings.Contains(string(body), "done") || len(setCookies(response)) > 0 {
							t.Error(about)
						}
						if kind == "that ends it" { // and the visitor knows that it has not
							equal(t, see(before, (*kiosk.Visitor).UserID), 7, about+": user")
						}
					case http.StatusForbidden:
						if kind != "for strangers only" {
							t.Error(about)
						}
					case http.StatusOK:
						if kind == "for strangers only" || !strings.Contains(string(body), "done for 7") && kind != "that ends it" {
							t.Error(about)
						}
						if kind == "that ends it" {
							opensNoSession(t, s, before.cookies[sessionCookie], about)
						}
					default:
						t.Error(about)
					}
					if c.calls[0] == "Load" && c.from < 2 {
						equal(t, response.StatusCode, http.StatusServiceUnavailable, about)
					}
				})
			}
		}
	}
}
