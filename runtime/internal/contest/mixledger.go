package contest

import (
	"math/rand/v2"
	"slices"
	"time"

	"github.com/sessiongen/sessiongen/runtime"
)

// The ledger is what the mix knows: who was told what, and when. A tick counts the moments at
// which something was learned. A request that began after a tick must see what was learned then.

// browser is a jar with one session cookie, and the names of its tokens begin with its number.
type browser struct {
	number int
	jar    *sentCookie // nil without one
}

// sentCookie is a value of the session cookie that was sent to a browser.
type sentCookie struct {
	value   string
	browser *browser
	secret  *secret
}

// secret is what cookies of a session have in common until it is renewed: a stored session has
// one value for each secret, a sealed one has many.
type secret struct {
	session    *session
	unsure     bool  // a request that may replace it has begun
	superseded int64 // the tick at which a program said that it was replaced; 0 before
	at         time.Time
	order      int // of the session's renewals, the one that replaced it
}

// session is a session that a program has created.
type session struct {
	id      runtime.ID
	browser *browser
	ledgers map[*stay]*ledger

	unsure   bool // a request that may end it has begun
	unsureAt time.Time
	ended    int64  // the tick at which a program said that it has ended; 0 before
	how      string // it ended
	endedAt  time.Time

	// Whose it is. While a request that changes the user is under way, or if its outcome is
	// unknown, the session is not settled.
	settled   bool
	user      string
	switches  int // changes of the user that have begun
	switching int // and are under way
	planned   map[string]bool

	renewals int // that are known or may have been
	renewing int // requests under way that may renew it

	notice notice

	// What requests have planned for it, or written in vain: forgotten when it ends.
	stays  []*stay
	tokens []*token

	past past
}

// stay is the time between two changes of a session's user. It has a name of its own, which is
// stored with the change, so that a reader knows which tokens to expect.
type stay struct {
	name    string
	user    string
	browser *browser
	// A sign-in keeps what the anonymous session has, if it does not have to create another one.
	parent *stay
	at     runtime.ID // the session of parent
}

// ledger has what was written to a session during a stay.
type ledger struct {
	tokens []*token
	marks  []*token
	texts  []string // the longest list that a request has seen
}

// token is a text that is written once: to the counter, the list and the table in one commit, or
// as a mark, or as a flash.
type token struct {
	text         string
	stay         *stay
	session      *session // that has it, as far as is known
	acknowledged int64    // the tick at which a program said that it was stored, or at which it was seen
	never        string   // why it must not be seen
	dropped      bool     // never, unless it was stored a moment before the session ended
	unsure       bool     // of a mark or flash: a request that may remove it has begun
	removed      int64    // the tick at which a program said that it was removed
}

// notice is the flash of a session.
type notice struct {
	begun, pending int
	sure           *token // the flash that is there unless it is taken
	since          int64
}

// account counts the revocations of a user's sessions, from which a sign-in under way may escape.
type account struct{ begun, pending int }

func (a *account) sample() account { return *a }

// hitSince reports whether a revocation may have hit a session that was under way at a sample.
func (a *account) hitSince(then account) bool { return then.pending > 0 || a.begun != then.begun }

// learned returns the tick of what was just learned.
func (m *mix) learned() int64 {
	m.tick++
	return m.tick
}

// register notes a session that a program has created.
func (m *mix) register(id runtime.ID, b *browser) *session {
	s := &session{id: id, browser: b, ledgers: map[*stay]*ledger{}, planned: map[string]bool{}}
	m.sessions[id] = s
	m.alive = append(m.alive, s)
	return s
}

func (s *session) ledger(of *stay) *ledger {
	l := s.ledgers[of]
	if l == nil {
		l = &ledger{}
		s.ledgers[of] = l
	}
	return l
}

// chain returns the stays whose tokens a session may have during a stay, in their order.
func (s *session) chain(of *stay) (stays []*stay) {
	for ; of != nil; of = of.parent {
		stays = append(stays, of)
		if of.parent != nil && of.at != s.id {
			break
		}
	}
	slices.Reverse(stays)
	return stays
}

