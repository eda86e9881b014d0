package contest

import (
	"crypto/rand"
	"sync"
	"testing"
	"time"

	"github.com/sessiongen/sessiongen/runtime"
)

// Clocks lets three programs, the clocks of two of which are five minutes off, use
// one session whose idle time is five minutes: the store's clock decides.
func Clocks(t *testing.T, g Ground) {
	var programs []*program
	for _, off := range []time.Duration{-5 * time.Minute, 0, 5 * time.Minute} {
		programs = append(programs, g.program(t, runtime.WithClock(func() time.Time { return time.Now().Add(off) })))
	}
	for first, p := range programs {
		cookie, id := p.signIn("ann")
		// Used through all of them, the session lasts for its lifetime of an hour, and
		// neither ends early because of one that is ahead, nor is kept longer by one that
		// is behind.
		for i := range 14 {
			g.Age(t, id, 4*time.Minute)
			programs[(first+i)%3].served(cookie, func(v *Visitor) {
				if v.User() != "ann" {
					t.Errorf("begun by program %d, used by program %d after %d minutes: %q is signed in", first, (first+i)%3, 4*(i+1), v.User())
				}
				if i%2 == 0 {
					v.AddVisits(1)
				}
			})
		}
		g.Age(t, id, 4*time.Minute)
		for i, other := range programs {
			if got := other.user(cookie); got != "" {
				t.Errorf("begun by program %d, used by program %d at the end of its lifetime: %q is signed in", first, i, got)
			}
		}

		cookie, id = p.signIn("bob")
		renewed := programs[(first+1)%3].served(cookie, func(v *Visitor) { v.Renew() })
		for i, other := range programs {
			if was, is := other.user(cookie), other.user(renewed); was != "" || is != "bob" {
				t.Errorf("renewed by program %d, used by program %d: the old secret opens %q, the new one %q", (first+1)%3, i, was, is)
			}
		}
		g.Age(t, id, 5*time.Minute)
		for i, other := range programs {
			if got := other.user(renewed); got != "" {
				t.Errorf("begun by program %d, used by program %d after five minutes without a request: %q is signed in", first, i, got)
			}
		}
	}
}

// Touches sends touches of one session in the wrong order, and many at once: the
// longest decides, and none goes past the absolute deadline.
func Touches(t *testing.T, g Ground) {
	store := g.Open(t)
	id, rec := runtime.ID{}, runtime.Record{Rev: runtime.Rev{1}, Data: "content"}
	rand.Read(id[:])
	if err := store.Create(t.Context(), id, rec, runtime.TTL{Idle: time.Hour, Life: 10 * time.Hour}); err != nil {
		t.Fatal(err)
	}
	idle := func(want time.Duration, when string) {
		t.Helper()
		got, err := store.Load(t.Context(), id)
		// The test itself takes time, by the clock of a server.
		if err != nil || got.Idle > want || got.Idle < want-5*time.Minute || got.Rev != rec.Rev {
			t.Errorf("%s: %v are left, %v, revision %x; want %v", when, got.Idle, err, got.Rev, want)
		}
	}
	touch := func(d time.Duration) {
		t.Helper()
		if err := store.Touch(t.Context(), id, d); err != nil {
			t.Errorf("Touch by %v: %v", d, err)
		}
	}
	touch(3 * time.Hour)
	touch(time.Hour) // was sent before, and has come later
	touch(time.Second)
	idle(3*time.Hour, "after a touch that came too late")
	var group sync.WaitGroup
	for i := range 32 {
		group.Go(func() { touch(time.Duration(1+i%7) * time.Hour) })
	}
	group.Wait()
	idle(7*time.Hour, "after many touches at once")
	touch(20 * time.Hour)
	idle(10*time.Hour, "after a touch by more than its lifetime")
}

// LookAlikes are principals, and values of an index, that a collation could take
// for each other: case, accents, spaces at the end, and what Unicode calls the same.
func LookAlikes(t *testing.T, g Ground) {
	p := g.program(t)
	names := []string{"red", "Red", "RED", "red ", "réd", "re\u0301d", "red\x00", "ſed", "sed"}
	cookies := map[string]string{}
	for _, name := range names {
		cookies[name] = p.served("", func(v *Visitor) {
			v.SetUser(name)
			v.SetTeam(name)
		})
	}
	for by, list := range map[string]func(name string) ([]runtime.Info, error){
		"principal": func(name string) ([]runtime.Info, error) { return p.visitors.ListByUser(t.Context(), name) },
		"index":     func(name string) ([]runtime.Info, error) { return p.visitors.ListByTeam(t.Context(), name) },
	} {
		for _, name := range names {
			if infos, err := list(name); len(infos) != 1 || err != nil {
				t.Errorf("%q by %s: %d sessions, %v", name, by, len(infos), err)
			}
		}
	}
	for i, name := range names {
		revoke := p.visitors.RevokeByUser
		if i%2 == 1 {
			revoke = p.visitors.RevokeByTeam
		}
		if n, err := revoke(t.Context(), name); n != 1 || err != nil {
			t.Errorf("%q, the %dth to be revoked: %d sessions, %v", name, i+1, n, err)
		}
		for j, other := range names {
			want := other
			if j <= i {
				want = ""
			}
			if got := p.user(cookies[other]); got != want {
				t.Errorf("when %q was revoked: %q is signed in, want %q", name, got, want)
			}
		}
	}
}
