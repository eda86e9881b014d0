package contest

import (
	"net/http"

	"github.com/sessiongen/sessiongen/runtime"
)

// outcome is what is known of a segment.
type outcome int

const (
	stored  outcome = iota // unless an event says otherwise
	unknown                // it may be stored, or not
	never                  // it is not stored, and will not be
)

// Why a token must not be seen.
const (
	dropped       = "a commit that was dropped or too late"
	failedHandler = "a handler that has failed"
)

// finish ends the handler in one of many ways.
func (r *request) finish(w http.ResponseWriter) {
	ends := r.random.IntN(80) == 0 || len(r.seen.texts) > 20 && r.random.IntN(2) == 0
	switch n := r.random.IntN(24); {
	case r.failed:
	case n < 3:
		r.breakOff(w, ends, n == 0)
	case n < 5:
		r.late(w, ends)
	case ends:
		r.destroy(true)
	default:
		r.close()
		switch n {
		case 5:
			w.WriteHeader(http.StatusSeeOther)
		case 6:
			_, _ = w.Write([]byte("welcome"))
		case 7:
			r.leaveClient()
		}
	}
}

// breakOff ends the handler by a panic or an error page.
func (r *request) breakOff(w http.ResponseWriter, ends, panics bool) {
	if ends {
		r.destroy(false)
	} else if r.random.IntN(2) == 0 {
		r.close()
	}
	r.segment.fails = true
	if panics {
		r.gone = true // net/http sends no answer
		panic(panicked{})
	}
	r.planned = http.StatusInternalServerError + r.random.IntN(3)
	w.WriteHeader(r.planned)
}

// late changes something when the response has begun.
func (r *request) late(w http.ResponseWriter, ends bool) {
	r.close()
	_, err := w.Write([]byte("one moment"))
	if !r.committed(err) {
		return
	}
	if ends {
		r.destroy(false)
		return
	}
	for range 1 + r.random.IntN(2) {
		t := r.write()
		r.segment.tokens = append(r.segment.tokens, t)
		r.addToken(t)
	}
}

// destroy ends the session, and may begin a new one.
func (r *request) destroy(mayGoOn bool) {
	m := r.m
	m.mu.Lock()
	revokes, others := r.segment.revokes, r.segment.others // Destroy does not withdraw it
	r.segment.revokes = ""
	r.void("a handler that has ended the session afterwards")
	r.mayEnd()
	was := r.seen.live || r.sure
	m.mu.Unlock()
	r.v.Destroy()
	r.seen, r.session = content{}, nil
	r.open(false)
	g := &r.segment
	g.destroys, g.revokes, g.others = was, revokes, others
	if n := r.random.IntN(3); mayGoOn && revokes == "" && n > 0 {
		if n == 1 {
			m.mu.Lock()
			g.stay = r.newStay("u0")
			m.mu.Unlock()
			g.names, g.to = false, "u0"
			r.changeUser()
		}
		t := r.write()
		g.tokens = append(g.tokens, t)
		r.addToken(t)
	}
}

// void notes that what the segment has written is not stored. The ledger is locked.
func (r *request) void(reason string) {
	g := &r.segment
	for _, t := range append(g.tokens, g.marks...) {
		t.never, t.dropped = reason, reason == dropped
		if t.session != nil && !t.session.unsure {
			r.fail("has written %q, which is seen already: %s", t.text, reason)
		}
	}
	if s := g.switched; s != nil {
		s.switching--
		g.switched = nil
	}
	r.forgetFlash()
	r.endRevocation()
}

// endRevocation notes that the other sessions are ended, if they are. The ledger is locked.
func (r *request) endRevocation() {
	if r.segment.revokes != "" {
		r.m.account(r.segment.revokes).pending--
		r.segment.revokes = ""
	}
}

