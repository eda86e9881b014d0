package runtime

import (
	"cmp"
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"reflect"
	"slices"
	"time"
)

// Manager loads, commits, lists and revokes the sessions of one schema. Generated
// managers are made of it. It is safe for several goroutines.
type Manager struct {
	schema  *Schema
	store   Store   // nil for a schema of cookies only
	exact   bool    // the store sends each call once: see SendsOnce
	indexer Indexer // nil if the store has none, which only schemas without index are given
	cookie  *cookie // the session cookie
	cookies []*cookie
	key     any // what the session is found by in a context

	// Fields by index, as generated code numbers them.
	order      []int // by ascending number on the wire
	principal  int   // -1: none
	privileged []int // renew fields
	indexed    []int // principal and index fields
	flashes    []int

	keys    *Keys
	events  func(context.Context, Event)
	clock   func() time.Time
	client  func(*http.Request) Client
	refuse  func(http.ResponseWriter, *http.Request, error)
	timeout time.Duration
	queue   queue
}

// renewalGrace is how long a secret that was replaced still says "renewed"
// rather than "unknown": requests that were under way when it was replaced, and
// those that a browser sent before it got the new one.
const renewalGrace = 60 * time.Second

// NewManager makes a manager. It refuses a store that cannot do what the schema
// asks for, and cookies that need keys where there are none.
func NewManager(schema *Schema, store Store, options ...Option) (*Manager, error) {
	m := &Manager{
		schema: schema, store: store, principal: -1,
		events: logToDefault, clock: time.Now, refuse: refuse, timeout: defaultTimeout,
		key: reflect.Zero(reflect.TypeOf(schema.New().self)).Interface(),
	}
	for _, option := range options {
		if option != nil {
			option(m)
		}
	}
	if err := m.complete(); err != nil {
		return nil, fmt.Errorf("sessiongen: New%sManager: %w", schema.Type, err)
	}
	return m, nil
}

func (m *Manager) complete() (err error) {
	m.arrangeFields()
	if m.schema.Stateless() {
		m.store = nil
	} else if err := m.checkStore(); err != nil {
		return err
	}
	if m.cookie, err = newCookie(m.schema.Cookie, nil); err != nil {
		return err
	}
	for _, descriptor := range m.schema.Cookies {
		c, err := newCookie(descriptor.options(), m.keys)
		if err != nil {
			return err
		}
		m.cookies = append(m.cookies, c)
	}
	return nil
}

func (m *Manager) arrangeFields() {
	for i, f := range m.schema.Fields {
		m.order = append(m.order, i)
		if f.Traits&Principal != 0 {
			m.principal = i
		}
		if f.Traits&Renew != 0 {
			m.privileged = append(m.privileged, i)
		}
		if f.Traits&(Principal|Index) != 0 {
			m.indexed = append(m.indexed, i)
		}
		if f.Traits&Flash != 0 {
			m.flashes = append(m.flashes, i)
		}
	}
	slices.SortFunc(m.order, func(a, b int) int {
		return cmp.Compare(m.schema.Fields[a].Number, m.schema.Fields[b].Number)
	})
}

func (m *Manager) checkStore() error {
	if isNil(m.store) {
		return errors.New("the store is nil: give it one, such as memstore.New()")
	}
	if store, ok := m.store.(SendsOnce); ok {
		m.exact = store.SendsOnce()
	}
	m.indexer, _ = m.store.(Indexer)
	if len(m.indexed) > 0 && m.indexer == nil {
		return fmt.Errorf("the field %s is listed and revoked by, which %T cannot do: use a store that is a runtime.Indexer",
			m.schema.Fields[m.indexed[0]].Key, m.store)
	}
	return nil
}

func isNil(store Store) bool {
	if store == nil {
		return true
	}
	v := reflect.ValueOf(store)
	return v.Kind() == reflect.Pointer && v.IsNil()
}

