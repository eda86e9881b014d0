package contest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sessiongen/sessiongen/runtime"
)

// The size of the mix.
const (
	users   = 3
	jars    = 5 // browsers, each with several requests under way
	workers = 12
)

// MixLength returns how long the mix runs on a store: briefly, or in the long run. The variable
// SESSIONGEN_TEST_MIX, such as 5m, says otherwise.
func MixLength(long bool) time.Duration {
	length := 1500 * time.Millisecond
	if long {
		length = 20 * time.Minute
	}
	if asked, err := time.ParseDuration(os.Getenv("SESSIONGEN_TEST_MIX")); err == nil {
		length = asked
	}
	return length
}

// process is a program that serves guests.
type process struct {
	guests  *GuestManager
	weather weather
}

// mix is the adversarial mix: what its programs do, and the ledger.
type mix struct {
	t         testing.TB
	ground    Ground
	lastWins  bool
	processes []*process
	stranger  *process // another application on the same store
	newer     *newerProcess
	patience  int // how seldom all sessions are ended, which takes sealed ones seconds
	late      sync.WaitGroup
	failures  atomic.Int64

	mu       sync.Mutex // guards the ledger: everything below
	tick     int64
	begun    int // requests
	names    int
	browsers []*browser
	accounts map[string]*account
	sessions map[runtime.ID]*session
	alive    []*session
	ended    []*session // a moment ago
	stays    map[string]*stay
	tokens   map[string]*token
	cookies  []*sentCookie
	count    figures
}

// figures are what the mix has done.
type figures struct {
	requests, looked, stored, dropped, unreadable, newer, unknown, never, replayed, created, renewed, ended, cookies, refused, uncertain, unexplained, revived, listed int
}

// Mix lets workers of several programs, of which two reach the store over bad lines, do whatever
// there is to do for the browsers of a few users, until a time has passed. Each write adds a token
// to a counter, a list and a table, so that they must always agree. For everything that a program
// has acknowledged, the requests that begin afterwards must see it:
//
//   - Of a session that lives, each token is there once, in an order on which all requests agree.
//     None is there of a handler that panicked, or whose changes were dropped.
//   - A session that has ended, or a secret that was replaced, opens nothing any more, and no
//     cookie is sent for it.
//   - Every token names its browser, its user, and the time between two changes of the user in
//     which it was written. None is seen elsewhere.
//   - A session that nothing has ended is there.
//
// Of sealed sessions the last response wins, so tokens may be lost; the rest holds for them, too.
//
// The draws can be repeated by the seed that a failure names; the schedule of the goroutines
// remains what it is.
func Mix(t testing.TB, g Ground, length time.Duration) {
	seed := rand.Uint64()
	if text := os.Getenv("SESSIONGEN_TEST_SEED"); text != "" {
		var err error
		if seed, err = strconv.ParseUint(text, 10, 64); err != nil {
			t.Fatalf("SESSIONGEN_TEST_SEED: %v", err)
		}
	}
	m := newMix(t, g, seed)
	start := time.Now()
	var group sync.WaitGroup
	for i := range workers {
		group.Go(func() {
			random := rand.New(rand.NewPCG(seed, uint64(i)))
			for !t.Failed() && time.Since(start) < length {
				m.work(random)
			}
		})
	}
	group.Wait()
	m.late.Wait()
	m.sweep(rand.New(rand.NewPCG(seed, workers)))
	m.report(time.Since(start))
	if t.Failed() {
		t.Logf("red after %v. SESSIONGEN_TEST_SEED=%d draws the same again", time.Since(start).Round(time.Millisecond), seed)
	}
}

func newMix(t testing.TB, g Ground, seed uint64) *mix {
	m := &mix{
		t: t, ground: g, lastWins: g.LastWins, patience: 10,
		accounts: map[string]*account{}, sessions: map[runtime.ID]*session{}, stays: map[string]*stay{}, tokens: map[string]*token{},
	}
	if m.lastWins {
		m.patience = 500
	}
	for i, w := range []weather{calm, calm, cutting, doubled} {
		random := rand.New(rand.NewPCG(seed, uint64(100+i)))
		m.processes = append(m.processes, m.newProcess(w, random))
	}
	if !m.lastWins { // of which it would have to keep the cookie
		m.newer = m.newNewerProcess()
	}
	m.stranger = m.newProcess(calm, rand.New(rand.NewPCG(seed, 200)), runtime.WithApplication("another inn"))
	for i := range jars {
		m.browsers = append(m.browsers, &browser{number: i})
	}
	return m
}

