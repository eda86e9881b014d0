package memstore

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"math/bits"
	"os"
	goruntime "runtime"
	"testing"
	"time"

	"github.com/sessiongen/sessiongen/runtime"
)

// long asks for tests at full size, which takes minutes to hours: see .github/CONTRIBUTING.md.
var long = os.Getenv("SESSIONGEN_TEST_LONG") != ""

// number returns an array that an integer determines.
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

func count(s *Store) int {
	n := 0
	for i := range s.shards {
		s.shards[i].mu.RLock()
		n += int(s.shards[i].entries.len)
		s.shards[i].mu.RUnlock()
	}
	return n
}

func session(t *testing.T, s *Store, i int, ttl runtime.TTL, terms ...runtime.Term) runtime.ID {
	t.Helper()
	id := number[runtime.ID](i)
	rec := runtime.Record{Rev: number[runtime.Rev](i), Terms: terms, Data: "content"}
	if err := s.Create(t.Context(), id, rec, ttl); err != nil {
		t.Fatal(err)
	}
	return id
}

// meddler is a context that runs another request during a call.
type meddler struct {
	context.Context
	act func()
}

func (m *meddler) Err() error {
	m.act()
	return m.Context.Err()
}
