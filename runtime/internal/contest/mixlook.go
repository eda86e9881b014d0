package contest

import (
	"maps"
	"slices"
	"strings"

	"github.com/sessiongen/sessiongen/runtime"
)

// content is what a request sees of its session.
type content struct {
	live             bool
	id               runtime.ID
	user, role, stay string
	nickname, notice string
	count            int
	texts            []string
	table, marks     map[string]int
	draft            map[string]string
	withCollections  bool
}

// contentOf reads a session. A request that asks for its collections holds the live ones, which
// the commit compares; another one does not.
func contentOf(v *Guest, withCollections bool) content {
	info := v.Info()
	c := content{
		live: !info.New, id: info.ID, user: v.User(), role: v.Role(), stay: v.Stay(),
		nickname: v.Nickname(), notice: v.Notice(), count: v.Count(), withCollections: withCollections,
	}
	if withCollections {
		c.texts, c.table, c.marks, c.draft = slices.Clone(v.Texts()), maps.Clone(v.Table()), maps.Clone(v.Marks()), maps.Clone(v.Draft())
	}
	return c
}

// isEmpty reports whether there is nothing of a session.
func (c *content) isEmpty() bool {
	return c.user == "" && c.role == "" && c.stay == "" && c.nickname == "" && c.notice == "" && c.count == 0 &&
		len(c.texts) == 0 && len(c.table) == 0 && len(c.marks) == 0 && len(c.draft) == 0
}

// check compares what a request sees with what was known before a tick. own are tokens that the
// request has added itself, which others cannot see yet. The ledger is locked.
func (r *request) check(c *content, own []*token, since int64) {
	if !c.live {
		if !c.isEmpty() {
			r.fail("sees something without a session: %+v", *c)
		}
		return
	}
	s := r.m.sessions[c.id]
	if s == nil {
		s = r.m.register(c.id, r.browser)
	}
	switch {
	case s.browser != r.browser:
		r.fail("sees the session of browser %d", s.browser.number)
	case s.ended != 0 && s.ended <= since:
		r.fail("sees session %v, which had ended before, by %s", s.id, s.how)
	}
	if s.ended != 0 {
		return // it has ended since
	}
	here := r.m.stays[c.stay]
	switch {
	case c.stay == "" && c.user == "" && c.isEmpty():
		// A handler that has failed has left nothing but the end of a stay.
	case here == nil:
		r.fail("sees a session that no request has made, with the stay %q", c.stay)
	case here.user != c.user:
		r.fail("is signed in as %q in the stay %q of %q", c.user, c.stay, here.user)
	default:
		r.checkTexts(s, here, c)
		if c.withCollections {
			r.checkTokens(s, here, c, own, since)
			r.checkMarks(s, here, c, since)
		}
	}
}

// checkTexts looks for texts of other users or browsers, or of another stay.
func (r *request) checkTexts(s *session, here *stay, c *content) {
	chain := s.chain(here)
	for field, text := range map[string]string{"role": c.role, "nickname": c.nickname, "notice": c.notice, "draft": c.draft["x"]} {
		if text != "" && !slices.Contains(chain, r.m.stayOf(text)) {
			r.fail("sees the %s %q in the stay %q", field, text, here.name)
		}
	}
}

// stayOf returns the stay that a text was written in: a text is the stay's name and a number.
func (m *mix) stayOf(text string) *stay {
	return m.stays[text[:max(0, strings.LastIndexByte(text, '/'))]]
}

// checkTokens checks the counter, the list and the table.
func (r *request) checkTokens(s *session, here *stay, c *content, own []*token, since int64) {
	if c.count != len(c.texts) || c.count != len(c.table) {
		r.fail("sees a counter of %d, a list of %d and a table of %d", c.count, len(c.texts), len(c.table))
	}
	seen := map[string]bool{}
	chain, reached := s.chain(here), 0
	for _, text := range c.texts {
		if _, too := c.table[text]; !too || seen[text] {
			r.fail("sees the token %q twice, or not in the table", text)
		}
		seen[text] = true
		t := r.m.tokens[text]
		switch {
		case t == nil:
			r.fail("sees the token %q, of a session that has ended", text)
			return
		case t.forbidden(s):
			r.fail("sees the token %q of %s", text, t.never)
		}
		for reached < len(chain) && chain[reached] != t.stay {
			reached++
		}
		if reached == len(chain) {
			r.fail("sees the token %q in the stay %q, or behind what came after it: %q", text, here.name, c.texts)
			return
		}
		if !r.m.lastWins && !slices.Contains(own, t) {
			r.m.acknowledge(s, t, false) // from now on everyone sees it
		}
	}
	if r.m.lastWins {
		return
	}
	if len(own) > len(c.texts) {
		r.fail("has added %d tokens, and sees %q", len(own), c.texts)
		return
	}
	others := c.texts[:len(c.texts)-len(own)]
	for i, t := range own {
		if c.texts[len(others)+i] != t.text {
			r.fail("has added %q, and sees %q", t.text, c.texts)
		}
	}
	for _, stay := range chain {
		l := s.ledger(stay)
		for _, t := range l.tokens {
			if t.acknowledged <= since && !seen[t.text] {
				r.fail("does not see the token %q, which was stored before", t.text)
			}
		}
		r.checkOrder(l, others, stay == here)
	}
}

// checkOrder checks that all requests see beginnings of one list.
func (r *request) checkOrder(l *ledger, texts []string, current bool) {
	n := min(len(l.texts), len(texts))
	if !slices.Equal(l.texts[:n], texts[:n]) || !current && n < len(l.texts) {
		r.fail("sees %q, and another request has seen %q", texts, l.texts)
	}
	if current && len(texts) > len(l.texts) {
		l.texts = texts
	}
}

// checkMarks checks that marks are there from Put to Remove.
func (r *request) checkMarks(s *session, here *stay, c *content, since int64) {
	chain := s.chain(here)
	for text := range c.marks {
		switch t := r.m.tokens[text]; {
		case t == nil || !slices.Contains(chain, t.stay):
			r.fail("sees the mark %q in the stay %q", text, here.name)
		case t.forbidden(s):
			r.fail("sees the mark %q of %s", text, t.never)
		case t.removed != 0 && t.removed <= since && !r.m.lastWins:
			r.fail("sees the mark %q, which was removed before", text)
		}
	}
	for _, stay := range chain {
		for _, t := range s.ledger(stay).marks {
			if _, there := c.marks[t.text]; !there && t.acknowledged <= since && !t.unsure && !r.m.lastWins {
				r.fail("does not see the mark %q, which was put before", t.text)
			}
		}
	}
}

// checkNotice checks that a flash is there until it is taken, and not afterwards.
func (r *request) checkNotice(c *content) {
	s := r.m.sessions[c.id]
	if s == nil || r.m.lastWins {
		return
	}
	if t := r.m.tokens[c.notice]; t != nil && t.removed != 0 && t.removed <= r.began {
		r.fail("sees the flash %q, which was taken before", c.notice)
	}
	if t := s.notice.sure; t != nil && s.notice.since <= r.began && !t.unsure && c.notice != t.text {
		r.fail("sees the flash %q, and %q was set and not taken before", c.notice, t.text)
	}
}
