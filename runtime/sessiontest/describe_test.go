package sessiontest_test

import (
	"math/big"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/sessiongen/sessiongen/runtime/internal/everykind"
	"github.com/sessiongen/sessiongen/runtime/internal/shop"
	"github.com/sessiongen/sessiongen/runtime/sessiontest"
)

// Failures show values, not their addresses.
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

// Failures show the difference, wherever it is in a long value.
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
