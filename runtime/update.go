package runtime

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
	"unsafe"
)

// staleAfter is how old a loaded record may be before a commit looks at the newest
// one first. It keeps the revision that a write builds on among the last ones
// that the record remembers, also after a slow handler.
const staleAfter = time.Second

// update writes the changes of a live session against the revision that was
// loaded. When another request was faster, they are replayed on what it wrote,
// unless it has ended the session or changed its privilege.
func (s *Session) update(open bool) (setCookie string, err error) {
	id := s.token.id
	if err := s.call(func(ctx context.Context) error { return s.manager.queue.enter(ctx, id) }); err != nil {
		return "", fmt.Errorf("waiting for another commit of the session: %w", err)
	}
	defer s.manager.queue.leave(id)

	if s.base.generation != s.manager.queue.generation(id) || s.at.Sub(s.base.loaded) > staleAfter {
		if again, setCookie, err := s.reload(nil, open); !again {
			return setCookie, err
		}
	}
	next := s.token
	// On the stack: encode copies what the header has of them.
	var key [keyLength]byte
	var history [historyLength * len(Rev{})]byte
	for tries := 1; ; tries++ {
		renewing, moved := s.privileges()
		if renewing && !open {
			s.forget()
			s.note(Event{Kind: TooLate, Reason: "needs a cookie after the response has begun", Err: ErrTooLate})
			return "", nil
		}
		if renewing && s.withoutCookie {
			return s.renewsTooLate(open)
		}
		h, ttl := s.base.head(), TTL{Idle: s.manager.schema.Idle}
		if s.principalSet {
			ttl.Life = s.manager.schema.Lifetime
		}
		if renewing {
			if next == s.token {
				next.secret = newSecret()
			}
			client := s.client()
			h.userAgent, h.address = client.UserAgent, client.Address
			h.previousKey, h.renewed = s.replacedKeys(), s.lifeLeft(ttl)
			key = next.key()
			h.key = unsafe.String(&key[0], len(key))
		}
		if moved {
			h.epoch++
		}
		s.stamp(&h)
		n := copy(history[:], s.base.rev[:])
		n += copy(history[n:], h.history)
		h.history = unsafe.String(&history[0], n)
		sendsToken := renewing || s.rememberChanged()
		rec, err := s.encode(&h, newRev())
		if err != nil {
			return "", err
		}

		old := s.base.rev
		repeated, err := s.write(func(ctx context.Context) error { return s.manager.store.Update(ctx, id, old, rec, ttl) })
		switch {
		case err == nil:
			s.rebase(rec, ttl)
			if tries > 1 {
				s.note(Event{Kind: Conflict, Tries: tries})
			}
			if renewing {
				s.token = next
				s.note(Event{Kind: Renewed})
			}
			if sendsToken && !s.withoutCookie {
				return s.tokenCookie(), nil
			}
			return "", nil
		case errors.Is(err, ErrConflict):
			again, setCookie, err := s.reload(&attempt{
				rev: rec.Rev, token: next, key: strings.Clone(h.key), epoch: h.epoch, sendsToken: sendsToken, unclear: repeated || !s.manager.exact,
			}, open)
			if !again {
				return setCookie, err
			}
		case errors.Is(err, ErrGone), errors.Is(err, ErrNotFound):
			return s.lost(open)
		default:
			return "", fmt.Errorf("updating the session: %w", err)
		}
	}
}

// attempt is what a write that met a conflict would have done.
type attempt struct {
	rev        Rev
	token      token
	key        string
	epoch      uint64
	sendsToken bool
	unclear    bool // it may have been applied all the same
}

// reload looks at the newest record after a conflict, or before the first write
// if there is reason to expect one. again says that the changes were replayed on
// it and are to be written.
func (s *Session) reload(made *attempt, open bool) (again bool, setCookie string, err error) {
	generation := s.manager.queue.generation(s.token.id)
	id := s.token.id
	s.at = s.manager.clock()
	var rec Record
	err = s.call(func(ctx context.Context) error {
		loaded, err := s.manager.store.Load(ctx, id)
		rec = loaded
		return err
	})
	switch {
	case errors.Is(err, ErrGone), errors.Is(err, ErrNotFound):
		setCookie, err = s.lost(open)
		return false, setCookie, err
	case err != nil:
		return false, "", fmt.Errorf("loading the session again: %w", err)
	}
	var newest base
	theirs, err := s.manager.understand(&newest, rec, s.at, nil)
	if err != nil {
		return false, "", fmt.Errorf("loading the session again: %w", err)
	}
	newest.generation = generation
	if made == nil && newest.rev == s.base.rev {
		s.base.generation, s.base.loaded = newest.generation, newest.loaded
		s.base.idle, s.base.life = newest.idle, newest.life
		return true, "", nil
	}

	if made != nil && theirs.knows(newest.rev, made.rev) {
		if s.token != made.token {
			s.token = made.token
			s.note(Event{Kind: Renewed})
		}
		s.clean()
		if theirs.epoch != made.epoch {
			// It was committed, and then others changed the privilege: what is there is theirs.
			s.lose(ended)
			return false, "", nil
		}
		if theirs.key != made.key {
			s.withoutCookie = true
		}
		s.use(newest)
		if made.sendsToken && !s.withoutCookie {
			setCookie = s.tokenCookie()
		}
		return false, setCookie, nil
	}
	if made != nil && made.unclear && !theirs.knows(newest.rev, s.base.rev) {
		return false, "", ErrUncertain
	}
	ours := s.base.head()
	if theirs.epoch != ours.epoch {
		setCookie, err = s.lost(open)
		return false, setCookie, err
	}
	if theirs.key != ours.key {
		if renewing, _ := s.privileges(); renewing {
			setCookie, err = s.renewsTooLate(open)
			return false, setCookie, err
		}
		s.withoutCookie = true
	}
	s.use(newest)
	if err := s.locate(); err != nil {
		return false, "", fmt.Errorf("loading the session again: %w", err)
	}
	return true, "", nil
}

// renewsTooLate is for a request that would renew a secret which another request
// has renewed: the browser has that one's. It may begin a session of its own.
func (s *Session) renewsTooLate(open bool) (setCookie string, err error) {
	if s.atLoad == "" && s.principalSet && s.principal != "" {
		return s.lost(open)
	}
	return "", s.drop("the session's secret was renewed by another request")
}

// replacedKeys are the keys that a renewal adds to those that were replaced a moment ago,
// the newest first: a request may have been sent before several of them, such as a
// sign-in and its second factor.
func (s *Session) replacedKeys() string {
	earlier := ""
	h := s.base.head()
	if h.justRenewed(s.base.life) {
		earlier = h.previousKey
	}
	return h.key + earlier[:min(len(earlier), (mostReplaced-1)*keyLength)]
}

// lifeLeft is what the session's life will be when the update is written, in
// milliseconds. Only the store's clock counts, so that replicas agree on it.
func (s *Session) lifeLeft(ttl TTL) uint64 {
	left := ttl.Life
	if left == 0 {
		left = max(0, s.base.life-s.at.Sub(s.base.loaded))
	}
	return uint64(left.Milliseconds())
}

// lost goes on without a record that has ended, or whose privilege has changed,
// since it was loaded.
func (s *Session) lost(open bool) (setCookie string, err error) {
	s.lose(ended)
	if !s.hasChanges() {
		// They were about what was there, such as a flash that was taken.
		return "", s.drop(reasonEnded)
	}
	return s.startAfresh(open)
}
