package runtime

import (
	"crypto/subtle"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"
)

// renewalGrace is how long a secret that was replaced still says "renewed"
// rather than "unknown": requests that were under way when it was replaced, and
// those that a browser sent before it got the new one.
const renewalGrace = 60 * time.Second

// understand makes b of a record that was asked for at that time, and notes in fields, unless
// they are nil, where the entries of each are. It returns the record's header.
func (m *Manager) understand(b *base, rec Record, at time.Time, fields []FieldState) (h header, err error) {
	if err := m.walk(b, &h, rec.Data, fields); err != nil {
		return h, err
	}
	if len(h.key) != keyLength {
		return h, errNoKey
	}
	b.rev, b.terms, b.idle, b.life = rec.Rev, rec.Terms, rec.Idle, rec.Life
	b.loaded = at
	return h, nil
}

// start makes the session of a request.
func (m *Manager) start(w http.ResponseWriter, r *http.Request) (*Session, error) {
	s := m.schema.New()
	s.manager, s.request, s.header = m, r, w.Header()
	if outer := s.header["Set-Cookie"]; len(outer) > 0 {
		s.rare().outerCookies = slices.Clip(outer)
	}
	if m.keeper == nil {
		return s, nil
	}
	if err := m.keeper.find(s); err != nil {
		return nil, err
	}
	s.checkClient()
	if m.adopts != nil {
		if err := m.readLegacy(s); err != nil {
			return nil, err
		}
	}
	if s.more != nil && s.more.events != nil {
		s.mu.Lock()
		s.unlock()
	}
	return s, nil
}

// findToken opens the session whose token the browser sends: at most one Load for
// one token, none for none.
func (s *Session) findToken() error {
	first, second, count := s.tokens()
	switch {
	case count == 0:
		return nil
	case count > 2:
		s.standing = doubtful
		s.note(Event{Kind: CookieRefused, Field: s.manager.cookie.options.Name, Reason: "sent more than twice"})
		return nil
	case count == 2:
		return s.openOneOf(first, second)
	default:
		return s.open(first)
	}
}

// tokens finds the well-formed session cookies of the request, different ones only.
func (s *Session) tokens() (first, second token, count int) {
	name, malformed := s.manager.cookie.options.Name, 0
	scanner := cookieScanner{lines: s.request.Header["Cookie"]}
	for {
		value, found := scanner.next(name)
		if !found {
			return first, second, count
		}
		s.carried = true
		t, ok := parseToken(value)
		switch {
		case !ok:
			if malformed++; malformed <= maxRefusals {
				s.note(Event{Kind: CookieRefused, Field: name, Reason: "not a token"})
			}
		case count == 0:
			first, count = t, 1
		case t == first || count == 2 && t == second:
		case count == 1:
			second, count = t, 2
		default:
			return first, second, 3
		}
	}
}

// openOneOf uses the one of two tokens that opens a session. If both do, somebody
// has planted one, and there is no telling which.
func (s *Session) openOneOf(first, second token) error {
	if err := s.open(first); err != nil {
		return err
	}
	if s.standing != live {
		if was := s.standing; was != absent {
			s.reset()
			if err := s.open(second); err != nil {
				return err
			}
			if s.standing == absent {
				s.standing, s.token = was, first
			}
			return nil
		}
		return s.open(second)
	}
	found := s.base
	s.reset()
	if err := s.open(second); err != nil {
		return err
	}
	if s.standing == live {
		s.reset()
		s.standing = doubtful
		s.note(Event{Kind: CookieRefused, Field: s.manager.cookie.options.Name, Reason: "sent twice, and both open a session"})
		return nil
	}
	s.reset()
	s.base = found
	return s.adopt(first)
}

func (s *Session) reset() {
	s.standing, s.token, s.base, s.principal, s.atLoad, s.spansStale = absent, token{}, base{}, "", "", true
	if s.more != nil {
		s.more.seal = seal{}
	}
}

// open loads the record that a token names. What the token turns out to be worth
// is the session's standing; an error means that the store could not say.
func (s *Session) open(t token) error {
	m := s.manager
	s.startDeadline(s.request.Context(), false)
	defer s.deadline.stop()
	generation := m.queue.generation(t.id)
	rec, err := m.store.Load(s.deadline, t.id)
	switch {
	case errors.Is(err, ErrGone):
		s.standing, s.token = ended, t
		s.note(Event{Kind: Gone})
		return nil
	case errors.Is(err, ErrNotFound):
		s.note(Event{Kind: Expired, ID: t.id})
		return nil
	case err != nil:
		m.raise(s.request.Context(), Event{Kind: StoreFailed, ID: t.id, Err: err})
		return fmt.Errorf("sessiongen: loading the session: %w", err)
	}
	b := &s.base
	h, err := m.understand(b, rec, s.at, s.fields)
	if err != nil {
		s.reset()
		s.note(Event{Kind: RecordRefused, ID: t.id, Err: err})
		return nil
	}
	b.generation = generation
	key := t.key()
	switch {
	case subtle.ConstantTimeCompare(key[:], []byte(h.key)) == 1:
		s.spansStale = false
		if err := s.adopt(t); err != nil {
			s.reset()
			s.note(Event{Kind: RecordRefused, ID: t.id, Err: err})
		}
	case h.replaced(key) && h.justRenewed(rec.Life):
		s.reset()
		s.standing, s.token = renewed, t
		s.note(Event{Kind: Stale})
	default:
		s.reset()
		s.note(Event{Kind: Expired, ID: t.id, Reason: "the token has another secret than the session"})
	}
	return nil
}

var errPrincipal = errors.New("the principal in the record is not the one that it is indexed under")

// adopt makes the record in the base the session's, once its principal is known to be
// the one that the store lists it under.
func (s *Session) adopt(t token) error {
	s.standing, s.token = live, t
	if s.manager.principal < 0 {
		return nil
	}
	s.principal = s.wireOfBase(s.manager.principal)
	s.atLoad = s.principal
	key := s.manager.schema.Fields[s.manager.principal].Key
	if s.principal != "" && !slices.Contains(s.base.terms, newTerm(key, s.principal)) {
		return errPrincipal
	}
	return nil
}
