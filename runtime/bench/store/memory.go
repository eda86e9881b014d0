package store

import (
	"context"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"time"

	scsmemory "github.com/alexedwards/scs/v2/memstore"

	"github.com/alexedwards/scs/v2"

	session "github.com/sessiongen/sessiongen/runtime"
	"github.com/sessiongen/sessiongen/runtime/bench/codec"
	"github.com/sessiongen/sessiongen/runtime/bench/content"
	"github.com/sessiongen/sessiongen/runtime/bench/request"
	"github.com/sessiongen/sessiongen/runtime/memstore"
)

// Memory is what a store in memory costs.
type Memory struct {
	Name     string
	Sessions int
	Each     float64       // bytes of one session
	Record   int           // bytes of the record alone
	Collect  time.Duration // a garbage collection with all of them
	Calm     time.Duration // the slowest load without a sweep
	Worst    time.Duration // the slowest load while half of them are swept
}

// Memories are the stores that [Measure] knows.
var Memories = []string{"sessiongen memstore", "scs memstore, gob"}

// inMemory is one of them, as far as it is measured.
type inMemory interface {
	// create makes a session with content of its own that ends at that moment.
	create(i int, end time.Time) error
	load(i int) error
}

// sweepEvery is how often a store looks for what has expired.
const sweepEvery = 300 * time.Millisecond

// Measure fills a store. It is to run in a process of its own, so that no other garbage
// is in the way.
func Measure(name string, sessions int, fill time.Duration) (Memory, error) {
	m := Memory{Name: name, Sessions: sessions}
	var s inMemory
	var err error
	before := heap()
	switch name {
	case Memories[0]:
		s, m.Record, err = newOurs()
	case Memories[1]:
		s, m.Record, err = newScs()
	default:
		err = fmt.Errorf("no store is called %q: %v", name, Memories)
	}
	if err != nil {
		return m, err
	}
	end := time.Now().Add(fill)
	for i := range sessions {
		until := end
		if i%2 == 1 {
			until = end.Add(24 * time.Hour)
		}
		if err := s.create(i, until); err != nil {
			return m, err
		}
	}
	m.Each = float64(heap()-before) / float64(sessions)
	start := time.Now()
	runtime.GC()
	m.Collect = time.Since(start)
	if rest := time.Until(end); rest < 200*time.Millisecond {
		return m, errors.New("it took longer to fill the store than until half of it ends: give it more time")
	}
	if m.Calm, err = slowest(s, sessions, time.Now().Add(min(time.Until(end)-100*time.Millisecond, time.Second))); err != nil {
		return m, err
	}
	sweep := min(fill, 2500*time.Millisecond) // several times [sweepEvery]
	if m.Worst, err = slowest(s, sessions, end.Add(sweep)); err != nil {
		return m, err
	}
	if s.load(0) == nil {
		return m, errors.New("a session is there after its end")
	}
	if after := float64(heap()-before) / float64(sessions); after > 0.85*m.Each {
		return m, fmt.Errorf("of %.0f bytes for each session %.0f are left after the sweep: it has not swept", m.Each, after)
	}
	runtime.KeepAlive(s)
	return m, nil
}

// slowest loads sessions that do not end until then, and returns how long the slowest
// load took.
func slowest(s inMemory, sessions int, until time.Time) (worst time.Duration, err error) {
	for i := 1; ; i = (i + 7919*2) % sessions {
		start := time.Now()
		if err := s.load(i | 1); err != nil {
			return 0, fmt.Errorf("a session that has not ended: %w", err)
		}
		now := time.Now()
		worst = max(worst, now.Sub(start))
		if now.After(until) {
			return worst, nil
		}
	}
}

func heap() int64 {
	var stats runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&stats)
	return int64(stats.HeapAlloc)
}

type oursInMemory struct {
	store *memstore.Store
	data  string
}

func newOurs() (inMemory, int, error) {
	// The record is the one that the middleware stores.
	data, err := request.Record()
	return &oursInMemory{memstore.New(memstore.WithSweepInterval(sweepEvery)), data}, len(data), err
}

func (o *oursInMemory) create(i int, end time.Time) error {
	left := time.Until(end)
	return o.store.Create(context.Background(), number(i), session.Record{Rev: session.Rev{1}, Data: strings.Clone(o.data)}, session.TTL{Idle: left, Life: left})
}

func (o *oursInMemory) load(i int) error {
	_, err := o.store.Load(context.Background(), number(i))
	return err
}

// number spreads an integer over an ID.
func number(i int) (id session.ID) {
	h := uint64(i) * 0x9e3779b97f4a7c15
	h ^= h >> 32
	binary.BigEndian.PutUint64(id[:], h*0xd6e8feb86659fd93)
	binary.BigEndian.PutUint64(id[8:], uint64(i))
	return id
}

type scsInMemory struct {
	store *scsmemory.MemStore
	data  []byte
}

func newScs() (inMemory, int, error) {
	data, err := scs.GobCodec{}.Encode(time.Now(), codec.Values(content.Sample()))
	return &scsInMemory{scsmemory.NewWithCleanupInterval(sweepEvery), data}, len(data), err
}

// token is as long as scs makes them: 43 characters.
func token(i int) string {
	id := number(i)
	return base64.RawURLEncoding.EncodeToString(append(id[:], id[:]...))
}

func (s *scsInMemory) create(i int, end time.Time) error {
	return s.store.Commit(token(i), slices.Clone(s.data), end)
}

func (s *scsInMemory) load(i int) error {
	_, found, err := s.store.Find(token(i))
	if err == nil && !found {
		err = session.ErrNotFound
	}
	return err
}
