package sealed_test

import (
	"bytes"
	goruntime "runtime"
	"strings"
	"testing"
	"time"

	"github.com/sessiongen/sessiongen/runtime/internal/kiosk"
	"github.com/sessiongen/sessiongen/runtime/keyring"
	"github.com/sessiongen/sessiongen/runtime/sealed"
)

func TestDeflate(t *testing.T) {
	s := newSite(t)
	store := s.sealer(sealed.WithRevocations(s.records), sealed.WithDeflate(200))
	deflating := s.browser()
	deflating.manager = s.manager(store)
	text := strings.Repeat("the same again and again, ", 300)
	response := deflating.visit(func(v *kiosk.Visitor) { v.SetUsername(text) })
	equal(t, response.StatusCode, 200, "status")
	if size := len(deflating.cookies[sessionCookie]); size > 400 {
		t.Errorf("%d bytes of text make a cookie of %d", len(text), size)
	}
	equal(t, see(deflating, (*kiosk.Visitor).Username), text, "username")
	// A server without the option reads it.
	plain := deflating.clone()
	plain.manager = s.visitors
	equal(t, see(plain, (*kiosk.Visitor).Username), text, "username without the option")
	// Short sessions, and sessions that do not become shorter, are not compressed.
	for _, short := range []string{strings.Repeat("x", 100), noise(1000)} {
		one, other := s.browser(), s.browser()
		other.manager = deflating.manager
		one.visit(func(v *kiosk.Visitor) { v.SetUsername(short) })
		other.visit(func(v *kiosk.Visitor) { v.SetUsername(short) })
		equal(t, len(other.cookies[sessionCookie]), len(one.cookies[sessionCookie]), "length of a cookie that was not compressed")
		equal(t, see(other, (*kiosk.Visitor).Username), short, "username")
	}
}

// CVE-2026-25899: the inflated size of a cookie is bounded, also for an attacker with the key.
func TestInflationIsBounded(t *testing.T) {
	s := newSite(t)
	store := s.sealer(sealed.AcceptReplay())
	now := s.clock.Now()
	use := keyring.Use{Purpose: "session visitor", Cookie: sessionCookie}
	bomb := frame(1, time.Minute, strings.Repeat("\x00", 2_000_000))[1:]
	for name, packed := range map[string][]byte{
		"as large as it says":  deflated(len(bomb), bomb),
		"larger than it says":  deflated(12<<10, bomb),
		"smaller than it says": deflated(1000, frame(1, time.Minute, "")[1:]),
		"with something after": append(deflated(len(frame(1, time.Minute, ""))-1, frame(1, time.Minute, "")[1:]), 0),
		"an endless length":    append([]byte{1}, bytes.Repeat([]byte{0xff}, 20)...),
	} {
		value := plant(t, now, now.Add(time.Hour), packed)
		goruntime.GC()
		goruntime.GC() // so that pools are empty
		var before, after goruntime.MemStats
		goruntime.ReadMemStats(&before)
		_, err := store.Open(use, value)
		goruntime.ReadMemStats(&after)
		if err != keyring.ErrRefused {
			t.Errorf("%s: %v", name, err)
		}
		if allocated := after.TotalAlloc - before.TotalAlloc; allocated > 64<<10 {
			t.Errorf("%s: %d bytes were allocated for a cookie of %d", name, allocated, len(value))
		} else {
			t.Logf("%s: %d bytes were allocated for a cookie of %d", name, allocated, len(value))
		}
	}
	most := frame(1, time.Minute, strings.Repeat("\x00", 12<<10))[1 : 1+12<<10]
	value := plant(t, now, now.Add(time.Hour), deflated(len(most), most))
	var before, after goruntime.MemStats
	goruntime.GC()
	goruntime.GC()
	goruntime.ReadMemStats(&before)
	opened, err := store.Open(use, value)
	goruntime.ReadMemStats(&after)
	if err != nil || len(opened.Data) != 12<<10 || after.TotalAlloc-before.TotalAlloc > 64<<10 {
		t.Errorf("the most that may be: %d bytes, %v, %d allocated", len(opened.Data), err, after.TotalAlloc-before.TotalAlloc)
	}
}
