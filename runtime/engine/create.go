package engine

import (
	"time"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/cookie"
	"github.com/sessiongen/sessiongen/runtime/record"
)

// create stores a new session under an ID of its own. It never uses an ID that a client has
// sent (session fixation).
func (s *Session) create() (setCookie string, err error) {
	m := s.manager
	w := write{ttl: runtime.TTL{Idle: m.schema.Idle, Life: m.schema.Lifetime}, fresh: true}
	client := s.client()
	was, wasSeal := s.token, s.seal()
	s.setSeal(seal{})
	defer func() {
		if s.standing != live {
			s.token = was // a later Destroy concerns the session that the browser has
			s.setSeal(wasSeal)
		}
	}()
	var key [record.KeyLength]byte // on the stack: encode copies what the header has of it
	for {
		rev := s.token.draw(m.sealed)
		h := record.Header{Created: milliseconds(s.at), UserAgent: client.UserAgent, Address: client.Address}
		if s.adopts.fills() {
			before := s.base.head()
			h.Remember, h.Flashes = before.Remember, before.Flashes
			s.token.id = s.adopts.newID()
		} else {
			s.base = base{}
		}
		s.stamp(&h, w.ttl.Life, true)
		if !m.sealed {
			h.Epoch = 1
			h.Label, h.Key = m.label, s.token.keyIn(&key, &m.labels[0])
		}
		if w.rec, err = s.encode(&h, rev); err != nil {
			return "", err
		}
		value, o, err := m.keeper.put(s, w)
		if err != nil {
			return "", err
		}
		if o == taken {
			if s.adopts.fills() {
				return "", s.adopts.overtaken(s)
			}
			continue // probability 2⁻¹²⁸, or a broken store; the deadline bounds it
		}
		s.rebase(w)
		s.standing, s.superseded = live, false
		s.note(runtime.Event{Kind: runtime.EventCreated})
		return s.cookieLine(value), nil
	}
}

// stamp sets the times, the client and the cookie lifetime of the header that is written. life is
// what the session has left of its life then, and sends reports whether the cookie is sent.
func (s *Session) stamp(h *record.Header, life time.Duration, sends bool) {
	now := milliseconds(s.at)
	if !s.manager.sealed { // the frame of a sealed session has it
		h.Written = now
	}
	if s.principalSet {
		h.Authenticated, h.AuthenticatedLeft = 0, 0
		if s.principal != "" {
			h.Authenticated = now
			if !s.manager.sealed { // no store counts the life of a sealed session
				h.AuthenticatedLeft = uint64(s.manager.schema.Lifetime.Milliseconds()) // a sign-in restarts the life
			}
		}
	}
	if s.more != nil && s.more.clientHash != "" && h.Client == "" {
		h.Client = s.more.clientHash
	}
	switch {
	case s.remember == untilBrowserCloses, s.remember == asBefore && s.left: // the next principal has not asked for it
		h.Remember = 0
	case s.remember == beyondBrowser && h.Remember == 0, sends && h.Remember != 0:
		h.Remember = uint64(max(1, life.Milliseconds()))
	}
}

func milliseconds(t time.Time) uint64 { return uint64(t.UnixMilli()) }

// client calls the function given to WithClient, without the lock.
func (s *Session) client() (client runtime.Client) {
	if s.manager.options.Client != nil {
		s.unlocked(func() { client = s.manager.options.Client(s.request) })
		client.UserAgent = truncate(client.UserAgent)
		client.Address = truncate(client.Address)
	}
	return client
}

// rebase makes the record that was written the base of the session.
func (s *Session) rebase(w write) {
	life := w.ttl.Life
	switch {
	case s.manager.sealed:
		life = s.seal().expires.Sub(s.at)
	case life == 0:
		life = s.base.life
	}
	s.manager.queue.Moved(s.token.id)
	s.base = base{
		rev: w.rec.Rev, terms: w.rec.Terms, data: w.rec.Data,
		idle: w.ttl.Idle, life: life, loaded: s.at,
		generation: s.manager.queue.Generation(s.token.id),
	}
	s.markCommitted()
	s.spansStale = true
}

// cookieLine returns the Set-Cookie line of the session cookie: with value if the session is
// sealed in it, otherwise with the token.
func (s *Session) cookieLine(value string) string {
	maxAge := 0
	if s.base.head().Remember != 0 {
		maxAge = cookie.KeptFor(s.base.life)
	}
	if s.manager.sealed {
		return s.manager.cookie.line(value, maxAge)
	}
	text := s.token.text()
	return s.manager.cookie.line(string(text[:]), maxAge)
}
