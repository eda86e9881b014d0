package redisstore

import (
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/storetest/testserver"
)

// kinds are the two ways in which record and index are written.
func kinds(t *testing.T, test func(t *testing.T, options ...Option)) {
	t.Helper()
	t.Run("single", func(t *testing.T) { test(t) })
	t.Run("separate index", func(t *testing.T) { test(t, WithSeparateIndex()) })
}

// listed says whether a session is found by a term.
func listed(t testing.TB, s *Store, term runtime.Term, id runtime.ID) bool {
	t.Helper()
	ids, _, err := s.List(t.Context(), term, runtime.ID{}, 1000)
	if err != nil {
		t.Fatal(err)
	}
	return slices.Contains(ids, id)
}

// neverUnlisted checks that a session which is alive is found by all of its terms.
func neverUnlisted(t testing.TB, s *Store, id runtime.ID) {
	t.Helper()
	rec, err := s.Load(t.Context(), id)
	if err != nil {
		if err != runtime.ErrNotFound && err != runtime.ErrGone {
			t.Error(err)
		}
		return
	}
	for i, term := range rec.Terms {
		if !listed(t, s, term, id) {
			t.Errorf("the session is alive and not listed by term %d of %d: nobody can revoke it", i+1, len(rec.Terms))
		}
	}
}

// The program crashes after each of its commands in turn, and another one makes the
// same call again.
func TestACrashLeavesNoSessionUnlisted(t *testing.T) {
	a, b, c := runtime.Term{'a'}, runtime.Term{'b'}, runtime.Term{'c'}
	long := runtime.TTL{Idle: 24 * time.Hour, Life: 24 * time.Hour}
	longer := runtime.TTL{Idle: 72 * time.Hour, Life: 72 * time.Hour}
	keep := runtime.TTL{Idle: 24 * time.Hour}
	kinds(t, func(t *testing.T, options ...Option) {
		url := testserver.SharedRedis(t)
		for _, step := range []struct {
			name   string
			before []runtime.Term
			after  []runtime.Term
			ttl    runtime.TTL
		}{
			{"sign-in of a new session", nil, []runtime.Term{a, b}, long},
			{"sign-in of a session that is there", []runtime.Term{}, []runtime.Term{a, b}, longer},
			{"a term added", []runtime.Term{a}, []runtime.Term{a, b}, keep},
			{"terms changed", []runtime.Term{a, b}, []runtime.Term{c}, keep},
			{"a new lifetime", []runtime.Term{a}, []runtime.Term{a}, longer},
			{"a term left", []runtime.Term{a, b}, []runtime.Term{b}, keep},
		} {
			t.Run(step.name, func(t *testing.T) {
				clock := newTurned()
				client := single(t, url)
				h := &hook{}
				client.AddHook(h)
				prefix := WithPrefix("crash-" + step.name + strings.Repeat("!", len(options)) + ":")
				options := append([]Option{WithClock(clock.Now), prefix}, options...)
				crashing := open(t, client, options...)
				surviving := open(t, single(t, url), options...)
				for n := 0; ; n++ {
					var id runtime.ID
					write := func(s *Store) func(rec runtime.Record, old runtime.Rev) error {
						return func(rec runtime.Record, old runtime.Rev) error { return s.Update(t.Context(), id, old, rec, step.ttl) }
					}
					var old runtime.Record
					if step.before == nil {
						id = fresh[runtime.ID]()
						write = func(s *Store) func(runtime.Record, runtime.Rev) error {
							return func(rec runtime.Record, _ runtime.Rev) error { return s.Create(t.Context(), id, rec, step.ttl) }
						}
					} else {
						id, old = created(t, surviving, long, step.before...)
					}
					next := record(step.after...)
					h.begin(crashAfter(n))
					crashed := write(crashing)(next, old.Rev)
					neverUnlisted(t, surviving, id)
					if err := write(surviving)(next, old.Rev); err != nil {
						t.Fatalf("the same call by another program, after a crash behind %d commands: %v", n, err)
					}
					neverUnlisted(t, surviving, id)
					rec, err := surviving.Load(t.Context(), id)
					if err != nil || rec.Rev != next.Rev {
						t.Errorf("after a crash behind %d commands: revision %x, error %v", n, rec.Rev, err)
					}
					// As long as the record lives, it is listed.
					clock.advance(rec.Life - time.Millisecond)
					if _, err := surviving.Load(t.Context(), id); err != nil {
						t.Errorf("a millisecond before its deadline: %v", err)
					}
					neverUnlisted(t, surviving, id)
					if crashed == nil {
						t.Logf("%d commands", n)
						break
					}
					if !errors.Is(crashed, errCrash) {
						t.Fatal(crashed)
					}
				}
			})
		}
	})
}

