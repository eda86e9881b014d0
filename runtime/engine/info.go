package engine

import (
	"context"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/record"
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

// info describes a record.
func (m *Manager) info(id runtime.ID, b *base) runtime.Info {
	h := b.head()
	lastSeen := moment(h.Written)
	if touched := b.loaded.Add(b.idle - m.schema.Idle); touched.After(lastSeen) {
		lastSeen = touched.UTC().Truncate(time.Millisecond)
	}
	return runtime.Info{
		ID:              id,
		Created:         moment(h.Created),
		AuthenticatedAt: moment(h.Authenticated),
		LastSeen:        lastSeen,
		Expires:         b.loaded.Add(min(b.idle, b.life)).UTC().Round(0),
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
		return runtime.Info{New: true, Current: true}
	}
	info := s.manager.info(s.token.id, &s.base)
	info.Current = true
	return info
}

// markCurrent marks the session of the request that a context belongs to.
func (m *Manager) markCurrent(ctx context.Context, infos []runtime.Info) {
	s, ok := ctx.Value(m).(*Session)
	if !ok {
		return
	}
	s.lock()
	defer s.unlock()
	for i := range infos {
		infos[i].Current = s.standing == live && !s.destroyPending() && infos[i].ID == s.token.id
	}
}

// AuthenticatedWithin reports whether the principal was last set no longer than d ago, by this
// request or an earlier one. Use it to require a new sign-in before a sensitive action (ASVS
// 5.0 7.5.3). It is false without a principal. The time is by the store's clock, so that the
// clocks of replicas may differ; for a sealed session, it is by those of the servers.
func (s *Session) AuthenticatedWithin(d time.Duration) bool {
	s.lock()
	defer s.unlock()
	switch {
	case s.principal == "":
		return false
	case s.principalSet:
		return d >= 0
	}
	now, h := s.manager.options.Clock(), s.base.head()
	switch {
	case s.manager.sealed:
		return now.Sub(moment(h.Authenticated)) <= d
	case h.AuthenticatedLeft == 0:
		return false
	}
	return record.Since(h.AuthenticatedLeft, s.lifeNow(now)) <= d
}
