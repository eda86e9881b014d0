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
	"github.com/sessiongen/sessiongen/runtime/keyring"
	"github.com/sessiongen/sessiongen/runtime/memstore"
	"github.com/sessiongen/sessiongen/runtime/sealed"
)

var (
	oldSecret = []byte("q7GmZt2Wc9Ky4Vn8Xb5Rj1Hs6Pd3Lf0T")
	newSecret = []byte("N4hYx8Ke2Ua6Bo1Dw9Cz5Mv7Qi3Sg0Jr")
)

func keyRing(t *testing.T, secrets ...keyring.StagedSecret) *keyring.Keys {
	t.Helper()
	keys, err := keyring.NewKeyRing(secrets...)
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

// rotation is what the replicas go through, one after the other, to replace a secret.
func rotation(t *testing.T) []*keyring.Keys {
	at := func(old, fresh keyring.Stage) *keyring.Keys {
		return keyRing(t, keyring.StagedSecret{Bytes: oldSecret, Stage: old}, keyring.StagedSecret{Bytes: newSecret, Stage: fresh})
	}
	return []*keyring.Keys{
		keyRing(t, keyring.StagedSecret{Bytes: oldSecret, Stage: keyring.StagePrimary}),
		at(keyring.StagePrimary, keyring.StageDecodeOnly),
		at(keyring.StageDecodeOnly, keyring.StagePrimary),
		at(keyring.StageRetired, keyring.StagePrimary),
	}
}

// While a secret is replaced, replicas are at one of two neighbouring stages. Whatever
// a replica at one of them makes, one at the other opens: signed and encrypted cookies,
// and sealed sessions.
func TestASVS_11_2_2_ReplicasAtNeighbouringStagesRefuseNoCookie(t *testing.T) {
	stages := rotation(t)
	checked := 0
	for from := range stages {
		for to := range stages {
			// The old secret makes cookies at the first two stages and opens them at the
			// first three; the new one makes them at the last two, and opens them at the
			// last three. So only the first and the last stage are strangers, which is why
			// the last is taken when what the old secret made has expired.
			madeByOld := from < 2
			opens := madeByOld && to < 3 || !madeByOld && to > 0
			s := testsite.New(t, runtime.WithKeys(stages[from]))
			b := s.Browser()
			b.Visit(func(v *shop.Visitor) { v.SetCampaign("spring"); v.SetTicket(42) })
			b.Manager = s.NewManager(runtime.WithKeys(stages[to]))
			what := fmt.Sprintf("made at stage %d, read at stage %d", from, to)
			if opens {
				testsite.Equal(t, testsite.See(b, (*shop.Visitor).Campaign), "spring", "a signed cookie "+what)
				testsite.Equal(t, testsite.See(b, (*shop.Visitor).Ticket), 42, "an encrypted cookie "+what)
				testsite.Equal(t, s.Count(runtime.EventCookieRefused), 0, "cookies refused, "+what)
				checked++
			}
			if madeByOld && to == 3 {
				testsite.Equal(t, testsite.See(b, (*shop.Visitor).HasCampaign), false, "a signed cookie of a retired secret")
				testsite.Equal(t, testsite.See(b, (*shop.Visitor).HasTicket), false, "an encrypted cookie of a retired secret")
			}
		}
	}
	testsite.Equal(t, checked, 12, "pairs of stages that open each other's cookies")
}

func TestASVS_11_2_2_SealedSessionsOutliveTheRotationOfTheirSecret(t *testing.T) {
	revocations := memstore.New()
	t.Cleanup(func() { revocations.Close() })
	cookie := ""
	for i, keys := range rotation(t) {
		store, err := sealed.New(keys, sealed.WithRevocations(revocations))
		if err != nil {
			t.Fatal(err)
		}
		visitors, err := kiosk.NewVisitorManager(store, runtime.WithKeys(keys))
		if err != nil {
			t.Fatal(err)
		}
		r := httptest.NewRequest("GET", "https://shop.example/", nil)
		if cookie != "" {
			r.Header.Set("Cookie", cookie)
		}
		w := httptest.NewRecorder()
		visitors.Middleware(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			v := kiosk.VisitorFrom(r.Context())
			testsite.Equal(t, v.Visits(), i, fmt.Sprintf("visits at stage %d", i))
			v.AddVisits(1)
		})).ServeHTTP(w, r)
		cookie, _, _ = strings.Cut(w.Header().Get("Set-Cookie"), ";")
	}
}
