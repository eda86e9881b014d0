package keyring

import (
	"cmp"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/gorilla/securecookie"
	"github.com/sessiongen/sessiongen/runtime/cookie"
)

// CookieCodecs returns what opens the values of a signed or encrypted cookie of an
// application; the first codec also makes them. clock decides about the age of an encrypted
// value. securecookie has no other clock than the system's for a signed one: see [SigningTime].
func (k *Keys) CookieCodecs(o *cookie.Options, application string, clock func() time.Time) ([]securecookie.Codec, error) {
	if o.Protection == cookie.Encrypted {
		c, err := NewCipher(k, Use{Application: application, Purpose: "cookie", Cookie: o.Name}, o.MaxAge)
		if err != nil {
			return nil, err
		}
		c.clock = clock
		return []securecookie.Codec{c}, nil
	}
	info := "sessiongen cookie signed " + o.Name
	if application != "" {
		info += string(Label("", application)) // no name has a zero byte in it
	}
	var codecs []securecookie.Codec
	for _, secret := range k.secrets() {
		derived, err := hkdf.Key(sha256.New, secret, nil, info, 64)
		if err != nil {
			return nil, fmt.Errorf("sessiongen: deriving keys: %w", err)
		}
		codecs = append(codecs, securecookie.New(derived[:32], nil).
			SetSerializer(securecookie.NopEncoder{}).
			MaxAge(int(cmp.Or(o.MaxAge, cookie.MaxAge).Seconds())))
	}
	return codecs, nil
}

// SigningTime reads the second that securecookie writes ahead of everything else. It refuses
// all but one spelling of a value: securecookie passes over line breaks, and over what
// is left of the last character.
func SigningTime(value string) (made time.Time, ok bool) {
	decoded, err := base64.URLEncoding.Strict().DecodeString(value)
	if err != nil || base64.URLEncoding.EncodedLen(len(decoded)) != len(value) {
		return made, false
	}
	seconds, _, found := strings.Cut(string(decoded), "|")
	number, err := strconv.ParseUint(seconds, 10, 40) // far enough, and no sum of it overflows
	return time.Unix(int64(number), 0), found && err == nil
}

// InTime reports whether a value is neither from the future nor older than anything that a
// browser keeps. securecookie itself would only ask whether a Max-Age is over.
func InTime(made, now time.Time) bool {
	age := now.Sub(made)
	return age >= -ClockTolerance && age <= cookie.MaxAge
}
