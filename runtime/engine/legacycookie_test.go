package engine_test

import (
	"encoding/base64"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/securecookie"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/internal/shop"
	"github.com/sessiongen/sessiongen/runtime/internal/testsite"
	"github.com/sessiongen/sessiongen/runtime/keyring"
)

var (
	legacyHashKey  = []byte("Vt3Kq9Zs5Lx1Wm7Bn4Gj8Rf2Hd6Yc0Pa")
	legacyBlockKey = []byte("Xb6Nw2Ty8Qe4Mk0Zj")[:16]
)

// NewNow is a site by the time of the machine, which securecookie goes by.
func NewNow(t *testing.T) *testsite.Site {
	t.Helper()
	s := testsite.New(t)
	s.Clock.Advance(time.Since(s.Clock.Now()))
	return s
}

func encodeLegacy(t testing.TB, codec securecookie.Codec, name string, value any) string {
	t.Helper()
	encoded, err := codec.Encode(name, value)
	if err != nil {
		t.Fatal(err)
	}
	return encoded
}

// What an application made with gorilla/securecookie is read, in whatever form it made
// it, for as long as was agreed.
func TestCookiesOfSecureCookieAreReadUntilTheEnd(t *testing.T) {
	codecs := map[string]*securecookie.SecureCookie{
		"gob":            securecookie.New(legacyHashKey, nil),
		"gob, encrypted": securecookie.New(legacyHashKey, legacyBlockKey),
		"JSON":           securecookie.New(legacyHashKey, legacyBlockKey).SetSerializer(securecookie.JSONEncoder{}),
	}
	for form, codec := range codecs {
		s := NewNow(t)
		until := s.Clock.Now().Add(30 * 24 * time.Hour)
		other := securecookie.New([]byte("Jd4Rz8Wq2Fv6Ks0Xn5Cm9Tb3Lh7Gp1Ye"), nil)
		visitors := s.NewManager(runtime.WithLegacyCookies(until, other, codec))
		b := s.Browser()
		b.Manager = visitors
		b.Cookies["campaign"] = encodeLegacy(t, codec, "campaign", "spring")
		b.Cookies["ticket"] = encodeLegacy(t, codec, "ticket", int64(42))
		b.Visit(func(v *shop.Visitor) {
			testsite.Equal(t, v.Campaign(), "spring", form+": campaign")
			testsite.Equal(t, v.Ticket(), 42, form+": ticket")
		})
		testsite.Equal(t, s.Count(runtime.EventCookieRefused), 0, form+": refusals")

		renamed := s.Browser()
		renamed.Manager = visitors
		renamed.Cookies["source"] = encodeLegacy(t, codec, "source", "autumn")
		testsite.Equal(t, testsite.See(renamed, (*shop.Visitor).Campaign), "autumn", form+": under the cookie's earlier name")

		for name, value := range map[string]string{
			"of another cookie":    encodeLegacy(t, codec, "ticket", "spring"),
			"of another type":      encodeLegacy(t, codec, "campaign", map[string]int{"a": 1}),
			"changed":              encodeLegacy(t, codec, "campaign", "spring")[1:],
			"with a line break":    encodeLegacy(t, codec, "campaign", "spring") + "\n",
			"of keys unknown here": encodeLegacy(t, securecookie.New([]byte("Mz1Hf5Ub9Ay3Oe7Ik2Sd6Gc0Lv4Wt8Qr"), nil), "campaign", "spring"),
		} {
			b.Cookies["campaign"] = value
			testsite.Equal(t, testsite.See(b, (*shop.Visitor).HasCampaign), false, form+": one "+name)
		}

		s.Clock.Advance(30 * 24 * time.Hour)
		testsite.Equal(t, testsite.See(b, (*shop.Visitor).HasTicket), false, form+": at the end")
		s.Clock.Advance(-time.Second)
		testsite.Equal(t, testsite.See(b, (*shop.Visitor).Ticket), 42, form+": a second before the end")
	}
}

// With its NopEncoder securecookie keeps bytes, which are text like a plain cookie's.
func TestCookiesOfSecureCookieWithoutEncoder(t *testing.T) {
	s := NewNow(t)
	codec := securecookie.New(legacyHashKey, nil).SetSerializer(securecookie.NopEncoder{})
	b := s.Browser()
	b.Manager = s.NewManager(runtime.WithLegacyCookies(s.Clock.Now().Add(time.Hour), codec))
	b.Cookies["campaign"] = encodeLegacy(t, codec, "campaign", []byte("spring"))
	b.Cookies["ticket"] = encodeLegacy(t, codec, "ticket", []byte("42"))
	b.Visit(func(v *shop.Visitor) {
		testsite.Equal(t, v.Campaign(), "spring", "campaign")
		testsite.Equal(t, v.Ticket(), 42, "ticket")
	})
	b.Cookies["ticket"] = encodeLegacy(t, codec, "ticket", []byte("042"))
	testsite.Equal(t, testsite.See(b, (*shop.Visitor).HasTicket), false, "a number that no ticket is written as")
}

