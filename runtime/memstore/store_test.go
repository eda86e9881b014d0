package memstore

import (
	"context"
	"errors"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/internal/expiry"
)

func TestLoadDoesNotAllocate(t *testing.T) {
	s := New(WithSweepInterval(0))
	id := session(t, s, 1, day(0), runtime.Term{1}, runtime.Term{2})
	gone := number[runtime.ID](2)
	if err := s.Delete(t.Context(), gone); err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	for _, c := range []struct {
		id   runtime.ID
		want error
	}{{id, nil}, {gone, runtime.ErrGone}, {runtime.ID{}, runtime.ErrNotFound}} {
		allocations := testing.AllocsPerRun(100, func() {
			if _, err := s.Load(ctx, c.id); err != c.want {
				t.Fatal(err)
			}
		})
		if allocations != 0 {
			t.Errorf("a Load that returns %v: %v allocations, want 0", c.want, allocations)
		}
	}
}

func TestDeadlinesDoNotOverflow(t *testing.T) {
	s := New(WithSweepInterval(0), WithClock(time.Now))
	for i, ttl := range []runtime.TTL{
		{Idle: math.MaxInt64, Life: math.MaxInt64},
		{Idle: time.Hour, Life: math.MaxInt64},
	} {
		id := session(t, s, i, ttl)
		if err := s.Touch(t.Context(), id, math.MaxInt64); err != nil {
			t.Errorf("Touch of a session with %+v: %v", ttl, err)
		}
		rec, err := s.Load(t.Context(), id)
		if err != nil || rec.Idle < 100*365*24*time.Hour {
			t.Errorf("Load of a session with %+v: idle %v, error %v", ttl, rec.Idle, err)
		}
	}
}

func TestDeadlinesByAnyClock(t *testing.T) {
	for _, start := range []time.Time{time.Unix(0, 0), time.Unix(0, -1), time.Date(1950, 1, 1, 0, 0, 0, 0, time.UTC)} {
		now := start
		s := New(WithSweepInterval(0), WithClock(func() time.Time { return now }))
		id := session(t, s, 1, runtime.TTL{Idle: time.Minute, Life: time.Hour})
		now = now.Add(59 * time.Second)
		if _, err := s.Load(t.Context(), id); err != nil {
			t.Errorf("with a clock that began at %v: %v after 59 seconds of a minute", start, err)
		}
		now = now.Add(time.Second)
		if _, err := s.Load(t.Context(), id); err != runtime.ErrNotFound {
			t.Errorf("with a clock that began at %v: got %v after a minute, want %v", start, err, runtime.ErrNotFound)
		}
		if err := s.Delete(t.Context(), id); err != nil {
			t.Fatal(err)
		}
		now = now.Add(time.Minute)
		if _, err := s.Load(t.Context(), id); err != runtime.ErrGone {
			t.Errorf("with a clock that began at %v: got %v a minute after Delete, want %v", start, err, runtime.ErrGone)
		}
	}
}

func TestDeleteAgainRenewsTheTombstone(t *testing.T) {
	now := time.Unix(1_000_000, 0)
	s := New(WithSweepInterval(0), WithClock(func() time.Time { return now }))
	id := session(t, s, 1, day(0))
	for range 2 {
		if err := s.Delete(t.Context(), id); err != nil {
			t.Fatal(err)
		}
		now = now.Add(expiry.TombstoneLife - time.Second)
	}
	if _, err := s.Load(t.Context(), id); err != runtime.ErrGone {
		t.Errorf("Load long after the first Delete and soon after the second: got %v, want %v", err, runtime.ErrGone)
	}
}

func TestNothingIsShortenedByAClockThatStepsBack(t *testing.T) {
	now := time.Unix(1_000_000, 0)
	s := New(WithSweepInterval(0), WithClock(func() time.Time { return now }))
	id := session(t, s, 1, day(0))
	for range 2 {
		if err := s.Delete(t.Context(), id); err != nil {
			t.Fatal(err)
		}
		now = now.Add(-time.Hour)
	}
	now = now.Add(2*time.Hour + time.Minute)
	if _, err := s.Load(t.Context(), id); err != runtime.ErrGone {
		t.Errorf("Load a minute after the first Delete: got %v, want %v", err, runtime.ErrGone)
	}
}

func TestUpdateWithoutAnIdleTimeIsRefused(t *testing.T) {
	s := New(WithSweepInterval(0))
	id := session(t, s, 1, day(0))
	for _, ttl := range []runtime.TTL{{}, {Life: time.Hour}, {Idle: -1}, {Idle: time.Hour, Life: -1}} {
		if err := s.Update(t.Context(), id, number[runtime.Rev](1), runtime.Record{Rev: runtime.Rev{9}}, ttl); err == nil {
			t.Errorf("Update with %+v: got no error", ttl)
		}
	}
	if rec, err := s.Load(t.Context(), id); err != nil || rec.Rev != number[runtime.Rev](1) {
		t.Errorf("after updates that were refused: revision %x, error %v", rec.Rev, err)
	}
}