// settle draws the conclusions from a commit. The ledger is locked.
func (r *request) settle(o outcome) {
	m, g := r.m, &r.segment
	destroyed := 0
	for _, e := range r.answer.since(g.from) {
		switch e.Kind {
		case runtime.EventCreated:
			r.created(e.ID)
		case runtime.EventRenewed:
			m.supersede(r.secret)
			m.note(r.session, r, "has renewed the secret, after renewal", r.session.renewals)
			r.secret = &secret{session: r.session}
		case runtime.EventDestroyed:
			destroyed++
			m.end(m.sessions[e.ID], "Destroy")
		case runtime.EventFieldReset:
			if e.Field != "sum" {
				r.fail("cannot read the field %s: %v", e.Field, e.Err)
			}
		case runtime.EventDropped:
			if isUnreadable(e) {
				m.count.unreadable++
				continue
			}
			m.count.dropped++
			o = max(o, never)
		case runtime.EventTooLate:
			o = max(o, never)
		case runtime.EventStoreFailed, runtime.EventCommitFailed:
			o = max(o, unknown)
		}
	}
	if g.destroys && destroyed == 0 && o == stored {
		r.fail("ends its session, and nothing has ended")
	}
	if r.sure && o == stored && (g.changed && g.to != "" && !g.fails || g.destroys) {
		m.end(r.cookie.secret.session, "a request with two cookies")
		m.end(r.other.secret.session, "a request with two cookies")
	}
	switch {
	case o == stored && g.fails:
		r.keepEnds()
	case o == stored:
		r.keepAll()
	case o == unknown && !g.fails:
		m.count.unknown += len(g.tokens)
		r.endRevocation() // the change of the user stays pending: nothing is known of the session
	case o == unknown:
		g.switched = nil // it stays pending
		r.void(failedHandler)
	default:
		m.count.never += len(g.tokens)
		r.void(dropped)
	}
	if r.session != nil { // the request may go on in another one, and that one may end first
		r.handOver()
	}
	r.segment = segment{from: r.answer.noted()}
}

// handOver lets the session that the request is in keep what the request has planned and written.
// The ledger is locked.
func (r *request) handOver() {
	r.m.handOver(r.session, r.stays, r.tokens)
	r.stays, r.tokens = nil, nil
}

// keepEnds notes what has ended although the handler has failed, and that nothing else is stored.
func (r *request) keepEnds() {
	m, g := r.m, &r.segment
	m.count.never += len(g.tokens)
	if s := g.switched; s != nil && r.seen.user != "" {
		s.switching--
		if s.switching == 0 && s.switches == g.number {
			s.settled, s.user = true, ""
		}
		m.note(s, r, "has failed, and signed out the user before switch", g.number)
		g.switched = nil
	}
	if g.revokes != "" {
		m.endAll(g.others, g.revokes, "RevokeOthers")
	}
	r.void(failedHandler)
}

// created notes a new session, which has what the segment has written.
func (r *request) created(id runtime.ID) {
	m, g := r.m, &r.segment
	s := m.sessions[id]
	if s == nil {
		s = m.register(id, r.browser)
	}
	if s.browser != r.browser {
		r.fail("creates session %v, which browser %d has", id, s.browser.number)
	}
	m.count.created++
	s.settled, s.user = true, g.stay.user
	s.planned[s.user] = true
	if g.changed && m.account(g.to).hitSince(g.accounts[0]) || m.account(everyone).hitSince(g.accounts[1]) {
		m.noteDoubt(s, r, "a revocation under way when it was created")
	}
	m.note(s, r, "has created it for", s.user)
	if sw := g.switched; sw != nil {
		sw.switching-- // it has not changed the session that it was in
		g.switched = nil
	}
	r.forgetFlash()
	g.removed, g.taken = nil, nil
	r.session, r.secret = s, &secret{session: s}
}

// keepAll notes that what the segment has written is stored.
func (r *request) keepAll() {
	m, g, s := r.m, &r.segment, r.session
	if s == nil && len(g.tokens) > 0 {
		r.fail("writes to no session, and is not told so")
	}
	if s != nil && s.ended == 0 {
		for _, t := range g.tokens {
			m.count.stored++
			m.acknowledge(s, t, false)
		}
		for _, t := range g.marks {
			m.acknowledge(s, t, true)
		}
		for _, t := range append(g.removed, g.taken...) {
			t.removed = m.learned()
		}
	}
	if sw := g.switched; sw != nil {
		sw.switching--
		if sw.switching == 0 && sw.switches == g.number {
			sw.settled, sw.user = true, g.to
		}
		m.note(sw, r, "has stored the switch to", g.to)
	}
	if in := g.flashed; in != nil {
		in.notice.pending--
		if in.notice.pending == 0 && in.notice.begun == g.flashNumber && g.flashAlone && g.flash != nil {
			in.notice.sure, in.notice.since = g.flash, m.learned()
			m.note(in, r, "has stored the flash", g.flash.text)
		}
	}
	if g.revokes != "" {
		m.endAll(g.others, g.revokes, "RevokeOthers")
		r.endRevocation()
	}
}
