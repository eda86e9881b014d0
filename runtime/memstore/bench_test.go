package memstore

import (
	"context"
	"encoding/binary"
	"fmt"
	goruntime "runtime"
	"slices"
	"testing"
	"time"

	"github.com/sessiongen/sessiongen/runtime"
)

// The memory that a session may take, and the time for which a sweep may delay a reader.
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

// Lists a principal with ten sessions among a hundred thousand others.
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
