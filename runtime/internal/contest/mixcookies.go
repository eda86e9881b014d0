package contest

import "github.com/sessiongen/sessiongen/runtime"

// secondCookie returns a cookie for a request to carry as well: an earlier one, or the newest one
// of another browser, which was planted.
func (m *mix) secondCookie(r *request) *sentCookie {
	c := m.cookies[r.random.IntN(len(m.cookies))]
	if b := m.browsers[r.random.IntN(jars)]; r.random.IntN(2) == 0 && b.jar != nil {
		c = b.jar
	}
	if c.value == r.cookie.value {
		return nil
	}
	return c
}

// choose finds out which one of two cookies has opened the session that the request sees. If each
// opens one, it sees none. The ledger is locked.
func (r *request) choose(c *content) {
	if r.other == nil {
		return
	}
	r.sure = r.sure && r.m.sure(r.cookie) && r.m.sure(r.other) && r.cookie.secret.session != r.other.secret.session
	switch {
	case !c.live:
		return
	case r.sure:
		r.fail("sees session %v, although each of its cookies opens one", c.id)
	}
	if first, second := r.cookie.secret, r.other.secret; second.isOf(c.id) && (!first.isOf(c.id) || first.superseded != 0) {
		r.cookie, r.other = r.other, r.cookie
	}
	r.browser, r.secret = r.cookie.browser, r.cookie.secret
}

func (s *secret) isOf(id runtime.ID) bool { return s.session != nil && s.session.id == id }

// mayEnd notes that the sessions of the cookies may end from now on. The ledger is locked.
func (r *request) mayEnd() {
	for _, s := range r.carried() {
		s.unsure = true
		r.m.noteDoubt(s.session, r, "Destroy, or a sign-in with two cookies")
	}
	r.m.noteDoubt(r.session, r, "Destroy, or a sign-in with two cookies")
}

// carried returns the secrets of the cookies.
func (r *request) carried() (secrets []*secret) {
	if r.secret != nil {
		secrets = append(secrets, r.secret)
	}
	if r.other != nil {
		secrets = append(secrets, r.cookie.secret, r.other.secret)
	}
	return secrets
}
