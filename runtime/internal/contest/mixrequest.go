package contest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	"github.com/sessiongen/sessiongen/runtime"
)

// request is a request of the mix: what it knew when it began, what it does, and what came of it.
type request struct {
	m       *mix
	number  int
	random  *rand.Rand
	depth   int // of requests in the midst of others that may follow
	process *process
	browser *browser
	cookie  *sentCookie // that it carries; nil for none
	other   *sentCookie // that it carries as well; mostly nil
	replay  bool        // the cookie is not the browser's newest one
	began   int64
	dead    bool // the cookie was worth nothing when it began
	ended   bool // because the session had ended
	sure    bool // the cookies are two, and each opens a session of its own
	known   settledAt

	answer  *answer
	method  string
	cancel  context.CancelFunc
	gone    bool // the client has gone
	planned int  // the status of an error page of the handler's
	failed  bool // a commit has failed, so nothing more is committed
	ran     bool // the handler has run

	v       *Guest
	context context.Context
	seen    content  // as the handler last saw it
	session *session // that it is in; nil for none
	secret  *secret  // that the browser would need
	segment segment
	renewal *session // that the request may renew
	signsIn bool

	stays  []*stay  // that it has planned
	tokens []*token // that it has written
}

const guestCookie = "__Host-guest"

// panicked is what handlers panic with.
type panicked struct{}

// newRequest chooses who asks whom, with which cookie.
func (m *mix) newRequest(random *rand.Rand, b *browser, depth int) *request {
	m.mu.Lock()
	defer m.mu.Unlock()
	r := &request{m: m, random: random, depth: depth, process: m.processes[random.IntN(len(m.processes))], browser: b, method: "GET", answer: &answer{}}
	if r.cookie = b.jar; random.IntN(8) == 0 && len(m.cookies) > 0 {
		r.cookie = m.cookies[random.IntN(len(m.cookies))]
		r.browser, r.replay = r.cookie.browser, true
	}
	if random.IntN(12) == 0 {
		r.method = "HEAD"
	}
	if r.cookie != nil && random.IntN(20) == 0 {
		r.other = m.secondCookie(r)
	}
	r.begin()
	return r
}

// begin notes what is known when the request begins. The ledger is locked.
func (r *request) begin() {
	r.began = r.m.tick
	r.m.begun++
	r.number = r.m.begun
	switch {
	case r.other != nil:
		r.sure = r.m.sure(r.cookie) && r.m.sure(r.other)
		return
	case r.cookie == nil:
		return
	}
	r.secret = r.cookie.secret
	s := r.secret.session
	r.ended = s != nil && s.ended != 0
	r.dead = r.ended || r.secret.superseded != 0
	if s != nil && s.switching == 0 {
		r.known = settledAt{s, s.switches}
	}
}

func (r *request) fail(format string, arguments ...any) {
	cookie := "no cookie"
	if r.cookie != nil {
		cookie = "the newest cookie"
		if r.replay {
			cookie = "an earlier cookie"
		}
		if r.other != nil {
			cookie = "two cookies"
		}
	}
	told := ""
	for _, e := range r.answer.since(0) {
		told += fmt.Sprintf("\n\t%v %v: %s %v", e.Kind, e.ID, e.Reason, e.Err)
	}
	for _, s := range r.concerned() {
		told += fmt.Sprintf("\n\tsession %v, settled %v, %d renewals:%s", s.id, s.settled, s.renewals, s.past.tell())
	}
	r.m.fail("%s request %d of browser %d, begun at %d, with %s, over a %v line: "+format+"%s",
		append(append([]any{r.method, r.number, r.browser.number, r.began, cookie, r.process.weather}, arguments...), told)...)
}

// serve serves the request, and draws the conclusions.
func (r *request) serve(handle func(w http.ResponseWriter)) {
	ctx, cancel := context.WithCancel(context.WithValue(context.Background(), answerKey{}, r.answer))
	defer cancel()
	r.cancel = cancel
	request := httptest.NewRequestWithContext(ctx, r.method, "https://inn.example/", nil)
	if r.cookie != nil {
		request.Header.Set("Cookie", guestCookie+"="+r.cookie.value)
	}
	if r.other != nil {
		request.Header.Add("Cookie", guestCookie+"="+r.other.value)
	}
	w := httptest.NewRecorder()
	func() {
		defer func() {
			if p := recover(); p != nil && p != (panicked{}) {
				panic(p)
			}
		}()
		r.process.guests.Middleware(http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
			r.ran, r.v, r.context = true, GuestFrom(request.Context()), request.Context()
			handle(w)
		})).ServeHTTP(w, request)
	}()
	r.answer.status = w.Code
	r.conclude(w.Result().Header["Set-Cookie"])
}

