package engine

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"
	"unsafe"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/cookie"
	"github.com/sessiongen/sessiongen/runtime/internal/header"
	"github.com/sessiongen/sessiongen/runtime/internal/retry"
	"github.com/sessiongen/sessiongen/runtime/record"
)

// persist brings the store to the state that the request wants and returns the
// session cookie to send, "" for none; there may be one together with an error.
func (s *Session) persist(unsent bool) (setCookie string, err error) {
	if s.manager.keeper == nil {
		return "", nil
	}
	if err := s.adopts.beforeStoring(s, unsent); err != nil {
		return "", err
	}
	destroys := s.destroyPending()
	if destroys {
		if setCookie, err = s.end(unsent); err != nil {
			return "", err
		}
	}
	revokeOthers, signsIn := s.revokeOthers, (s.principalSet || s.adopts.fills()) && s.principal != ""
	if sent, err := s.store(unsent); err != nil {
		return setCookie, err
	} else if sent != "" {
		setCookie = sent
	}
	if signsIn && s.standing == live {
		own, err := s.limitSessions()
		if own {
			s.note(runtime.Event{Kind: runtime.EventDropped, Reason: "the principal signed in once more at the same time, and may have no more sessions"})
			s.detach(ended)
			setCookie = ""
		}
		if err != nil {
			return setCookie, err
		}
	}
	if whose := cmp.Or(s.principal, s.more.principalBefore()); revokeOthers && whose != "" && (destroys || s.standing == live) {
		if err = s.manager.keeper.endOthers(s, whose); err != nil {
			err = fmt.Errorf("revoking the other sessions: %w", err)
		}
	}
	s.adopts.afterStoring(s, unsent)
	return setCookie, err
}

// store stores what has changed, or extends the idle deadline if nothing has.
func (s *Session) store(unsent bool) (setCookie string, err error) {
	switch {
	case !s.hasChanges():
		setCookie = s.extend(unsent)
		s.markCommitted()
		return setCookie, nil
	case s.standing == live:
		return s.update(unsent)
	}
	if setCookie, err = s.createOrDrop(unsent); err != nil {
		s.adopts.notStored(s)
	}
	return setCookie, err
}

// call makes one call to the store, without the lock, and repeats it unchanged
// while its outcome is unclear: every call may be repeated.
func (s *Session) call(do func(ctx context.Context) error) error {
	_, err := s.repeat(do)
	return err
}

// repeat is call where it matters whether the call was repeated.
func (s *Session) repeat(do func(ctx context.Context) error) (repeated bool, err error) {
	s.mu.Unlock()
	defer s.mu.Lock()
	return retry.Do(s.deadline, do)
}

// end ends the session for good. A browser whose secret is known to be the
// newest is told to forget the cookie.
func (s *Session) end(unsent bool) (setCookie string, err error) {
	if s.standing != absent && s.standing != doubtful {
		if err := s.manager.keeper.end(s, unsent); err != nil {
			s.ending = endFailed
			return "", fmt.Errorf("ending the session: %w", err)
		}
		s.manager.queue.Moved(s.token.id)
		s.note(runtime.Event{Kind: runtime.EventDestroyed})
	}
	s.ending = endConfirmed
	if s.mayHaveCookie(unsent) && (s.standing == live || s.standing == absent) && !s.superseded {
		setCookie = s.manager.cookie.deletion()
	}
	if s.standing != doubtful {
		s.detach(ended)
	}
	return setCookie, nil
}

// mayHaveCookie reports whether the browser has the session cookie, or is about to get it: one
// that this request has sent can be taken back only if it is known by its token.
func (s *Session) mayHaveCookie(unsent bool) bool {
	return s.carried || s.manager.sealed && unsent && slices.Contains(s.sentTokens(), s.manager.cookie.options.Name)
}

// detach makes the request one without a record: its session was ended or belongs
// to another principal now.
func (s *Session) detach(to standing) {
	s.standing = to
	if s.phase == handling && s.sentTokens() != nil {
		// Of an earlier commit: the browser may have a better one by now.
		text := s.token.text()
		header.RemoveCookie(s.header, s.manager.cookie.options.Name+"="+string(text[:])+";")
	}
	s.leave()
	s.base = base{}
	s.closeDone()
}

// signsInAnew reports whether the request signs in where nobody was signed in.
func (s *Session) signsInAnew() bool {
	return s.atLoad == "" && s.principalSet && s.principal != ""
}