func TestATermGivenTwiceIsListedAndRevokedOnce(t *testing.T) {
	s := New(WithSweepInterval(0))
	term := runtime.Term{1}
	id := session(t, s, 1, day(0), term, runtime.Term{2}, term)
	ids, _, err := s.List(t.Context(), term, runtime.ID{}, 10)
	if err != nil || !slices.Equal(ids, []runtime.ID{id}) {
		t.Errorf("List: got %v, error %v, want the session once", ids, err)
	}
	if n, err := s.Revoke(t.Context(), term, runtime.ID{}); n != 1 || err != nil {
		t.Errorf("Revoke: got %d, error %v, want 1", n, err)
	}
}

func TestR19_WhatHappensDuringRevoke(t *testing.T) {
	a, b := runtime.Term{'a'}, runtime.Term{'b'}
	change := func(t *testing.T, s *Store, id runtime.ID, terms ...runtime.Term) {
		t.Helper()
		rec, err := s.Load(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		old := rec.Rev
		rec.Rev[0]++
		rec.Terms = terms
		if err := s.Update(t.Context(), id, old, rec, day(0)); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		name     string
		before   []runtime.Term // nil: the session is not there yet
		during   func(t *testing.T, s *Store, id runtime.ID)
		survives bool
	}{
		{"renewed", []runtime.Term{a}, func(t *testing.T, s *Store, id runtime.ID) { change(t, s, id, a) }, false},
		{"another term added", []runtime.Term{a}, func(t *testing.T, s *Store, id runtime.ID) { change(t, s, id, b, a) }, false},
		{"another term dropped", []runtime.Term{b, a}, func(t *testing.T, s *Store, id runtime.ID) { change(t, s, id, a) }, false},
		{"term left", []runtime.Term{a}, func(t *testing.T, s *Store, id runtime.ID) { change(t, s, id, b) }, true},
		{"term left and taken up again", []runtime.Term{a}, func(t *testing.T, s *Store, id runtime.ID) {
			change(t, s, id, b)
			change(t, s, id, a)
		}, true},
		{"term taken up", []runtime.Term{b}, func(t *testing.T, s *Store, id runtime.ID) { change(t, s, id, b, a) }, true},
		{"terms in another order", []runtime.Term{b, a}, func(t *testing.T, s *Store, id runtime.ID) { change(t, s, id, a, b) }, false},
		{"created", nil, func(t *testing.T, s *Store, _ runtime.ID) { session(t, s, 7, day(0), a) }, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := New(WithSweepInterval(0))
			id := number[runtime.ID](7)
			if c.before != nil {
				session(t, s, 7, day(0), c.before...)
			}
			// The first call of Err comes before any effect.
			looks := 0
			ctx := &meddler{Context: t.Context(), act: func() {
				if looks++; looks == 2 {
					c.during(t, s, id)
				}
			}}
			// A call that gets its turn before that of the session.
			first := runtime.ID{}
			if err := s.Create(t.Context(), first, runtime.Record{Terms: []runtime.Term{a}}, day(0)); err != nil {
				t.Fatal(err)
			}
			if _, err := s.Revoke(ctx, a, runtime.ID{}); err != nil {
				t.Fatal(err)
			}
			if looks < 2 {
				t.Fatal("nothing happened during Revoke")
			}
			_, err := s.Load(t.Context(), id)
			if survived := err == nil; survived != c.survives {
				t.Errorf("after Revoke: got %v; the session is to survive: %v", err, c.survives)
			}
		})
	}
}

func TestRevokeThatIsCutShortTellsHowFarItCame(t *testing.T) {
	s := New(WithSweepInterval(0))
	term := runtime.Term{1}
	for i := range 100 {
		session(t, s, i, day(0), term)
	}
	ctx, cancel := context.WithCancel(t.Context())
	looks := 0
	first, err := s.Revoke(&meddler{Context: ctx, act: func() {
		if looks++; looks == 41 {
			cancel()
		}
	}}, term, runtime.ID{})
	if !errors.Is(err, context.Canceled) || first == 0 || first == 100 {
		t.Fatalf("Revoke whose context ended: got %d, error %v", first, err)
	}
	second, err := s.Revoke(t.Context(), term, runtime.ID{})
	if err != nil || first+second != 100 {
		t.Errorf("Revoke again: got %d after %d, error %v, want 100 in all", second, first, err)
	}
}