func (m *Manager) raise(ctx context.Context, e Event) {
	e.Schema = m.schema.Name
	m.events(ctx, e)
}

// What is tried again after an unclear error: five calls in less than half a second.
const (
	repeats    = 4
	firstPause = 10 * time.Millisecond
)

// repeat makes a call to the store, and the same call again while its outcome is
// unclear and ctx lasts. repeated says that it did.
func (m *Manager) repeat(ctx context.Context, call func(context.Context) error) (repeated bool, err error) {
	pause := firstPause
	for again := 0; ; again++ {
		if err = ctx.Err(); err == nil {
			err = call(ctx)
		}
		if err == nil || isClear(err) || again == repeats || ctx.Err() != nil {
			return again > 0, err
		}
		timer := time.NewTimer(pause/2 + rand.N(pause))
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return again > 0, err
		}
		pause *= 3
	}
}

func isClear(err error) bool {
	return errors.Is(err, ErrNotFound) || errors.Is(err, ErrGone) || errors.Is(err, ErrExists) || errors.Is(err, ErrConflict)
}

// understand reads a record's header.
func (m *Manager) understand(rec Record, generation uint32) (base, error) {
	h, err := readHeader(rec.Data)
	if err != nil {
		ordered, unordered := regroup(rec.Data)
		if unordered != nil {
			return base{}, unordered
		}
		if h, err = readHeader(ordered); err != nil {
			return base{}, err
		}
		rec.Data = ordered
	}
	return base{
		header: h, rev: rec.Rev, terms: rec.Terms, data: rec.Data,
		idle: rec.Idle, life: rec.Life, loaded: m.clock(), generation: generation,
	}, nil
}

// start makes the session of a request: at most one Load for the one token that
// a browser sends, none if it sends none.
func (m *Manager) start(w http.ResponseWriter, r *http.Request) (*Session, error) {
	s := m.schema.New()
	s.manager, s.request, s.header = m, r, w.Header()
	s.outerCookies = len(s.header["Set-Cookie"])
	if m.store == nil {
		return s, nil
	}
	first, second, count := s.tokens()
	switch {
	case count == 0:
	case count > 2:
		s.standing = doubtful
		s.note(Event{Kind: CookieRefused, Field: m.cookie.options.Name, Reason: "sent more than twice"})
	case count == 2:
		if err := s.openOneOf(first, second); err != nil {
			return nil, err
		}
	default:
		if err := s.open(first); err != nil {
			return nil, err
		}
	}
	if s.events != nil {
		s.mu.Lock()
		s.unlock()
	}
	return s, nil
}

// tokens finds the well-formed session cookies of the request, different ones only.
func (s *Session) tokens() (first, second token, count int) {
	name := s.manager.cookie.options.Name
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
			s.note(Event{Kind: CookieRefused, Field: name, Reason: "not a token"})
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
	s.adopt(first, found)
	return nil
}

func (s *Session) reset() {
	s.standing, s.token, s.base, s.principal, s.atLoad, s.spansStale = absent, token{}, base{}, "", "", true
}

// open loads the record that a token names. What the token turns out to be worth
// is the session's standing; an error means that the store could not say.
func (s *Session) open(t token) error {
	m := s.manager
	s.deadline.start(s.request.Context(), m.timeout, false)
	defer s.deadline.stop()
	generation := m.queue.generation(t.id)
	rec, err := m.store.Load(&s.deadline, t.id)
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
	b, err := m.understand(rec, generation)
	if err != nil {
		s.note(Event{Kind: RecordRefused, ID: t.id, Err: err})
		return nil
	}
	key := t.key()
	switch {
	case subtle.ConstantTimeCompare(key[:], []byte(b.key)) == 1:
		if err := s.adopt(t, b); err != nil {
			s.reset()
			s.note(Event{Kind: RecordRefused, ID: t.id, Err: err})
		}
	case subtle.ConstantTimeCompare(key[:], []byte(b.previousKey)) == 1 &&
		b.loaded.Sub(time.UnixMilli(int64(b.renewed))) < renewalGrace:
		s.standing, s.token = renewed, t
		s.note(Event{Kind: Stale})
	default:
		s.note(Event{Kind: Expired, ID: t.id, Reason: "the token has another secret than the session"})
	}
	return nil
}