func (m *mix) newProcess(w weather, random *rand.Rand, options ...runtime.Option) *process {
	problem := func(text string) { m.fail("%s", text) }
	if m.lastWins {
		problem = nil
	}
	around := func(store runtime.Store) runtime.Store { return newLine(store, w, random, &m.late, problem) }
	open := m.ground.OpenThrough
	if open == nil {
		open = func(t testing.TB, around func(runtime.Store) runtime.Store) runtime.Store {
			return around(m.ground.Open(t))
		}
	}
	guests, err := NewGuestManager(open(m.t, around), append(common(), options...)...)
	if err != nil {
		m.t.Fatal(err)
	}
	return &process{guests, w}
}

// fail reports a broken rule. Of what follows from it, the first lines are enough.
func (m *mix) fail(format string, arguments ...any) {
	if m.failures.Add(1) <= 5 {
		m.t.Errorf(format, arguments...)
	}
}

func (m *mix) account(user string) *account {
	a := m.accounts[user]
	if a == nil {
		a = &account{}
		m.accounts[user] = a
	}
	return a
}

// revocation notes the beginning of a revocation, and returns the sessions that it must end.
func (m *mix) revocation(user string, except *session) []settledAt {
	a := m.account(user)
	a.begun++
	a.pending++
	return m.sessionsOf(user, except, true)
}

// work does one thing: mostly a request.
func (m *mix) work(random *rand.Rand) {
	p := m.processes[random.IntN(len(m.processes))]
	// Sessions have to live for a while, for requests to meet on one. Each revocation ends several.
	switch n := random.IntN(400); {
	case n < 2:
		m.revokeOne(random, p)
	case n < 3:
		m.revokeUser(fmt.Sprintf("u%d", random.IntN(users)), p)
	case n == 3 && random.IntN(m.patience) == 0:
		m.revokeUser(everyone, p)
	case n < 12 && !m.lastWins:
		m.list(fmt.Sprintf("u%d", random.IntN(users)), p)
	case n < 20:
		m.visitStranger(random)
	case n < 50 && !m.lastWins:
		m.visitNewer(random)
	default:
		m.newRequest(random, m.browsers[random.IntN(jars)], 2).run()
	}
}

