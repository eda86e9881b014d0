package redisstore

import (
	"math"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/storetest/testserver"
)

var day = runtime.TTL{Idle: time.Hour, Life: 24 * time.Hour}

// turned is a clock that a test turns.
type turned struct {
	mu  sync.Mutex
	now time.Time
}

func newTurned() *turned { return &turned{now: time.UnixMilli(1_900_000_000_123)} }

func (c *turned) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *turned) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

func created(t testing.TB, s *Store, ttl runtime.TTL, terms ...runtime.Term) (runtime.ID, runtime.Record) {
	t.Helper()
	id, rec := fresh[runtime.ID](), record(terms...)
	if err := s.Create(t.Context(), id, rec, ttl); err != nil {
		t.Fatal(err)
	}
	return id, rec
}

func TestDeadlinesAreKeptToTheMillisecond(t *testing.T) {
	clock := newTurned()
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
		clock.advance(c.want - time.Millisecond)
		if rec, err := s.Load(t.Context(), id); err != nil || rec.Idle != time.Millisecond {
			t.Errorf("%+v, a millisecond before its deadline: idle for %v, error %v", c.ttl, rec.Idle, err)
		}
		clock.advance(time.Millisecond)
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

func TestDeleteAgainRenewsTheTombstone(t *testing.T) {
	clock := newTurned()
	s := open(t, single(t, testserver.SharedRedis(t)), WithClock(clock.Now))
	id, _ := created(t, s, day)
	for range 2 {
		if err := s.Delete(t.Context(), id); err != nil {
			t.Fatal(err)
		}
		clock.advance(runtime.TombstoneLife - time.Second)
	}
	if _, err := s.Load(t.Context(), id); err != runtime.ErrGone {
		t.Errorf("long after the first Delete and soon after the second: got %v, want %v", err, runtime.ErrGone)
	}
	clock.advance(time.Second)
	if _, err := s.Load(t.Context(), id); err != runtime.ErrNotFound {
		t.Errorf("two minutes after the second: got %v, want %v", err, runtime.ErrNotFound)
	}
}

func TestNothingIsShortenedByAClockThatStepsBack(t *testing.T) {
	clock := newTurned()
	s := open(t, single(t, testserver.SharedRedis(t)), WithClock(clock.Now))
	id, _ := created(t, s, day)
	for range 2 {
		if err := s.Delete(t.Context(), id); err != nil {
			t.Fatal(err)
		}
		clock.advance(-time.Hour)
	}
	clock.advance(2*time.Hour + time.Minute)
	if _, err := s.Load(t.Context(), id); err != runtime.ErrGone {
		t.Errorf("a minute after the first Delete: got %v, want %v", err, runtime.ErrGone)
	}
}

func TestUpdateWithoutADeadlineIsRefused(t *testing.T) {
	s := open(t, single(t, testserver.SharedRedis(t)))
	id, rec := created(t, s, day)
	for _, ttl := range []runtime.TTL{{}, {Life: time.Hour}, {Idle: -1}, {Idle: time.Hour, Life: -1}} {
		if err := s.Update(t.Context(), id, rec.Rev, record(), ttl); err == nil {
			t.Errorf("Update with %+v: got no error", ttl)
		}
	}
	if got, err := s.Load(t.Context(), id); err != nil || got.Rev != rec.Rev {
		t.Errorf("after updates that were refused: revision %x, error %v", got.Rev, err)
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

// Redis itself removes what has expired, neither before its time nor long after.
func TestRedisForgetsByItself(t *testing.T) {
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
	about("a tombstone", left(s.session(id)), runtime.TombstoneLife)
}

func TestMoreTermsThanCanBeCountedAreRefused(t *testing.T) {
	s := open(t, single(t, testserver.SharedRedis(t)))
	if err := s.Create(t.Context(), fresh[runtime.ID](), record(make([]runtime.Term, math.MaxUint16+1)...), day); err == nil {
		t.Error("got no error")
	}
}

// A server that was restarted, or whose scripts were flushed, is given them again.
func TestScriptsThatTheServerHasForgotten(t *testing.T) {
	client := single(t, testserver.Redis(t).URL())
	for name, options := range map[string][]Option{"single": nil, "separate index": {WithSeparateIndex()}} {
		t.Run(name, func(t *testing.T) {
			s := open(t, client, options...)
			forget := func() {
				t.Helper()
				if err := client.ScriptFlush(t.Context()).Err(); err != nil {
					t.Fatal(err)
				}
			}
			term := fresh[runtime.Term]()
			forget()
			id, rec := created(t, s, day, term)
			forget()
			if _, err := s.Load(t.Context(), id); err != nil {
				t.Error(err)
			}
			forget()
			if err := s.Update(t.Context(), id, rec.Rev, record(term, fresh[runtime.Term]()), day); err != nil {
				t.Error(err)
			}
			forget()
			if err := s.Touch(t.Context(), id, time.Hour); err != nil {
				t.Error(err)
			}
			forget()
			if ids, _, err := s.List(t.Context(), term, runtime.ID{}, 10); err != nil || len(ids) != 1 {
				t.Errorf("List: got %v, error %v", ids, err)
			}
			forget()
			if n, err := s.Revoke(t.Context(), term, runtime.ID{}); n != 1 || err != nil {
				t.Errorf("Revoke: got %d, error %v", n, err)
			}
			forget()
			if err := s.Delete(t.Context(), id); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestClientsMayHaveADatabaseOfTheirOwn(t *testing.T) {
	server := testserver.Redis(t)
	first := open(t, single(t, server.URL()))
	second := open(t, single(t, server.URL(), func(o *redis.Options) { o.DB = 3 }))
	id, _ := created(t, second, day)
	if _, err := second.Load(t.Context(), id); err != nil {
		t.Error(err)
	}
	if _, err := first.Load(t.Context(), id); err != runtime.ErrNotFound {
		t.Errorf("in another database: got %v", err)
	}
}

func TestLargeRecordsAreTouchedWithoutBeingMoved(t *testing.T) {
	s := open(t, single(t, testserver.SharedRedis(t)))
	id, rec := fresh[runtime.ID](), record(fresh[runtime.Term]())
	rec.Data = strings.Repeat("\x00\xff", 1<<20)
	if err := s.Create(t.Context(), id, rec, day); err != nil {
		t.Fatal(err)
	}
	if err := s.Touch(t.Context(), id, 2*time.Hour); err != nil {
		t.Fatal(err)
	}
	got, err := s.Load(t.Context(), id)
	if err != nil || got.Data != rec.Data || got.Terms[0] != rec.Terms[0] || got.Idle < time.Hour {
		t.Errorf("after Touch: %d bytes, idle %v, error %v", len(got.Data), got.Idle, err)
	}
}