var errPrincipal = errors.New("the principal in the record is not the one that it is indexed under")

// adopt makes the record the session's, once its principal is known to be the one
// that the store lists it under.
func (s *Session) adopt(t token, b base) error {
	s.standing, s.token, s.base = live, t, b
	if err := s.locate(); err != nil {
		return err
	}
	if s.manager.principal < 0 {
		return nil
	}
	s.principal = s.wireOfBase(s.manager.principal)
	s.atLoad = s.principal
	key := s.manager.schema.Fields[s.manager.principal].Key
	if s.principal != "" && !slices.Contains(b.terms, newTerm(key, s.principal)) {
		return errPrincipal
	}
	return nil
}

// Revoke ends the session with this ID for good. It is no error if there is none.
func (m *Manager) Revoke(ctx context.Context, id ID) error {
	if _, err := m.repeat(ctx, func(ctx context.Context) error { return m.store.Delete(ctx, id) }); err != nil {
		return fmt.Errorf("sessiongen: revoking a session: %w", err)
	}
	m.queue.moved(id)
	m.raise(ctx, Event{Kind: Revoked, ID: id, Count: 1})
	return nil
}

// page is how many sessions are asked for at a time.
const page = 100

// ListBy returns the live sessions whose field has the value that codec holds,
// the last seen first.
func (m *Manager) ListBy(ctx context.Context, field int, codec Codec) ([]Info, error) {
	term, ok := m.termOf(field, codec)
	if !ok {
		return nil, nil
	}
	var infos []Info
	for after := (ID{}); ; {
		ids, records, err := m.indexer.List(ctx, term, after, page)
		if err != nil {
			return nil, fmt.Errorf("sessiongen: listing sessions by %s: %w", m.schema.Fields[field].Key, err)
		}
		for i, rec := range records {
			if b, err := m.understand(rec, 0); err == nil && slices.Contains(rec.Terms, term) {
				infos = append(infos, m.info(ids[i], &b))
			}
		}
		if len(ids) < page {
			slices.SortStableFunc(infos, func(a, b Info) int { return b.LastSeen.Compare(a.LastSeen) })
			return infos, nil
		}
		after = ids[len(ids)-1]
	}
}

// RevokeBy ends all sessions whose field has the value that codec holds.
func (m *Manager) RevokeBy(ctx context.Context, field int, codec Codec) (int, error) {
	term, ok := m.termOf(field, codec)
	if !ok {
		return 0, nil
	}
	count := 0
	_, err := m.repeat(ctx, func(ctx context.Context) error {
		n, err := m.indexer.Revoke(ctx, term, ID{})
		count += n
		return err
	})
	if count > 0 {
		m.raise(ctx, Event{Kind: Revoked, Count: count})
	}
	if err != nil {
		return count, fmt.Errorf("sessiongen: revoking sessions by %s: %w", m.schema.Fields[field].Key, err)
	}
	return count, nil
}

// termOf is what sessions with the field's value are found by; none for zero,
// which for a principal is nobody.
func (m *Manager) termOf(field int, codec Codec) (Term, bool) {
	f := m.schema.Fields[field]
	value := wireValue(string(codec.Append(nil, field)), f.Number)
	return newTerm(f.Key, value), value != ""
}

// Close closes the store, if it has a Close method. Where several managers share a
// store, close the store itself when the last of them is done.
func (m *Manager) Close() error {
	if closer, ok := m.store.(io.Closer); ok {
		return closer.Close()
	}
	return nil
}
