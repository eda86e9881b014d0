package runtime

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"
	"unsafe"
)

// persist brings the store to the state that the request wants and returns the
// session cookie to send, "" for none; there may be one together with an error.
func (s *Session) persist(open bool) (setCookie string, err error) {
	keeper := s.manager.keeper
	if keeper == nil {
		return "", nil
	}
	if s.old != nil {
		if err := s.leaveLegacy(open); err != nil {
			return "", err
		}
	}
	destroys := s.destroyPending()
	if destroys {
		deletion, err := keeper.destroy(s, open)
		if err != nil {
			return "", err
		}
		setCookie = deletion
	}
	revokeOthers, signsIn := s.revokeOthers, (s.principalSet || s.takesOver()) && s.principal != ""
	switch {
	case !s.hasChanges():
		if sent := keeper.touch(s, open); sent != "" {
			setCookie = sent
		}
		s.clean()
	case s.standing == live:
		if sent, err := keeper.update(s, open); err != nil {
			return setCookie, err
		} else if sent != "" {
			setCookie = sent
		}
	default:
		if sent, err := s.startAfresh(open); err != nil {
			s.unclaimLegacy()
			return setCookie, err
		} else if sent != "" {
			setCookie = sent
		}
	}
	if signsIn && s.standing == live {
		own, err := s.limitSessions()
		if own {
			s.note(Event{Kind: Dropped, Reason: "the principal signed in once more at the same time, and may have no more sessions"})
			s.lose(ended)
			setCookie = ""
		}
		if err != nil {
			return setCookie, err
		}
	}
	if whose := cmp.Or(s.principal, s.more.principalBefore()); revokeOthers && whose != "" && (destroys || s.standing == live) {
		err = keeper.revokeOthers(s, whose)
	}
	if s.old != nil {
		s.retireLegacy(open)
	}
	return setCookie, err
}

// call makes one call to the store, without the lock, and repeats it unchanged
// while its outcome is unclear: every call may be repeated.
func (s *Session) call(do func(ctx context.Context) error) error {
	_, err := s.write(do)
	return err
}

// write is call for those who must know whether it was repeated.
func (s *Session) write(do func(ctx context.Context) error) (repeated bool, err error) {
	s.mu.Unlock()
	defer s.mu.Lock()
	return s.manager.repeat(s.deadline, do)
}

// delete ends the session for good. A browser whose secret we know to be the
// newest is told to forget the cookie.
func (s *Session) delete() (setCookie string, err error) {
	if s.standing != absent && s.standing != doubtful {
		id := s.token.id
		if err := s.call(func(ctx context.Context) error { return s.manager.store.Delete(ctx, id) }); err != nil {
			s.undeleted = true
			return "", fmt.Errorf("deleting the session: %w", err)
		}
		s.manager.queue.moved(id)
		s.note(Event{Kind: Destroyed})
	}
	s.destroyed = true
	if s.carried && (s.standing == live || s.standing == absent) && !s.withoutCookie {
		setCookie = s.manager.cookie.deletion()
	}
	if s.standing != doubtful {
		s.lose(ended)
	}
	return setCookie, nil
}

// lose makes the request one without a record: its session was ended or belongs
// to somebody else now.
func (s *Session) lose(to standing) {
	s.standing = to
	if !s.begun && s.sentTokens() != nil {
		// Of an earlier commit: the browser may have a better one by now.
		text := s.token.text()
		removeCookie(s.header, s.manager.cookie.options.Name+"="+string(text[:])+";")
	}
	s.empty()
	s.base = base{}
	s.closeDone()
}

// startAfresh is for requests without a record. One whose session has ended, or
// whose secret was renewed, may sign in, and that is all it may do.
func (s *Session) startAfresh(open bool) (setCookie string, err error) {
	signsIn := s.atLoad == "" && s.principalSet && s.principal != ""
	switch {
	case s.standing == doubtful:
		return "", s.drop("several session cookies were sent, and there is no telling which is the browser's")
	case s.standing == ended && !signsIn:
		return "", s.drop(reasonEnded)
	case s.standing == renewed && !signsIn:
		return "", s.drop("the session's secret was renewed by another request")
	case !open:
		s.forget()
		s.note(Event{Kind: TooLate, Reason: "needs a cookie after the response has begun", Err: ErrTooLate})
		return "", nil
	}
	return s.manager.keeper.create(s)
}

const reasonEnded = "the session has ended, or its privilege has changed, since it was loaded"

func (s *Session) drop(reason string) error {
	s.note(Event{Kind: Dropped, Reason: reason})
	s.forget()
	return nil
}

