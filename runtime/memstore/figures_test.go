package memstore

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"math/bits"
	"os"
	goruntime "runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sessiongen/sessiongen/runtime"
)

// long asks for tests at full size, which takes minutes to hours: see .github/CONTRIBUTING.md.
var long = os.Getenv("SESSIONGEN_TEST_LONG") != ""

// What a session may cost and how long a sweep may hold up a reader.
const (
	wantedBytes = 400
	wantedLoad  = 5 * time.Millisecond
)

func sessions() int {
	if long {
		return 1_000_000
	}
	return 75_000
}

// number spreads an integer over an array, the same each time.
func number[T ~[8]byte | ~[16]byte | ~[32]byte](i int) (v T) {
	n := 8
	switch any(v).(type) {
	case runtime.ID:
		n = 16
	case runtime.Term:
		n = 32
	}
	for word := 0; word < n/8; word++ {
		h := uint64(i)*0x9e3779b97f4a7c15 + uint64(word)*0xd1b54a32d192ed03
		h ^= h >> 32
		h *= 0xd6e8feb86659fd93
		h ^= h >> 32
		var b [8]byte
		binary.LittleEndian.PutUint64(b[:], bits.Reverse64(h))
		copy(tail(&v, 8*word), b[:])
	}
	return v
}

func tail[T ~[8]byte | ~[16]byte | ~[32]byte](v *T, from int) []byte {
	switch p := any(v).(type) {
	case *runtime.Rev:
		return p[from:]
	case *runtime.ID:
		return p[from:]
	case *runtime.Term:
		return p[from:]
	}
	return nil
}

func fill(t testing.TB, s *Store, n int, ttl func(i int) runtime.TTL) {
	t.Helper()
	content := make([]byte, 200)
	rand.Read(content)
	for i := range n {
		rec := runtime.Record{Rev: number[runtime.Rev](i), Terms: []runtime.Term{number[runtime.Term](i)}, Data: string(content)}
		if err := s.Create(t.Context(), number[runtime.ID](i), rec, ttl(i)); err != nil {
			t.Fatal(err)
		}
	}
}

func day(int) runtime.TTL { return runtime.TTL{Idle: time.Hour, Life: 24 * time.Hour} }

func heap() int64 {
	var stats goruntime.MemStats
	goruntime.GC()
	goruntime.GC()
	goruntime.ReadMemStats(&stats)
	return int64(stats.HeapAlloc)
}

func TestASessionTakesLittleMemory(t *testing.T) {
	n := sessions()
	before := heap()
	s := New(WithSweepInterval(0))
	fill(t, s, n, day)
	each := float64(heap()-before) / float64(n)
	collecting := time.Now()
	goruntime.GC()
	t.Logf("%d sessions with 200 bytes of data and a term of their own: %.1f bytes each, and %v for a full garbage collection",
		n, each, time.Since(collecting).Round(time.Millisecond))
	if each > wantedBytes {
		t.Errorf("a session takes %.1f bytes, want at most %d", each, wantedBytes)
	}
	before = heap()
	for i := range n {
		if err := s.Delete(t.Context(), number[runtime.ID](i)); err != nil {
			t.Fatal(err)
		}
	}
	freed := float64(before-heap()) / float64(n)
	t.Logf("a tombstone: %.1f bytes", each-freed)
	if each-freed > 150 {
		t.Errorf("a tombstone takes %.1f bytes, want at most 150", each-freed)
	}
	goruntime.KeepAlive(s)
}

// Other programs take the processor away from a reader for milliseconds, so one
// attempt out of some has to keep within the limit, or three times what loads take
// without a sweep where that is more, and all but a thousandth of its loads unless
// SESSIONGEN_TEST_LONG asks for the worst: a store that stops its readers stops nearly
// all of them, in every attempt.
func TestR7_ASweepHoldsUpNoReader(t *testing.T) {
	n := sessions()
	var now atomic.Int64
	s := New(WithSweepInterval(0), WithClock(func() time.Time { return time.Unix(0, now.Load()) }))
	for range 5 {
		fill(t, s, n, func(i int) runtime.TTL { // again and again: those that are there stay
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

// loadDuring loads sessions that have not expired while f runs, and returns how
// long each load took, in order.
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

func count(s *Store) int {
	n := 0
	for i := range s.shards {
		s.shards[i].mu.RLock()
		n += int(s.shards[i].entries.len)
		s.shards[i].mu.RUnlock()
	}
	return n
}

func BenchmarkLoad(b *testing.B) {
	s := New()
	defer s.Close()
	fill(b, s, 100_000, day)
	ids := make([]runtime.ID, 1024)
	for i := range ids {
		ids[i] = number[runtime.ID](i * 97)
	}
	ctx := context.Background()
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if _, err := s.Load(ctx, ids[i%len(ids)]); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkLoadParallel(b *testing.B) {
	s := New()
	defer s.Close()
	fill(b, s, 100_000, day)
	ctx := context.Background()
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for i := 0; pb.Next(); i++ {
			if _, err := s.Load(ctx, number[runtime.ID](i%1024)); err != nil {
				b.Error(err)
			}
		}
	})
}

func BenchmarkUpdate(b *testing.B) {
	for _, terms := range []string{"kept", "changed"} {
		b.Run("terms "+terms, func(b *testing.B) {
			s := New()
			defer s.Close()
			fill(b, s, 100_000, day)
			ctx := context.Background()
			id := number[runtime.ID](5)
			old := number[runtime.Rev](5)
			rec := runtime.Record{Terms: []runtime.Term{number[runtime.Term](5)}, Data: "content"}
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				binary.LittleEndian.PutUint64(rec.Rev[:], uint64(i))
				if terms == "changed" {
					binary.LittleEndian.PutUint64(rec.Terms[0][:], uint64(i))
				}
				if err := s.Update(ctx, id, old, rec, day(0)); err != nil {
					b.Fatal(err)
				}
				old = rec.Rev
			}
		})
	}
}

func BenchmarkTouch(b *testing.B) {
	s := New()
	defer s.Close()
	fill(b, s, 100_000, day)
	ctx := context.Background()
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if err := s.Touch(ctx, number[runtime.ID](i&1023), time.Hour); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkCreateAndDelete(b *testing.B) {
	s := New(WithSweepInterval(0))
	ctx := context.Background()
	rec := runtime.Record{Terms: []runtime.Term{{1}}, Data: "content"}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		id := number[runtime.ID](i)
		if err := s.Create(ctx, id, rec, day(0)); err != nil {
			b.Fatal(err)
		}
		if err := s.Delete(ctx, id); err != nil {
			b.Fatal(err)
		}
	}
}

// The list of a principal with ten sessions among a hundred thousand others.
func BenchmarkList(b *testing.B) {
	s := New()
	defer s.Close()
	fill(b, s, 100_000, day)
	mine := runtime.Term{1}
	for i := range 10 {
		rec := runtime.Record{Rev: number[runtime.Rev](i), Terms: []runtime.Term{mine}}
		if err := s.Create(b.Context(), number[runtime.ID](-1-i), rec, day(0)); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportAllocs()
	for b.Loop() {
		ids, _, err := s.List(context.Background(), mine, runtime.ID{}, 100)
		if err != nil || len(ids) != 10 || !slices.IsSortedFunc(ids, compare) {
			b.Fatal(fmt.Sprint(ids, err))
		}
	}
}
