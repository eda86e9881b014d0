package redisstore

import (
	"errors"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/internal/shop"
	"github.com/sessiongen/sessiongen/runtime/storetest/testserver"
)

// customer is a browser that remembers which requests were acknowledged.
type customer struct {
	browser
	visits   int  // acknowledged
	renewing bool // by the request under way
	old      string
}

// shopUntil makes requests until one of them is refused or the shop closes.
func (c *customer) shopUntil(closed *atomic.Bool, acknowledged *atomic.Int64) {
	for n := 0; !closed.Load(); n++ {
		c.renewing = n%3 == 2
		before := c.cookie
		status := c.visit(func(v *shop.Visitor) {
			v.AddVisits(1)
			if c.renewing {
				v.Renew()
			}
		})
		if status != http.StatusOK {
			return
		}
		if c.renewing {
			c.old = before
		}
		c.visits++
		acknowledged.Add(1)
	}
}

// With appendfsync always, acknowledged writes survive kill -9.
func TestR6_WhatWasAcknowledgedSurvivesACrashOfTheServer(t *testing.T) {
	t.Parallel()
	rounds := 6
	if long {
		rounds = 200
	}
	server := testserver.Redis(t, "--appendonly", "yes", "--appendfsync", "always")
	client := single(t, server.URL())
	s := newShop(t, open(t, client))
	var acknowledged atomic.Int64
	unanswered, lost, gone := 0, 0, []*browser{}
	for range rounds {
		customers := make([]*customer, 6)
		var group sync.WaitGroup
		var closed atomic.Bool
		start := acknowledged.Load()
		for i := range customers {
			c := &customer{browser: *signIn(t, s, 7)}
			customers[i] = c
			group.Go(func() { c.shopUntil(&closed, &acknowledged) })
		}
		leaving := signIn(t, s, 8)
		if status := leaving.clone().visit(func(v *shop.Visitor) { v.Destroy() }); status == http.StatusOK {
			gone = append(gone, leaving)
		}
		target := start + 20 + rand.Int64N(200)
		until(t, "customers are served", time.Minute, func() bool { return acknowledged.Load() >= target })
		server.Kill() // in the midst of requests, which are repeated until it is there again
		closed.Store(true)
		server.Start()
		group.Wait()
		until(t, "the program finds the server again", time.Minute, func() bool {
			return client.Ping(t.Context()).Err() == nil
		})
		for _, c := range customers {
			seen, user := 0, int64(0)
			stale := s.count(runtime.EventStale)
			status := c.clone().visit(func(v *shop.Visitor) { seen, user = v.Visits(), v.UserID() })
			switch {
			case status != http.StatusOK:
				t.Errorf("after the restart: status %d", status)
			case user == 7 && seen == c.visits:
			case user == 7 && seen == c.visits+1:
				unanswered++ // was written, and its answer was lost
			case user == 0 && c.renewing && s.count(runtime.EventStale) == stale+1:
				unanswered++ // so was the new cookie: the old one is known to be replaced
			default:
				lost++
				t.Errorf("after the restart: user %d with %d visits, want user 7 with the %d that were acknowledged, or one more", user, seen, c.visits)
			}
			if c.old != "" {
				equal(t, (&browser{shop: s, cookie: c.old}).user(), 0, "user with a cookie that was renewed")
			}
		}
		infos, err := s.visitors.ListByUserID(t.Context(), 7)
		if len(infos) < len(customers) || err != nil {
			t.Errorf("after the restart: %d sessions are listed, error %v", len(infos), err)
		}
		if n, err := s.visitors.RevokeByUserID(t.Context(), 7); n != len(infos) || err != nil {
			t.Errorf("after the restart: %d of %d sessions are revoked, error %v", n, len(infos), err)
		}
		for _, b := range gone {
			equal(t, b.user(), 0, "user after a logout that was acknowledged")
		}
	}
	t.Logf("killed %d times during writes: %d writes acknowledged, %d of them lost, %d written without an answer", rounds, acknowledged.Load(), lost, unanswered)
	equal(t, s.count(runtime.EventRecordRefused)+s.count(runtime.EventFieldReset), 0, "records that could not be read")
}

