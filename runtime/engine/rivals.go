package engine

import (
	"context"
	"fmt"
	"net/http"
	"slices"

	"github.com/sessiongen/sessiongen/runtime"
)

// rival is a session cookie of the request besides the one that counts, or one of several of
// which none counts. Destroy ends the session that it opens. So does a sign-in, if none counts.
type rival struct {
	candidate
	principal string // on the wire
	lookedUp  bool   // it opens a session, or did so until a moment ago
	ended     bool
}

// choose opens the one session cookie of several that opens a session. If two do, one was
// planted or is left over, and it is unclear which, so none counts. Nor does any as long as
// there are more values than the request may look up.
func (s *Session) choose(found []candidate, more bool) error {
	var best opened
	var bestSeal seal
	var rivals []rival
	alive, from := 0, 0 // from is the place of best
	looked := found[:min(len(found), maxLookups)]
	for i, c := range looked {
		s.closeOpened()
		if err := s.manager.keeper.check(s, c); err != nil {
			return err
		}
		switch s.standing {
		case absent:
			s.manager.dead.add(c.value, s.deadTo())
		case ended:
			s.manager.dead.add(c.value, hasEnded)
		case live:
			if s.manager.sealed && best.standing == live && best.token.id == s.token.id {
				// Two cookies of one sealed session, as under two paths: the later one holds its
				// newest contents.
				if c.sealed.Issued.After(looked[from].sealed.Issued) {
					best, bestSeal, from = s.opened, s.seal(), i
				}
				continue
			}
			alive++
			rivals = append(rivals, rival{candidate: c, principal: s.principal, lookedUp: true})
		case renewed:
			rivals = append(rivals, rival{candidate: c, lookedUp: true})
		}
		if i == 0 || s.standing == live || best.standing == absent {
			best, bestSeal, from = s.opened, s.seal(), i
		}
	}
	for _, c := range found[len(looked):] {
		more = true
		rivals = append(rivals, rival{candidate: c})
	}
	s.closeOpened()
	switch {
	case alive > 1:
		s.doubt(rivals[0].id(), fmt.Sprintf("two session cookies open sessions, this one and %s: the request has none", rivals[1].id()))
	case more:
		s.doubt(runtime.ID{}, "more than two different values: the request has no session")
	default:
		s.opened, s.spansStale = best, true
		s.setSeal(bestSeal)
	}
	if len(rivals) > 0 {
		s.rare().rivals = rivals
	}
	return nil
}

// deadTo returns the client to whom the value of the last check opens nothing: that of the
// request, if the session is bound to another one.
func (s *Session) deadTo() string {
	if s.more == nil || !s.more.othersClient {
		return everyone
	}
	s.more.othersClient = false
	return s.deadClient()
}

// doubt handles session cookies of which it is unclear which one is the browser's. The request
// sees no session and changes none.
func (s *Session) doubt(id runtime.ID, reason string) {
	s.standing = doubtful
	s.note(runtime.Event{Kind: runtime.EventSeveralCookies, ID: id, Field: s.manager.cookie.options.Name, Reason: reason})
}

// endRivals ends the sessions that the other session cookies of the request open, and notes an
// event for each.
func (s *Session) endRivals(unsent bool, e runtime.Event) error {
	if s.more == nil {
		return nil
	}
	for i := range s.more.rivals {
		r := &s.more.rivals[i]
		if r.ended || r.id() == s.token.id {
			continue
		}
		if !r.lookedUp {
			opens, err := s.lookUp(r)
			if err != nil {
				return err
			}
			if !opens {
				r.ended = true
				continue
			}
		}
		if err := s.manager.keeper.end(s, r.id(), r.revision(), unsent); err != nil {
			return err
		}
		s.manager.queue.Moved(r.id())
		r.ended = true
		e.ID = r.id()
		s.note(e)
	}
	return nil
}

// replacesRival reports whether a sign-in ends the session with an ID because several session
// cookies were sent, and one of them opens it.
func (s *Session) replacesRival(id runtime.ID) bool {
	return s.standing == doubtful && s.more != nil &&
		slices.ContainsFunc(s.more.rivals, func(r rival) bool { return r.lookedUp && !r.ended && r.id() == id })
}

// lookUp reports whether a session cookie that was not looked up before the handler opens a
// session.
func (s *Session) lookUp(r *rival) (opens bool, err error) {
	var probe *Session
	err = s.call(func(ctx context.Context) error {
		probe = s.manager.schema.New()
		probe.manager, probe.request, probe.header = s.manager, s.request.WithContext(ctx), http.Header{}
		if s.more.identified {
			probe.rare().identified, probe.more.clientHash = true, s.more.clientHash
		}
		return s.manager.keeper.check(probe, r.candidate)
	})
	if err != nil {
		return false, err
	}
	if probe.more != nil {
		for _, e := range probe.more.events {
			s.note(e)
		}
	}
	r.principal = probe.principal
	r.lookedUp = probe.standing == live || probe.standing == renewed
	return r.lookedUp, nil
}

// principalsLeft returns the principals that the request has left: its own, or those of the
// session cookies that it has ended.
func (s *Session) principalsLeft() []string {
	left := []string{s.more.principalBefore()}
	if s.more != nil {
		for _, r := range s.more.rivals {
			if r.ended {
				left = append(left, r.principal)
			}
		}
	}
	return left
}
