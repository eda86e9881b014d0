package engine

import (
	"strings"
	"time"
	"unicode/utf8"

	"github.com/sessiongen/sessiongen/runtime"
)

const maxClientText = 256

func truncate(text string) string {
	if len(text) <= maxClientText {
		return text
	}
	cut := maxClientText
	for cut > 0 && !utf8.RuneStart(text[cut]) {
		cut--
	}
	return strings.Clone(text[:cut])
}

// info describes a record as it was loaded.
func (m *Manager) info(id runtime.ID, b *base) runtime.Info {
	h := b.head()
	lastSeen := moment(h.Written)
	if touched := b.loaded.Add(b.idle - m.schema.Idle); touched.After(lastSeen) {
		lastSeen = touched.Truncate(time.Millisecond)
	}
	return runtime.Info{
		ID:              id,
		Created:         moment(h.Created),
		AuthenticatedAt: moment(h.Authenticated),
		LastSeen:        lastSeen,
		Expires:         b.loaded.Add(min(b.idle, b.life)),
		Client:          runtime.Client{UserAgent: h.UserAgent, Address: h.Address},
	}
}

func moment(milliseconds uint64) time.Time {
	if milliseconds == 0 {
		return time.Time{}
	}
	return time.UnixMilli(int64(milliseconds)).UTC()
}

// Info describes the session as it was loaded or last committed.
func (s *Session) Info() runtime.Info {
	s.lock()
	defer s.unlock()
	if s.standing != live || s.destroyPending() {
		return runtime.Info{New: true}
	}
	return s.manager.info(s.token.id, &s.base)
}

// AuthenticatedWithin says whether the principal was last set no longer than d ago, be
// it by this request: for asking who is there once more before what is dangerous (ASVS 5.0
// 7.5.3). It is false for nobody.
func (s *Session) AuthenticatedWithin(d time.Duration) bool {
	s.lock()
	defer s.unlock()
	switch {
	case s.principal == "":
		return false
	case s.principalSet:
		return d >= 0
	default:
		return s.manager.options.Clock().Sub(moment(s.base.head().Authenticated)) <= d
	}
}
