package redisstore

import (
	"math"
	"net/http"
	"testing"
	"time"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/internal/expiry"
	"github.com/sessiongen/sessiongen/runtime/internal/shop"
	"github.com/sessiongen/sessiongen/runtime/storetest/testserver"
)

func TestDeadlinesAreKeptToTheMillisecond(t *testing.T) {
	clock := newClock()
	s := open(t, single(t, testserver.SharedRedis(t)), WithClock(clock.Now))
	for _, c := range []struct {
		ttl  runtime.TTL
		want time.Duration
	}{
		{runtime.TTL{Idle: 1500 * time.Millisecond, Life: time.Hour}, 1500 * time.Millisecond},
		{runtime.TTL{Idle: time.Hour, Life: 1001 * time.Millisecond}, 1001 * time.Millisecond},
		{runtime.TTL{Idle: 1001 * time.Microsecond, Life: time.Hour}, 2 * time.Millisecond},
		{runtime.TTL{Idle: 1, Life: time.Hour}, time.Millisecond}, // never none
	} {
		id, _ := created(t, s, c.ttl)
		rec, err := s.Load(t.Context(), id)
		if err != nil || rec.Idle != c.want {
			t.Errorf("%+v: idle for %v, error %v, want %v", c.ttl, rec.Idle, err, c.want)
		}
		<-time.After(2 * time.Millisecond) // the server's clock goes on, and does not count
		clock.Advance(c.want - time.Millisecond)
		if rec, err := s.Load(t.Context(), id); err != nil || rec.Idle != time.Millisecond {
			t.Errorf("%+v, a millisecond before its deadline: idle for %v, error %v", c.ttl, rec.Idle, err)
		}
		clock.Advance(time.Millisecond)
		if _, err := s.Load(t.Context(), id); err != runtime.ErrNotFound {
			t.Errorf("%+v, at its deadline: got %v, want %v", c.ttl, err, runtime.ErrNotFound)
		}
	}
}

func TestDeadlinesDoNotOverflow(t *testing.T) {
	s := open(t, single(t, testserver.SharedRedis(t)))
	for _, ttl := range []runtime.TTL{{Idle: math.MaxInt64, Life: math.MaxInt64}, {Idle: time.Hour, Life: math.MaxInt64}} {
		id, rec := created(t, s, ttl, fresh[runtime.Term]())
		if err := s.Touch(t.Context(), id, math.MaxInt64); err != nil {
			t.Errorf("Touch with %+v: %v", ttl, err)
		}
		if err := s.Update(t.Context(), id, rec.Rev, record(), ttl); err != nil {
			t.Errorf("Update with %+v: %v", ttl, err)
		}
		loaded, err := s.Load(t.Context(), id)
		if err != nil || loaded.Life < 290*365*24*time.Hour || loaded.Idle <= 0 || loaded.Idle > ttl.Idle {
			t.Errorf("Load with %+v: idle %v, life %v, error %v", ttl, loaded.Idle, loaded.Life, err)
		}
	}
}

func TestR20_ASessionEndsByTheServersClock(t *testing.T) {
	kinds(t, func(t *testing.T, options ...Option) {
		t.Parallel()
		s := open(t, single(t, testserver.SharedRedis(t)), options...)
		for name, ttl := range map[string]runtime.TTL{
			"for lack of use":  {Idle: time.Second, Life: time.Hour},
			"whatever happens": {Idle: time.Second, Life: time.Second},
		} {
			term := fresh[runtime.Term]()
			start := time.Now()
			id, _ := created(t, s, ttl, term)
			there := time.Now()
			if ttl.Life == time.Second {
				if err := s.Touch(t.Context(), id, time.Hour); err != nil && time.Since(start) < time.Second {
					t.Errorf("%s: Touch: %v", name, err)
				}
			}
			until(t, "the session ends "+name, time.Minute, func() bool {
				asked := time.Since(there)
				_, err := s.Load(t.Context(), id)
				if err == nil && asked > time.Second+10*time.Millisecond {
					t.Errorf("%s: found by a call that was made %v after it was created", name, asked)
				}
				return err != nil
			})
			if _, err := s.Load(t.Context(), id); err != runtime.ErrNotFound {
				t.Errorf("%s: got %v, want %v", name, err, runtime.ErrNotFound)
			}
			if took := time.Since(start); took < time.Second-10*time.Millisecond {
				t.Errorf("%s: ended after %v, want a second", name, took)
			}
			if listed(t, s, term, id) {
				t.Errorf("%s: still listed", name)
			}
		}
	})
}