// A value that is set again is one of ours, and outlives the end.
func TestACookieOfSecureCookieIsReplacedWhenItIsSet(t *testing.T) {
	s := NewNow(t)
	codec := securecookie.New(legacyHashKey, legacyBlockKey)
	b := s.Browser()
	b.Manager = s.NewManager(runtime.WithLegacyCookies(s.Clock.Now().Add(time.Hour), codec))
	b.Cookies["ticket"] = encodeLegacy(t, codec, "ticket", int64(42))
	b.Visit(func(v *shop.Visitor) { v.SetTicket(v.Ticket() + 1) })
	b.Manager = s.Visitors
	testsite.Equal(t, testsite.See(b, (*shop.Visitor).Ticket), 43, "without the option")
}

// securecookie compares the time of a value with the past alone, and reads one value in
// several spellings.
func TestTrapsOfSecureCookieAreNotInherited(t *testing.T) {
	s := NewNow(t)
	codec := securecookie.New(legacyHashKey, nil)
	b := s.Browser()
	b.Manager = s.NewManager(runtime.WithLegacyCookies(s.Clock.Now().Add(time.Hour), codec))
	value := encodeLegacy(t, codec, "campaign", "spring")
	decoded, err := base64.URLEncoding.DecodeString(value)
	if err != nil {
		t.Fatal(err)
	}
	issued, err := strconv.ParseInt(string(decoded[:strings.IndexByte(string(decoded), '|')]), 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name     string
		now      time.Time
		accepted bool
	}{
		{"ten years ahead", time.Unix(issued, 0).AddDate(-10, 0, 0), false},
		{"as far ahead as clocks may be apart", time.Unix(issued, 0).Add(-keyring.ClockTolerance), true},
		{"a second further", time.Unix(issued, 0).Add(-keyring.ClockTolerance - time.Second), false},
	} {
		s.Clock.Advance(c.now.Sub(s.Clock.Now()))
		b.Manager = s.NewManager(runtime.WithLegacyCookies(c.now.Add(time.Hour), codec))
		b.Cookies["campaign"] = value
		testsite.Equal(t, testsite.See(b, (*shop.Visitor).HasCampaign), c.accepted, c.name)
	}

	s.Clock.Advance(time.Unix(issued, 0).Sub(s.Clock.Now()))
	b.Manager = s.NewManager(runtime.WithLegacyCookies(s.Clock.Now().Add(time.Hour), codec))
	for padding := range "xxx" { // until the last character has bits to spare
		value := encodeLegacy(t, codec, "campaign", strings.Repeat("x", padding))
		last := strings.IndexByte(value, '=') - 1
		if last < 0 {
			continue
		}
		const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
		another := value[:last] + string(alphabet[strings.IndexByte(alphabet, value[last])^1]) + value[last+1:]
		var again string
		if err := codec.Decode("campaign", another, &again); err != nil {
			t.Fatalf("securecookie itself refuses another spelling: %v", err)
		}
		b.Cookies["campaign"] = value
		testsite.Equal(t, testsite.See(b, (*shop.Visitor).HasCampaign), true, "as it was made")
		b.Cookies["campaign"] = another
		testsite.Equal(t, testsite.See(b, (*shop.Visitor).HasCampaign), false, "in another spelling")
		return
	}
	t.Error("no value has bits to spare")
}

// Plain cookies are what they were.
func TestLegacyCookiesAreForProtectedFieldsOnly(t *testing.T) {
	s := NewNow(t)
	codec := securecookie.New(legacyHashKey, nil)
	b := s.Browser()
	b.Manager = s.NewManager(runtime.WithLegacyCookies(s.Clock.Now().Add(time.Hour), codec))
	b.Cookies["favorite_color"] = encodeLegacy(t, codec, "favorite_color", "blue")
	testsite.Equal(t, testsite.See(b, (*shop.Visitor).HasFavoriteColor), false, "a plain cookie")
}

func TestLegacyCookiesThatMakeNoSenseAreRefused(t *testing.T) {
	codec := securecookie.New(legacyHashKey, nil)
	now := time.Now()
	for name, c := range map[string]struct {
		option runtime.Option
		want   string
	}{
		"no codec":             {runtime.WithLegacyCookies(now.Add(time.Hour)), "has no codec"},
		"a codec that is nil":  {runtime.WithLegacyCookies(now.Add(time.Hour), nil), "nil"},
		"no end":               {runtime.WithLegacyCookies(time.Time{}, codec), "400 days"},
		"an end too far ahead": {runtime.WithLegacyCookies(now.AddDate(2, 0, 0), codec), "400 days"},
	} {
		_, err := shop.NewVisitorManager(testsite.New(t).Store, runtime.WithKeys(testsite.Keys), c.option)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