// A server without persistence forgets everything at a restart, including scripts.
func TestARestartThatLosesEverything(t *testing.T) {
	server := testserver.Redis(t)
	s := newShop(t, open(t, single(t, server.URL())))
	b := signIn(t, s, 7)
	b.visit(func(v *shop.Visitor) { v.AddVisits(1) })
	server.Kill()
	server.Start()
	equal(t, b.user(), 0, "user after the restart")
	if s.count(runtime.EventExpired) == 0 {
		t.Error("no event says that the session is not there")
	}
	equal(t, b.clone().visit(func(v *shop.Visitor) { v.AddVisits(1) }), http.StatusOK, "status of a write with the old cookie")
	b = signIn(t, s, 7)
	equal(t, b.visit(func(v *shop.Visitor) { v.AddVisits(1) }), http.StatusOK, "status of a write")
	equal(t, b.visits(), 1, "visits")
	n, err := s.visitors.RevokeByUserID(t.Context(), 7)
	if n != 1 || err != nil {
		t.Errorf("revoked %d, error %v, want 1", n, err)
	}
	equal(t, s.count(runtime.EventStoreFailed), 0, "failures of the store")
	if strings.Contains(s.log.String(), "NOSCRIPT") {
		t.Error("the log speaks of scripts")
	}
}

// A full server refuses writes, which fail and change nothing. It still answers reads, and
// sessions can be ended.
func TestAFullServer(t *testing.T) {
	t.Parallel()
	kinds(t, func(t *testing.T, options ...Option) {
		client := single(t, testserver.Redis(t).URL())
		store := open(t, client, options...)
		s := newShop(t, store)
		b, other, third, leaving := signIn(t, s, 7), signIn(t, s, 8), signIn(t, s, 9), signIn(t, s, 10)
		b.visit(func(v *shop.Visitor) { v.SetVisits(5) })
		id, rec := created(t, store, runtime.TTL{Idle: time.Hour, Life: 24 * time.Hour})
		if err := client.ConfigSet(t.Context(), "maxmemory", "1mb").Err(); err != nil {
			t.Fatal(err)
		}
		until(t, "the server is full", time.Minute, func() bool {
			return redis.IsOOMError(client.Set(t.Context(), "filling:"+fresh[runtime.ID]().String(), strings.Repeat("x", 10_000), 0).Err())
		})
		for call, err := range map[string]error{
			"Create": store.Create(t.Context(), fresh[runtime.ID](), record(fresh[runtime.Term]()), day),
			"Update": store.Update(t.Context(), id, rec.Rev, record(fresh[runtime.Term]()), day),
		} {
			if !redis.IsOOMError(err) || errors.Is(err, runtime.ErrNotFound) || errors.Is(err, runtime.ErrConflict) {
				t.Errorf("%s: got error %v, want the server's", call, err)
			}
		}
		if got, err := store.Load(t.Context(), id); err != nil || got.Rev != rec.Rev || got.Data != rec.Data {
			t.Errorf("Load: revision %x, error %v", got.Rev, err)
		}
		if err := store.Touch(t.Context(), id, 2*time.Hour); err != nil {
			t.Errorf("Touch: %v", err)
		}
		if got, err := store.Load(t.Context(), id); err != nil || got.Idle < 119*time.Minute {
			t.Errorf("Load after Touch: idle %v, error %v", got.Idle, err)
		}
		equal(t, b.clone().visit(func(v *shop.Visitor) { v.AddVisits(1) }), http.StatusServiceUnavailable, "status of a write")
		equal(t, b.clone().visit(func(v *shop.Visitor) { v.Renew() }), http.StatusServiceUnavailable, "status of a renewal")
		equal(t, (&browser{shop: s}).visit(func(v *shop.Visitor) { v.SetUserID(11) }), http.StatusServiceUnavailable, "status of a sign-in")
		equal(t, b.user(), 7, "user")
		equal(t, b.visits(), 5, "visits")
		equal(t, other.clone().visit(func(v *shop.Visitor) { v.Destroy() }), http.StatusOK, "status of a logout")
		equal(t, other.user(), 0, "user after the logout")
		for range 2 { // the first one of its index, and a second one
			if n, err := s.visitors.RevokeByUserID(t.Context(), 9); n > 1 || err != nil {
				t.Errorf("revoking: got %d, error %v", n, err)
			}
			equal(t, third.user(), 0, "user after being revoked")
		}
		if err := store.Delete(t.Context(), fresh[runtime.ID]()); err != nil {
			t.Errorf("Delete over nothing: %v", err)
		}
		if err := client.ConfigSet(t.Context(), "maxmemory", "0").Err(); err != nil {
			t.Fatal(err)
		}
		equal(t, b.visit(func(v *shop.Visitor) { v.AddVisits(1) }), http.StatusOK, "status of a write when there is room again")
		equal(t, b.visits(), 6, "visits")
		equal(t, leaving.user(), 10, "user of another session")
	})
}
