package engine_test

import (
	"math/rand/v2"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/internal/shop"
)

// The ways in which a session ends, and what else may be under way then.
var (
	endings = map[string]func(s *site, b *browser){
		"logout":              func(_ *site, b *browser) { b.visit((*shop.Visitor).Destroy) },
		"revoked by itself":   func(s *site, b *browser) { s.revokeByID(b) },
		"revoked by its user": func(s *site, _ *browser) { _, _ = s.visitors.RevokeByUserID(s.t.Context(), 7) },
		"revoked by another session of the user": func(s *site, _ *browser) {
			s.browser().visit(func(v *shop.Visitor) { v.SetUserID(7); v.RevokeOthers() })
		},
	}
	underWay = map[string]func(v *shop.Visitor){
		"update":  func(v *shop.Visitor) { v.AddVisits(1) },
		"touch":   func(v *shop.Visitor) { v.Visits() },
		"renewal": func(v *shop.Visitor) { v.Renew() },
		"step-up": func(v *shop.Visitor) { v.SetRole("admin") },
		"flash":   func(v *shop.Visitor) { v.TakeNotice() },
		"sign-in": func(v *shop.Visitor) { v.SetUserID(7) },
	}
)

// patient lets a commit wait for its turn on a machine that is busy with something else.
var patient = runtime.WithTimeout(time.Hour)

func (s *site) revokeByID(b *browser) {
	id, _ := tokenOf(s.t, b.cookies[sessionCookie])
	if err := s.visitors.Revoke(s.t.Context(), id); err != nil {
		s.t.Error(err)
	}
}

// B has loaded the session when A ends it, and commits after that or at the same time, in
// another process or in the same one: the session stays dead, and B gets no cookie.
func TestR2_WhatEndedStaysEnded(t *testing.T) {
	rounds := 4
	if long {
		rounds = 10_000 / len(endings)
	}
	total := 0
	for ending, end := range endings {
		for commit, change := range underWay {
			for round := range rounds {
				name := ending + " against " + commit
				s := newSite(t, patient)
				a := s.browser()
				a.visit(func(v *shop.Visitor) { v.SetUserID(7); v.SetNotice("hello") })
				s.clock.advance(5 * time.Minute) // so that a touch is due
				b, old := a.clone(), a.clone()
				if round%2 == 1 {
					b.manager = s.newManager(patient)
				}
				loaded, ended := make(chan struct{}), make(chan struct{})
				answer := make(chan *http.Response, 1)
				go func() {
					answer <- b.visit(func(v *shop.Visitor) {
						close(loaded)
						if round%4 < 2 {
							<-ended // else they race
						}
						change(v)
					})
				}()
				<-loaded
				end(s, a)
				close(ended)
				response := <-answer
				equal(t, response.StatusCode, 200, name+": status")
				for who, one := range map[string]*browser{"A": a, "B": b, "who has the first cookie": old} {
					equal(t, see(one, (*shop.Visitor).HasUserID), false, name+": signed in: "+who)
				}
				id, _ := tokenOf(t, old.cookies[sessionCookie])
				_, err := s.store.Store.Load(t.Context(), id)
				equal(t, err, runtime.ErrGone, name+": the record")
				if round%4 < 2 {
					equal(t, len(response.Header["Set-Cookie"]), 0, name+": cookies of the late request")
				}
				total++
				if t.Failed() {
					t.Fatalf("in round %d", round)
				}
			}
		}
	}
	t.Logf("%d sessions ended while something was under way, 0 alive", total)
}

// Everything at random, by several processes at once, and a logout at some moment: nothing
// that is sent afterwards opens anything.
func TestR2_RandomInterleavings(t *testing.T) {
	patience := 500 * time.Millisecond
	if long {
		patience = time.Minute
	}
	changes := make([]func(v *shop.Visitor), 0, len(underWay))
	for name, change := range underWay {
		if name != "sign-in" { // after the end that is a session of its own
			changes = append(changes, change)
		}
	}
	keeping := []func(v *shop.Visitor){underWay["update"], underWay["touch"], underWay["flash"]}
	rounds, requests := 0, 0
	for until := time.Now().Add(patience); time.Now().Before(until); rounds++ {
		s := newSite(t, patient)
		b := s.browser()
		b.visit(func(v *shop.Visitor) { v.SetUserID(7); v.SetNotice("hello") })
		s.clock.advance(150 * time.Second) // a Touch is due before long
		processes := []*shop.VisitorManager{s.visitors, s.newManager(patient)}
		const workers, each = 8, 6
		possible := changes
		if rounds%2 == 0 {
			possible = keeping // no secret is replaced, let alone twice, so that all browsers are known
		}
		logout := rand.N(workers * each)
		browsers := make([]*browser, workers)
		var group sync.WaitGroup
		for i := range workers {
			one := b.clone()
			one.manager, browsers[i] = processes[i%2], one
			group.Go(func() {
				for j := range each {
					if i*each+j == logout {
						// Whoever ends it may hold an older secret by now; the ID is the same.
						id, _ := tokenOf(t, b.cookies[sessionCookie])
						equal(t, s.visitors.Revoke(t.Context(), id), nil, "error")
						continue
					}
					if j%3 == 2 {
						s.clock.advance(7 * time.Second) // and tombstones last
					}
					equal(t, one.visit(possible[rand.N(len(possible))]).StatusCode, 200, "status")
				}
			})
		}
		group.Wait()
		requests += workers * each
		id, _ := tokenOf(t, b.cookies[sessionCookie])
		if _, err := s.store.Store.Load(t.Context(), id); err == nil {
			t.Error("the session is alive")
		}
		for _, one := range browsers {
			if rounds%2 == 0 {
				equal(t, sessionIDOf(t, one) == id, true, "the browser has no other session, for nobody has signed in")
			}
			equal(t, see(one, (*shop.Visitor).HasUserID), false, "signed in")
		}
		if t.Failed() {
			t.Fatalf("in round %d", rounds)
		}
	}
	t.Logf("%d sessions, %d requests: 0 alive", rounds, requests)
}