// create stores a new session under an ID of its own; what a client sent is never
// adopted (session fixation).
func (s *Session) create() (setCookie string, err error) {
	ttl := TTL{Idle: s.manager.schema.Idle, Life: s.manager.schema.Lifetime}
	client := s.client()
	was := s.token
	defer func() {
		if s.standing != live {
			s.token = was // a Destroy after this is meant for what the browser has
		}
	}()
	for {
		rev := s.token.draw()
		remember := false
		if s.takesOver() {
			s.token.id = s.manager.adopts.newID("session", s.old.value)
			remember = s.base.head().remember
		} else {
			s.base = base{}
		}
		h := header{remember: remember, created: milliseconds(s.at), epoch: 1, userAgent: client.UserAgent, address: client.Address}
		s.stamp(&h)
		key := s.token.key()
		h.key = unsafe.String(&key[0], len(key)) // on the stack: encode copies it
		rec, err := s.encode(&h, rev)
		if err != nil {
			return "", err
		}
		id := s.token.id
		err = s.call(func(ctx context.Context) error { return s.manager.store.Create(ctx, id, rec, ttl) })
		if errors.Is(err, ErrExists) || errors.Is(err, ErrGone) {
			if s.takesOver() {
				return "", s.loseLegacy()
			}
			continue // 2⁻¹²⁸, or a store that is not right; the deadline ends it
		}
		if err != nil {
			return "", fmt.Errorf("creating the session: %w", err)
		}
		s.rebase(rec, ttl)
		s.standing, s.withoutCookie = live, false
		s.note(Event{Kind: Created})
		return s.tokenCookie(), nil
	}
}

// stamp brings the header's times up to date.
func (s *Session) stamp(h *header) {
	h.written = milliseconds(s.at)
	if s.principalSet {
		h.authenticated = 0
		if s.principal != "" {
			h.authenticated = h.written
		}
	}
	if s.more != nil && s.more.clientHash != "" && h.client == "" {
		h.client = s.more.clientHash
	}
	switch {
	case s.rememberSet:
		h.remember = s.remember
	case s.left:
		h.remember = false // nobody has asked for it on behalf of the next one
	}
}

func milliseconds(t time.Time) uint64 { return uint64(t.UnixMilli()) }

// client asks the application who the client is; it runs without the lock.
func (s *Session) client() (client Client) {
	if s.manager.client != nil {
		s.unlocked(func() { client = s.manager.client(s.request) })
		client.UserAgent = truncate(client.UserAgent)
		client.Address = truncate(client.Address)
	}
	return client
}

// rebase takes what was written as the new base.
func (s *Session) rebase(rec Record, ttl TTL) {
	life := ttl.Life
	if life == 0 {
		life = s.base.life
	}
	s.manager.queue.moved(s.token.id)
	s.base = base{
		rev: rec.Rev, terms: rec.Terms, data: rec.Data,
		idle: ttl.Idle, life: life, loaded: s.at,
		generation: s.manager.queue.generation(s.token.id),
	}
	s.clean()
	s.spansStale = true
}

// tokenCookie is the Set-Cookie line for the current token.
func (s *Session) tokenCookie() string {
	maxAge := 0
	if s.base.head().remember {
		maxAge = keptFor(s.base.life)
	}
	text := s.token.text()
	return s.manager.cookie.line(string(text[:]), maxAge)
}

// touchDue says whether a tenth of the idle timeout has passed since the record
// was last written or touched, and whether the lifetime leaves as much to gain.
func (s *Session) touchDue() bool {
	idle := s.manager.schema.Idle
	return s.standing == live && !s.touched && min(idle, s.base.life)-s.base.idle >= idle/10
}

// touch extends the idle deadline. That it did not work is no reason to refuse
// the page.
func (s *Session) touch() {
	if !s.touchDue() {
		return
	}
	s.touched = true
	id, idle := s.token.id, s.manager.schema.Idle
	err := s.call(func(ctx context.Context) error { return s.manager.store.Touch(ctx, id, idle) })
	if err != nil && !errors.Is(err, ErrGone) && !errors.Is(err, ErrNotFound) {
		s.note(Event{Kind: StoreFailed, Err: fmt.Errorf("extending the session: %w", err)})
	}
}

func (s *Session) revokeAllOthers(whose string) error {
	term := newTerm(s.manager.schema.Fields[s.manager.principal].Key, whose)
	keep, count := s.token.id, 0
	err := s.call(func(ctx context.Context) error {
		n, err := s.manager.indexer.Revoke(ctx, term, keep)
		count += n
		return err
	})
	if count > 0 {
		s.note(Event{Kind: Revoked, Count: count})
	}
	if err != nil {
		return fmt.Errorf("revoking the other sessions: %w", err)
	}
	return nil
}
