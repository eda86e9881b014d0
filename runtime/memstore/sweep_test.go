package memstore

import (
	"context"
	"errors"
	goruntime "runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/internal/expiry"
)

// Other programs take the processor away from a reader for milliseconds. One attempt out of
// several therefore has to stay within the limit, or within three times the time of loads
// without a sweep if that is more. All but a thousandth of its loads count, or all of them with
// SESSIONGEN_TEST_LONG. A store that stops its readers stops nearly all of them, in every
// attempt.
func TestR7_ASweepHoldsUpNoReader(t *testing.T) {
	n := sessions()
	var now atomic.Int64
	s := New(WithSweepInterval(0), WithClock(func() time.Time { return time.Unix(0, now.Load()) }))
	for range 5 {
		fill(t, s, n, func(i int) runtime.TTL { // several times: existing sessions stay
			if i%2 == 0 {
				return runtime.TTL{Idle: time.Minute, Life: time.Minute}
			}
			return day(i)
		})
		now.Add(int64(time.Minute))
		calm, _ := loadDuring(t, s, n, func() { <-time.After(100 * time.Millisecond) })
		loads, took := loadDuring(t, s, n, s.sweep)
		worst, nearly := loads[len(loads)-1], loads[len(loads)*999/1000]
		calmWorst, calmNearly := calm[len(calm)-1], calm[len(calm)*999/1000]
		t.Logf("%d sessions, half of them expired, swept in %v: of %d loads, 99.9%% took up to %v and the slowest %v; without a sweep %v and %v", n, took,
			len(loads), nearly, worst, calmNearly, calmWorst)
		if got := count(s); got != n/2 {
			t.Fatalf("%d entries are left, want %d", got, n/2)
		}
		if worst <= max(wantedLoad, 3*calmWorst) || !long && nearly <= max(wantedLoad, 3*calmNearly) {
			return
		}
	}
	t.Errorf("loads took more than %v in each attempt", wantedLoad)
}

// loadDuring loads sessions that have not expired while f runs, and returns the sorted times of
// the loads.
func loadDuring(t *testing.T, s *Store, n int, f func()) (loads []time.Duration, took time.Duration) {
	t.Helper()
	loads = make([]time.Duration, 0, 1<<22) // growing would set off the garbage collector, which holds up readers too
	goruntime.GC()
	var over atomic.Bool
	var done sync.WaitGroup
	done.Go(func() {
		defer over.Store(true)
		start := time.Now()
		f()
		took = time.Since(start)
	})
	for i := 1; !over.Load() && len(loads) < cap(loads); i = (i + 7919*2) % n {
		id := number[runtime.ID](i | 1)
		start := time.Now()
		if _, err := s.Load(context.Background(), id); err != nil {
			t.Fatalf("a session that has not expired: %v", err)
		}
		loads = append(loads, time.Since(start))
	}
	done.Wait()
	slices.Sort(loads)
	return loads, took
}

func TestSweepsFreeWhatHasExpired(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := New(WithSweepInterval(10 * time.Second))
		defer s.Close()
		for i := range 1000 {
			session(t, s, i, runtime.TTL{Idle: time.Minute, Life: time.Hour}, runtime.Term{byte(i)})
		}
		kept := session(t, s, 1000, day(0))
		deleted := session(t, s, 1001, day(0))
		if err := s.Delete(t.Context(), deleted); err != nil {
			t.Fatal(err)
		}
		time.Sleep(55 * time.Second)
		if got := count(s); got != 1002 {
			t.Errorf("before the deadlines: %d entries, want 1002", got)
		}
		time.Sleep(25 * time.Second)
		if got := count(s); got != 2 {
			t.Errorf("after the deadlines: %d entries, want the session that is alive and the tombstone", got)
		}
		time.Sleep(expiry.TombstoneLife)
		if got := count(s); got != 1 {
			t.Errorf("after the tombstone's time: %d entries, want the session that is alive", got)
		}
		if _, err := s.Load(t.Context(), kept); err != nil {
			t.Error(err)
		}
	})
}

func TestR7_NothingIsSweptAfterClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := New(WithSweepInterval(time.Second))
		session(t, s, 1, runtime.TTL{Idle: time.Minute, Life: time.Minute})
		for range 3 {
			if err := s.Close(); err != nil {
				t.Errorf("Close: %v", err)
			}
		}
		time.Sleep(time.Hour)
		if got := count(s); got != 1 {
			t.Errorf("%d entries after Close, want 1: nothing is to be swept any more", got)
		}
		s.run() // a sweep that was about to begin when Close was called
		if s.timer.Stop() {
			t.Error("another sweep is scheduled after Close")
		}
		idle := New()
		idle.Close()
		if idle.timer.Stop() {
			t.Error("a sweep is still scheduled after Close")
		}
		// A remaining goroutine would make synctest.Test fail.
	})
}

func TestR7_CloseWaitsForASweepThatIsRunning(t *testing.T) {
	var s *Store
	var ready, left atomic.Bool
	closed := make(chan bool)
	s = New(WithSweepInterval(time.Millisecond), WithClock(func() time.Time {
		if ready.CompareAndSwap(true, false) {
			// The sweep calls the clock.
			go func() {
				s.Close()
				closed <- left.Load()
			}()
			for !s.closed.Load() {
				goruntime.Gosched()
			}
			for range 1000 {
				goruntime.Gosched()
			}
			left.Store(true)
		}
		return time.Now()
	}))
	session(t, s, 1, day(0))
	ready.Store(true)
	if !<-closed {
		t.Error("Close returned while a sweep was running")
	}
}

// A program that closes the store before its last request hears of it, instead of keeping
// sessions that nothing will sweep.
func TestEveryCallAfterCloseIsRefused(t *testing.T) {
	s := New()
	id := session(t, s, 1, day(0))
	rec, err := s.Load(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	s.Close()
	ctx, next := t.Context(), rec
	next.Rev = number[runtime.Rev](2)
	for call, err := range map[string]error{
		"Create":    s.Create(ctx, number[runtime.ID](2), next, day(0)),
		"Load":      func() error { _, err := s.Load(ctx, id); return err }(),
		"Update":    s.Update(ctx, id, rec.Rev, next, day(0)),
		"Touch":     s.Touch(ctx, id, time.Hour),
		"Delete":    s.Delete(ctx, id),
		"List":      func() error { _, _, err := s.List(ctx, number[runtime.Term](1), runtime.ID{}, 1); return err }(),
		"Revoke":    func() error { _, err := s.Revoke(ctx, number[runtime.Term](1), runtime.ID{}); return err }(),
		"RevokeAll": func() error { _, err := s.RevokeAll(ctx, ""); return err }(),
	} {
		if !errors.Is(err, runtime.ErrRefused) || !strings.Contains(err.Error(), "memstore: the store is closed") {
			t.Errorf("%s after Close: got %v, want an error that says that the store is closed", call, err)
		}
	}
	if got := count(s); got != 1 {
		t.Errorf("%d entries after the refused calls, want 1", got)
	}
}
