package contest

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	goruntime "runtime"
	"slices"
	"strings"

	"github.com/sessiongen/sessiongen/runtime"
)

// segment is what a request does between two commits.
type segment struct {
	from int   // events of the request before it
	stay *stay // in which it writes
	// names tells to store the stay's name with the first write: the session is new.
	names bool

	tokens, marks, removed, taken []*token
	flash                         *token
	flashed                       *session // to which it is set; nil for a new one
	flashNumber                   int
	flashAlone                    bool

	changes, changed bool   // the user
	to               string // whom to
	switched         *session
	number           int
	accounts         [2]account // of the new user, and of everyone, when the change began

	destroys bool
	fails    bool   // by a panic, or an error page: only what ends something is committed
	revokes  string // others: the user
	others   []settledAt
}

// handle is the handler of the request.
func (r *request) handle(w http.ResponseWriter) {
	if r.random.IntN(20) == 0 {
		r.leaveClient()
	}
	r.arrive()
	r.open(true)
	for range r.random.IntN(5) {
		if !r.step() {
			break
		}
		if r.depth > 0 && r.random.IntN(5) == 0 {
			r.m.newRequest(r.random, r.browser, r.depth-1).run()
		}
	}
	r.finish(w)
}

func (r *request) run() { r.serve(r.handle) }

// leaveClient lets the client hang up: it does not see the answer.
func (r *request) leaveClient() {
	r.gone = true
	r.cancel()
}

// open begins a segment, and decides whether it changes the user, first or last.
func (r *request) open(mayChange bool) {
	m := r.m
	m.mu.Lock()
	r.segment = segment{from: r.answer.noted()}
	g, user := &r.segment, r.seen.user
	g.accounts[1] = m.account(everyone).sample()
	target := fmt.Sprintf("u%d", r.random.IntN(users))
	switch n := r.random.IntN(100); {
	case !mayChange:
	case user == "" && n < 30, user == "" && r.seen.live && r.seen.stay == "":
		g.changes, g.to = true, target
	case user != "" && n < 2:
		g.changes, g.to = true, target
	case user != "" && n < 4:
		g.changes, g.to = true, ""
	case user != "" && n < 7:
		g.changes, g.to = true, user
	}
	switch {
	case g.changes && g.to != user:
		g.stay = r.newStay(g.to)
		if r.seen.live && user == "" && r.seen.stay != "" {
			g.stay.parent, g.stay.at = m.stays[r.seen.stay], r.seen.id
		}
	case m.stays[r.seen.stay] != nil:
		g.stay = m.stays[r.seen.stay]
	default:
		g.stay, g.names = r.newStay(""), true
	}
	m.mu.Unlock()
	if g.changes && r.random.IntN(2) == 0 {
		r.changeUser()
	}
}

// changeUser signs in, out, in again, or in as another user.
func (r *request) changeUser() {
	m, g := r.m, &r.segment
	g.changed = true
	m.mu.Lock()
	g.accounts[0] = m.account(g.to).sample()
	r.renews()
	if r.other != nil && g.to != "" { // a sign-in ends the sessions of both
		r.mayEnd()
	}
	if s := r.session; s != nil {
		s.planned[g.to] = true
		if g.accounts[0].pending > 0 {
			m.noteDoubt(s, r, "a revocation under way when it changes its user")
		}
		if g.to != r.seen.user {
			s.switches++
			s.switching++
			s.settled, g.switched, g.number = false, s, s.switches
			s.notice.sure = nil
			s.notice.begun++
			m.note(s, r, "changes the user to", g.to)
		}
	}
	r.signsIn = r.signsIn || g.to != ""
	m.mu.Unlock()
	if g.to == "" {
		r.v.ClearUser()
	} else {
		r.v.SetUser(g.to)
	}
	if g.to != r.seen.user {
		r.v.SetStay(g.stay.name)
	}
}

// renews notes that the secret may be replaced from now on. The ledger is locked.
func (r *request) renews() {
	if r.secret == nil {
		return
	}
	r.secret.unsure = true
	r.m.note(r.secret.session, r, "may renew the secret", nil)
	if r.renewal == nil && r.secret.session != nil {
		r.renewal = r.secret.session
		r.renewal.renewing++
	}
}

// over notes that the request is over. The ledger is locked.
func (r *request) over() {
	r.handOver()
	if r.renewal != nil {
		r.renewal.renewing--
		if r.answer.status >= 500 {
			r.renewal.renewals++
		}
	}
}

