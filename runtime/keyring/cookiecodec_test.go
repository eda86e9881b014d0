package keyring_test

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/securecookie"
	"github.com/sessiongen/sessiongen/runtime/cookie"
	"github.com/sessiongen/sessiongen/runtime/keyring"
)

var now = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

func codecs(t *testing.T, keys *keyring.Keys, o cookie.Options, application string) []securecookie.Codec {
	t.Helper()
	made, err := keys.CookieCodecs(&o, application, func() time.Time { return now })
	if err != nil {
		t.Fatal(err)
	}
	return made
}

// Each protection, name and application has keys of its own.
func TestCookieCodecsOpenTheirOwnValuesAlone(t *testing.T) {
	keys, err := keyring.NewKeys(oldSecret)
	if err != nil {
		t.Fatal(err)
	}
	type use struct {
		protection        cookie.Protection
		name, application string
	}
	var uses []use
	for _, p := range []cookie.Protection{cookie.Signed, cookie.Encrypted} {
		for _, name := range []string{"ticket", "theme"} {
			for _, application := range []string{"", "shop", "billing"} {
				uses = append(uses, use{p, name, application})
			}
		}
	}
	for _, from := range uses {
		value, err := codecs(t, keys, cookie.Options{Name: from.name, Protection: from.protection}, from.application)[0].Encode(from.name, []byte("contents"))
		if err != nil {
			t.Fatal(err)
		}
		for _, to := range uses {
			opener := codecs(t, keys, cookie.Options{Name: to.name, Protection: to.protection}, to.application)
			// securecookie authenticates the name by itself. The name is that of the value here,
			// so that the keys alone tell the two cookies apart.
			name := to.name
			if to.protection == cookie.Signed {
				name = from.name
			}
			var contents []byte
			err := securecookie.DecodeMulti(name, value, &contents, opener...)
			if (err == nil) != (from == to) || from == to && string(contents) != "contents" {
				t.Errorf("made for %v, opened for %v: %q, %v", from, to, contents, err)
			}
		}
	}
}

func TestCookieCodecsGoByTheRing(t *testing.T) {
	ring := func(old, fresh keyring.Stage) *keyring.Keys {
		keys, err := keyring.NewKeyRing(keyring.StagedSecret{Bytes: oldSecret, Stage: old}, keyring.StagedSecret{Bytes: newSecret, Stage: fresh})
		if err != nil {
			t.Fatal(err)
		}
		return keys
	}
	before, between := ring(keyring.StagePrimary, keyring.StageDecodeOnly), ring(keyring.StageDecodeOnly, keyring.StagePrimary)
	after := ring(keyring.StageRetired, keyring.StagePrimary)
	for _, protection := range []cookie.Protection{cookie.Signed, cookie.Encrypted} {
		o := cookie.Options{Name: "ticket", Protection: protection}
		for _, c := range []struct {
			made, opened *keyring.Keys
			opens        bool
		}{{before, before, true}, {before, between, true}, {before, after, false}, {between, before, true}, {between, after, true}, {after, before, true}} {
			value, err := codecs(t, c.made, o, "")[0].Encode("ticket", []byte("contents"))
			if err != nil {
				t.Fatal(err)
			}
			var contents []byte
			if err := securecookie.DecodeMulti("ticket", value, &contents, codecs(t, c.opened, o, "")...); (err == nil) != c.opens {
				t.Errorf("%v: %v, want it to open: %t", protection, err, c.opens)
			}
		}
		if made, err := new(keyring.Keys).CookieCodecs(&o, "", time.Now); protection == cookie.Encrypted && err == nil || len(made) > 0 {
			t.Errorf("%v: the zero Keys has %d codecs, %v", protection, len(made), err)
		}
	}
}

func TestEncryptedCookiesGoByTheClock(t *testing.T) {
	keys, err := keyring.NewKeys(oldSecret)
	if err != nil {
		t.Fatal(err)
	}
	for maxAge, longest := range map[time.Duration]time.Duration{time.Hour: time.Hour, 0: cookie.MaxAge} {
		o := cookie.Options{Name: "ticket", Protection: cookie.Encrypted, MaxAge: maxAge}
		value, err := codecs(t, keys, o, "")[0].Encode("ticket", "contents")
		if err != nil {
			t.Fatal(err)
		}
		for later, opens := range map[time.Duration]bool{0: true, longest - time.Second: true, longest: false, -keyring.ClockTolerance: true, -keyring.ClockTolerance - time.Second: false} {
			made, err := keys.CookieCodecs(&o, "", func() time.Time { return now.Add(later) })
			if err != nil {
				t.Fatal(err)
			}
			var text string
			if err := made[0].Decode("ticket", value, &text); (err == nil) != opens {
				t.Errorf("Max-Age %v, %v later: %v", maxAge, later, err)
			}
		}
	}
}

func TestSigningTime(t *testing.T) {
	keys, err := keyring.NewKeys(oldSecret)
	if err != nil {
		t.Fatal(err)
	}
	codec := codecs(t, keys, cookie.Options{Name: "ticket", Protection: cookie.Signed}, "")[0]
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	spares := 0
	for size := range 4 {
		before := time.Now().Truncate(time.Second)
		value, err := codec.Encode("ticket", []byte(strings.Repeat("x", size)))
		if err != nil {
			t.Fatal(err)
		}
		if made, ok := keyring.SigningTime(value); !ok || made.Before(before) || made.After(time.Now()) {
			t.Errorf("%q was signed at %v, %t", value, made, ok)
		}
		spare := value
		if last := strings.IndexByte(value, '=') - 1; last > 0 { // the decoder ignores some of its bits
			spare = value[:last] + string(alphabet[strings.IndexByte(alphabet, value[last])^1]) + value[last+1:]
			spares++
		}
		if _, ok := keyring.SigningTime(spare); ok != (spare == value) {
			t.Errorf("%q is another spelling of %q: %t", spare, value, ok)
		}
		for _, other := range []string{value + "\n", "\r\n" + value, value[:9] + "\n" + value[9:], value + "="} {
			if made, ok := keyring.SigningTime(other); ok {
				t.Errorf("%q is another spelling, and was signed at %v", other, made)
			}
		}
	}
	if spares == 0 {
		t.Error("no value has bits to spare")
	}
	for text, want := range map[string]int64{"0|": 0, "1764000000|x|mac": 1764000000, fmt.Sprint(int64(1)<<40-1) + "|": 1<<40 - 1} {
		if made, ok := keyring.SigningTime(base64.URLEncoding.EncodeToString([]byte(text))); !ok || made.Unix() != want {
			t.Errorf("%q: %v, %t", text, made, ok)
		}
	}
	for _, text := range []string{"", "1", "|", "-1|", "+1|", "1.5|", "x|", fmt.Sprint(int64(1)<<40) + "|"} {
		if made, ok := keyring.SigningTime(base64.URLEncoding.EncodeToString([]byte(text))); ok {
			t.Errorf("%q: %v", text, made)
		}
	}
}

func TestInTime(t *testing.T) {
	for age, want := range map[time.Duration]bool{
		0: true, cookie.MaxAge: true, cookie.MaxAge + time.Second: false, -keyring.ClockTolerance: true, -keyring.ClockTolerance - time.Second: false,
	} {
		if got := keyring.InTime(now.Add(-age), now); got != want {
			t.Errorf("%v ago: %t", age, got)
		}
	}
	if keyring.InTime(time.Unix(1<<40-1, 0), now) || keyring.InTime(time.Unix(0, 0), now) {
		t.Error("a time at the ends of what a value may have is in time")
	}
}