// Redis itself removes expired keys, neither early nor late.
func TestRedisRemovesExpiredKeys(t *testing.T) {
	t.Parallel()
	client := single(t, testserver.SharedRedis(t))
	s := open(t, client)
	left := func(key string) time.Duration {
		t.Helper()
		d, err := client.PTTL(t.Context(), key).Result()
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	about := func(what string, got, want time.Duration) {
		t.Helper()
		if got > want || got < want-30*time.Second {
			t.Errorf("%s: Redis forgets it in %v, want %v", what, got, want)
		}
	}
	term := fresh[runtime.Term]()
	id, rec := created(t, s, runtime.TTL{Idle: time.Hour, Life: 12 * time.Hour}, term)
	about("a session", left(s.session(id)), time.Hour)
	about("its index", left(s.index(term)), 12*time.Hour)
	if err := s.Touch(t.Context(), id, 3*time.Hour); err != nil {
		t.Fatal(err)
	}
	about("a touched session", left(s.session(id)), 3*time.Hour)
	if err := s.Touch(t.Context(), id, 24*time.Hour); err != nil {
		t.Fatal(err)
	}
	about("a session touched for longer than it may live", left(s.session(id)), 12*time.Hour)
	created(t, s, runtime.TTL{Idle: time.Hour, Life: time.Hour}, term)
	about("the index after a session that ends sooner", left(s.index(term)), 12*time.Hour)
	if err := s.Update(t.Context(), id, rec.Rev, record(term), runtime.TTL{Idle: 5 * time.Hour, Life: 48 * time.Hour}); err != nil {
		t.Fatal(err)
	}
	about("an updated session", left(s.session(id)), 5*time.Hour)
	about("the index after a new lifetime", left(s.index(term)), 48*time.Hour)
	if err := s.Delete(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	about("a tombstone", left(s.session(id)), expiry.TombstoneLife)
}

func TestMoreTermsThanCanBeCountedAreRefused(t *testing.T) {
	s := open(t, single(t, testserver.SharedRedis(t)))
	if err := s.Create(t.Context(), fresh[runtime.ID](), record(make([]runtime.Term, math.MaxUint16+1)...), day); err == nil {
		t.Error("got no error")
	}
}

// The clocks of processes may be off: deadlines go by the server's.
func TestR20_ClocksOfProcessesNeedNotAgree(t *testing.T) {
	clock := newClock()
	url := testserver.SharedRedis(t)
	program := func(off time.Duration) *shopWith {
		now := func() time.Time { return clock.Now().Add(off) }
		return newShop(t, open(t, single(t, url), WithClock(clock.Now)), runtime.WithClock(now))
	}
	early, right, late := program(-5*time.Minute), program(0), program(5*time.Minute)
	b := signIn(t, right, 7)
	// Used through all of them, the session lasts for its lifetime of 12 hours.
	for i := range 24 {
		clock.Advance(29*time.Minute + 50*time.Second)
		p := []*shopWith{early, late, right}[i%3]
		if status := b.at(p).visit(func(v *shop.Visitor) {
			equal(t, v.UserID(), 7, "user")
			if i%2 == 0 {
				v.AddVisits(1)
			}
		}); status != http.StatusOK {
			t.Errorf("status %d", status)
		}
	}
	equal(t, b.visits(), 12, "visits")
	clock.Advance(3*time.Minute + 59*time.Second) // 11:59:59
	for _, p := range []*shopWith{early, late, right} {
		equal(t, b.at(p).user(), 7, "user a second before the end of the lifetime")
	}
	clock.Advance(time.Second)
	for _, p := range []*shopWith{early, late, right} {
		equal(t, b.at(p).user(), 0, "user at the end of the lifetime")
	}
	b = signIn(t, late, 8)
	clock.Advance(30 * time.Minute)
	for _, p := range []*shopWith{early, late, right} {
		equal(t, b.at(p).user(), 0, "user after 30 minutes without a request")
	}
}