// write returns a new text to be written, and sees to it that a new session gets its stay.
func (r *request) write() *token {
	r.m.mu.Lock()
	t := r.newToken(r.segment.stay)
	r.m.mu.Unlock()
	if r.segment.names {
		r.segment.names = false
		r.v.SetStay(r.segment.stay.name)
	}
	return t
}

// step does one thing. It reports whether the handler may go on.
func (r *request) step() bool {
	v, g := r.v, &r.segment
	switch n := r.random.IntN(40); {
	case n < 14:
		t := r.write()
		g.tokens = append(g.tokens, t)
		r.addToken(t)
	case n < 16:
		v.SetNickname(r.write().text)
	case n < 18:
		t := r.write()
		g.marks = append(g.marks, t)
		v.PutMarks(t.text, 1)
	case n < 20:
		r.removeMark()
	case n < 21:
		text := r.write().text
		v.Draft()["x"] = text
	case n < 23:
		r.setNotice()
	case n < 26:
		r.takeNotice()
	case n < 33:
		r.privilege(n)
	case n < 35:
		return r.reload()
	case n < 37:
		return r.commit()
	case n < 38:
		r.discard()
	case n < 39:
		r.writeLog()
	default:
		goruntime.Gosched()
	}
	return true
}

// addToken adds a token to the counter, the list and the table.
func (r *request) addToken(t *token) {
	v := r.v
	if r.random.IntN(3) > 0 {
		v.AddCount(1)
		v.AppendTexts(t.text)
		v.PutTable(t.text, 1)
		return
	}
	v.UpdateCount(func(n int) int { return n + 1 })
	v.UpdateTexts(func(texts []string) []string { return append(slices.Clone(texts), t.text) })
	v.UpdateTable(func(table map[string]int) map[string]int {
		table = maps.Clone(table)
		if table == nil {
			table = map[string]int{}
		}
		table[t.text] = 1
		return table
	})
}

// writeLog writes to fields that a newer program writes to as well.
func (r *request) writeLog() {
	v, text := r.v, r.write().text
	if r.random.IntN(2) == 0 {
		v.Log() // lends it out
	}
	v.AppendLog(Entry{Text: text})
	if v.Sum() < 100 {
		v.AddSum(1)
	}
}

// removeMark removes a mark that is there.
func (r *request) removeMark() {
	r.m.mu.Lock()
	var found *token
	if r.session != nil && r.session.ended == 0 && !r.segment.changes {
		for _, t := range r.session.ledger(r.segment.stay).marks {
			if !t.unsure {
				t.unsure, found = true, t
				break
			}
		}
	}
	r.m.mu.Unlock()
	if found != nil {
		r.v.RemoveMarks(found.text)
		r.segment.removed = append(r.segment.removed, found)
	}
}

func (r *request) setNotice() {
	t, g := r.write(), &r.segment
	r.m.mu.Lock()
	if g.flash == nil && r.session != nil {
		n := &r.session.notice
		g.flashed, g.flashAlone = r.session, n.pending == 0 && r.session.switching == 0
		n.begun++
		n.pending++
		n.sure, g.flashNumber = nil, n.begun
		r.m.note(r.session, r, "sets the flash", t.text)
	}
	g.flash = t
	r.m.mu.Unlock()
	r.v.SetNotice(t.text)
}

func (r *request) takeNotice() {
	r.m.mu.Lock() // so that it is known to be taken before it is gone
	defer r.m.mu.Unlock()
	text, _ := r.v.TakeNotice()
	if t := r.m.tokens[text]; t != nil && r.method != "HEAD" {
		t.unsure = true
		r.m.note(r.session, r, "takes the flash", text)
		if r.segment.flash == t {
			r.segment.flash = nil // what was there before is gone as well
			return
		}
		r.segment.taken = append(r.segment.taken, t)
	}
}

// forgetFlash notes that the flash that the segment has set is not stored. The ledger is locked.
func (r *request) forgetFlash() {
	if s := r.segment.flashed; s != nil {
		s.notice.pending--
		r.segment.flashed = nil
	}
}