// The server that keeps the record is slow, or its clock is behind: the entry was
// made long before, and lasts until the record ends all the same.
func TestAnEntryOutlastsARecordThatWasWrittenLater(t *testing.T) {
	clock := newTurned()
	client := single(t, testserver.SharedRedis(t))
	h := &hook{}
	client.AddHook(h)
	s := open(t, client, WithSeparateIndex(), WithClock(clock.Now))
	full := runtime.TTL{Idle: 24 * time.Hour, Life: 24 * time.Hour}
	created(t, s, full, fresh[runtime.Term]()) // loads the scripts
	late := func(n int) error {
		if n == 0 { // the entry, which goes by the time before
			clock.advance(50 * time.Minute)
		}
		return nil
	}
	end := func(id runtime.ID) {
		t.Helper()
		h.begin(nil)
		clock.advance(24*time.Hour - time.Millisecond)
		if _, err := s.Load(t.Context(), id); err != nil {
			t.Errorf("a millisecond before the deadline: %v", err)
		}
		neverUnlisted(t, s, id)
	}
	h.begin(late)
	id, _ := created(t, s, full, fresh[runtime.Term]())
	end(id)
	id, rec := created(t, s, full, fresh[runtime.Term]())
	h.begin(late)
	if err := s.Update(t.Context(), id, rec.Rev, record(rec.Terms...), full); err != nil {
		t.Fatal(err)
	}
	end(id)
}

// A write that does not come about must not shorten the entry that the record needs.
func TestARefusedWriteDoesNotShortenAnEntry(t *testing.T) {
	kinds(t, func(t *testing.T, options ...Option) {
		clock := newTurned()
		s := open(t, single(t, testserver.SharedRedis(t)), append(options, WithClock(clock.Now))...)
		full := runtime.TTL{Idle: 24 * time.Hour, Life: 24 * time.Hour}
		brief := runtime.TTL{Idle: time.Hour, Life: time.Hour}
		id, rec := created(t, s, full, fresh[runtime.Term]())
		if err := s.Update(t.Context(), id, fresh[runtime.Rev](), record(rec.Terms...), brief); err != runtime.ErrConflict {
			t.Fatal(err)
		}
		if err := s.Create(t.Context(), id, record(rec.Terms...), brief); err != runtime.ErrExists {
			t.Fatal(err)
		}
		clock.advance(24*time.Hour - time.Millisecond)
		if _, err := s.Load(t.Context(), id); err != nil {
			t.Errorf("a millisecond before the deadline: %v", err)
		}
		neverUnlisted(t, s, id)
	})
}

// Random calls by several programs that crash now and then, while time goes by.
func TestNoSessionIsEverUnlisted(t *testing.T) {
	t.Parallel()
	steps := 600
	if *long {
		steps = 50_000
	}
	kinds(t, func(t *testing.T, options ...Option) {
		random := rand.New(rand.NewPCG(1, 2))
		clock := newTurned()
		client := single(t, testserver.Redis(t).URL())
		h := &hook{}
		crashing := single(t, "redis://"+client.Options().Addr)
		crashing.AddHook(h)
		options = append(options, WithClock(clock.Now))
		programs := []*Store{open(t, crashing, options...), open(t, client, options...)}
		watching := programs[1]
		ids := make([]runtime.ID, 12)
		for i := range ids {
			ids[i] = fresh[runtime.ID]()
		}
		crashes, alive := 0, 0
		for step := range steps {
			i := random.IntN(len(ids))
			id := ids[i]
			s := programs[random.IntN(2)]
			h.begin(nil)
			if s == programs[0] {
				h.begin(crashAfter(random.IntN(4)))
			}
			var terms []runtime.Term
			for range random.IntN(4) {
				terms = append(terms, runtime.Term{byte(random.IntN(5))})
			}
			ttl := runtime.TTL{Idle: time.Duration(1+random.IntN(40)) * time.Minute}
			var err error
			switch random.IntN(12) {
			case 0, 1, 2:
				ttl.Life = time.Duration(1+random.IntN(60)) * time.Minute
				err = s.Create(t.Context(), id, record(terms...), ttl)
			case 3, 4, 5, 6:
				if old, loading := watching.Load(t.Context(), id); loading == nil {
					if random.IntN(2) == 0 {
						terms = old.Terms
					}
					if random.IntN(3) == 0 {
						ttl.Life = time.Duration(1+random.IntN(120)) * time.Minute
					}
					err = s.Update(t.Context(), id, old.Rev, record(terms...), ttl)
				}
			case 7:
				err = s.Touch(t.Context(), id, time.Hour)
			case 8:
				if random.IntN(4) == 0 {
					err = s.Delete(t.Context(), id)
					ids[i] = fresh[runtime.ID]()
				}
			case 9:
				term := runtime.Term{byte(random.IntN(5))}
				if random.IntN(4) == 0 {
					_, err = s.Revoke(t.Context(), term, id)
				}
				if err == nil {
					_, _, err = s.List(t.Context(), term, runtime.ID{}, 3)
				}
			default:
				clock.advance(time.Duration(random.IntN(10)) * time.Minute)
			}
			if errors.Is(err, errCrash) {
				crashes++
			} else if err != nil && err != runtime.ErrExists && err != runtime.ErrGone && err != runtime.ErrNotFound {
				t.Fatal(err)
			}
			h.begin(nil)
			for j, id := range ids {
				if j != i && step%8 != 0 {
					continue
				}
				rec, err := watching.Load(t.Context(), id)
				if err == nil && len(rec.Terms) > 0 {
					alive++
				}
				neverUnlisted(t, watching, id)
			}
			if t.Failed() {
				t.FailNow()
			}
		}
		t.Logf("%d steps, %d crashes, %d times a session with terms was looked for", steps, crashes, alive)
		if crashes < steps/50 || alive < steps/4 {
			t.Error("too little has happened to prove anything")
		}
	})
}

