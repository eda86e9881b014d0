package runtime

import (
	"errors"
	"fmt"
	"time"

	"github.com/gorilla/securecookie"
)

// legacyCookies are values that another library made, and that count for a while.
type legacyCookies struct {
	until  time.Time
	codecs []securecookie.Codec
}

// WithLegacyCookies makes signed and encrypted cookie fields accept, until a moment,
// the values that an application made with github.com/gorilla/securecookie before it
// moved here: whatever one of the codecs decodes into the field's type, under the
// cookie's name or the earlier one that its tag gives as was=. With securecookie's
// NopEncoder it is the text of a plain cookie that is expected. Nothing is ever written
// that way, so what is set again is worth more than before; and a value has to be what
// the field accepts, declared constants and all. Plain fields are not concerned.
//
// The end is the day of the deployment and the longest Max-Age that those cookies had.
// The manager refuses one that is further off than the 400 days for which browsers keep
// a cookie. An end that has passed makes the option do nothing: take it away then, and
// the codec's keys with it.
func WithLegacyCookies(until time.Time, codecs ...securecookie.Codec) Option {
	return func(m *Manager) { m.legacy = &legacyCookies{until, codecs} }
}

func (m *Manager) checkLegacyCookies() error {
	if m.legacy == nil {
		return nil
	}
	if len(m.legacy.codecs) == 0 {
		return errors.New("WithLegacyCookies has no codec: give it those that made the cookies, or take it away")
	}
	for _, codec := range m.legacy.codecs {
		if codec == nil {
			return errors.New("WithLegacyCookies has a codec that is nil")
		}
	}
	if m.legacy.until.IsZero() || m.legacy.until.Sub(m.clock()) > longestCookie {
		return fmt.Errorf("WithLegacyCookies ends at %s, and no browser keeps a cookie for longer than 400 days: give it the day on which the last one is too old",
			m.legacy.until.Format(time.DateOnly))
	}
	for _, c := range m.cookies {
		if c.options.Protection != Plain {
			return nil
		}
	}
	return errors.New("WithLegacyCookies is for signed and encrypted cookies, and the schema has none: tag a field signed or encrypted")
}

// legacyCookie returns what a cookie of another library holds.
func legacyCookie[T any](m *Manager, c *cookie, text *Text[T], value string) (T, bool) {
	var none T
	now := m.clock()
	if m.legacy == nil || c.options.Protection == Plain || !now.Before(m.legacy.until) {
		return none, false
	}
	if made, ok := signingTime(value); !ok || !inTime(made, now) {
		return none, false
	}
	for _, codec := range m.legacy.codecs {
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
