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
		return errors.New("WithLegacyCookies has no codec: give it those that made the cookies, or take it away")
	}
	for _, codec := range m.options.LegacyCookies.Codecs {
		if codec == nil {
			return errors.New("WithLegacyCookies has a codec that is nil")
		}
	}
	if m.options.LegacyCookies.Until.IsZero() || m.options.LegacyCookies.Until.Sub(m.options.Clock()) > cookie.MaxAge {
		return fmt.Errorf("WithLegacyCookies ends at %s, and no browser keeps a cookie for longer than 400 days: give it the day on which the last one is too old",
			m.options.LegacyCookies.Until.Format(time.DateOnly))
	}
	for _, c := range m.cookies {
		if c.options.Protection != cookie.Plain {
			return nil
		}
	}
	return errors.New("WithLegacyCookies is for signed and encrypted cookies, and the schema has none: tag a field signed or encrypted")
}

// legacyCookie returns what a cookie of another library holds.
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
			// What the field's own cookies could not hold, neither can this one.
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