func TestWhatHappensDuringRevoke(t *testing.T) {
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
func TestRevokeCountsWhatItDeletedWhenItsAnswerIsLost(t *testing.T) {
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
				until(t, "an answer is cut", 10*time.Second, func() bool { return proxy.Cuts() > 0 })
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

// What has expired goes in passing, a bounded number of entries with each sign-in.
func TestIndexesDoNotGrowForEver(t *testing.T) {
	t.Parallel()
	kinds(t, func(t *testing.T, options ...Option) {
		clock := newTurned()
		client := single(t, testserver.Redis(t).URL())
		s := open(t, client, append(options, WithClock(clock.Now))...)
		term := fresh[runtime.Term]()
		live := 0
		for i := range 2500 {
			ttl := runtime.TTL{Idle: time.Hour, Life: 2 * time.Hour}
			if i%20 == 0 {
				ttl.Life = 240 * time.Hour
				live++
			}
			created(t, s, ttl, term)
			clock.advance(30 * time.Second) // 240 sessions in two hours
		}
		size := client.ZCard(t.Context(), s.index(term)).Val()
		current := int64(live) + 240 // of the last two hours
		if s.split {
			current += int64(spare / (30 * time.Second))
		}
		t.Logf("%d entries after 2500 sign-ins, of which %d are current", size, current)
		if size > current*5/4 {
			t.Errorf("%d entries, want about %d", size, current)
		}
		clock.advance(10 * time.Hour)
		if _, _, err := s.List(t.Context(), term, runtime.ID{}, 10_000); err != nil {
			t.Fatal(err)
		}
		equal(t, client.ZCard(t.Context(), s.index(term)).Val(), int64(live), "entries after List, when all others have expired")
	})
}

// Whoever touches or lists a principal with very many sessions waits, others do not.
func TestAGreatIndexHoldsUpNobody(t *testing.T) {
	const limit = 50 * time.Millisecond
	n := 5_000
	if *long {
		n = 100_000
	}
	client := single(t, testserver.Redis(t).URL())
	s := open(t, client)
	term := fresh[runtime.Term]()
	fill(t, s, n, term)
	other := single(t, "redis://"+client.Options().Addr)
	pings := func(during func()) (worst time.Duration) {
		over := make(chan struct{})
		go func() {
			defer close(over)
			during()
		}()
		for {
			start := time.Now()
			if err := other.Ping(t.Context()).Err(); err != nil {
				t.Error(err)
			}
			worst = max(worst, time.Since(start))
			select {
			case <-over:
				return worst
			default:
			}
		}
	}
	var took time.Duration
	worst := pings(func() {
		start := time.Now()
		seen := 0
		for after := (runtime.ID{}); ; {
			ids, _, err := s.List(t.Context(), term, after, 100)
			if err != nil {
				t.Error(err)
				return
			}
			if seen += len(ids); len(ids) < 100 {
				break
			}
			after = ids[len(ids)-1]
		}
		equal(t, seen, n, "sessions listed")
		took = time.Since(start)
	})
	t.Logf("listing %d sessions took %v; meanwhile the slowest PING of another client took %v", n, took, worst)
	if *long && worst > limit {
		t.Errorf("another client waited for %v, want at most %v", worst, limit)
	}
	worst = pings(func() {
		start := time.Now()
		count, err := s.Revoke(t.Context(), term, runtime.ID{})
		if count != n || err != nil {
			t.Errorf("Revoke: got %d, error %v", count, err)
		}
		took = time.Since(start)
	})
	t.Logf("revoking %d sessions took %v; meanwhile the slowest PING of another client took %v", n, took, worst)
	if *long && worst > limit {
		t.Errorf("another client waited for %v, want at most %v", worst, limit)
	}
}