// privilege changes the role, or renews the secret, or how long the cookie is kept, or ends other
// sessions.
func (r *request) privilege(n int) {
	g := &r.segment
	signedIn := r.seen.live && r.seen.user != "" && !g.changes
	if n < 31 && r.random.IntN(3) > 0 {
		return
	}
	r.m.mu.Lock()
	if n < 31 {
		r.renews() // RevokeOthers renews a sealed session
	}
	if signedIn && n == 30 && g.revokes == "" {
		g.revokes = r.seen.user
		g.others = r.m.revocation(g.revokes, r.session)
		if r.m.lastWins && r.session != nil { // it may end as well, if another request renews it
			r.m.noteDoubt(r.session, r, "RevokeOthers of a sealed session")
		}
	}
	r.m.mu.Unlock()
	switch {
	case n == 30 && signedIn:
		r.v.RevokeOthers()
	case n < 28 && signedIn:
		r.v.SetRole(r.write().text)
	case n < 30:
		r.v.Renew()
	case n > 30:
		r.v.Remember(n == 31)
	}
}

// reload loads what other requests have stored.
func (r *request) reload() bool {
	r.m.mu.Lock()
	since := r.m.tick
	r.m.mu.Unlock()
	err := r.v.Reload(r.context)
	if errors.Is(err, runtime.ErrEnded) {
		r.m.mu.Lock()
		r.segment.removed, r.segment.taken = nil, nil // none of this happens any more
		r.endRevocation()
		r.m.mu.Unlock()
	}
	if err != nil || r.segment.changes || !r.seen.live {
		return err == nil
	}
	c := contentOf(r.v, true)
	r.m.mu.Lock()
	defer r.m.mu.Unlock()
	if !c.live || c.id != r.seen.id {
		r.fail("has reloaded session %v, and sees %v", r.seen.id, c.id)
		return false
	}
	if !r.segment.pendingTexts() {
		r.check(&c, r.segment.tokens, since)
	}
	return true
}

// pendingTexts reports whether the handler sees texts that others cannot see yet.
func (g *segment) pendingTexts() bool { return len(g.marks) > 0 || len(g.removed) > 0 }

// commit commits midway.
func (r *request) commit() bool {
	r.close()
	err := r.v.Commit(r.context)
	events := r.answer.since(r.segment.from)
	dropped := slices.ContainsFunc(events, func(e runtime.Event) bool { return e.Kind == runtime.EventDropped && !isUnreadable(e) })
	switch {
	case errors.Is(err, runtime.ErrUnreadable):
		err = nil // the rest was stored
	case err == nil && slices.ContainsFunc(events, isUnreadable):
		r.fail("commits, and is not told that changes of a field were dropped which cannot be read")
	}
	if ended := errors.Is(err, runtime.ErrEnded); dropped && err == nil || ended && !dropped {
		r.fail("commits, and is told %v; changes were dropped: %v", err, dropped)
	}
	return r.committed(err)
}

// isUnreadable reports whether an event is that of a change to a field that cannot be read.
func isUnreadable(e runtime.Event) bool {
	return e.Kind == runtime.EventDropped && e.Field == "sum" && strings.Contains(e.Reason, "cannot be read")
}

// discard takes back what the segment has done, except what ends something.
func (r *request) discard() {
	if r.segment.changed || r.seen.live && r.seen.stay == "" { // what has left a user stays; a stay has to begin
		return
	}
	r.v.Discard()
	r.m.mu.Lock()
	revokes, others, from := r.segment.revokes, r.segment.others, r.segment.from
	r.segment.revokes = ""
	r.void("a handler that has discarded it")
	r.m.mu.Unlock()
	r.open(false)
	r.segment.revokes, r.segment.others, r.segment.from = revokes, others, from
}

// committed draws the conclusions from a commit in the midst of the handler, and begins another
// segment.
func (r *request) committed(err error) bool {
	r.m.mu.Lock()
	switch {
	case err == nil:
		r.settle(stored)
	case errors.Is(err, runtime.ErrTooLate), errors.Is(err, runtime.ErrEnded):
		r.settle(never)
	default:
		r.settle(unknown)
	}
	r.m.mu.Unlock()
	ended := errors.Is(err, runtime.ErrEnded)
	if r.failed = err != nil && !ended; !r.failed {
		r.refresh()
	}
	r.open(false)
	return err == nil
}

// refresh looks at the session again.
func (r *request) refresh() {
	r.seen = contentOf(r.v, false)
	r.m.mu.Lock()
	defer r.m.mu.Unlock()
	r.check(&r.seen, nil, r.began)
	if r.session = nil; r.seen.live {
		r.session = r.m.sessions[r.seen.id]
	}
}

// close completes a segment before its commit.
func (r *request) close() {
	if r.segment.changes && !r.segment.changed {
		r.changeUser()
	}
}
