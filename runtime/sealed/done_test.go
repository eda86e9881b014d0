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

// An open response is notified when its session is ended or expires, and of nothing else: other
// changes are in the cookies of other responses. The store for revocations reports them at once.
func TestReloadAndDone(t *testing.T) {
	for name, other := range map[string]struct {
		does  func(s *site, b *browser)
		ends  bool
		after time.Duration
	}{
		"logout":     {func(_ *site, b *browser) { b.visit((*kiosk.Visitor).Destroy) }, true, 0},
		"other user": {func(_ *site, b *browser) { b.visit(func(v *kiosk.Visitor) { v.SetUserID(8) }) }, true, 0},
		"revoked":    {func(s *site, b *browser) { must(t, s.visitors.Revoke(t.Context(), see(b, idOf))) }, true, 0},
		"all revoked": {func(s *site, _ *browser) {
			_, err := s.visitors.RevokeByUserID(t.Context(), 7)
			must(t, err)
		}, true, 0},
		"everybody": {func(s *site, _ *browser) {
			_, err := s.visitors.RevokeAll(s.t.Context()) // of the bubble
			must(t, err)
		}, true, 0},
		"expiry":  {func(s *site, _ *browser) { s.clock.advance(1000 * time.Hour) }, true, 11 * time.Second},
		"a visit": {func(_ *site, b *browser) { b.visit(func(v *kiosk.Visitor) { v.AddVisits(1) }) }, false, time.Minute},
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
					time.Sleep(other.after)
					synctest.Wait()
					closed := false
					select {
					case <-done:
						closed = true
					default:
					}
					equal(t, closed, other.ends, "done")
					err := v.Reload(r.Context())
					equal(t, errors.Is(err, runtime.ErrEnded), other.ends, "Reload says that it has ended")
					equal(t, v.HasUserID(), !other.ends, "a user is signed in")
				})
			})
		})
	}
}
