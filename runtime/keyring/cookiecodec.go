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

// CookieCodecs returns the codecs that open the values of a signed or encrypted cookie of an
// application. The first one also makes them. clock is the time by which an encrypted value
// expires. securecookie signs by the system's clock alone: see [SigningTime]. An error means
// that a key could not be derived.
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
		info += string(Label("", application)) // begins with a zero byte, which no name contains
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

// SigningTime returns when a value was signed, to the second, which is what securecookie writes
// first. It does not check the signature. ok is false for a value that is malformed, or that is
// not in the one spelling that securecookie writes: securecookie itself ignores line breaks,
// and the spare bits of the last character.
func SigningTime(value string) (made time.Time, ok bool) {
	decoded, err := base64.URLEncoding.Strict().DecodeString(value)
	if err != nil || base64.URLEncoding.EncodedLen(len(decoded)) != len(value) {
		return made, false
	}
	seconds, _, found := strings.Cut(string(decoded), "|")
	number, err := strconv.ParseUint(seconds, 10, 40) // far enough, and no sum of it overflows
	return time.Unix(int64(number), 0), found && err == nil
}

// InTime reports whether a value that was made at a time is neither from the future, by more
// than [ClockTolerance], nor older than [cookie.MaxAge]. securecookie itself checks the
// Max-Age alone.
func InTime(made, now time.Time) bool {
	age := now.Sub(made)
	return age >= -ClockTolerance && age <= cookie.MaxAge
}