// conclude draws the conclusions from the answer.
func (r *request) conclude(lines []string) {
	m := r.m
	m.mu.Lock()
	defer m.mu.Unlock()
	m.count.requests++
	defer r.over()
	defer func() { r.noteEvents(r.answer.since(0), fmt.Sprint("is over with ", r.answer.status, ", after")) }()
	if r.answer.has(runtime.EventConflict) > 0 {
		m.count.replayed++
	}
	switch {
	case !r.ran:
		r.refused()
		return
	case r.answer.status >= 500 && r.answer.status != r.planned:
		r.refused()
		r.settle(unknown)
	default:
		r.settle(stored)
	}
	for _, line := range lines {
		pair, attributes, _ := strings.Cut(line, ";")
		name, value, _ := strings.Cut(pair, "=")
		if name == guestCookie {
			r.receive(value, strings.Contains(attributes, "Max-Age=0"))
		}
	}
}

// receive puts a cookie of the answer into the browser's jar.
func (r *request) receive(value string, deleted bool) {
	m := r.m
	switch {
	case deleted:
		if !r.gone {
			r.browser.jar = nil
		}
		return
	case r.dead && !r.signsIn && r.remembered():
		r.fail("gets a cookie, although its session had ended or its secret was replaced before, and it does not sign in")
	case r.secret == nil:
		r.fail("gets a cookie, although nothing was created or renewed")
		return
	}
	c := &sentCookie{value: value, browser: r.browser, secret: r.secret}
	if r.cookie != nil && r.cookie.value == value {
		c = r.cookie
	} else if r.cookie != nil && r.cookie.secret == r.secret && !m.lastWins {
		r.fail("gets another cookie, although nothing was created or renewed")
	} else {
		m.keep(c, r.random)
	}
	if !r.gone {
		r.browser.jar = c
	}
}

// remembered reports whether programs still know why the cookie is worth nothing. They remember it
// for a minute, and of a session that lives the last secrets alone: two at least.
func (r *request) remembered() bool {
	const while, secrets = 20 * time.Second, 2
	secret := r.cookie.secret
	if s := secret.session; !r.ended {
		return s.renewals+2*s.renewing-secret.order < secrets && time.Since(secret.at) < while
	}
	return time.Since(secret.session.unsureAt) < while
}

// refused counts a request that was refused, and tolerates it where lines fail.
func (r *request) refused() {
	m := r.m
	m.count.refused++
	if r.process.weather == cutting || r.gone {
		return
	}
	if errors.Is(r.answer.why(), runtime.ErrUncertain) && r.process.weather == doubled {
		m.count.uncertain++
		return
	}
	m.count.unexplained++
	if m.ground.Refusals == 0 {
		r.fail("status %d: %v", r.answer.status, r.answer.why())
	}
}

// arrive looks at the session that the cookie opens.
func (r *request) arrive() {
	m := r.m
	r.seen = contentOf(r.v, r.random.IntN(3) > 0)
	m.mu.Lock()
	defer m.mu.Unlock()
	c := &r.seen
	r.choose(c)
	r.check(c, nil, r.began)
	if !c.live {
		if !m.lastWins && r.other == nil && m.sure(r.cookie) {
			r.fail("sees no session, although %v is there", r.cookie.secret.session.id)
		}
		return
	}
	m.count.looked++
	if r.dead {
		m.count.revived++
		r.fail("sees session %v, although it had ended or the secret was replaced before", c.id)
	}
	r.session = m.sessions[c.id]
	if r.cookie == nil {
		r.fail("sees a session without a cookie")
		return
	}
	if r.secret.session == nil {
		r.secret.session = r.session
	}
	if r.secret.session != r.session {
		r.fail("sees session %v with a cookie of another one", c.id)
	}
	if s := r.session; s == r.known.session && s.switches == r.known.switches && s.switching == 0 {
		s.settled, s.user = true, c.user
	}
	r.checkNotice(c)
}

// name returns a new text, which names browser, user and stay.
func (r *request) name(s *stay) string {
	r.m.names++
	return fmt.Sprintf("%s/%d", s.name, r.m.names)
}

func (r *request) newToken(s *stay) *token {
	t := &token{text: r.name(s), stay: s}
	r.m.tokens[t.text] = t
	r.tokens = append(r.tokens, t)
	return t
}

// newStay begins a stay of a user.
func (r *request) newStay(user string) *stay {
	r.m.names++
	s := &stay{name: fmt.Sprintf("b%d/%s/%d", r.browser.number, user, r.m.names), user: user, browser: r.browser}
	r.m.stays[s.name] = s
	r.stays = append(r.stays, s)
	return s
}

// readOnly looks at the session, and changes nothing.
func (r *request) readOnly() {
	r.serve(func(http.ResponseWriter) {
		r.arrive()
		r.open(false)
	})
}

// look shows a cookie to a program.
func (m *mix) look(p *process, c *sentCookie) (seen content) {
	request := httptest.NewRequest("GET", "https://inn.example/", nil)
	request.Header.Set("Cookie", guestCookie+"="+c.value)
	p.guests.Middleware(http.HandlerFunc(func(_ http.ResponseWriter, request *http.Request) {
		seen = contentOf(GuestFrom(request.Context()), true)
	})).ServeHTTP(httptest.NewRecorder(), request)
	return seen
}