// createOrDrop is for requests without a record. One whose session has ended, or
// whose secret was renewed, may sign in, and that is all it may do.
func (s *Session) createOrDrop(unsent bool) (setCookie string, err error) {
	signsIn := s.signsInAnew()
	switch {
	case s.standing == doubtful:
		s.drop("several session cookies were sent, and there is no telling which is the browser's")
	case s.standing == ended && !signsIn:
		s.drop(reasonEnded)
	case s.standing == renewed && !signsIn:
		s.drop(reasonRenewed)
	case !unsent:
		s.dropLate()
	default:
		return s.create()
	}
	return "", nil
}

// Why changes are dropped.
const (
	reasonEnded   = "the session has ended, or its privilege has changed, since it was loaded"
	reasonRenewed = "the session's secret was renewed by another request"
)

// drop discards the changes, with an event.
func (s *Session) drop(reason string) {
	s.note(runtime.Event{Kind: runtime.EventDropped, Reason: reason})
	s.discard()
}

// dropLate discards changes that need a cookie after the response has begun.
func (s *Session) dropLate() {
	s.discard()
	s.note(runtime.Event{Kind: runtime.EventTooLate, Reason: "needs a cookie after the response has begun", Err: runtime.ErrTooLate})
}

// create stores a new session under an ID of its own; what a client sent is never
// adopted (session fixation).
func (s *Session) create() (setCookie string, err error) {
	m := s.manager
	w := write{ttl: runtime.TTL{Idle: m.schema.Idle, Life: m.schema.Lifetime}, fresh: true}
	client := s.client()
	was, wasSeal := s.token, s.seal()
	s.setSeal(seal{})
	defer func() {
		if s.standing != live {
			s.token = was // a Destroy after this is meant for what the browser has
			s.setSeal(wasSeal)
		}
	}()
	for {
		rev := s.token.draw(m.sealed)
		h := record.Header{Created: milliseconds(s.at), UserAgent: client.UserAgent, Address: client.Address}
		if s.adopts.fills() {
			h.Remember = s.base.head().Remember
			s.token.id = s.adopts.newID()
		} else {
			s.base = base{}
		}
		s.stamp(&h)
		key := s.token.key()
		if !m.sealed {
			h.Epoch = 1
			h.Key = unsafe.String(&key[0], len(key)) // on the stack: encode copies it
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
			continue // 2⁻¹²⁸, or a store that is not right; the deadline ends it
		}
		s.rebase(w)
		s.standing, s.superseded = live, false
		s.note(runtime.Event{Kind: runtime.EventCreated})
		return s.cookieLine(value), nil
	}
}

// stamp brings the header's times up to date.
func (s *Session) stamp(h *record.Header) {
	now := milliseconds(s.at)
	if !s.manager.sealed { // where the seal says it
		h.Written = now
	}
	if s.principalSet {
		h.Authenticated = 0
		if s.principal != "" {
			h.Authenticated = now
		}
	}
	if s.more != nil && s.more.clientHash != "" && h.Client == "" {
		h.Client = s.more.clientHash
	}
	switch {
	case s.remember != asBefore:
		h.Remember = s.remember == beyondBrowser
	case s.left:
		h.Remember = false // the next one has not asked for it
	}
}

func milliseconds(t time.Time) uint64 { return uint64(t.UnixMilli()) }

// client asks the application who the client is; it runs without the lock.
func (s *Session) client() (client runtime.Client) {
	if s.manager.options.Client != nil {
		s.unlocked(func() { client = s.manager.options.Client(s.request) })
		client.UserAgent = truncate(client.UserAgent)
		client.Address = truncate(client.Address)
	}
	return client
}

// rebase takes what was stored as the new base.
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

// cookieLine is the Set-Cookie line of the session cookie, with the token if there is no
// other value.
func (s *Session) cookieLine(value string) string {
	maxAge := 0
	if s.base.head().Remember {
		maxAge = cookie.KeptFor(s.base.life)
	}
	if value != "" {
		return s.manager.cookie.line(value, maxAge)
	}
	text := s.token.text()
	return s.manager.cookie.line(string(text[:]), maxAge)
}

// touchDue reports whether a tenth of the idle timeout has passed since the record
// was last written or touched, and whether the lifetime leaves as much to gain.
func (s *Session) touchDue() bool {
	idle := s.manager.schema.Idle
	return s.standing == live && !s.extended && min(idle, s.base.life)-s.base.idle >= idle/10
}

// extend extends the idle deadline, if that is due. That it did not work is no reason to
// refuse the page.
func (s *Session) extend(unsent bool) (setCookie string) {
	if !s.touchDue() || s.manager.sealed && !unsent {
		return ""
	}
	s.extended = true
	value, err := s.manager.keeper.extend(s)
	switch {
	case err != nil:
		s.note(runtime.Event{Kind: kindOfFailure(err), Err: fmt.Errorf("extending the session: %w", err)})
		return ""
	case value == "":
		return ""
	}
	return s.cookieLine(value)
}
