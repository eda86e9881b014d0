package redisstore

import (
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/storetest/testserver"
)

func TestR19_WhatHappensDuringRevoke(t *testing.T) {
	a, b := runtime.Term{'a'}, runtime.Term{'b'}
	change := func(t *testing.T, s *Store, id runtime.ID, terms ...runtime.Term) {
		t.Helper()
		rec, err := s.Load(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Update(t.Context(), id, rec.Rev, record(terms...), day); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		name     string
		before   []runtime.Term // nil: the session is not there yet
		during   func(t *testing.T, s *Store, id runtime.ID)
		survives bool
		either   bool // in a Cluster
	}{
		{"renewed", []runtime.Term{a}, func(t *testing.T, s *Store, id runtime.ID) { change(t, s, id, a) }, false, false},
		{"another term added", []runtime.Term{a}, func(t *testing.T, s *Store, id runtime.ID) { change(t, s, id, b, a) }, false, false},
		{"another term dropped", []runtime.Term{b, a}, func(t *testing.T, s *Store, id runtime.ID) { change(t, s, id, a) }, false, false},
		{"terms in another order", []runtime.Term{b, a}, func(t *testing.T, s *Store, id runtime.ID) { change(t, s, id, a, b) }, false, false},
		{"term left", []runtime.Term{a}, func(t *testing.T, s *Store, id runtime.ID) { change(t, s, id, b) }, true, false},
		{"term left and taken up again", []runtime.Term{a}, func(t *testing.T, s *Store, id runtime.ID) {
			change(t, s, id, b)
			change(t, s, id, a)
		}, true, true},
		{"term taken up", []runtime.Term{b}, func(t *testing.T, s *Store, id runtime.ID) { change(t, s, id, b, a) }, true, false},
		{"created", nil, func(t *testing.T, s *Store, id runtime.ID) {
			if err := s.Create(t.Context(), id, record(a), day); err != nil {
				t.Fatal(err)
			}
		}, true, false},
	} {
		// After the beginning, and between the reading of a page and the sessions in it.
		for _, moment := range []int{1, 2} {
			t.Run(c.name, func(t *testing.T) {
				kinds(t, func(t *testing.T, options ...Option) {
					url := testserver.SharedRedis(t)
					client := single(t, url)
					h := &hook{}
					client.AddHook(h)
					options = append(options, WithPrefix("during-"+fresh[runtime.ID]().String()+":"))
					revoking, acting := open(t, client, options...), open(t, single(t, url), options...)
					created(t, acting, day, a)
					id := fresh[runtime.ID]()
					if c.before != nil {
						id, _ = created(t, acting, day, c.before...)
					}
					if _, err := revoking.Revoke(t.Context(), a, id); err != nil { // loads the scripts
						t.Fatal(err)
					}
					created(t, acting, day, a)
					h.begin(func(n int) error {
						if n == moment {
							c.during(t, acting, id)
						}
						return nil
					})
					if _, err := revoking.Revoke(t.Context(), a, runtime.ID{}); err != nil {
						t.Fatal(err)
					}
					_, err := acting.Load(t.Context(), id)
					if survived := err == nil; survived != c.survives && !(c.either && revoking.split) {
						t.Errorf("after Revoke: got %v; the session is to survive: %v", err, c.survives)
					}
				})
			})
		}
	}
}

// Each is told of what it deleted, once, even if go-redis has to ask again.
func TestR14_RevokeCountsWhatItDeletedWhenItsAnswerIsLost(t *testing.T) {
	server := testserver.Redis(t)
	proxy := testserver.NewProxy(t, server.Address())
	direct := open(t, single(t, server.URL()))
	s := open(t, single(t, server.URLAt(proxy.Address())))
	term := fresh[runtime.Term]()
	for range 10 {
		created(t, direct, day, term)
	}
	client := s.client.(*redis.Client)
	h := &hook{}
	var passed sync.WaitGroup
	h.begin(func(n int) error {
		if n == 2 { // the sessions of the first page
			proxy.CutReplies()
			passed.Go(func() {
				until(t, "an answer is cut", time.Minute, func() bool { return proxy.Cuts() > 0 })
				proxy.Pass()
			})
		}
		return nil
	})
	client.AddHook(h)
	defer passed.Wait()
	n, err := s.Revoke(t.Context(), term, runtime.ID{})
	if n != 10 || err != nil {
		t.Errorf("got %d, error %v, want 10", n, err)
	}
	if proxy.Cuts() == 0 {
		t.Error("no answer was lost")
	}
	if n, err := s.Revoke(t.Context(), term, runtime.ID{}); n != 0 || err != nil {
		t.Errorf("again: got %d, error %v, want 0", n, err)
	}
}

func TestRevokeThatIsCutShortTellsHowFarItCame(t *testing.T) {
	url := testserver.SharedRedis(t)
	client := single(t, url)
	h := &hook{}
	client.AddHook(h)
	s := open(t, client)
	term := fresh[runtime.Term]()
	for range 250 {
		created(t, s, day, term)
	}
	if _, err := s.Revoke(t.Context(), fresh[runtime.Term](), runtime.ID{}); err != nil {
		t.Fatal(err)
	}
	h.begin(crashAfter(2 + 100 + 1 + 40)) // the second page, and some of its sessions
	first, err := s.Revoke(t.Context(), term, runtime.ID{})
	if !errors.Is(err, errCrash) || first < 100 || first > 140 {
		t.Fatalf("got %d, error %v, want some of 250 and the error", first, err)
	}
	h.begin(nil)
	second, err := s.Revoke(t.Context(), term, runtime.ID{})
	if err != nil || first+second != 250 {
		t.Errorf("again: got %d after %d, error %v, want 250 in all", second, first, err)
	}
}
