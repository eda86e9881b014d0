package contest

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/sessiongen/sessiongen/runtime"
)

// past is what the ledger has learned about a session of late: of one of a million requests that
// goes wrong, it says why.
type past struct {
	entries [64]entry
	noted   int
}

// entry is a line of the past. It is made a text when it is told.
type entry struct {
	tick    int64
	request int // 0 for a call of a manager
	what    string
	detail  any
}

// note notes what has happened to a session. The ledger is locked.
func (m *mix) note(s *session, r *request, what string, detail any) {
	if s == nil {
		return
	}
	e := entry{tick: m.tick, what: what, detail: detail}
	if r != nil {
		e.request = r.number
	}
	s.past.entries[s.past.noted%len(s.past.entries)] = e
	s.past.noted++
}

// noteDoubt notes that a session may end from now on. The ledger is locked.
func (m *mix) noteDoubt(s *session, r *request, why string) {
	if s == nil || s.unsure {
		return
	}
	s.unsure, s.unsureAt = true, time.Now()
	m.note(s, r, "may end it by", why)
}

// noteEvents notes what a request was told about its session. The ledger is locked.
func (r *request) noteEvents(events []runtime.Event, what string) {
	for _, s := range r.concerned() {
		r.m.note(s, r, what, events)
	}
}

// concerned returns the sessions that a request deals with.
func (r *request) concerned() (sessions []*session) {
	for _, s := range []*session{r.session, r.secret.opens(), r.cookie.opens(), r.other.opens()} {
		if s != nil && !slices.Contains(sessions, s) {
			sessions = append(sessions, s)
		}
	}
	return sessions
}

// opens returns the session of a cookie, or nil.
func (c *sentCookie) opens() *session {
	if c == nil {
		return nil
	}
	return c.secret.opens()
}

// opens returns the session of a secret, or nil.
func (s *secret) opens() *session {
	if s == nil {
		return nil
	}
	return s.session
}

// tell tells the past of a session.
func (p *past) tell() string {
	var b strings.Builder
	for i := max(0, p.noted-len(p.entries)); i < p.noted; i++ {
		e := p.entries[i%len(p.entries)]
		fmt.Fprintf(&b, "\n\t\t%d: request %d %s", e.tick, e.request, e.what)
		switch detail := e.detail.(type) {
		case nil:
		case []runtime.Event:
			for _, e := range detail {
				fmt.Fprintf(&b, ", %v %v (%s %v)", e.Kind, e.ID, e.Reason, e.Err)
			}
		default:
			fmt.Fprintf(&b, " %v", detail)
		}
	}
	return b.String()
}
