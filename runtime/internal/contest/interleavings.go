package contest

import (
	"fmt"
	"math/rand/v2"
	goruntime "runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sessiongen/sessiongen/runtime"
)

// life is a session from its first sign-in to its end, while many requests use it.
type life struct {
	user   string
	id     runtime.ID
	ending atomic.Bool // somebody has begun to end it
	ended  atomic.Bool // and was told that it has ended
	how    atomic.Value

	begun        atomic.Int64 // increments that a request may have written
	acknowledged atomic.Int64 // increments that one was told of

	using sync.WaitGroup // requests that are under way

	mu      sync.Mutex
	cookies []string // all that it has ever had
}

// cookie is mostly the newest one.
func (l *life) cookie() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	if rand.IntN(6) == 0 {
		return l.cookies[rand.IntN(len(l.cookies))]
	}
	return l.cookies[len(l.cookies)-1]
}

func (l *life) given(cookies []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.cookies = append(l.cookies, cookies...)
}

// arena is where the lives are led.
type arena struct {
	t        *testing.T
	ground   Ground
	programs []*program
	born     atomic.Int64

	mu    sync.Mutex
	lives [4]*life

	requests, inTheMidst, seen, dropped, replayed, renewals, ends, refused atomic.Int64
}

// Interleavings lets workers of two programs do whatever there is to do to a few
// sessions, requests in the midst of others among it, until so many requests have
// been made and so much time has passed: a session that somebody was told has ended
// is never seen again, by no cookie that it has ever had, and no cookie is sent for
// it; of one that lives, no increment is lost or counted twice.
func Interleavings(t *testing.T, g Ground, requests int64, atLeast time.Duration) {
	a := &arena{t: t, ground: g, programs: g.programs(t)}
	for i := range a.lives {
		a.lives[i] = a.birth()
	}
	start := time.Now()
	over := func() bool {
		return t.Failed() || a.requests.Load() >= requests && time.Since(start) >= atLeast
	}
	var group sync.WaitGroup
	for range 16 {
		group.Go(func() {
			for !over() {
				i := rand.IntN(len(a.lives))
				a.mu.Lock()
				l := a.lives[i]
				l.using.Add(1)
				a.mu.Unlock()
				a.request(l, 2)
				l.using.Done()
				if l.ended.Load() {
					a.replace(i, l)
				}
			}
		})
	}
	group.Wait()
	for _, l := range a.lives {
		for !t.Failed() && !l.ended.Load() {
			a.end(l, a.programs[0], l.cookie())
		}
		a.funeral(l)
	}
	t.Logf("%d requests in %v, %d of them in the midst of another, by 16 workers of two programs: %d sessions ended, by %d requests; %d requests saw theirs, %d renewed it, %d were replayed, the changes of %d were dropped, %d were refused",
		a.requests.Load(), time.Since(start).Round(time.Millisecond), a.inTheMidst.Load(), a.born.Load(), a.ends.Load(), a.seen.Load(), a.renewals.Load(), a.replayed.Load(), a.dropped.Load(), a.refused.Load())
	for what, n := range map[string]int64{
		"saw their session": a.seen.Load(), "ended one": a.ends.Load(), "renewed one": a.renewals.Load(),
		"were replayed": a.replayed.Load(), "had their changes dropped": a.dropped.Load(), "came in the midst of another": a.inTheMidst.Load(),
	} {
		if !t.Failed() && n*200 < a.requests.Load() {
			t.Errorf("%d of %d requests %s: too few to prove anything", n, a.requests.Load(), what)
		}
	}
	if n := a.refused.Load(); n*1000 > a.requests.Load()*int64(g.Refusals) {
		t.Errorf("%d of %d requests were refused", n, a.requests.Load())
	}
}

func (a *arena) birth() *life {
	l := &life{user: fmt.Sprint("user", a.born.Add(1))}
	cookie, id := a.programs[rand.IntN(2)].signIn(l.user)
	l.id, l.cookies = id, []string{cookie}
	return l
}

// replace puts a new life in the place of one that has ended, and looks whether that
// one has, when the last request for it is over.
func (a *arena) replace(i int, l *life) {
	a.mu.Lock()
	mine := a.lives[i] == l
	if mine {
		a.lives[i] = a.birth()
	}
	a.mu.Unlock()
	if mine {
		l.using.Wait()
		a.funeral(l)
	}
}

func (a *arena) funeral(l *life) {
	overAndDone(a.t, a.programs, l.user, l.cookies, fmt.Sprintf("%s, which %s has ended", l.user, l.how.Load()))
}

