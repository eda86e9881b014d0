package engine

import (
	"errors"
	"fmt"
	"time"

	"github.com/gorilla/securecookie"
	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/cookie"
	"github.com/sessiongen/sessiongen/runtime/keyring"
)

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
		if c.codecs, err = m.options.Keys.CookieCodecs(&options, m.options.Application, m.options.Clock); err != nil {
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
func (c *cookieSpec) protect(text string) (string, error) {
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
			return "", fmt.Errorf("%w: %s: %d bytes are too long", runtime.ErrCookie, c.options.Name, len(text))
		}
		value = signed
	}
	if size := len(c.options.Name) + len(value); size > cookie.MaxSize {
		return "", fmt.Errorf("%w: %s has %d bytes with its name, and browsers ignore more than %d: keep the value in a session field",
			runtime.ErrCookie, c.options.Name, size, cookie.MaxSize)
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
func (c *cookieSpec) unprotect(value string) (string, error) {
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
	made, ok := keyring.SigningTime(value)
	if !ok || !keyring.InTime(made, time.Now()) { // securecookie goes by no other clock
		return "", errNotOurs
	}
	var text []byte
	if err := securecookie.DecodeMulti(c.options.Name, value, &text, c.codecs...); err != nil || len(text) == 0 || text[0] != signedText {
		return "", errNotOurs
	}
	return string(text[1:]), nil
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
		return fmt.Errorf("%w: %s: %s", runtime.ErrCookie, o.Name, untold)
	}
	return fmt.Errorf("%w: %s: %w", runtime.ErrCookie, o.Name, reason)
}
