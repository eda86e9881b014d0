package memstore

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/sessiongen/sessiongen/runtime"
)

const label = "\n\x10label of this app"

// fillLabelled creates sessions of which every other one is another application's.
func fillLabelled(t *testing.T, s *Store, n int) {
	t.Helper()
	for i := range n {
		rec := runtime.Record{Rev: number[runtime.Rev](i), Terms: []runtime.Term{number[runtime.Term](i)}, Data: label + string(make([]byte, 200))}
		if i%2 == 1 { // the sessions that loadDuring reads
			rec.Data = "another " + rec.Data
		}
		if err := s.Create(t.Context(), number[runtime.ID](i), rec, day(i)); err != nil {
			t.Fatal(err)
		}
	}
}

// Everybody is signed out while other requests go on: after every few sessions no lock is held.
func TestRevokeAllHoldsUpNoRequest(t *testing.T) {
	var s *Store
	var revoking atomic.Bool
	breaks := 0
	s = New(WithSweepInterval(0), WithClock(func() time.Time {
		if revoking.Load() {
			breaks++
			for i := range s.shards {
				if !s.shards[i].mu.TryLock() {
					t.Error("a lock is held between two batches")
					continue
				}
				s.shards[i].mu.Unlock()
			}
		}
		return time.Unix(1, 0)
	}))
	defer s.Close()
	const n = 100_000
	fillLabelled(t, s, n)
	revoking.Store(true)
	if ended, err := s.RevokeAll(t.Context(), label); ended != n/2 || err != nil {
		t.Errorf("ended %d sessions, %v, want %d", ended, err, n/2)
	}
	revoking.Store(false)
	if breaks < n/batch {
		t.Errorf("%d batches for %d sessions, want at least %d: a longer one holds up the requests of a shard", breaks, n, n/batch)
	}
}

// A million sessions end within half a minute, while visitors of another application read theirs.
func TestRevokeAllOfAMillionSessions(t *testing.T) {
	if !long {
		t.Skip("SESSIONGEN_TEST_LONG=1 runs it: two million sessions take a while to create")
	}
	const n = 2_000_000
	s := New(WithSweepInterval(0))
	defer s.Close()
	fillLabelled(t, s, n)
	calm, _ := loadDuring(t, s, n, func() { <-time.After(100 * time.Millisecond) })
	ended := 0
	loads, took := loadDuring(t, s, n, func() {
		var err error
		if ended, err = s.RevokeAll(t.Context(), label); err != nil {
			t.Error(err)
		}
	})
	t.Logf("ended %d of %d sessions in %v: of %d loads, 99.9%% took up to %v and the slowest %v; without it %v and %v",
		ended, n, took, len(loads), loads[len(loads)*999/1000], loads[len(loads)-1], calm[len(calm)*999/1000], calm[len(calm)-1])
	if ended != n/2 || took > 30*time.Second {
		t.Errorf("ended %d sessions in %v, want %d in 30s at most", ended, took, n/2)
	}
}
