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

// cookieSpec is everything about a cookie that does not change: its name, attributes and keys.
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
		for _, application := range m.applications() {
			codecs, err := m.options.Keys.CookieCodecs(&options, application, m.options.Clock)
			if err != nil {
				return nil, err
			}
			c.codecs = append(c.codecs, codecs...)
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

// protect encodes text as a cookie value, under the protection of the cookie.
func (c *cookieSpec) protect(text string) (string, error) {
	value := ""
	switch c.options.Protection {
	case cookie.Plain:
		value = cookie.Escape(text)
	case cookie.Encrypted:
		encrypted, err := c.codecs[0].Encode(c.options.Name, text)
		if err != nil {
			return "", unsendable(&c.options, err)
		}
		value = encrypted
	default:
		// securecookie cannot decode an empty value, so a byte precedes the text.
		signed, err := c.codecs[0].Encode(c.options.Name, append([]byte{signedText}, text...))
		if err != nil {
			return "", fmt.Errorf("%w: %s: the value has %d bytes, too many for a signed cookie: keep it in a session field", runtime.ErrCookie, c.options.Name, len(text))
		}
		value = signed
	}
	if size := len(c.options.Name) + len(value); size > cookie.MaxSize {
		return "", fmt.Errorf("%w: %s has %d bytes with its name, and browsers ignore more than %d: keep the value in a session field",
			runtime.ErrCookie, c.options.Name, size, cookie.MaxSize)
	}
	return value, nil
}

// signedText is the first byte of the contents of a signed cookie. The text follows.
const signedText = 1

var (
	errNotOurs  = errors.New("value was not made with these keys, for this name, or is too old")
	errTooLong  = errors.New("value is longer than browsers allow")
	errChanged  = errors.New("value names one of these keys, but was changed, made for another name or application, or is too old")
	errNoSecret = errors.New("value was made with a secret that this process lacks: give all replicas the same secrets, and retire none before its cookies have expired")
)

// refusalOf returns the reason why an encrypted value was refused.
func refusalOf(lacksKey bool) error {
	if lacksKey {
		return errNoSecret
	}
	return errChanged
}

// unprotect is the reverse of protect. Of a signed value the error does not tell what is wrong:
// it does not name its secret.
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
			cipher, ok := c.codecs[0].(*keyring.Cipher)
			return "", refusalOf(ok && cipher.LacksKey(value))
		}
		return text, nil
	}
	made, ok := keyring.SigningTime(value)
	if !ok || !keyring.InTime(made, time.Now()) { // securecookie always reads the system clock
		return "", errNotOurs
	}
	var text []byte
	if err := securecookie.DecodeMulti(c.options.Name, value, &text, c.codecs...); err != nil || len(text) == 0 || text[0] != signedText {
		return "", errNotOurs
	}
	return string(text[1:]), nil
}

// line returns the value of a Set-Cookie header. maxAge is in seconds; 0 omits it.
func (c *cookieSpec) line(value string, maxAge int) string {
	return cookie.Line(c.options.Name, value, maxAge, c.attributes)
}

// deletion returns the Set-Cookie header that deletes the cookie in the browser.
func (c *cookieSpec) deletion() string { return cookie.Deletion(c.options.Name, c.attributes) }

func (c *cookieSpec) set(value string) cookieLine {
	return cookieLine{name: c.options.Name, line: c.line(value, int(c.options.MaxAge/time.Second))}
}

// appendDeletions appends the headers that delete the cookie, also under its earlier name.
func (c *cookieSpec) appendDeletions(lines []cookieLine) []cookieLine {
	for ; c != nil; c = c.was {
		lines = append(lines, cookieLine{name: c.options.Name, line: c.deletion()})
	}
	return lines
}

func unsendable(o *cookie.Options, reason error) error {
	if o.Secret {
		return fmt.Errorf("%w: %s: %s", runtime.ErrCookie, o.Name, untold)
	}
	return fmt.Errorf("%w: %s: %w", runtime.ErrCookie, o.Name, reason)
}
