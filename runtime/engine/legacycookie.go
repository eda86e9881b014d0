package engine

import (
	"errors"
	"fmt"
	"time"

	"github.com/sessiongen/sessiongen/runtime/cookie"
	"github.com/sessiongen/sessiongen/runtime/keyring"
)

func (m *Manager) checkLegacyCookies() error {
	if m.options.LegacyCookies == nil {
		return nil
	}
	if len(m.options.LegacyCookies.Codecs) == 0 {
		return errors.New("WithLegacyCookies has no codec: pass the codecs that made the cookies, or remove the option")
	}
	for _, codec := range m.options.LegacyCookies.Codecs {
		if codec == nil {
			return errors.New("WithLegacyCookies has a nil codec: pass the codecs that made the cookies")
		}
	}
	if m.options.LegacyCookies.Until.IsZero() || m.options.LegacyCookies.Until.Sub(m.options.Clock()) > cookie.MaxAge {
		return fmt.Errorf("WithLegacyCookies ends at %s, but no browser keeps a cookie for longer than 400 days: pass the day on which the last cookie expires",
			m.options.LegacyCookies.Until.Format(time.DateOnly))
	}
	for _, c := range m.cookies {
		if c.options.Protection != cookie.Plain {
			return nil
		}
	}
	return errors.New("WithLegacyCookies is for signed and encrypted cookies, and the schema has none: tag a field signed or encrypted, or remove the option")
}

// legacyCookie returns the value that a cookie of another library holds.
func legacyCookie[T any](m *Manager, c *cookieSpec, text *cookie.Text[T], value string) (T, bool) {
	var none T
	now := m.options.Clock()
	if m.options.LegacyCookies == nil || c.options.Protection == cookie.Plain || !now.Before(m.options.LegacyCookies.Until) {
		return none, false
	}
	if made, ok := keyring.SigningTime(value); !ok || !keyring.InTime(made, now) {
		return none, false
	}
	for _, codec := range m.options.LegacyCookies.Codecs {
		var decoded T
		if err := codec.Decode(c.options.Name, value, &decoded); err == nil {
			// A value that the field cannot write is refused here as well.
			written, err := text.Format(decoded)
			if err != nil {
				return none, false
			}
			parsed, err := text.Parse(written)
			return parsed, err == nil
		}
		var plain []byte
		if err := codec.Decode(c.options.Name, value, &plain); err == nil {
			parsed, err := text.Parse(string(plain))
			return parsed, err == nil
		}
	}
	return none, false
}