// end ends a life, and notes that it has ended if that is what the program said.
func (a *arena) end(l *life, p *program, cookie string) {
	l.ending.Store(true)
	how := "a logout"
	switch rand.IntN(3) {
	case 0:
		signedIn := false
		r := p.request(cookie, func(v *Visitor) {
			signedIn = v.User() == l.user
			v.Destroy()
		})
		if !signedIn { // by an old secret, which may end the session and need not
			return
		}
		if r.status != 200 {
			a.refuse(r)
			return
		}
	case 1:
		how = "a revocation of the principal"
		if _, err := p.visitors.RevokeByUser(a.t.Context(), l.user); err != nil {
			a.t.Errorf("RevokeByUser: %v", err)
			return
		}
	default:
		how = "a revocation of the ID"
		if err := p.visitors.Revoke(a.t.Context(), l.id); err != nil {
			a.t.Errorf("Revoke: %v", err)
			return
		}
	}
	a.ends.Add(1)
	l.how.Store(how)
	l.ended.Store(true)
}

func (a *arena) refuse(r *answer) {
	a.refused.Add(1)
	if a.ground.Refusals == 0 || r.status != 503 {
		a.t.Errorf("status %d: %v", r.status, r.why())
	}
}

// request makes a request for a session, in the midst of which others may be made
// for the same one, and checks it against what was known before it began.
func (a *arena) request(l *life, depth int) {
	p, cookie := a.programs[rand.IntN(2)], l.cookie()
	if rand.IntN(40) == 0 {
		a.end(l, p, cookie)
		return
	}
	if rand.IntN(20) == 0 {
		a.ground.Age(a.t, l.id, 40*time.Second) // so that the next one touches
	}
	ended, acknowledged := l.ended.Load(), l.acknowledged.Load()
	saw, knew, added, renews := false, false, false, false
	r := p.request(cookie, func(v *Visitor) {
		switch saw = v.User() == l.user; {
		case saw && ended:
			a.t.Errorf("%s is signed in, although the session had ended before the request began", l.user)
		case !saw && v.User() != "":
			a.t.Errorf("%q is signed in with a cookie of %q", v.User(), l.user)
		case saw:
			if visits, begun := int64(v.Visits()), l.begun.Load(); visits < acknowledged || visits > begun {
				a.t.Errorf("%d visits are counted, of %d that were acknowledged before and %d that may have been made", visits, acknowledged, begun)
			}
		}
		for range rand.IntN(3) {
			switch n := rand.IntN(16); n {
			case 0, 1, 2, 3, 4:
				if !added {
					added = true
					l.begun.Add(1)
					v.AddVisits(1)
				}
			case 5:
				v.SetNickname(fmt.Sprint("nickname", rand.IntN(1000)))
			case 6:
				v.SetTeam(fmt.Sprint("team", rand.IntN(3)))
			case 7:
				v.SetNotice("notice")
			case 8:
				v.TakeNotice()
			case 9:
				v.PutPrefs(fmt.Sprint(rand.IntN(10)), n)
			case 10, 11:
				renews = true
				v.Renew()
			case 12:
				if saw {
					renews = true
					v.SetRole(fmt.Sprint("role", rand.IntN(1000)))
				}
			case 13:
				if saw {
					renews = true
					v.SetUser(l.user)
				}
			case 14:
				if saw {
					v.RevokeOthers()
				}
			default:
				goruntime.Gosched()
			}
			if depth > 0 && rand.IntN(4) == 0 {
				a.inTheMidst.Add(1)
				a.request(l, depth-1)
			}
		}
		knew = l.ended.Load()
	})
	a.requests.Add(1)
	a.replayed.Add(int64(min(1, r.has(runtime.EventConflict))))
	dropped := r.has(runtime.EventDropped) > 0
	if dropped {
		a.dropped.Add(1)
	}
	if saw {
		a.seen.Add(1)
		// A stranger's is a session of its own, which nobody is signed in to.
		l.given(r.sent)
		if renews && len(r.sent) > 0 {
			a.renewals.Add(1)
		}
	}
	if saw && knew && len(r.sent) > 0 {
		a.t.Errorf("a cookie is sent for a session that had ended before the handler returned")
	}
	if slices.ContainsFunc(r.sent, func(cookie string) bool { return cookie == "" }) {
		a.t.Error("an empty cookie is sent")
	}
	if added && (dropped || !saw) {
		l.begun.Add(-1) // it was not written, or into a session of a stranger's
	}
	switch {
	case r.status != 200:
		a.refuse(r)
	case saw && added && !dropped && !l.ending.Load():
		l.acknowledged.Add(1)
	}
}
