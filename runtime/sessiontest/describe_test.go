package sessiontest_test

import (
	"context"
	"math/big"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/internal/everykind"
	"github.com/sessiongen/sessiongen/runtime/internal/shop"
	"github.com/sessiongen/sessiongen/runtime/sessiontest"
)

// Whoever reads a failure sees values, and not where they are in memory.
func TestFailuresSayValues(t *testing.T) {
	manager, err := everykind.NewKindsManager(sessiontest.NewStore(t, nil))
	if err != nil {
		t.Fatal(err)
	}
	count, name := 4, "tea"
	day := time.Date(2026, time.November, 25, 8, 30, 0, 0, time.UTC)
	fails := &failures{TB: t}
	answer := sessiontest.Serve(fails, manager, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		k := everykind.KindsFrom(r.Context())
		k.SetUint8(200)
		k.SetBytes([]byte{1, 255})
		k.SetIntPointer(&count)
		k.SetItemsOrNil([]*everykind.Item{{SKU: name, Count: 2}, nil})
		k.SetTwoOrNil([2]*string{&name, nil})
		k.SetIntMap(map[int]int{2: 1, 1: 2})
		k.SetStamp(everykind.Stamp(day))
		k.SetTimes([]time.Time{day})
		k.SetLink(url.URL{Scheme: "https", Host: "example.com"})
		k.SetBig(*big.NewInt(12))
		k.SetAddressPointer(new(netip.MustParseAddr("::1")))
		k.SetComplexPointer(new(1 + 2i))
	}), sessiontest.Request(fails, manager, "GET", "/"))
	answer.WantChanged()
	fails.want(t, strings.Join([]string{
		"sessiontest: want no field changed, but a session was created, with changed fields:",
		"AddressPointer: unset → ::1",
		"Big: unset → 12",
		"Bytes: unset → 0x01ff",
		"ComplexPointer: unset → (1+2i)",
		"IntMap: unset → {1: 2, 2: 1}",
		"IntPointer: unset → 4",
		`ItemsOrNil: unset → [{SKU: "tea", Count: 2}, nil]`,
		"Link: unset → https://example.com",
		"Stamp: unset → 2026-11-25T08:30:00Z",
		"Times: unset → [2026-11-25T08:30:00Z]",
		`TwoOrNil: unset → ["tea", nil]`,
		"Uint8: unset → 200",
	}, "\n\t"))
}

// What differs is shown, wherever it is in a long value.
func TestFailuresShowTheDifference(t *testing.T) {
	s := open(t)
	var cart []shop.Item
	for range 20 {
		cart = append(cart, shop.Item{SKU: "ähnlich", Count: 1})
	}
	fails := &failures{TB: t}
	sessiontest.Serve(fails, s.visitors, page(func(v *shop.Visitor) { v.Cart()[19].SKU = "last" }),
		sessiontest.Request(fails, s.visitors, "POST", "/", func(v *shop.Visitor) { v.SetCart(cart) })).WantChanged()
	fails.want(t, `SKU: "last"`)
	if text := fails.texts[0]; strings.Count(text, "ähnlich") > 6 || strings.ContainsRune(text, '\uFFFD') {
		t.Errorf("it shows too much, or half a character: %s", text)
	}
}

// A failure is a line of a log: secrets have no place there.
func TestFailuresHideSecrets(t *testing.T) {
	s := open(t)
	secrets := func(v *shop.Visitor) {
		signedIn(v)
		v.SetPassword("hunter2")
		v.SetTicket(4711)
	}
	others := func(v *shop.Visitor) { v.SetPassword("hunter3"); v.SetTicket(4712) }
	for name, c := range map[string]struct {
		before []func(*shop.Visitor)
		do     func(*shop.Visitor)
		says   string
	}{
		"set":       {nil, secrets, "\n\tPassword: unset → [redacted]\n\tTicket: unset → [redacted]\n\tUserID: unset → 7\n\tUsername: unset → \"john_doe\""},
		"changed":   {[]func(*shop.Visitor){secrets}, others, "\n\tPassword: [redacted] → [redacted]\n\tTicket: [redacted] → [redacted]"},
		"destroyed": {[]func(*shop.Visitor){secrets}, func(v *shop.Visitor) { v.Destroy() }, "\n\tPassword: [redacted] → unset\n\tUserID: 7 → unset"},
	} {
		fails := &failures{TB: t}
		sessiontest.Serve(fails, s.visitors, page(c.do), sessiontest.Request(fails, s.visitors, "POST", "/", c.before...)).WantChanged()
		fails.want(t, c.says)
		if strings.Contains(fails.texts[0], "hunter") || strings.Contains(fails.texts[0], "47") {
			t.Errorf("%s: it tells a secret: %s", name, fails.texts[0])
		}
	}
}

// A hook hears of what the handler did, and not of how that was found out.
func TestEventsAreTheHandlers(t *testing.T) {
	counters := new(runtime.Counters)
	visitors, err := shop.NewVisitorManager(sessiontest.NewStore(t, nil), runtime.WithKeys(sessiontest.Keys(t)),
		runtime.WithEvents(runtime.JoinEvents(func(context.Context, runtime.Event) {}, counters.Record)))
	if err != nil {
		t.Fatal(err)
	}
	r := sessiontest.Request(t, visitors, "POST", "/", signedIn)
	if n := counters.Count(runtime.EventCreated); n != 0 {
		t.Errorf("%d sessions were created, and no handler has run", n)
	}
	r.Header.Set("Cookie", r.Header.Get("Cookie")+"; ticket=forged")
	answer := sessiontest.Serve(t, visitors, page(func(v *shop.Visitor) { _ = v.Ticket(); v.Renew() }), r)
	answer.WantRenewed()
	sessiontest.Serve(t, visitors, page(func(v *shop.Visitor) { v.Destroy() }), answer.Next("POST", "/")).WantDestroyed()
	for kind, want := range map[runtime.EventKind]int64{
		runtime.EventCreated: 0, runtime.EventCookieRefused: 1, runtime.EventRenewed: 1, runtime.EventStale: 0, runtime.EventDestroyed: 1, runtime.EventGone: 0, runtime.EventExpired: 0,
	} {
		if n := counters.Count(kind); n != want {
			t.Errorf("%v was heard of %d times, want %d", kind, n, want)
		}
	}
}
