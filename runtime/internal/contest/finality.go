package contest

import (
	"fmt"
	"testing"
	"time"

	"github.com/sessiongen/sessiongen/runtime"
)

// late is what a request is about to commit when its session ends.
var late = []struct {
	name string
	do   func(v *Visitor)
}{
	{"update", func(v *Visitor) { v.AddVisits(1) }},
	{"touch", func(*Visitor) {}},
	{"renewal", func(v *Visitor) { v.Renew() }},
	{"flash", func(v *Visitor) { v.TakeNotice() }},
	{"index", func(v *Visitor) { v.SetTeam("red") }},
	{"privilege", func(v *Visitor) { v.SetRole("admin") }},
	{"signing in again", func(v *Visitor) { v.SetUser(v.User()) }},
}

// ends are the ways in which a session ends.
var ends = []struct {
	name string
	end  func(t testing.TB, p *program, cookie, user string, id runtime.ID)
}{
	{"logout", func(t testing.TB, p *program, cookie, _ string, _ runtime.ID) {
		p.served(cookie, func(v *Visitor) { v.Destroy() })
	}},
	{"revoked by principal", func(t testing.TB, p *program, _, user string, _ runtime.ID) {
		if n, err := p.visitors.RevokeByUser(t.Context(), user); n != 1 || err != nil {
			t.Errorf("RevokeByUser: %d, %v", n, err)
		}
	}},
	{"revoked by ID", func(t testing.TB, p *program, _, _ string, id runtime.ID) {
		if err := p.visitors.Revoke(t.Context(), id); err != nil {
			t.Errorf("Revoke: %v", err)
		}
	}},
}

// Finality ends sessions between the load and the commit of another request, of the
// same program and of another one, so many times for each kind of commit: none lives
// on, and no cookie is sent.
func Finality(t *testing.T, g Ground, rounds int) {
	programs := g.programs(t)
	touches(t, g, programs)
	alive, cookies, total := 0, 0, 0
	start := time.Now()
	for _, write := range late {
		for round := range rounds {
			end := ends[round%len(ends)]
			total++
			user := fmt.Sprint("user", total)
			cookie, id := programs[0].signIn(user)
			if write.name == "touch" {
				g.Age(t, id, time.Minute) // more than a tenth of the idle time
			}
			a := programs[round/len(ends)%2].request(cookie, func(v *Visitor) {
				if v.User() != user {
					t.Errorf("%q is signed in before the end, want %q", v.User(), user)
				}
				end.end(t, programs[0], cookie, user, id)
				write.do(v)
			})
			if a.status != 200 {
				t.Fatalf("%s against %s: status %d: %v", end.name, write.name, a.status, a.why())
			}
			if len(a.sent) > 0 {
				cookies++
				t.Errorf("%s against %s: the late request sends a cookie", end.name, write.name)
			}
			failed := t.Failed()
			overAndDone(t, programs, user, append(a.sent, cookie), end.name+" against "+write.name)
			if t.Failed() && !failed {
				alive++
			}
			if t.Failed() {
				return
			}
		}
	}
	t.Logf("%d sessions ended between the load and the commit of another request, %d for each of %d kinds of commit, in %v: %d alive, %d cookies sent", total, rounds, len(late), time.Since(start), alive, cookies)
}

// touches checks that a request touches a session of that age: else a touch that
// comes late would prove nothing.
func touches(t *testing.T, g Ground, programs []*program) {
	t.Helper()
	cookie, id := programs[0].signIn("touched")
	for range 6 {
		g.Age(t, id, time.Minute)
		if got := programs[1].user(cookie); got != "touched" {
			t.Fatalf("a session that is used once a minute ends within its idle time of five minutes: %q is signed in", got)
		}
	}
	programs[0].served(cookie, func(v *Visitor) { v.Destroy() })
}
