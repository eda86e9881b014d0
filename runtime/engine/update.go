package engine

import (
	"context"
	"errors"
	"fmt"
	"time"
	"unsafe"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/record"
)

// staleAfter is how old a loaded record may be before a commit loads it again first. It keeps
// the base revision of a write within the history of the record, even after a slow handler.
const staleAfter = time.Second

// update stores the changes of a live session against the revision that the request
// has loaded. If another request was faster, the changes are replayed on the newest
// record, unless that request has ended the session or changed its privilege.
func (s *Session) update(unsent bool) (setCookie string, err error) {
	if !s.manager.sealed {
		if err := s.enterQueue(); err != nil {
			return "", err
		}
		defer s.manager.queue.Leave(s.token.id)
		if s.mayBeStale() {
			if again, setCookie, err := s.catchUp(nil, unsent); !again {
				return setCookie, err
			}
		}
	}
	next := s.token
	var room headerRoom // on the stack: encode copies what the header has of it
	for tries := 1; ; tries++ {
		renewing, moved := s.privileges()
		switch {
		case (renewing || s.manager.sealed) && !unsent:
			s.dropLate()
			return "", nil
		case renewing && s.superseded:
			return s.dropRenewal(unsent)
		}
		w := write{ttl: s.nextTTL(), renewing: renewing}
		if renewing && !s.manager.sealed && next == s.token {
			next.secret = newSecret()
		}
		sendsToken := renewing || s.rememberChanged() || s.resendDue()
		h, rev := s.nextHeader(&w, &next, moved, sendsToken, &room)
		if w.rec, err = s.encode(&h, rev); err != nil {
			return "", err
		}
		value, o, err := s.manager.keeper.put(s, w)
		switch {
		case err != nil:
			return "", err
		case o == gone:
			return s.continueDetached(unsent)
		case o == kept:
			return s.updated(w, next, value, tries, sendsToken), nil
		}
		again, setCookie, err := s.catchUp(&attempt{
			rev: w.rec.Rev, token: next, epoch: h.Epoch, sendsToken: sendsToken, unclear: o == unclear,
		}, unsent)
		if !again {
			return setCookie, err
		}
	}
}

// enterQueue waits until no other commit of the session is in progress in this process.
func (s *Session) enterQueue() error {
	id := s.token.id
	if s.manager.queue.TryEnter(id) {
		return nil
	}
	if err := s.call(func(ctx context.Context) error { return s.manager.queue.Enter(ctx, id) }); err != nil {
		return fmt.Errorf("waiting for another commit of the session: %w", err)
	}
	return nil
}

// mayBeStale reports whether there is reason to expect a conflict: this process has
// written the record since it was loaded, or a long time has passed.
func (s *Session) mayBeStale() bool {
	return s.base.generation != s.manager.queue.Generation(s.token.id) || s.at.Sub(s.base.loaded) > staleAfter
}

// nextTTL is the time to live that an update sets. Only a change of the principal
// restarts the lifetime.
func (s *Session) nextTTL() runtime.TTL {
	ttl := runtime.TTL{Idle: s.manager.schema.Idle}
	if s.principalSet {
		ttl.Life = s.manager.schema.Lifetime
	}
	return ttl
}

// headerRoom holds the parts of a header that are computed for each attempt.
type headerRoom struct {
	key     [record.KeyLength]byte
	history [record.HistoryLength * len(runtime.Rev{})]byte
}

// nextHeader returns the header and the revision that an update writes. A sealed session
// has no key, epoch or revision. sendsToken reports whether the cookie is sent. The header refers
// to room.
func (s *Session) nextHeader(w *write, next *token, moved, sendsToken bool, room *headerRoom) (h record.Header, rev runtime.Rev) {
	h = s.base.head()
	if w.renewing {
		client := s.client()
		h.UserAgent, h.Address = client.UserAgent, client.Address
	}
	if !s.manager.sealed {
		if w.ttl.Life != 0 {
			h.MoveLife(w.ttl.Life - s.lifeNow(s.at))
		}
		rev = newRev()
		if w.renewing {
			h.PreviousKey, h.Renewed = s.replacedKeys(), s.lifeLeft(w.ttl)
		}
		if m := s.manager; w.renewing || h.Label != m.label && !s.superseded {
			h.Label, h.Key = m.label, next.keyIn(&room.key, &m.labels[0])
		}
		if moved {
			h.Epoch++
		}
		h.History = s.historyIn(&room.history, h.History)
	}
	s.stamp(&h, time.Duration(s.lifeLeft(w.ttl))*time.Millisecond, sendsToken)
	return h, rev
}

// updated makes the record that was written the base of the session. It returns the line of the
// cookie to send, or "".
func (s *Session) updated(w write, next token, value string, tries int, sendsToken bool) (setCookie string) {
	s.rebase(w)
	if tries > 1 {
		s.note(runtime.Event{Kind: runtime.EventConflict, Tries: tries})
	}
	if w.renewing {
		s.token = next
		s.note(runtime.Event{Kind: runtime.EventRenewed})
	}
	if value == "" && (!sendsToken || s.superseded) {
		return ""
	}
	return s.cookieLine(value)
}

