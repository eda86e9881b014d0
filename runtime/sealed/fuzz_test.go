package sealed_test

import (
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	goruntime "runtime"
	"testing"
	"time"

	"github.com/sessiongen/sessiongen/runtime/internal/kiosk"
	"github.com/sessiongen/sessiongen/runtime/keyring"
	"github.com/sessiongen/sessiongen/runtime/sealed"
)

// readAll reads, changes and ends what a cookie opens.
func readAll(t *testing.T, visitors *kiosk.VisitorManager, cookie string, visit func(v *kiosk.Visitor)) {
	r := httptest.NewRequest("GET", "/", nil)
	r.Header["Cookie"] = []string{sessionCookie + "=" + cookie}
	w := httptest.NewRecorder()
	visitors.Middleware(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		visit(kiosk.VisitorFrom(r.Context()))
	})).ServeHTTP(w, r)
	if w.Code != 200 && w.Code != 500 { // 500: too large when it is sealed anew
		t.Fatalf("status %d", w.Code)
	}
}

// Without the key, every cookie that a browser sends is anonymous.
func FuzzOpenWithoutTheKey(f *testing.F) {
	s := newSite(f)
	f.Add("")
	f.Add(madeToday)
	f.Add("AbVM0bRHb5d4p-YdM7CNfRRVIz3l_1DRtWjJV4u3nZsvCR-AWJUhHqbYoBgcgxQ")
	f.Fuzz(func(t *testing.T, cookie string) {
		if cookie == madeToday {
			return
		}
		for _, c := range []byte(cookie) {
			if c == ';' || c < ' ' {
				return
			}
		}
		s.took()
		readAll(t, s.visitors, cookie, func(v *kiosk.Visitor) {
			if v.HasUserID() || !v.Info().New {
				t.Fatalf("%q was accepted", cookie)
			}
		})
		if calls := s.took(); calls != "" {
			t.Fatalf("%q cost %s", cookie, calls)
		}
	})
}

// An attacker who knows the key may have made a cookie that opens: nothing panics, no session
// lives for ever, and the program can write what it has read.
func FuzzOpenWithTheKey(f *testing.F) {
	s := newSite(f)
	now := s.clock.Now()
	f.Add([]byte{})
	f.Add(frame(1, time.Minute, userSeven))
	f.Add(frame(1, time.Minute, "\x02\x03"))
	f.Add(append([]byte{0, 3}, frame(1, 0, "")...))
	f.Add(deflated(30, frame(1, time.Minute, userSeven)[1:]))
	f.Add([]byte{1, 0x80, 0x80, 1, 0, 0})
	b := s.browser()
	b.visit(content)
	store := s.sealer(sealed.AcceptReplay())
	open := s.manager(store) // where an ID that was ended in another run is good
	opened, err := store.Open(keyring.Use{Purpose: "session visitor", Cookie: sessionCookie}, b.cookies[sessionCookie])
	must(f, err)
	f.Add(append([]byte{0}, opened.Data...))
	f.Fuzz(func(t *testing.T, packed []byte) {
		if base64.RawURLEncoding.EncodedLen(len(packed)+50) > 4096 {
			return
		}
		cookie := plant(t, now, now.Add(time.Hour), packed)
		var before, after goruntime.MemStats
		goruntime.ReadMemStats(&before)
		opened, err := store.Open(keyring.Use{Purpose: "session visitor", Cookie: sessionCookie}, cookie)
		goruntime.ReadMemStats(&after)
		if err == nil && len(opened.Data) > 12<<10 {
			t.Fatalf("%d bytes were inflated", len(opened.Data))
		}
		// The fuzzer itself allocates meanwhile.
		if allocated := after.TotalAlloc - before.TotalAlloc; allocated > 256<<10 {
			t.Fatalf("%d bytes were allocated", allocated)
		}
		readAll(t, open, cookie, func(v *kiosk.Visitor) {
			_ = v.Info()
			v.UserID()
			v.Cart()
			v.Prefs()
			v.Roles()
			v.Notice()
			v.LastSeen()
			v.AddVisits(1)
			_, _ = v.MarshalJSON()
		})
		readAll(t, s.visitors, cookie, func(v *kiosk.Visitor) { v.SetUserID(9) })
		readAll(t, s.visitors, cookie, (*kiosk.Visitor).Destroy)
		readAll(t, s.visitors, cookie, func(v *kiosk.Visitor) {
			if v.HasUserID() {
				t.Fatal("signed in after the end")
			}
		})
		s.mu.Lock()
		s.events = s.events[:0]
		s.mu.Unlock()
	})
}
