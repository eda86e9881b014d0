package rules

import (
	"math/rand/v2"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/internal/shop"
	"github.com/sessiongen/sessiongen/runtime/internal/testsite"
)

// The ways in which a session ends, and what else may be under way then.
var (
	endings = map[string]func(s *testsite.Site, b *testsite.Browser){
		"logout":              func(_ *testsite.Site, b *testsite.Browser) { b.Visit((*shop.Visitor).Destroy) },
		"revoked by itself":   func(s *testsite.Site, b *testsite.Browser) { s.RevokeByID(b) },
		"revoked by its user": func(s *testsite.Site, _ *testsite.Browser) { _, _ = s.Visitors.RevokeByUserID(s.T.Context(), 7) },
		"revoked by another session of the user": func(s *testsite.Site, _ *testsite.Browser) {
			s.Browser().Visit(func(v *shop.Visitor) { v.SetUserID(7); v.RevokeOthers() })
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

// B has loaded the session when A ends it, and commits after that or at the same time, in
// another process or in the same one: the session stays dead, and B gets no cookie.
func TestR2_WhatEndedStaysEnded(t *testing.T) {
	rounds := 4
	if testsite.Long {
		rounds = 10_000 / len(endings)
	}
	total := 0
	for ending, end := range endings {
		for commit, change := range underWay {
			for round := range rounds {
				name := ending + " against " + commit
				s := testsite.New(t, patient)
				a := s.Browser()
				a.Visit(func(v *shop.Visitor) { v.SetUserID(7); v.SetNotice("hello") })
				s.Clock.Advance(5 * time.Minute) // so that a touch is due
				b, old := a.Clone(), a.Clone()
				if round%2 == 1 {
					b.Manager = s.NewManager(patient)
				}
				loaded, ended := make(chan struct{}), make(chan struct{})
				answer := make(chan *http.Response, 1)
				go func() {
					answer <- b.Visit(func(v *shop.Visitor) {
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
				testsite.Equal(t, response.StatusCode, 200, name+": status")
				for who, one := range map[string]*testsite.Browser{"A": a, "B": b, "who has the first cookie": old} {
					testsite.Equal(t, testsite.See(one, (*shop.Visitor).HasUserID), false, name+": signed in: "+who)
				}
				id, _ := testsite.TokenOf(t, old.Cookies[testsite.SessionCookie])
				_, err := s.Store.Store.Load(t.Context(), id)
				testsite.Equal(t, err, runtime.ErrGone, name+": the record")
				if round%4 < 2 {
					testsite.Equal(t, len(response.Header["Set-Cookie"]), 0, name+": cookies of the late request")
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
	if testsite.Long {
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
		s := testsite.New(t, patient)
		b := s.Browser()
		b.Visit(func(v *shop.Visitor) { v.SetUserID(7); v.SetNotice("hello") })
		s.Clock.Advance(150 * time.Second) // a Touch is due before long
		processes := []*shop.VisitorManager{s.Visitors, s.NewManager(patient)}
		const workers, each = 8, 6
		possible := changes
		if rounds%2 == 0 {
			possible = keeping // no secret is replaced, let alone twice, so that all browsers are known
		}
		logout := rand.N(workers * each)
		browsers := make([]*testsite.Browser, workers)
		var group sync.WaitGroup
		for i := range workers {
			one := b.Clone()
			one.Manager, browsers[i] = processes[i%2], one
			group.Go(func() {
				for j := range each {
					if i*each+j == logout {
						// Whoever ends it may hold an older secret by now; the ID is the same.
						id, _ := testsite.TokenOf(t, b.Cookies[testsite.SessionCookie])
						testsite.Equal(t, s.Visitors.Revoke(t.Context(), id), nil, "error")
						continue
					}
					if j%3 == 2 {
						s.Clock.Advance(7 * time.Second) // and tombstones last
					}
					testsite.Equal(t, one.Visit(possible[rand.N(len(possible))]).StatusCode, 200, "status")
				}
			})
		}
		group.Wait()
		requests += workers * each
		id, _ := testsite.TokenOf(t, b.Cookies[testsite.SessionCookie])
		if _, err := s.Store.Store.Load(t.Context(), id); err == nil {
			t.Error("the session is alive")
		}
		for _, one := range browsers {
			if rounds%2 == 0 {
				testsite.Equal(t, testsite.SessionIDOf(t, one) == id, true, "the browser has no other session, for nobody has signed in")
			}
			testsite.Equal(t, testsite.See(one, (*shop.Visitor).HasUserID), false, "signed in")
		}
		if t.Failed() {
			t.Fatalf("in round %d", rounds)
		}
	}
	t.Logf("%d sessions, %d requests: 0 alive", rounds, requests)
}