// attempt is a write that has met a conflict.
type attempt struct {
	rev        runtime.Rev
	token      token
	epoch      uint64
	sendsToken bool
	unclear    bool // it may have been applied nevertheless
}

// catchUp loads the newest record after a conflict, or before the first write if a conflict is
// likely. again reports that the changes were replayed on that record and have to be written.
func (s *Session) catchUp(made *attempt, unsent bool) (again bool, setCookie string, err error) {
	s.at = s.manager.options.Clock()
	newest, _, err := s.manager.keeper.newest(s.known(), s.call)
	switch {
	case errors.Is(err, runtime.ErrEnded):
		setCookie, err = s.continueDetached(unsent)
		return false, setCookie, err
	case err != nil:
		return false, "", fmt.Errorf("loading the session again: %w", err)
	}
	if made == nil && newest.rev == s.base.rev {
		s.base.generation, s.base.loaded = newest.generation, newest.loaded
		s.base.idle, s.base.life = newest.idle, newest.life
		return true, "", nil
	}
	theirs := newest.head()
	switch {
	case made != nil && theirs.Knows(newest.rev, made.rev):
		return false, s.committedBefore(made, newest, &theirs), nil
	case made != nil && made.unclear && !theirs.Knows(newest.rev, s.base.rev):
		return false, "", runtime.ErrUncertain
	case theirs.Epoch != s.base.head().Epoch || newest.barred || !s.isClient(theirs.Client):
		setCookie, err = s.continueDetached(unsent)
		return false, setCookie, err
	}
	if !s.manager.opens(&s.token, &theirs) {
		if renewing, _ := s.privileges(); renewing {
			setCookie, err = s.dropRenewal(unsent)
			return false, setCookie, err
		}
		s.superseded = true
	}
	s.replayOn(newest)
	if err := s.locate(); err != nil {
		return false, "", fmt.Errorf("loading the session again: %w", err)
	}
	return true, "", nil
}

// committedBefore handles an attempt that was applied after all: the conflict was with itself,
// or with a later write.
func (s *Session) committedBefore(made *attempt, newest base, theirs *record.Header) (setCookie string) {
	if s.token != made.token {
		s.token = made.token
		s.note(runtime.Event{Kind: runtime.EventRenewed})
	}
	s.markCommitted()
	if theirs.Epoch != made.epoch || newest.barred {
		// Another request has changed the privilege since, so the session is no longer this one.
		s.rare().outlived = true
		s.detach(ended)
		return ""
	}
	if !s.manager.opens(&made.token, theirs) {
		s.superseded = true
	}
	s.replayOn(newest)
	if made.sendsToken && !s.superseded {
		setCookie = s.cookieLine("")
	}
	return setCookie
}

// dropRenewal handles a request that renews a secret which another request has renewed. The
// browser has the other token, so the changes are dropped. A sign-in creates a session of its
// own.
func (s *Session) dropRenewal(unsent bool) (setCookie string, err error) {
	if s.signsInAnew() {
		return s.continueDetached(unsent)
	}
	s.drop(reasonRenewed)
	return "", nil
}

// historyIn returns the history of the next record, stored in room.
func (s *Session) historyIn(room *[record.HistoryLength * len(runtime.Rev{})]byte, before string) string {
	n := copy(room[:], s.base.rev[:])
	n += copy(room[n:], before)
	return unsafe.String(&room[0], n)
}

// replacedKeys returns the keys that the next record remembers, newest first: the current key,
// and those replaced a moment ago. A browser may have sent a request before several renewals,
// such as a sign-in and its second factor.
func (s *Session) replacedKeys() string {
	earlier := ""
	h := s.base.head()
	if h.JustRenewed(s.base.life) {
		earlier = h.PreviousKey
	}
	return h.Key + earlier[:min(len(earlier), (record.MostReplaced-1)*record.KeyLength)]
}

// lifeLeft returns the lifetime that the session has left after the update, in milliseconds.
// Only the clock of the store counts, so replicas agree on it.
func (s *Session) lifeLeft(ttl runtime.TTL) uint64 {
	left := ttl.Life
	if left == 0 {
		left = s.lifeNow(s.at)
	}
	return uint64(left.Milliseconds())
}

// lifeNow returns what is left of the session's life at a time by the manager's clock. Only the
// time since the record was loaded is by that clock.
func (s *Session) lifeNow(now time.Time) time.Duration {
	return max(0, s.base.life-max(0, now.Sub(s.base.loaded)))
}

// continueDetached continues without the record, which has ended or has changed its privilege
// since it was loaded.
func (s *Session) continueDetached(unsent bool) (setCookie string, err error) {
	s.detach(ended)
	if !s.hasChanges() {
		// All changes concerned the record, such as a flash that was taken.
		s.drop(reasonEnded)
		return "", nil
	}
	return s.createOrDrop(unsent)
}
