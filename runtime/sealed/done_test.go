package sealed_test

import (
	"errors"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/internal/kiosk"
)

// An open response hears that its session was ended or has expired, and nothing else: what
// others change is in their cookies.
func TestReloadAndDone(t *testing.T) {
	for name, other := range map[string]struct {
		does func(s *site, b *browser)
		ends bool
	}{
		"logout":     {func(_ *site, b *browser) { b.visit((*kiosk.Visitor).Destroy) }, true},
		"other user": {func(_ *site, b *browser) { b.visit(func(v *kiosk.Visitor) { v.SetUserID(8) }) }, true},
		"expiry":     {func(s *site, _ *browser) { s.clock.advance(1000 * time.Hour) }, true},
		"a visit":    {func(_ *site, b *browser) { b.visit(func(v *kiosk.Visitor) { v.AddVisits(1) }) }, false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newSite(t)
				b := s.browser()
				b.visit(func(v *kiosk.Visitor) { v.SetUserID(7) })
				b.serve(func(v *kiosk.Visitor, _ http.ResponseWriter, r *http.Request) {
					done := v.Done()
					equal(t, v.Reload(r.Context()), nil, "Reload before")
					synctest.Wait()
					other.does(s, b.clone())
					time.Sleep(11 * time.Second)
					closed := false
					select {
					case <-done:
						closed = true
					default:
					}
					equal(t, closed, other.ends, "done")
					err := v.Reload(r.Context())
					equal(t, errors.Is(err, runtime.ErrEnded), other.ends, "Reload says that it has ended")
					equal(t, v.HasUserID(), !other.ends, "somebody is signed in")
				})
			})
		})
	}
}