// revokeOne ends a session by its ID.
func (m *mix) revokeOne(random *rand.Rand, p *process) {
	m.mu.Lock()
	var s *session
	if len(m.alive) > 0 {
		s = m.alive[random.IntN(len(m.alive))]
		m.noteDoubt(s, nil, "Revoke")
	}
	m.mu.Unlock()
	if s == nil || !m.answered(p, p.guests.Revoke(context.Background(), s.id)) {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.end(s, "Revoke")
}

// revokeUser ends the sessions of a user, or of everyone.
func (m *mix) revokeUser(user string, p *process) {
	m.mu.Lock()
	sessions := m.revocation(user, nil)
	m.mu.Unlock()
	revoke := func() (int, error) { return p.guests.RevokeByUser(context.Background(), user) }
	if user == everyone {
		revoke = func() (int, error) { return p.guests.RevokeAll(context.Background()) }
	}
	_, err := revoke()
	answered := m.answered(p, err)
	m.mu.Lock()
	defer m.mu.Unlock()
	m.account(user).pending--
	if answered {
		m.endAll(sessions, user, "a revocation of the sessions of "+user)
	}
}

// answered reports whether a call of the manager was answered, which may fail on a cut line.
func (m *mix) answered(p *process, err error) bool {
	if err != nil && p.weather != cutting {
		m.fail("a manager over a %v line: %v", p.weather, err)
	}
	return err == nil
}

// list checks the list of a user's sessions.
func (m *mix) list(user string, p *process) {
	m.mu.Lock()
	since := m.tick
	sessions := m.sessionsOf(user, nil, false)
	sessions = slices.DeleteFunc(sessions, func(at settledAt) bool { return at.session.unsure })
	m.mu.Unlock()
	infos, err := p.guests.ListByUser(context.Background(), user)
	if !m.answered(p, err) {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.count.listed++
	for _, at := range sessions {
		listed := slices.ContainsFunc(infos, func(info runtime.Info) bool { return info.ID == at.session.id })
		if !listed && !at.session.unsure && at.session.switches == at.switches {
			m.fail("the list of %q does not have session %v", user, at.session.id)
		}
	}
	for _, info := range infos {
		if s := m.sessions[info.ID]; s != nil && s.ended != 0 && s.ended <= since {
			m.fail("the list of %q has session %v, which had ended before, by %s", user, s.id, s.how)
		}
	}
}

// visitStranger shows a cookie to another application on the same store, whose users have the same
// names.
func (m *mix) visitStranger(random *rand.Rand) {
	m.mu.Lock()
	var c *sentCookie
	if len(m.cookies) > 0 {
		c = m.cookies[random.IntN(len(m.cookies))]
	}
	m.mu.Unlock()
	user := fmt.Sprintf("u%d", random.IntN(users))
	switch n := random.IntN(4); {
	case n == 0:
		revoke := func() (int, error) { return m.stranger.guests.RevokeByUser(context.Background(), user) }
		if random.IntN(4) == 0 && !m.lastWins {
			revoke = func() (int, error) { return m.stranger.guests.RevokeAll(context.Background()) }
		}
		if n, err := revoke(); n != 0 || err != nil {
			m.fail("another application ends %d sessions: %v", n, err)
		}
	case n == 1 && !m.lastWins:
		if infos, err := m.stranger.guests.ListByUser(context.Background(), user); len(infos) != 0 || err != nil {
			m.fail("another application lists %d sessions of %q: %v", len(infos), user, err)
		}
	case c != nil:
		if content := m.look(m.stranger, c); content.live || !content.isEmpty() {
			m.fail("another application sees %+v", content)
		}
	}
}

// sweep shows every cookie once more, when everything is over.
func (m *mix) sweep(random *rand.Rand) {
	for _, c := range m.cookies {
		r := &request{m: m, random: random, process: m.processes[0], browser: c.browser, cookie: c, replay: true, method: "GET", answer: &answer{}}
		m.mu.Lock()
		r.begin()
		m.mu.Unlock()
		r.readOnly()
		if m.t.Failed() {
			return
		}
	}
}

// report logs what has happened, and checks that enough has.
func (m *mix) report(took time.Duration) {
	c := &m.count
	m.t.Logf("%d requests in %v by %d workers of %d programs, and %d of a newer one: %d saw their session; tokens: %d stored, %d not stored for a reason, %d with an unknown outcome; %d commits were replayed and %d dropped, and %d changes of a field that only the newer one reads; "+
		"sessions: %d created, %d ended, %d secrets replaced, %d cookies, %d lists; %d requests refused, of which %d could not tell whether they had stored something, and %d had no reason",
		c.requests, took.Round(time.Millisecond), workers, len(m.processes), c.newer, c.looked, c.stored, c.never, c.unknown, c.replayed, c.dropped, c.unreadable,
		c.created, c.ended, c.renewed, c.cookies, c.listed, c.refused, c.uncertain, c.unexplained)
	if m.t.Failed() {
		return
	}
	for what, n := range map[string]int{
		"saw their session": c.looked / 10, "stored a token": c.stored / 4, "had their changes dropped": c.dropped, "created a session": c.created,
		"replaced a secret": c.renewed, "ended a session": c.ended,
	} {
		if n*200 < c.requests {
			m.t.Errorf("%d of %d requests %s: too few to prove anything", n, c.requests, what)
		}
	}
	if !m.lastWins && c.replayed*500 < c.requests {
		m.t.Errorf("%d of %d requests were replayed: the programs did not meet", c.replayed, c.requests)
	}
	if c.uncertain > 5 && c.uncertain*500 > c.requests { // a few say nothing in a short run
		m.t.Errorf("%d of %d requests could not tell whether they had stored something", c.uncertain, c.requests)
	}
	if c.unexplained*1000 > c.requests*m.ground.Refusals {
		m.t.Errorf("%d of %d requests were refused without a reason", c.unexplained, c.requests)
	}
}