// acknowledge notes that a token is in a session.
func (m *mix) acknowledge(s *session, t *token, mark bool) {
	l := s.ledger(t.stay)
	list := &l.tokens
	if mark {
		list = &l.marks
	}
	if t.session != s { // also if a session that has ended had it before
		t.session, t.acknowledged = s, m.learned()
		m.tokens[t.text] = t
		*list = append(*list, t)
	}
}

// end notes that a session has ended. What was written to it is forgotten, and must not be seen.
func (m *mix) end(s *session, how string) {
	if s == nil || s.ended != 0 {
		return
	}
	m.noteDoubt(s, nil, how)
	s.ended, s.how, s.endedAt = m.learned(), how, time.Now()
	m.note(s, nil, "has ended it by", how)
	m.count.ended++
	if i := slices.Index(m.alive, s); i >= 0 {
		m.alive[i] = m.alive[len(m.alive)-1]
		m.alive = m.alive[:len(m.alive)-1]
	}
	for _, l := range s.ledgers {
		m.forget(nil, slices.Concat(l.tokens, l.marks))
	}
	m.forget(s.stays, s.tokens)
	s.ledgers, s.stays, s.tokens = nil, nil, nil
	m.ended = append(m.ended, s)
	for len(m.ended) > 0 && time.Since(m.ended[0].endedAt) > 2*time.Minute {
		delete(m.sessions, m.ended[0].id) // cookies still know that it has ended
		m.ended = m.ended[1:]
	}
}

// forget forgets what must not be seen any more: what the ledger lacks is refused.
func (m *mix) forget(stays []*stay, tokens []*token) {
	for _, s := range stays {
		delete(m.stays, s.name)
	}
	for _, t := range tokens {
		delete(m.tokens, t.text)
	}
}

// handOver lets a session keep what a request has planned and written, besides what the ledgers
// have.
func (m *mix) handOver(s *session, stays []*stay, tokens []*token) {
	tokens = slices.DeleteFunc(tokens, func(t *token) bool { return t.session != nil })
	if s == nil || s.ended != 0 {
		m.forget(stays, tokens)
		return
	}
	s.stays, s.tokens = append(s.stays, stays...), append(s.tokens, tokens...)
}

// supersede notes that a secret was replaced.
func (m *mix) supersede(s *secret) {
	if s.superseded == 0 {
		s.unsure, s.superseded, s.at = true, m.learned(), time.Now()
		s.session.renewals++
		s.order = s.session.renewals
		m.count.renewed++
	}
}

// sure reports whether a cookie opens its session for certain.
func (m *mix) sure(c *sentCookie) bool {
	return c != nil && !c.secret.unsure && c.secret.session != nil && !c.secret.session.unsure
}

// keep keeps a cookie to be replayed, of very many a random selection.
func (m *mix) keep(c *sentCookie, random *rand.Rand) {
	const most = 50_000
	m.count.cookies++
	switch n := random.IntN(m.count.cookies); {
	case len(m.cookies) < most:
		m.cookies = append(m.cookies, c)
	case n < most:
		m.cookies[n] = c
	}
}

// settledAt is a session whose user is known, and how often that has changed.
type settledAt struct {
	session  *session
	switches int
}

// forbidden reports whether a token must not be seen in a session.
func (t *token) forbidden(in *session) bool { return t.never != "" && !(t.dropped && in.unsure) }

// sessionsOf returns the sessions that surely belong to a user, or all live ones for "*". With
// doubt, it notes that they may end now, also those that a sign-in under way may give to the user.
func (m *mix) sessionsOf(user string, except *session, doubt bool) (found []settledAt) {
	for _, s := range m.alive {
		if s == except {
			continue
		}
		if user == everyone || s.settled && s.user == user {
			found = append(found, settledAt{s, s.switches})
		}
		if doubt && (user == everyone || s.planned[user]) {
			m.noteDoubt(s, nil, "a revocation of the sessions of "+user)
		}
	}
	return found
}

// everyone stands for the users of all sessions.
const everyone = "*"

// endAll notes the end of sessions that have kept their user since.
func (m *mix) endAll(sessions []settledAt, user, how string) {
	for _, at := range sessions {
		if user == everyone || at.session.switches == at.switches {
			m.end(at.session, how)
		}
	}
}
