package engine

import (
	"context"
	"slices"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/internal/retry"
)

// Revoke ends the session with this ID for good, if the manager opens or lists it. It is not an
// error if no such session exists.
// If it is that of the request of ctx, the request continues as after Destroy.
//
// Revoke, RevokeBy and RevokeAll act at once, also for a page that a browser loads in advance and
// that may never be seen. Call them only for a request that a browser does not make on its own,
// such as a POST.
func (m *Manager) Revoke(ctx context.Context, id runtime.ID) error {
	err := m.keeper.revoke(ctx, id)
	if err == nil {
		m.destroyOwn(ctx, func(s *Session) bool { return s.token.id == id })
	}
	return err
}

// ListBy returns the live sessions whose field has the value in codec, most recently seen
// first. The session of the request that ctx belongs to is marked. Sealed sessions cannot be listed: the error is errors.ErrUnsupported.
func (m *Manager) ListBy(ctx context.Context, field int, codec Codec) ([]runtime.Info, error) {
	return m.keeper.listBy(ctx, field, codec)
}

// RevokeBy ends all sessions whose field has the value in codec, and returns their number.
// Sealed sessions are ended but cannot be counted: the number is 0. If the session of the
// request of ctx is among them, the request continues as after Destroy. A sign-in of the same
// request that is not committed yet is not ended.
func (m *Manager) RevokeBy(ctx context.Context, field int, codec Codec) (int, error) {
	return m.keeper.revokeBy(ctx, field, codec)
}

// RevokeAll ends all sessions of the manager's application and session cookie, signed in or not,
// and returns their number (ASVS 5.0 7.4.5). When it returns without an error, each session that
// was stored before the call has ended for good, whatever requests are in progress. It does not
// end a sign-in that is still in progress then. Other requests do not wait for it. After a partial
// failure it returns the number so far and an error; call it again. If the store is no
// [runtime.Revoker], the error is errors.ErrUnsupported.
//
// Sealed sessions are ended but cannot be counted: the number is 0. RevokeAll then takes about
// six seconds, after which every process has noticed.
func (m *Manager) RevokeAll(ctx context.Context) (int, error) { return m.keeper.revokeAll(ctx) }

// endsWithAll reports whether RevokeAll has ended the session of the request that calls it. A
// sign-in that the request has not committed yet comes after.
func endsWithAll(s *Session) bool { return !s.signsInAnew() }

// destroyOwn makes a request continue as after Destroy, if the manager has just ended its
// session by other means. ctx is that of the request, or another one without a session. The
// cookie is then deleted in the browser, and what the handler sets from now on begins a new
// session. ends reports whether a session was ended; what the request has not committed yet does
// not count.
func (m *Manager) destroyOwn(ctx context.Context, ends func(s *Session) bool) {
	s, ok := ctx.Value(m).(*Session)
	if !ok {
		return
	}
	s.mu.Lock()
	defer s.unlock()
	// A commit in progress finds out by itself.
	if s.committing || s.phase == returned || s.standing != live || s.destroyPending() || !ends(s) {
		return
	}
	if s.hasChanges() {
		s.note(runtime.Event{Kind: runtime.EventDropped, Reason: reasonEnded})
	}
	s.destroyLocked()
}

// page is how many sessions one call to List requests.
const page = 100

// each calls session once for every live session whose field has a value in the wire form. list
// returns the page of sessions after an ID that carry a term. Unreadable records are skipped. After
// each page it calls next, and ends with the error of that.
func (m *Manager) each(field int, value string, list func(term runtime.Term, after runtime.ID) ([]runtime.ID, []runtime.Record, error),
	session func(runtime.ID, *base), next func() error) error {
	var seen map[runtime.ID]bool // a session may be found by two terms while it moves from one to the other
	if len(m.labels) > 1 {
		seen = map[runtime.ID]bool{}
	}
	return m.eachTerm(field, value, func(term runtime.Term) error {
		return m.eachWith(term, list, func(id runtime.ID, b *base) {
			if seen[id] {
				return
			}
			if seen != nil {
				seen[id] = true
			}
			session(id, b)
		}, next)
	})
}

// eachWith is each for one term.
func (m *Manager) eachWith(term runtime.Term, list func(term runtime.Term, after runtime.ID) ([]runtime.ID, []runtime.Record, error),
	session func(runtime.ID, *base), next func() error) error {
	for after := (runtime.ID{}); ; {
		at := m.options.Clock()
		ids, records, err := list(term, after)
		if err != nil {
			return err
		}
		for i, rec := range records {
			var b base
			if _, err := m.readRecord(&b, rec, at, nil); err == nil && slices.Contains(rec.Terms, term) {
				session(ids[i], &b)
			}
		}
		if err := next(); err != nil || len(ids) < page {
			return err
		}
		after = ids[len(ids)-1]
	}
}

// revokeTerms ends all sessions but keep whose field has a value in the wire form, and returns
// their number.
func (m *Manager) revokeTerms(call caller, field int, value string, keep runtime.ID) (count int, err error) {
	err = m.eachTerm(field, value, func(term runtime.Term) error {
		return call(func(ctx context.Context) error {
			n, err := m.indexer.Revoke(ctx, term, keep)
			count += n
			return err
		})
	})
	return count, err
}

// wireIn returns the value of a field in codec in the wire form. It is "" for zero: a zero
// principal is no principal.
func (m *Manager) wireIn(codec Codec, field int) string {
	encoded, err := appendOf(codec, nil, field)
	if err != nil {
		return ""
	}
	return wireValue(string(encoded), m.schema.Fields[field].Number)
}

// repeating returns a caller that has no session.
func repeating(ctx context.Context) caller {
	return func(do func(context.Context) error) error {
		_, err := retry.Do(ctx, do)
		return err
	}
}
