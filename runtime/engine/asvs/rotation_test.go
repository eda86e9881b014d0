package asvs

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/internal/kiosk"
	"github.com/sessiongen/sessiongen/runtime/internal/shop"
	"github.com/sessiongen/sessiongen/runtime/internal/testsite"
	"github.com/sessiongen/sessiongen/runtime/memstore"
	"github.com/sessiongen/sessiongen/runtime/sealed"
)

// Three replicas behind one address replace a secret, one after the other, while browsers come to any of them. At every pair of neighbouring
// stages, in every mixture of three, whatever one of them makes the others accept: signed cookies, encrypted
// ones, and sealed sessions, which each replica changes and hands on.
func TestASVS_11_2_2_ThreeReplicasRefuseNoValidCookieWhileASecretIsReplaced(t *testing.T) {
	revocations := memstore.New()
	t.Cleanup(func() { revocations.Close() })
	s := testsite.New(t)
	type replica struct {
		stage int
		shop  *shop.VisitorManager
		kiosk *kiosk.VisitorManager
	}
	var at []replica
	for stage, keys := range rotation(t) {
		store, err := sealed.New(keys, sealed.WithRevocations(revocations))
		check(t, err)
		kiosks, err := kiosk.NewVisitorManager(store, runtime.WithKeys(keys), runtime.WithClock(s.Clock.Now), runtime.WithEvents(s.Record))
		check(t, err)
		at = append(at, replica{stage, s.NewManager(runtime.WithKeys(keys)), kiosks})
	}
	// sealedVisit goes to one replica with a sealed session, and returns what the browser has then.
	sealedVisit := func(to replica, cookie string, want int, about string) string {
		r := httptest.NewRequest("GET", "https://kiosk.example/", nil)
		if cookie != "" {
			r.Header.Set("Cookie", cookie)
		}
		w := httptest.NewRecorder()
		to.kiosk.Middleware(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			v := kiosk.VisitorFrom(r.Context())
			testsite.Equal(t, v.Visits(), want, about+": visits of a sealed session")
			if v.AddVisits(1); want == 0 {
				v.SetUserID(7)
			}
		})).ServeHTTP(w, r)
		pair, _, _ := strings.Cut(w.Header().Get("Set-Cookie"), ";")
		return pair
	}
	checked := 0
	for stage := range len(at) - 1 {
		for mixture := range 8 {
			var replicas []replica
			for i := range 3 {
				replicas = append(replicas, at[stage+mixture>>i&1])
			}
			for i, maker := range replicas {
				about := fmt.Sprintf("stages %d, %d, %d, made by replica %d", replicas[0].stage, replicas[1].stage, replicas[2].stage, i)
				b := s.Browser()
				b.Manager = maker.shop
				b.Visit(func(v *shop.Visitor) { v.SetUserID(7); v.SetCampaign("spring"); v.SetTicket(42) })
				cookie := sealedVisit(maker, "", 0, about)
				for round := range 6 { // from each replica to each other
					to := replicas[(i+round*(round+1)/2)%3]
					b.Manager = to.shop
					testsite.Equal(t, testsite.See(b, (*shop.Visitor).UserID), 7, about+": user")
					testsite.Equal(t, testsite.See(b, (*shop.Visitor).Campaign), "spring", about+": a signed cookie")
					testsite.Equal(t, testsite.See(b, (*shop.Visitor).Ticket), 42, about+": an encrypted cookie")
					cookie = sealedVisit(to, cookie, round+1, about)
					b.Visit(func(v *shop.Visitor) { v.SetCampaign("spring"); v.SetTicket(42) })
					checked += 4
				}
			}
		}
	}
	for _, kind := range []runtime.EventKind{runtime.EventCookieRefused, runtime.EventExpired, runtime.EventGone, runtime.EventStale, runtime.EventRecordRefused} {
		testsite.Equal(t, s.Count(kind), 0, "events of the kind "+kind.String())
	}
	t.Logf("%d cookies were accepted, none refused", checked)
}
