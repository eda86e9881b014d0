package redisstore

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
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

// listed reports whether a term finds a session.
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
			t.Errorf("the session is alive and not listed by term %d of %d: it cannot be revoked", i+1, len(rec.Terms))
		}
	}
}

// The program crashes after each of its commands in turn, and another one makes the
// same call again.
func TestR19_ACrashLeavesNoSessionUnlisted(t *testing.T) {
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
				clock := newClock()
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
					clock.Advance(rec.Life - time.Millisecond)
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
func TestR19_AnEntryOutlastsARecordThatWasWrittenLater(t *testing.T) {
	clock := newClock()
	client := single(t, testserver.SharedRedis(t))
	h := &hook{}
	client.AddHook(h)
	s := open(t, client, WithSeparateIndex(), WithClock(clock.Now))
	full := runtime.TTL{Idle: 24 * time.Hour, Life: 24 * time.Hour}
	created(t, s, full, fresh[runtime.Term]()) // loads the scripts
	late := func(n int) error {
		if n == 0 { // the entry, which goes by the time before
			clock.Advance(50 * time.Minute)
		}
		return nil
	}
	end := func(id runtime.ID) {
		t.Helper()
		h.begin(nil)
		clock.Advance(24*time.Hour - time.Millisecond)
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

// A refused write must not shorten the entry that the record needs.
func TestARefusedWriteDoesNotShortenAnEntry(t *testing.T) {
	kinds(t, func(t *testing.T, options ...Option) {
		clock := newClock()
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
		clock.Advance(24*time.Hour - time.Millisecond)
		if _, err := s.Load(t.Context(), id); err != nil {
			t.Errorf("a millisecond before the deadline: %v", err)
		}
		neverUnlisted(t, s, id)
	})
}

// Random calls by several programs that crash now and then, while time goes by.
func TestR19_NoSessionIsEverUnlisted(t *testing.T) {
	t.Parallel()
	steps := 600
	if long {
		steps = 50_000
	}
	kinds(t, func(t *testing.T, options ...Option) {
		random := rand.New(rand.NewPCG(1, 2))
		clock := newClock()
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
				clock.Advance(time.Duration(random.IntN(10)) * time.Minute)
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

// breaker is a circuit breaker: while it is open, it returns an error and sends nothing.
type breaker struct{ open bool }

func (*breaker) DialHook(next redis.DialHook) redis.DialHook { return next }

func (*breaker) ProcessHook(next redis.ProcessHook) redis.ProcessHook { return next }

func (b *breaker) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return func(ctx context.Context, commands []redis.Cmder) error {
		if b.open {
			return errors.New("circuit breaker is open")
		}
		return next(ctx, commands)
	}
}

func TestASessionWhoseEntryAHookKeptBackIsNotWritten(t *testing.T) {
	client := single(t, testserver.Redis(t).URL())
	hook := &breaker{}
	client.AddHook(hook)
	store := open(t, client, WithSeparateIndex())
	id, term := fresh[runtime.ID](), fresh[runtime.Term]()
	hook.open = true
	if err := store.Create(t.Context(), id, record(term), day); err == nil {
		t.Error("Create says that it has stored a session whose entry was not sent")
	}
	hook.open = false
	if _, err := store.Load(t.Context(), id); !errors.Is(err, runtime.ErrNotFound) {
		t.Errorf("Load: got %v, want that it is not there: the index does not list it", err)
	}
}
