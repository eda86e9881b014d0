package runtime

import (
	"cmp"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/gorilla/securecookie"
	"github.com/sessiongen/sessiongen/runtime/cookie"
)

// ErrCookie says that a cookie could not be sent: its value is too long, or not
// one that its type can have. Nothing was committed.
var ErrCookie = errors.New("sessiongen: cookie cannot be sent")

// cookieSpec is a cookie's name with everything about it that does not change.
type cookieSpec struct {
	options    cookie.Options
	attributes string // what follows the value in Set-Cookie
	codecs     []securecookie.Codec
	was        *cookieSpec
}

func (m *Manager) newCookie(options cookie.Options) (*cookieSpec, error) {
	if problems := cookie.Check(options); len(problems) > 0 {
		return nil, fmt.Errorf("the cookie %q: %w", options.Name, problems[0])
	}
	c := &cookieSpec{options: options, attributes: cookie.Attributes(&options)}
	if options.Protection != cookie.Plain {
		if m.options.Keys == nil {
			return nil, fmt.Errorf("the cookie %s is signed or encrypted: give the manager runtime.WithKeys", options.Name)
		}
		var err error
		if c.codecs, err = m.codecs(&options); err != nil {
			return nil, err
		}
	}
	if options.Was != "" {
		earlier := options
		earlier.Name, earlier.Was = options.Was, ""
		var err error
		if c.was, err = m.newCookie(earlier); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// seal makes text fit for a Set-Cookie header, under the cookie's protection.
func (c *cookieSpec) seal(text string) (string, error) {
	value := ""
	switch c.options.Protection {
	case cookie.Plain:
		value = cookie.Escape(text)
	case cookie.Encrypted:
		sealed, err := c.codecs[0].Encode(c.options.Name, text)
		if err != nil {
			return "", unsendable(&c.options, err)
		}
		value = sealed
	default:
		// securecookie cannot open what was empty, so there is a byte ahead.
		signed, err := c.codecs[0].Encode(c.options.Name, append([]byte{signedText}, text...))
		if err != nil {
			return "", fmt.Errorf("%w: %s: %d bytes are too long", ErrCookie, c.options.Name, len(text))
		}
		value = signed
	}
	if size := len(c.options.Name) + len(value); size > cookie.MaxSize {
		return "", fmt.Errorf("%w: %s has %d bytes with its name, and browsers ignore more than %d: keep the value in a session field",
			ErrCookie, c.options.Name, size, cookie.MaxSize)
	}
	return value, nil
}

// signedText is the first byte of a signed cookie's contents: text follows.
const signedText = 1

var (
	errNotOurs = errors.New("value was not made with these keys, for this name, or is too old")
	errTooLong = errors.New("value is longer than a browser keeps")
)

// open is the reverse of seal. What is wrong with a protected value is not told apart.
func (c *cookieSpec) open(value string) (string, error) {
	if len(c.options.Name)+len(value) > cookie.MaxSize {
		return "", errTooLong
	}
	switch c.options.Protection {
	case cookie.Plain:
		return cookie.Unescape(value)
	case cookie.Encrypted:
		var text string
		if err := securecookie.DecodeMulti(c.options.Name, value, &text, c.codecs...); err != nil {
			return "", errNotOurs
		}
		return text, nil
	}
	made, ok := signingTime(value)
	if !ok || !inTime(made, time.Now()) { // securecookie goes by no other clock
		return "", errNotOurs
	}
	var text []byte
	if err := securecookie.DecodeMulti(c.options.Name, value, &text, c.codecs...); err != nil || len(text) == 0 || text[0] != signedText {
		return "", errNotOurs
	}
	return string(text[1:]), nil
}

// signingTime reads the second that securecookie writes ahead of everything else. It refuses
// all but one spelling of a value: securecookie passes over line breaks, and over what
// is left of the last character.
func signingTime(value string) (made time.Time, ok bool) {
	decoded, err := base64.URLEncoding.Strict().DecodeString(value)
	if err != nil || base64.URLEncoding.EncodedLen(len(decoded)) != len(value) {
		return made, false
	}
	seconds, _, found := strings.Cut(string(decoded), "|")
	number, err := strconv.ParseUint(seconds, 10, 40) // far enough, and no sum of it overflows
	return time.Unix(int64(number), 0), found && err == nil
}

// inTime says whether a value is neither from the future nor older than anything that a
// browser keeps. securecookie itself would only ask whether a Max-Age is over.
func inTime(made, now time.Time) bool {
	age := now.Sub(made)
	return age >= -ClockTolerance && age <= cookie.MaxAge
}

// line is the value of a Set-Cookie header. maxAge is in seconds; 0 leaves it out.
func (c *cookieSpec) line(value string, maxAge int) string {
	return cookie.Line(c.options.Name, value, maxAge, c.attributes)
}

// deletion is the Set-Cookie header that makes a browser forget the cookie.
func (c *cookieSpec) deletion() string { return cookie.Deletion(c.options.Name, c.attributes) }

func (c *cookieSpec) set(value string) cookieLine {
	return cookieLine{c.options.Name, c.line(value, int(c.options.MaxAge/time.Second))}
}

// appendDeletions adds what deletes the cookie, under its earlier name too.
func (c *cookieSpec) appendDeletions(lines []cookieLine) []cookieLine {
	for ; c != nil; c = c.was {
		lines = append(lines, cookieLine{c.options.Name, c.deletion()})
	}
	return lines
}

func unsendable(o *cookie.Options, reason error) error {
	if o.Secret {
		return fmt.Errorf("%w: %s: %s", ErrCookie, o.Name, untold)
	}
	return fmt.Errorf("%w: %s: %w", ErrCookie, o.Name, reason)
}

// codecs are what opens a cookie; the first one also makes it.
func (m *Manager) codecs(o *cookie.Options) ([]securecookie.Codec, error) {
	if o.Protection == cookie.Encrypted {
		c, err := NewCipher(m.options.Keys, Use{Application: m.options.Application, Purpose: "cookie", Cookie: o.Name}, o.MaxAge)
		if err != nil {
			return nil, err
		}
		c.clock = m.options.Clock
		return []securecookie.Codec{c}, nil
	}
	info := "sessiongen cookie signed " + o.Name
	if m.options.Application != "" {
		info += string(label("", m.options.Application)) // no name has a zero byte in it
	}
	var codecs []securecookie.Codec
	for _, secret := range m.options.Keys.secrets() {
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
